import { UnsupportedError } from '../shared/errors.js';
import type { NormalizedRtpCapabilities } from '../shared/rtp/rtp-parameters.js';
import { capabilitiesFromSdp } from '../shared/sdp/capabilities-from-sdp.js';
import type { Encoding } from './encodings.js';

/** What this browser can do. It may be able to decode what it cannot encode. */
export type DeviceCapabilities = {
  sending: NormalizedRtpCapabilities;
  receiving: NormalizedRtpCapabilities;
  /** Whether an encoding's scalabilityMode does anything. */
  scalable: boolean;
};

/** Whether this browser has the WebRTC that a Room needs: transceivers that can be stopped, and event timing of 2021. */
export function isDeviceSupported(): boolean {
  return (
    typeof RTCPeerConnection === 'function' &&
    typeof RTCRtpTransceiver === 'function' &&
    'stop' in RTCRtpTransceiver.prototype &&
    'restartIce' in RTCPeerConnection.prototype
  );
}

/** @throws UnsupportedError unless `isDeviceSupported()` */
export async function getDeviceCapabilities(): Promise<DeviceCapabilities> {
  if (!isDeviceSupported()) throw new UnsupportedError('this browser has no WebRTC, or too old a one');
  const connection = new RTCPeerConnection();
  try {
    const audio = connection.addTransceiver('audio');
    // Chromium offers dependency descriptors, without which it decodes no AV1 in layers, only beside layers.
    const sendEncodings: Encoding[] = [{ scalabilityMode: 'L1T3' }];
    const video = connection.addTransceiver('video', { sendEncodings });
    const offered = async (direction: 'sendonly' | 'recvonly') => {
      for (const transceiver of [audio, video]) transceiver.direction = direction;
      const { sdp = '' } = await connection.createOffer();
      return capabilitiesFromSdp(sdp);
    };
    const [sending, receiving] = [await offered('sendonly'), await offered('recvonly')];
    return { sending, receiving, scalable: knowsScalability(video) };
  } finally {
    connection.close();
  }
}

/** A browser that does not know the member leaves it out. */
function knowsScalability({ sender }: RTCRtpTransceiver): boolean {
  const [encoding]: Encoding[] = sender.getParameters().encodings;
  return encoding?.scalabilityMode !== undefined;
}
