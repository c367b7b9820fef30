import { asInteger } from '../../shared/rtp/fields.js';

/** A user message of SCTP and the protocol of its payload (RFC 8831, 8). */
export type DataMessage = { ppid: number; message: Uint8Array };

const TEXT = 51;
const BINARY = 53;
const EMPTY_TEXT = 56;
const EMPTY_BINARY = 57;
const MAX_UINT32 = 0xffffffff;
const MAX_SUBCHANNEL = 0xffff;

/**
 * SCTP has no empty messages: what is empty becomes one byte, and a PPID of its own says so (RFC 8831, 6.6).
 *
 * @throws TypeError naming the argument
 */
export function toDataMessage(message: unknown, ppid: unknown): DataMessage {
  const isText = typeof message === 'string';
  if (!isText && !(message instanceof Uint8Array)) {
    throw new TypeError('message must be a string or a Buffer');
  }
  const bytes = isText ? Buffer.from(message) : message;
  const given = asInteger(ppid ?? (isText ? TEXT : BINARY), 'ppid', 0, MAX_UINT32);
  if (given === EMPTY_TEXT || (bytes.length === 0 && given === TEXT)) {
    return { ppid: EMPTY_TEXT, message: Buffer.from(' ') };
  }
  if (given === EMPTY_BINARY || (bytes.length === 0 && given === BINARY)) {
    return { ppid: EMPTY_BINARY, message: Buffer.alloc(1) };
  }
  if (bytes.length === 0) throw new TypeError(`message must not be empty with ppid ${given}`);
  return { ppid: given, message: bytes };
}

/** A tag of messages, by which consumers choose what they get. */
export function asSubchannel(value: unknown, name: string): number {
  return asInteger(value, name, 0, MAX_SUBCHANNEL);
}

/** @throws TypeError naming the argument */
export function readSubchannels(value: unknown): number[] {
  if (!Array.isArray(value)) throw new TypeError('subchannels must be an array');
  return [...new Set(Array.from(value, (item, index) => asSubchannel(item, `subchannels[${index}]`)))];
}

/** A view as a Buffer, not a copy. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
