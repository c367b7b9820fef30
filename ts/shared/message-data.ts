/** What an application sends: text or bytes, either of which may be empty. */
export type MessageData = string | Uint8Array;

/** Bytes, of text in UTF-8: what every browser takes as one message of a data channel. */
export const MAX_MESSAGE_SIZE = 262_144;

/**
 * A copy, so that the caller may go on to write to his own.
 *
 * @throws TypeError
 */
export function asMessage(value: unknown): MessageData {
  const isText = typeof value === 'string';
  if (!isText && !(value instanceof Uint8Array)) throw new TypeError('data must be a string or a Uint8Array');
  if (sizeOf(value) > MAX_MESSAGE_SIZE)
    throw new TypeError(`data must have at most ${MAX_MESSAGE_SIZE} bytes`);
  return isText ? value : new Uint8Array(value);
}

function sizeOf(data: MessageData): number {
  return typeof data === 'string' ? new TextEncoder().encode(data).length : data.length;
}
