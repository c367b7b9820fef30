import type { Random } from './random.js';

/** What one direction of a network does to datagrams. Zero switches a trait off. */
export type LinkTraits = {
  /** Share of datagrams lost, 0 to 1. */
  loss: number;
  /** Milliseconds every datagram takes. */
  delay: number;
  /** Milliseconds at most that a datagram takes on top of `delay`. */
  jitter: number;
  /** Whether jitter may let a datagram overtake another. */
  reorder: boolean;
  /** Bits a second, IPv4 and UDP headers included. */
  rate: number;
  /** Bytes that may wait for `rate`; a datagram beyond them is dropped. */
  queue: number;
};

export type LinkCounts = {
  received: number;
  lost: number;
  overflowed: number;
  delivered: number;
  deliveredBytes: number;
};

const udpOverIpv4 = 28;
const perfect: LinkTraits = { loss: 0, delay: 0, jitter: 0, reorder: false, rate: 0, queue: 64_000 };

/**
 * One direction of a simulated network, without clock or sockets: it says when a datagram comes out, if it does.
 * The same seed, datagrams and times give the same answers.
 */
export class Link {
  readonly counts: LinkCounts = { received: 0, lost: 0, overflowed: 0, delivered: 0, deliveredBytes: 0 };
  readonly #random: Random;
  #traits: LinkTraits;
  /** What waits for the rate, or is being sent, in order: when each has left. */
  readonly #queue: { bytes: number; left: number }[] = [];
  #queued = 0;
  #busyUntil = 0;
  #lastArrival = 0;

  constructor(random: Random, traits: Partial<LinkTraits> = {}) {
    this.#random = random;
    this.#traits = { ...perfect, ...traits };
  }

  /** Changes traits for the datagrams to come; those that wait for the rate leave as they would have. */
  set(traits: Partial<LinkTraits>): void {
    this.#traits = { ...this.#traits, ...traits };
  }

  /** The time in milliseconds at which a datagram that enters at `now` comes out, or undefined if it never does. */
  arrival(bytes: number, now: number): number | undefined {
    this.counts.received++;
    // Both numbers are drawn every time, so that a changed trait leaves the later draws as they were.
    const [luck, lag] = [this.#random(), this.#random()];
    if (luck < this.#traits.loss) {
      this.counts.lost++;
      return undefined;
    }
    const sent = this.#transmitted(bytes + udpOverIpv4, now);
    if (sent === undefined) {
      this.counts.overflowed++;
      return undefined;
    }
    return this.#inOrder(sent + this.#traits.delay + lag * this.#traits.jitter);
  }

  delivered(bytes: number): void {
    this.counts.delivered++;
    this.counts.deliveredBytes += bytes;
  }

  #transmitted(bytes: number, now: number): number | undefined {
    const { rate, queue } = this.#traits;
    this.#drain(now);
    const start = Math.max(now, this.#busyUntil);
    if (rate === 0) return start;
    if (this.#queued + bytes > queue) return undefined;
    this.#busyUntil = start + (bytes * 8000) / rate;
    this.#queue.push({ bytes, left: this.#busyUntil });
    this.#queued += bytes;
    return this.#busyUntil;
  }

  #drain(now: number): void {
    while (this.#queue[0] && this.#queue[0].left <= now) this.#queued -= this.#queue.shift()!.bytes;
  }

  #inOrder(arrival: number): number {
    if (this.#traits.reorder) return arrival;
    this.#lastArrival = Math.max(arrival, this.#lastArrival);
    return this.#lastArrival;
  }
}
