import type {
  MediaKind,
  RouterRtpCodecCapability,
  RtcpFeedback,
  RtpCodecSpecificParameters,
  RtpHeaderExtension,
  RtpHeaderExtensionDirection,
  RtpHeaderExtensionUri,
} from './rtp-parameters.js';

/** Codecs have a payload type here only where RFC 3551 fixes it. */
export type SupportedRtpCapabilities = {
  codecs: RouterRtpCodecCapability[];
  headerExtensions: RtpHeaderExtension[];
};

const TRANSPORT_CC: RtcpFeedback = { type: 'transport-cc', parameter: '' };
const NACK: RtcpFeedback = { type: 'nack', parameter: '' };
const VIDEO_FEEDBACK: RtcpFeedback[] = [
  NACK,
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
  { type: 'goog-remb', parameter: '' },
  TRANSPORT_CC,
];

const CODECS: RouterRtpCodecCapability[] = [
  audio('opus', 48000, [NACK, TRANSPORT_CC], { channels: 2 }),
  multiopus(4, '0,1,2,3', 2, 2),
  multiopus(6, '0,4,1,2,3,5', 4, 2),
  multiopus(8, '0,6,1,2,3,4,5,7', 5, 3),
  audio('PCMU', 8000, [TRANSPORT_CC], { preferredPayloadType: 0 }),
  audio('PCMA', 8000, [TRANSPORT_CC], { preferredPayloadType: 8 }),
  audio('ISAC', 32000, [TRANSPORT_CC]),
  audio('ISAC', 16000, [TRANSPORT_CC]),
  audio('G722', 8000, [TRANSPORT_CC], { preferredPayloadType: 9 }),
  audio('iLBC', 8000, [TRANSPORT_CC]),
  audio('SILK', 24000, [TRANSPORT_CC]),
  audio('SILK', 16000, [TRANSPORT_CC]),
  audio('SILK', 12000, [TRANSPORT_CC]),
  audio('SILK', 8000, [TRANSPORT_CC]),
  audio('CN', 32000, []),
  audio('CN', 16000, []),
  audio('CN', 8000, [], { preferredPayloadType: 13 }),
  audio('telephone-event', 48000, []),
  audio('telephone-event', 32000, []),
  audio('telephone-event', 16000, []),
  audio('telephone-event', 8000, []),
  video('VP8'),
  video('VP9'),
  video('H264', { 'packetization-mode': 1, 'level-asymmetry-allowed': 1 }),
  video('H264', { 'packetization-mode': 0, 'level-asymmetry-allowed': 1 }),
  video('H265'),
  video('AV1'),
];

const HEADER_EXTENSIONS: RtpHeaderExtension[] = [
  ...both('urn:ietf:params:rtp-hdrext:sdes:mid', 1),
  extension('video', 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 2, 'recvonly'),
  extension('video', 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 3, 'recvonly'),
  ...both('http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 4),
  ...both('http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 5),
  extension('audio', 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', 6, 'sendrecv'),
  extension(
    'video',
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
    7,
    'sendrecv',
  ),
  extension('video', 'urn:3gpp:video-orientation', 8, 'sendrecv'),
  extension('video', 'urn:ietf:params:rtp-hdrext:toffset', 9, 'sendrecv'),
  ...both('http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time', 10),
  ...both('http://www.webrtc.org/experiments/rtp-hdrext/playout-delay', 11),
  ...both('urn:mediasoup:params:rtp-hdrext:packet-id', 12),
];

/** A fresh copy of every codec and header extension that a Router can have. */
export function getSupportedRtpCapabilities(): SupportedRtpCapabilities {
  return structuredClone({ codecs: CODECS, headerExtensions: HEADER_EXTENSIONS });
}

function audio(
  name: string,
  clockRate: number,
  rtcpFeedback: RtcpFeedback[],
  rest: Partial<RouterRtpCodecCapability> = {},
): RouterRtpCodecCapability {
  return {
    kind: 'audio',
    mimeType: `audio/${name}`,
    clockRate,
    channels: 1,
    parameters: {},
    rtcpFeedback,
    ...rest,
  };
}

/** Surround opus as libwebrtc has it: the mapping of RFC 7845, 5.1.1, in `fmtp` parameters. */
function multiopus(
  channels: number,
  channelMapping: string,
  streams: number,
  coupledStreams: number,
): RouterRtpCodecCapability {
  return audio('multiopus', 48000, [NACK, TRANSPORT_CC], {
    channels,
    parameters: { channel_mapping: channelMapping, num_streams: streams, coupled_streams: coupledStreams },
  });
}

function video(name: string, parameters: RtpCodecSpecificParameters = {}): RouterRtpCodecCapability {
  return {
    kind: 'video',
    mimeType: `video/${name}`,
    clockRate: 90000,
    parameters,
    rtcpFeedback: VIDEO_FEEDBACK,
  };
}

function both(uri: RtpHeaderExtensionUri, preferredId: number): RtpHeaderExtension[] {
  return [extension('audio', uri, preferredId, 'sendrecv'), extension('video', uri, preferredId, 'sendrecv')];
}

function extension(
  kind: MediaKind,
  uri: RtpHeaderExtensionUri,
  preferredId: number,
  direction: RtpHeaderExtensionDirection,
): RtpHeaderExtension {
  return { kind, uri, preferredId, preferredEncrypt: false, direction };
}
