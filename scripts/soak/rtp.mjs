// RTP and RTCP as a native client sends it: one audio packet every 20 ms, one VP8 picture every 40 ms, and reports.
const AUDIO_CLOCK = 48_000;
const VIDEO_CLOCK = 90_000;
const PACKETS_A_PICTURE = 2;
const PAYLOAD = 900;
/** Seconds from 1900 to 1970 (RFC 3550, 4). */
const NTP_EPOCH = 2_208_988_800;
const KEPT = 256;

/**
 * @typedef {'audio' | 'video'} Kind
 * @typedef {object} Stream
 * @property {Kind} kind
 * @property {number} ssrc
 * @property {number} payloadType
 * @property {number} extensionId of the transport-wide sequence number
 * @property {number} sequence
 * @property {number} timestamp
 * @property {number} pictureId
 * @property {boolean} keyFrameWanted
 * @property {number} packets
 * @property {Map<number, Buffer>} sent
 */

/** @returns {Stream} */
export function newStream({ kind, ssrc, payloadType, extensionId, sequence }) {
  const state = { timestamp: ssrc, pictureId: 0, keyFrameWanted: true, packets: 0, sent: new Map() };
  return { kind, ssrc, payloadType, extensionId, sequence, ...state };
}

/**
 * The packets of the next 20 ms (audio) or 40 ms (video). A share of them is lost before it is sent: it is kept for
 * retransmission only.
 * @param {Stream} stream
 * @param {{ random: () => number; loss: number; nextTransportSequence: () => number }} way
 */
export function nextPackets(stream, { random, loss, nextTransportSequence }) {
  const payloads = stream.kind === 'audio' ? [Buffer.alloc(80, 0xa5)] : nextPicture(stream);
  stream.timestamp =
    (stream.timestamp + (stream.kind === 'audio' ? AUDIO_CLOCK / 50 : VIDEO_CLOCK / 25)) >>> 0;
  const packets = payloads.map((payload, i) => {
    const marker = stream.kind === 'video' && i === payloads.length - 1;
    return keep(stream, packet(stream, marker, nextTransportSequence(), payload));
  });
  return packets.filter(() => random() >= loss);
}

/** RFC 7741, 4.2: descriptor with a 15-bit picture id; 4.3: the first byte says whether it is a key frame. */
function nextPicture(stream) {
  const isKey = stream.keyFrameWanted;
  stream.keyFrameWanted = false;
  stream.pictureId = (stream.pictureId + 1) & 0x7fff;
  return Array.from({ length: PACKETS_A_PICTURE }, (_, i) => {
    const payload = Buffer.alloc(PAYLOAD, 0x5a);
    payload.set([i === 0 ? 0x90 : 0x80, 0x80, 0x80 | (stream.pictureId >> 8), stream.pictureId & 0xff]);
    if (i === 0) payload.set([isKey ? 0x10 : 0x11, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00], 4);
    return payload;
  });
}

function packet(stream, marker, transportSequence, payload) {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x90, 0);
  header.writeUInt8((marker ? 0x80 : 0) | stream.payloadType, 1);
  header.writeUInt16BE(stream.sequence, 2);
  header.writeUInt32BE(stream.timestamp, 4);
  header.writeUInt32BE(stream.ssrc, 8);
  header.writeUInt32BE(0xbede0001, 12); // RFC 8285, 4.2: one word of one-byte extensions
  header.writeUInt8((stream.extensionId << 4) | 1, 16);
  header.writeUInt16BE(transportSequence, 17);
  stream.sequence = (stream.sequence + 1) & 0xffff;
  stream.packets++;
  return Buffer.concat([header, payload]);
}

function keep(stream, bytes) {
  stream.sent.set(bytes.readUInt16BE(2), bytes);
  if (stream.sent.size > KEPT) stream.sent.delete(stream.sent.keys().next().value);
  return bytes;
}

/** RFC 3550, 6.4.1. */
export function senderReport(stream, now = Date.now()) {
  const report = Buffer.alloc(28);
  report.writeUInt8(0x80, 0);
  report.writeUInt8(200, 1);
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(stream.ssrc, 4);
  report.writeUInt32BE(Math.floor(now / 1000) + NTP_EPOCH, 8);
  report.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), 12);
  report.writeUInt32BE(stream.timestamp, 16);
  report.writeUInt32BE(stream.packets, 20);
  report.writeUInt32BE(stream.packets * PAYLOAD, 24);
  return report;
}

const OWN_SSRC = 1;

/** RFC 3550, 6.4.2, of one stream. */
export function receiverReport({ ssrc, highest }) {
  const report = Buffer.alloc(32);
  report.writeUInt8(0x81, 0);
  report.writeUInt8(201, 1);
  report.writeUInt16BE(7, 2);
  report.writeUInt32BE(OWN_SSRC, 4);
  report.writeUInt32BE(ssrc, 8);
  report.writeUInt32BE(highest, 16);
  return report;
}

/** RFC 4585, 6.2.1: one packet and the three after it. */
export function nack({ ssrc, highest }) {
  const request = feedback(205, 1, ssrc, 16);
  request.writeUInt16BE((highest - 5) & 0xffff, 12);
  request.writeUInt16BE(0b111, 14);
  return request;
}

/** RFC 4585, 6.3.1. */
export const pictureLoss = ({ ssrc }) => feedback(206, 1, ssrc, 12);

function feedback(type, format, ssrc, size) {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt8(0x80 | format, 0);
  bytes.writeUInt8(type, 1);
  bytes.writeUInt16BE(size / 4 - 1, 2);
  bytes.writeUInt32BE(OWN_SSRC, 4);
  bytes.writeUInt32BE(ssrc, 8);
  return bytes;
}

/** RFC 5761, 4. */
export const isRtcp = (bytes) => bytes.length >= 8 && bytes[1] >= 192 && bytes[1] <= 223;

/** What a compound asks of a sender: the SSRCs of which a key frame is wanted, and the packets that are missing. */
export function readRequests(compound) {
  const requests = { keyFrames: [], lost: [] };
  for (let at = 0; at + 12 <= compound.length; at += 4 + 4 * compound.readUInt16BE(at + 2)) {
    const [format, type] = [compound[at] & 0x1f, compound[at + 1]];
    const end = Math.min(compound.length, at + 4 + 4 * compound.readUInt16BE(at + 2));
    if (type === 206 && format === 1) requests.keyFrames.push(compound.readUInt32BE(at + 8));
    if (type === 205 && format === 1) requests.lost.push(...lostPackets(compound.subarray(at, end)));
  }
  return requests;
}

function lostPackets(message) {
  const ssrc = message.readUInt32BE(8);
  const lost = [];
  for (let at = 12; at + 4 <= message.length; at += 4) {
    const [first, mask] = [message.readUInt16BE(at), message.readUInt16BE(at + 2)];
    lost.push({ ssrc, sequence: first });
    for (let bit = 0; bit < 16; bit++)
      if (mask & (1 << bit)) lost.push({ ssrc, sequence: (first + bit + 1) & 0xffff });
  }
  return lost;
}
