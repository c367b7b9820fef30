// The channel is a byte stream of frames: a u32 length (little-endian), and that many bytes of one message.

export const kMaxFrame = 4 * 1024 * 1024;
const kHead = 4;

/** The bytes to send for one message. */
export function frame(message: Uint8Array): Uint8Array {
  if (message.length > kMaxFrame)
    throw new RangeError(`a message of ${message.length} bytes does not fit a frame`);
  const out = new Uint8Array(kHead + message.length);
  new DataView(out.buffer).setUint32(0, message.length, true);
  out.set(message, kHead);
  return out;
}

/** Cuts a stream that arrives in chunks of any size into frames. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #wanted = kHead;
  #inBody = false;

  /** The messages that `chunk` completes. A frame that is too long is a RangeError, and ends the stream. */
  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    if (chunk.length > 0) this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= this.#wanted) {
      const part = this.#take();
      if (this.#inBody) messages.push(part);
      this.#wanted = this.#inBody ? kHead : bodySize(part);
      this.#inBody = !this.#inBody;
    }
    return messages;
  }

  // The first #wanted bytes; copied only when they came in more than one chunk.
  #take(): Uint8Array {
    const all =
      this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : joined(this.#chunks, this.#size);
    this.#size -= this.#wanted;
    this.#chunks = this.#size > 0 ? [all.subarray(this.#wanted)] : [];
    return all.subarray(0, this.#wanted);
  }
}

function bodySize(head: Uint8Array): number {
  const size = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  if (size > kMaxFrame) throw new RangeError(`a frame of ${size} bytes is too long`);
  return size;
}

function joined(chunks: Uint8Array[], size: number): Uint8Array {
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
