import type { MediaKind, StreamStats, Tuple } from '../../shared/channel/messages.gen.js';

/** One RTP stream: what a Producer receives ('inbound-rtp') or a Consumer sends ('outbound-rtp'). */
export type RtpStreamStat = {
  type: 'inbound-rtp' | 'outbound-rtp';
  /** Milliseconds since 1970. */
  timestamp: number;
  ssrc: number;
  rtxSsrc?: number;
  rid?: string;
  kind: MediaKind;
  mimeType: string;
  packetCount: number;
  byteCount: number;
  /** Bits per second. */
  bitrate: number;
  packetsLost: number;
  /** Of 256, in the last report (RFC 3550, 6.4.1). */
  fractionLost: number;
  /** In units of the RTP clock. */
  jitter: number;
  packetsDiscarded: number;
  packetsRetransmitted: number;
  packetsRepaired: number;
  /** Retransmissions of what was there already. */
  rtxPacketsDiscarded: number;
  nackCount: number;
  nackPacketCount: number;
  pliCount: number;
  firCount: number;
  /** Milliseconds. */
  roundTripTime?: number;
  /** 0 to 10. */
  score: number;
  /**
   * Inbound only.
   *
   * @example
   * { '0.0': 120000, '0.1': 180000 }
   */
  bitrateByLayer?: Record<string, number>;
};

/** Where packets of a transport come from and go to. */
export type TransportTuple = {
  localAddress: string;
  /** The old name of `localAddress`. */
  localIp: string;
  localPort: number;
  /** Missing as long as nobody is known there. */
  remoteIp?: string;
  remotePort?: number;
  protocol: 'udp' | 'tcp';
};

export function toRtpStreamStats(streams: StreamStats[]): RtpStreamStat[] {
  const timestamp = Date.now();
  return streams.map(({ type, bitrateByLayer, ...stream }) =>
    type === 'outboundRtp'
      ? { type: 'outbound-rtp', timestamp, ...stream }
      : { type: 'inbound-rtp', timestamp, ...stream, bitrateByLayer: asNumbers(bitrateByLayer) },
  );
}

export function toTransportTuple(tuple: Tuple | undefined): TransportTuple | undefined {
  if (!tuple) return undefined;
  const { localAddress, localPort, remoteAddress, remotePort, protocol } = tuple;
  const remote = remoteAddress === '' ? {} : { remoteIp: remoteAddress, remotePort };
  return { localAddress, localIp: localAddress, localPort, ...remote, protocol };
}

function asNumbers(map: Record<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, Number(value)]));
}
