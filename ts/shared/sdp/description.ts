import type { RtpCodecParameters } from '../rtp/rtp-parameters.js';
import type { DtlsFingerprint } from '../transport-parameters.js';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** A session description (RFC 8866) as WebRTC uses it (RFC 8829): what is the same for all, and the m-sections. */
export type Description = {
  sessionId: string;
  sessionVersion: number;
  iceLite: boolean;
  /** One- and two-byte header extensions may be mixed (RFC 8285, 6). */
  extmapAllowMixed: boolean;
  /** The mids that share one transport (RFC 9143). */
  bundle: string[];
  sections: MediaSection[];
};

/** One m-section. Session-level values are repeated in each. */
export type MediaSection = {
  kind: 'audio' | 'video' | 'application';
  mid: string;
  /** 0: rejected, or with `bundleOnly` merely without an address of its own. */
  port: number;
  bundleOnly: boolean;
  protocol: string;
  direction: Direction;
  /** In order of preference. */
  codecs: RtpCodecParameters[];
  headerExtensions: ExtensionMap[];
  ssrcs: { ssrc: number; cname: string }[];
  /** RFC 5576, 4.2; 'FID' joins a stream with its retransmissions. */
  ssrcGroups: { semantics: string; ssrcs: number[] }[];
  rids: Rid[];
  /** RFC 8853: from the first to the last, without alternatives. */
  simulcast?: { direction: Rid['direction']; rids: string[] };
  msid?: { streamId: string; trackId: string };
  ice?: { usernameFragment: string; password: string };
  iceOptions: string[];
  candidates: Candidate[];
  fingerprint?: DtlsFingerprint;
  setup?: 'actpass' | 'active' | 'passive';
  rtcpMux: boolean;
  rtcpReducedSize: boolean;
  /** RFC 8841. */
  sctp?: { port: number; maxMessageSize: number };
};

/** RFC 8285, 5. */
export type ExtensionMap = { uri: string; id: number; direction: Direction; encrypt: boolean };

/** RFC 8851, 4. */
export type Rid = { id: string; direction: 'send' | 'recv' };

/** RFC 8839, 5.1. */
export type Candidate = {
  foundation: string;
  priority: number;
  address: string;
  protocol: 'udp' | 'tcp';
  port: number;
  type: string;
  tcpType?: string;
};

/** Whether neither side uses the section any more, so that another may take its place (RFC 8829, 5.2.2). */
export function isRejected(section: MediaSection): boolean {
  return section.port === 0 && !section.bundleOnly;
}
