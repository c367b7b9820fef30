import type {
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpParameters,
} from '../../ts/shared/rtp/rtp-parameters.js';

export const mediaCodecs: RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];

/** What a browser sends that speaks Opus; streams of one transport need their own MID and SSRC. */
export function opusParameters(mid = '0', ssrc = 1111): RtpParameters {
  return {
    mid,
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
    headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 }],
    encodings: [{ ssrc }],
    rtcp: { cname: 'sender' },
  };
}

/** VP8 in three encodings, from the lowest. */
export function simulcastParameters(mid = '1'): RtpParameters {
  return {
    mid,
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
      { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 },
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 11 },
    ],
    encodings: ['q', 'h', 'f'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })),
    rtcp: { cname: 'sender' },
  };
}

/** Of an endpoint that can receive everything that the Router has. */
export function allOf(routerCapabilities: RtpCapabilities): RtpCapabilities {
  return structuredClone(routerCapabilities);
}
