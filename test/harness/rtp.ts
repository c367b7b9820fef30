/** RTP and RTCP as a program writes and reads them that has neither browser nor codec. */

export type Rtp = {
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  marker: boolean;
  /** By id, at most 16 bytes each (RFC 8285, 4.2). */
  extensions: Record<number, Buffer>;
  payload: Buffer;
};

const ONE_BYTE_EXTENSIONS = 0xbede;

/** RFC 3550, 5.1. */
export function writeRtp(packet: Partial<Rtp> & Pick<Rtp, 'payloadType' | 'ssrc'>): Buffer {
  const {
    sequence = 1,
    timestamp = 1,
    marker = false,
    extensions = {},
    payload = Buffer.alloc(20, 1),
  } = packet;
  const written = writeExtensions(extensions);
  const header = Buffer.alloc(12);
  header.writeUInt8(written.length > 0 ? 0x90 : 0x80, 0);
  header.writeUInt8((marker ? 0x80 : 0) | packet.payloadType, 1);
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(packet.ssrc, 8);
  return Buffer.concat([header, written, payload]);
}

function writeExtensions(extensions: Record<number, Buffer>): Buffer {
  const elements = Object.entries(extensions).map(([id, value]) =>
    Buffer.concat([Buffer.of((Number(id) << 4) | (value.length - 1)), value]),
  );
  if (elements.length === 0) return Buffer.alloc(0);
  const body = Buffer.concat(elements);
  const words = Math.ceil(body.length / 4);
  const header = Buffer.alloc(4);
  header.writeUInt16BE(ONE_BYTE_EXTENSIONS, 0);
  header.writeUInt16BE(words, 2);
  return Buffer.concat([header, body, Buffer.alloc(words * 4 - body.length)]);
}

export function readRtp(bytes: Buffer): Rtp {
  const extended = (bytes.readUInt8(0) & 0x10) !== 0;
  const end = extended ? 16 + bytes.readUInt16BE(14) * 4 : 12;
  return {
    payloadType: bytes.readUInt8(1) & 0x7f,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    ssrc: bytes.readUInt32BE(8),
    marker: bytes.readUInt8(1) >= 0x80,
    extensions: extended ? readExtensions(bytes.subarray(16, end)) : {},
    payload: bytes.subarray(end),
  };
}

function readExtensions(body: Buffer): Record<number, Buffer> {
  const extensions: Record<number, Buffer> = {};
  for (let at = 0; at < body.length; ) {
    const first = body.readUInt8(at++);
    if (first === 0) continue;
    const size = (first & 0x0f) + 1;
    extensions[first >> 4] = body.subarray(at, at + size);
    at += size;
  }
  return extensions;
}

/** RFC 7741, 4.2 and 4.3: one frame in one packet, with picture id, TL0PICIDX and temporal layer. */
export function vp8({ keyFrame = false, picture = 1, temporalLayer = 0, size = 100 } = {}): Buffer {
  const payload = Buffer.alloc(size, 0x5a);
  payload.set([0x90, 0xe0, 0x80 | (picture >> 8), picture & 0xff, picture & 0xff, temporalLayer << 6]);
  payload.set([keyFrame ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00], 6);
  return payload;
}

/** Seconds from 1900 to 1970 (RFC 3550, 4). */
const NTP_EPOCH = 2_208_988_800;
const OWN_SSRC = 1;

type SenderReport = { ssrc: number; timestamp?: number; packets?: number; octets?: number; now?: number };

/** RFC 3550, 6.4.1, without report blocks. */
export function senderReport({
  ssrc,
  timestamp = 0,
  packets = 0,
  octets = 0,
  now = Date.now(),
}: SenderReport): Buffer {
  const report = message(200, 0, 28);
  report.writeUInt32BE(ssrc, 4);
  report.writeUInt32BE(Math.floor(now / 1000) + NTP_EPOCH, 8);
  report.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), 12);
  report.writeUInt32BE(timestamp, 16);
  report.writeUInt32BE(packets, 20);
  report.writeUInt32BE(octets, 24);
  return report;
}

