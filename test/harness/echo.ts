import type { DataConsumer, DataProducer } from 'mediasoup-client/types';
import { type Random, seededRandom } from './random.js';
import { waitUntil } from './wait.js';

type Message = string | Uint8Array<ArrayBuffer>;

export type EchoOptions = {
  seed: number;
  count: number;
  smallest: number;
  /** Bytes; every fiftieth message has as many. */
  largest: number;
  /** The next message waits while this many bytes have not come back. Default: none waits. */
  inFlight?: number;
  /** What has not come back is lost once nothing has come for so many milliseconds. Default: nothing may be lost. */
  quiet?: number;
};

export type Echoed = {
  /** Of each message that came back, in that order: the number of the sent one that it equals, or -1. */
  came: number[];
  bytes: number;
};

const patience = 20_000;

/** Sends messages of all sizes, text and bytes, and compares what comes back with what was sent. */
export async function echo(out: DataProducer, back: DataConsumer, options: EchoOptions): Promise<Echoed> {
  const { inFlight = Infinity, quiet = Infinity } = options;
  const messages = randomMessages(options);
  const received: Message[] = [];
  let [sentBytes, bytes, newest] = [0, 0, 0];
  back.on('message', (data: string | ArrayBuffer) => {
    received.push(typeof data === 'string' ? data : new Uint8Array(data));
    bytes += received.at(-1)!.length;
    newest = performance.now();
  });
  const seen = (): string => `${received.length} messages came back, ${sentBytes - bytes} bytes did not`;
  for (const message of messages) {
    await waitUntil(() => sentBytes - bytes < inFlight, patience, seen);
    out.send(message);
    sentBytes += message.length;
  }
  newest = performance.now();
  const isOver = (): boolean => received.length === messages.length || performance.now() - newest > quiet;
  await waitUntil(isOver, patience, seen);
  back.removeAllListeners('message');
  return { came: numbersOf(received.map(keyOf), messages.map(keyOf)), bytes };
}

/** Sizes are as often between 1 and 10 bytes as between 10,000 and 100,000. */
function randomMessages({ seed, count, smallest, largest }: EchoOptions): Message[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, number) => {
    const size = number % 50 === 1 ? largest : Math.ceil(smallest * (largest / smallest) ** random());
    const bytes = randomBytes(random, size);
    return number % 3 === 0 ? textOf(bytes) : bytes;
  });
}

function randomBytes(random: Random, size: number): Uint8Array<ArrayBuffer> {
  const words = Uint32Array.from({ length: Math.ceil(size / 4) }, () => random() * 2 ** 32);
  return new Uint8Array(words.buffer, 0, size);
}

/** As many characters as bytes, each of one byte in UTF-8. */
function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(32 + (byte & 63))).join('');
}

/** Messages of the same key are equal in type, length and content, as good as certainly (two hashes of 32 bits). */
function keyOf(message: Message): string {
  let [one, other] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < message.length; at++) {
    const byte = typeof message === 'string' ? message.charCodeAt(at) : message[at]!;
    one = Math.imul(one ^ byte, 0x01000193);
    other = Math.imul(other ^ (byte + at), 0x85ebca6b) ^ (one >>> 13);
  }
  return `${typeof message} ${message.length} ${one} ${other}`;
}

function numbersOf(received: string[], sent: string[]): number[] {
  // Short messages have equals: the one of the same place comes first.
  return received.map((key, place) => (sent[place] === key ? place : sent.indexOf(key)));
}
