/**
 * The RTP dictionaries: what an endpoint can do (capabilities) and what one stream does (parameters). Their shapes
 * follow ORTC (https://draft.ortc.org/#rtcrtpcapabilities), plus `mid`, `msid` and `scalabilityMode`.
 */

export type MediaKind = 'audio' | 'video';

export type ProducerType = 'simple' | 'simulcast' | 'svc';

export type ConsumerType = ProducerType | 'pipe';

/**
 * The parameters of a codec's `a=fmtp` line, by name.
 *
 * @example
 * { 'packetization-mode': 1, 'profile-level-id': '42e01f' }
 */
export type RtpCodecSpecificParameters = Record<string, string | number>;

/**
 * One `a=rtcp-fb` line (RFC 4585, 4.2).
 *
 * @example
 * { type: 'nack', parameter: 'pli' }
 */
export type RtcpFeedback = {
  type: string;
  /** Default ''. */
  parameter?: string;
};

/**
 * A codec that an endpoint has.
 *
 * @example
 * {
 *   kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48000, channels: 2,
 *   parameters: { useinbandfec: 1 }, rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
 * }
 */
export type RtpCodecCapability = {
  kind: MediaKind;
  /** 'audio/opus', 'video/VP8', …; compared without regard to case. */
  mimeType: string;
  /** 0 to 127. */
  preferredPayloadType: number;
  /** Hertz. */
  clockRate: number;
  /** Audio only. Default 1. */
  channels?: number;
  /** Default {}. */
  parameters?: RtpCodecSpecificParameters;
  /** Default []. */
  rtcpFeedback?: RtcpFeedback[];
};

/** A codec asked for when a Router is made; without a payload type it gets a dynamic one. */
export type RouterRtpCodecCapability = Omit<RtpCodecCapability, 'preferredPayloadType'> &
  Partial<Pick<RtpCodecCapability, 'preferredPayloadType'>>;

export type RtpHeaderExtensionDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** The RTP header extensions (RFC 8285) that this SFU understands. */
export type RtpHeaderExtensionUri =
  | 'urn:ietf:params:rtp-hdrext:sdes:mid'
  | 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id'
  | 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time'
  | 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01'
  | 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
  | 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension'
  | 'urn:3gpp:video-orientation'
  | 'urn:ietf:params:rtp-hdrext:toffset'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time'
  | 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay'
  | 'urn:mediasoup:params:rtp-hdrext:packet-id';

/**
 * A header extension that an endpoint has for one kind of media. The direction is the endpoint's own: 'recvonly'
 * in a Router's capabilities means that the Router reads it and does not send it.
 */
export type RtpHeaderExtension = {
  kind: MediaKind;
  uri: RtpHeaderExtensionUri;
  /** 1 to 255. */
  preferredId: number;
  /** RFC 6904. Default false. */
  preferredEncrypt?: boolean;
  /** Default 'sendrecv'. */
  direction?: RtpHeaderExtensionDirection;
};

/** What an endpoint can receive, or a Router can route. */
export type RtpCapabilities = {
  /** Default []. */
  codecs?: RtpCodecCapability[];
  /** Default []. */
  headerExtensions?: RtpHeaderExtension[];
};

/** A codec in use, with the payload type that its packets carry. See RtpCodecCapability for the fields. */
export type RtpCodecParameters = {
  mimeType: string;
  payloadType: number;
  clockRate: number;
  channels?: number;
  parameters?: RtpCodecSpecificParameters;
  rtcpFeedback?: RtcpFeedback[];
};

/** A header extension in use, with the id that its elements carry (RFC 8285, 4). */
export type RtpHeaderExtensionParameters = {
  uri: RtpHeaderExtensionUri;
  id: number;
  /** Default false. */
  encrypt?: boolean;
  /** Default {}. */
  parameters?: RtpCodecSpecificParameters;
};

/** One RTP stream. Simulcast has several, from the lowest to the highest quality. */
export type RtpEncodingParameters = {
  ssrc?: number;
  /** RFC 8851: letters, digits, '-' and '_', at most 16. */
  rid?: string;
  codecPayloadType?: number;
  /** The retransmission stream (RFC 4588). */
  rtx?: { ssrc: number };
  /** The sender stops sending in silence. Default false. */
  dtx?: boolean;
  /** https://www.w3.org/TR/webrtc-svc/#scalabilitymodes*, such as 'L1T3'. */
  scalabilityMode?: string;
  /** Bits per second. */
  maxBitrate?: number;
};

export type RtcpParameters = {
  /** The canonical name (RFC 3550, 6.5.1): equal in all streams that are to be played in sync. */
  cname?: string;
  /** RFC 5506. Default true. */
  reducedSize?: boolean;
};

/**
 * Everything about one sent or received track.
 *
 * @example
 * {
 *   mid: '1',
 *   codecs: [
 *     { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, rtcpFeedback: [{ type: 'nack' }] },
 *     { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
 *   ],
 *   headerExtensions: [{ uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4 }],
 *   encodings: [{ rid: 'q', scalabilityMode: 'L1T3' }, { rid: 'h', scalabilityMode: 'L1T3' }],
 *   rtcp: { cname: 'FSLx2CXTupcYxfrz' },
 * }
 */
export type RtpParameters = {
  /** The m-section's name (RFC 9143), at most 16 characters. */
  mid?: string;
  codecs: RtpCodecParameters[];
  /** Default []. */
  headerExtensions?: RtpHeaderExtensionParameters[];
  /** Default []. */
  encodings?: RtpEncodingParameters[];
  /** Default { reducedSize: true }. */
  rtcp?: RtcpParameters;
  /** The media stream's and the track's id (RFC 8830), as in `a=msid`: 'stream track'. */
  msid?: string;
};

/** From a producer's own numbers to the Router's. */
export type RtpMapping = {
  codecs: { payloadType: number; mappedPayloadType: number }[];
  encodings: { ssrc?: number; rid?: string; scalabilityMode?: string; mappedSsrc: number }[];
};

/** Options of one SCTP stream (RFC 8831, 6.4). */
export type SctpStreamParameters = {
  /** 0 to 65534. */
  streamId: number;
  /** Default: true, unless one of the two limits below is set. */
  ordered?: boolean;
  /** Milliseconds. Excludes `ordered` and `maxRetransmits`. */
  maxPacketLifeTime?: number;
  /** Excludes `ordered` and `maxPacketLifeTime`. */
  maxRetransmits?: number;
};

/** Capabilities with every default filled in. */
export type NormalizedRtpCapabilities = Required<RtpCapabilities>;

/** Parameters with every default filled in. */
export type NormalizedRtpParameters = RtpParameters &
  Required<Pick<RtpParameters, 'codecs' | 'headerExtensions' | 'encodings' | 'rtcp'>>;

export function isRtx(codec: { mimeType: string }): boolean {
  return codec.mimeType.toLowerCase().endsWith('/rtx');
}