type ReportBlock = {
  ssrc: number;
  fractionLost?: number;
  lost?: number;
  highest?: number;
  jitter?: number;
  /** The middle of the NTP time of the last sender report. */
  lastReport?: number;
};

/** RFC 3550, 6.4.2, of one stream. */
export function receiverReport(block: ReportBlock): Buffer {
  const report = message(201, 1, 32);
  report.writeUInt32BE(OWN_SSRC, 4);
  report.writeUInt32BE(block.ssrc, 8);
  report.writeUInt32BE((((block.fractionLost ?? 0) << 24) | (block.lost ?? 0)) >>> 0, 12);
  report.writeUInt32BE(block.highest ?? 0, 16);
  report.writeUInt32BE(block.jitter ?? 0, 20);
  report.writeUInt32BE(block.lastReport ?? 0, 24);
  return report;
}

/** RFC 4585, 6.2.1, of one packet. */
export function nack(ssrc: number, sequence: number): Buffer {
  const request = feedback(205, 1, ssrc, 16);
  request.writeUInt16BE(sequence, 12);
  return request;
}

/** RFC 4585, 6.3.1. */
export const pli = (ssrc: number): Buffer => feedback(206, 1, ssrc, 12);

/** RFC 5104, 4.3.1. */
export function fir(ssrc: number, number = 0): Buffer {
  const request = feedback(206, 4, 0, 20);
  request.writeUInt32BE(ssrc, 12);
  request.writeUInt8(number, 16);
  return request;
}

/** draft-alvestrand-rmcat-remb-03, 2.2: bits per second. */
export function remb(ssrc: number, bitrate: number): Buffer {
  const exponent = Math.max(0, Math.ceil(Math.log2(bitrate / 0x3ffff)));
  const mantissa = Math.floor(bitrate / 2 ** exponent);
  const estimate = feedback(206, 15, 0, 24);
  estimate.write('REMB', 12, 'latin1');
  estimate.writeUInt32BE(((1 << 24) | (exponent << 18) | mantissa) >>> 0, 16);
  estimate.writeUInt32BE(ssrc, 20);
  return estimate;
}

function feedback(type: number, format: number, ssrc: number, size: number): Buffer {
  const bytes = message(type, format, size);
  bytes.writeUInt32BE(OWN_SSRC, 4);
  bytes.writeUInt32BE(ssrc, 8);
  return bytes;
}

function message(type: number, count: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt8(0x80 | count, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(size / 4 - 1, 2);
  return bytes;
}

/** One message of a compound: its name, and its bytes after the common header. */
export type Rtcp = { name: string; body: Buffer };

const NAMES: Record<number, string | Record<number, string>> = {
  200: 'sr',
  201: 'rr',
  202: 'sdes',
  203: 'bye',
  205: { 1: 'nack', 15: 'transport-cc' },
  206: { 1: 'pli', 4: 'fir', 15: 'remb' },
  207: 'xr',
};

/** RFC 5761, 4. */
export const isRtcp = (bytes: Buffer): boolean => bytes.length >= 8 && bytes[1]! >= 192 && bytes[1]! <= 223;

export function readRtcp(compound: Buffer): Rtcp[] {
  const messages: Rtcp[] = [];
  for (let at = 0; at + 4 <= compound.length; ) {
    const [format, type] = [compound.readUInt8(at) & 0x1f, compound.readUInt8(at + 1)];
    const end = at + 4 + 4 * compound.readUInt16BE(at + 2);
    const name = NAMES[type];
    messages.push({
      name: (typeof name === 'object' ? name[format] : name) ?? `${type}/${format}`,
      body: compound.subarray(at + 4, end),
    });
    at = end;
  }
  return messages;
}
