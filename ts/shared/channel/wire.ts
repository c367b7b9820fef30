// The protobuf wire format (https://protobuf.dev/programming-guides/encoding/) for the generated messages.
// Integers are JavaScript numbers, so a 64-bit one must be a safe integer. What cannot be written is a
// TypeError that names the field; what cannot be read is a RangeError. Fields not known are skipped.

const kMaxDepth = 16;
/** Elements of lists and maps in one message, all its parts together. */
const kMaxItems = 1 << 20;
const kWord = 2 ** 32;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function encode<T>(write: (w: Writer, m: T) => void, message: T): Uint8Array {
  const writer = new Writer();
  write(writer, message);
  return writer.finish();
}

export function decode<T>(read: (r: Reader) => T, bytes: Uint8Array): T {
  return read(new Reader(bytes));
}

export class Writer {
  #bytes = new Uint8Array(256);
  #at = 0;

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** A field's number × 8 + wire type; its value follows. */
  tag(tag: number): this {
    this.#varint(tag, 0);
    return this;
  }

  uint32(value: number, where: string): void {
    if (!(Number.isInteger(value) && value >= 0 && value < kWord))
      throw new TypeError(`${where} must be an integer from 0 to 4294967295`);
    this.#varint(value, 0);
  }

  int32(value: number, where: string): void {
    if (value !== (value | 0))
      throw new TypeError(`${where} must be an integer from -2147483648 to 2147483647`);
    this.#varint(value >>> 0, value < 0 ? 0xffffffff : 0);
  }

  uint64(value: number, where: string): void {
    if (!(Number.isSafeInteger(value) && value >= 0))
      throw new TypeError(`${where} must be an integer from 0 to 2^53 - 1`);
    this.#varint(value >>> 0, Math.floor(value / kWord));
  }

  int64(value: number, where: string): void {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${where} must be an integer below 2^53`);
    this.#varint(value >>> 0, Math.floor(value / kWord) >>> 0);
  }

  bool(value: boolean, where: string): void {
    if (typeof value !== 'boolean') throw new TypeError(`${where} must be true or false`);
    this.#varint(value ? 1 : 0, 0);
  }

  double(value: number, where: string): void {
    if (typeof value !== 'number') throw new TypeError(`${where} must be a number`);
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  choice<T extends string>(value: T, values: readonly T[], where: string): void {
    const index = values.indexOf(value);
    if (index < 0) throw new TypeError(`${where} must be one of ${values.join(', ')}`);
    this.#varint(index, 0);
  }

  string(value: string, where: string): void {
    if (typeof value !== 'string') throw new TypeError(`${where} must be a string`);
    this.#sized(() => {
      this.#reserve(value.length * 3);
      this.#at += encoder.encodeInto(value, this.#bytes.subarray(this.#at)).written;
    });
  }

  bytes(value: Uint8Array, where: string): void {
    if (!(value instanceof Uint8Array)) throw new TypeError(`${where} must be a Uint8Array`);
    this.#varint(value.length, 0);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** A message or a packed list, written by `body`. */
  nested(body: () => void): void {
    this.#sized(body);
  }

  /** A map field: one entry message (key 1, value 2) for each key. */
  map(tag: number, entries: Record<string, string | number | boolean>, where: string): void {
    for (const [key, value] of Object.entries(entries))
      this.tag(tag).nested(() => {
        this.tag(10).string(key, where);
        const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
        this.tag(18).string(text, `${where}.${key}`);
      });
  }

  // One byte is kept for the size, and more are made when the body outgrows it.
  #sized(body: () => void): void {
    this.#reserve(1);
    const start = ++this.#at;
    body();
    const size = this.#at - start;
    if (size < 128) {
      this.#bytes[start - 1] = size;
      return;
    }
    const extra = size < 2 ** 14 ? 1 : size < 2 ** 21 ? 2 : size < 2 ** 28 ? 3 : 4;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#at);
    this.#at = start - 1;
    this.#varint(size, 0);
    this.#at += size;
  }

  #varint(low: number, high: number): void {
    this.#reserve(10);
    while (low > 127 || high > 0) {
      this.#bytes[this.#at++] = (low & 127) | 128;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#bytes[this.#at++] = low;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + size));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
  }
}

export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  #end: number;
  #tag = 0;
  #low = 0;
  #high = 0;
  #depth = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#end = bytes.length;
  }

  /** The next field's tag (number × 8 + wire type), or 0 at the end of the message. */
  next(): number {
    if (!this.more()) return 0;
    this.#tag = this.uint32();
    if (this.#tag < 8) throw malformed();
    return this.#tag;
  }

  more(): boolean {
    return this.#at < this.#end;
  }

  uint32(): number {
    this.#varint();
    if (this.#high !== 0) throw malformed();
    return this.#low;
  }

  int32(): number {
    const value = this.int64();
    if (value !== (value | 0)) throw malformed();
    return value;
  }

  uint64(): number {
    this.#varint();
    return safe(this.#high * kWord + this.#low);
  }

  int64(): number {
    this.#varint();
    return safe((this.#high | 0) * kWord + this.#low);
  }

  bool(): boolean {
    return this.choice([false, true]);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  choice<T>(values: readonly T[]): T {
    const index = this.uint32();
    const value = values[index];
    if (value === undefined) throw malformed();
    return value;
  }

  string(): string {
    return decoder.decode(this.bytes());
  }

  /** A view of the bytes that are being read, not a copy. */
  bytes(): Uint8Array {
    const size = this.uint32();
    const at = this.#take(size);
    return this.#bytes.subarray(at, at + size);
  }

  /** A message or a packed list, read by `body` up to its end. */
  nested<T>(body: () => T): T {
    const size = this.uint32();
    const at = this.#take(size);
    const end = this.#end;
    if (++this.#depth > kMaxDepth) throw malformed();
    this.#at = at;
    this.#end = at + size;
    const value = body();
    this.#end = end;
    --this.#depth;
    return value;
  }

  /** One element of a list. */
  item<T>(value: T): T {
    if (++this.#items > kMaxItems) throw malformed();
    return value;
  }

  /** One entry of a map field (key 1, value 2). */
  entry(entries: Record<string, string | number | boolean>): void {
    const entry = { key: '', value: '' };
    this.nested(() => {
      for (let tag = this.next(); tag !== 0; tag = this.next())
        if (tag === 10) entry.key = this.string();
        else if (tag === 18) entry.value = this.string();
        else this.skip();
    });
    entries[entry.key] = this.item(entry.value);
  }

  /** The value of the field that next() found. */
  skip(): void {
    const type = this.#tag & 7;
    if (type === 0) this.#varint();
    else if (type === 1) this.#take(8);
    else if (type === 2) this.bytes();
    else if (type === 5) this.#take(4);
    else throw malformed();
  }

  #take(size: number): number {
    const at = this.#at;
    if (size > this.#end - at) throw malformed();
    this.#at += size;
    return at;
  }

  #byte(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  #varint(): void {
    this.#low = 0;
    this.#high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#byte();
      const bits = byte & 127;
      if (shift < 28) this.#low = (this.#low | (bits << shift)) >>> 0;
      else if (shift > 28) this.#high = (this.#high | (bits << (shift - 32))) >>> 0;
      else {
        this.#low = (this.#low | (bits << 28)) >>> 0;
        this.#high = bits >>> 4;
      }
      if (byte < 128) {
        if (shift === 63 && byte > 1) break;
        return;
      }
    }
    throw malformed();
  }
}

const malformed = (): RangeError => new RangeError('malformed channel message');

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw malformed();
  return value;
}
