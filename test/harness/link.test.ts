import { expect, test } from '@jest/globals';
import { Link, type LinkTraits } from './link.js';
import { seededRandom } from './random.js';

const headers = 28;

function arrivals(
  traits: Partial<LinkTraits>,
  times: number[],
  { bytes = 100, seed = 7 } = {},
): (number | undefined)[] {
  const link = new Link(seededRandom(seed), traits);
  return times.map((now) => link.arrival(bytes, now));
}

const everyMillisecond = (count: number): number[] => Array.from({ length: count }, (_, now) => now);

test('a perfect link delivers at once', () => {
  expect(arrivals({}, [0, 5, 5])).toEqual([0, 5, 5]);
});

test('a link loses about the asked share', () => {
  const lost = arrivals({ loss: 0.1 }, everyMillisecond(10_000)).filter((at) => at === undefined).length;
  expect(lost).toBeGreaterThan(900);
  expect(lost).toBeLessThan(1100);
});

test('a link that loses all delivers nothing', () => {
  expect(arrivals({ loss: 1 }, [0, 1, 2])).toEqual([undefined, undefined, undefined]);
});

test('one seed gives one outcome, another seed another', () => {
  const traits = { loss: 0.3, delay: 10, jitter: 20 };
  const first = arrivals(traits, everyMillisecond(100), { seed: 1 });
  expect(arrivals(traits, everyMillisecond(100), { seed: 1 })).toEqual(first);
  expect(arrivals(traits, everyMillisecond(100), { seed: 2 })).not.toEqual(first);
});

test('every datagram takes the delay', () => {
  expect(arrivals({ delay: 40 }, [0, 3])).toEqual([40, 43]);
});

test('jitter stays within its bound and keeps the order', () => {
  const out = arrivals({ delay: 5, jitter: 30 }, everyMillisecond(1000)) as number[];
  expect(out).toEqual([...out].sort((a, b) => a - b));
  expect(out.every((at, now) => at >= now + 5 && at <= now + 35)).toBe(true);
  expect(new Set(out.map((at, now) => Math.round(at - now))).size).toBeGreaterThan(5);
});

test('jitter that may reorder lets datagrams overtake', () => {
  const out = arrivals({ jitter: 30, reorder: true }, everyMillisecond(1000)) as number[];
  expect(out).not.toEqual([...out].sort((a, b) => a - b));
});

test('a rate spaces datagrams by the time each takes on the wire', () => {
  const bytes = 1000 - headers;
  expect(arrivals({ rate: 1_000_000 }, [0, 0, 100], { bytes })).toEqual([8, 16, 108]);
});

test('a full queue drops, and takes again when it has drained', () => {
  const bytes = 1000 - headers;
  expect(arrivals({ rate: 1_000_000, queue: 2000 }, [0, 0, 0, 8], { bytes })).toEqual([8, 16, undefined, 24]);
});

test('traits can change while the link is in use', () => {
  const link = new Link(seededRandom(1));
  expect(link.arrival(100, 0)).toBe(0);
  link.set({ delay: 10 });
  expect(link.arrival(100, 1)).toBe(11);
  link.set({ loss: 1 });
  expect(link.arrival(100, 2)).toBeUndefined();
});

test('a wider rate takes the queue as it is: nothing is dropped that has room, nothing overtakes', () => {
  const bytes = 1000 - headers;
  const link = new Link(seededRandom(1), { rate: 100_000, queue: 4000 });
  expect([link.arrival(bytes, 0), link.arrival(bytes, 0)]).toEqual([80, 160]);
  link.set({ rate: 1_000_000 });
  expect([link.arrival(bytes, 1), link.arrival(bytes, 1)]).toEqual([168, 176]);
  expect(link.arrival(bytes, 1)).toBeUndefined();
  link.set({ rate: 0 });
  expect(link.arrival(bytes, 2)).toBe(176);
});

test('a narrower rate drops what the queue has no room for', () => {
  const bytes = 1000 - headers;
  const link = new Link(seededRandom(1), { rate: 1_000_000, queue: 3000 });
  expect([link.arrival(bytes, 0), link.arrival(bytes, 0)]).toEqual([8, 16]);
  link.set({ rate: 100_000 });
  expect([link.arrival(bytes, 0), link.arrival(bytes, 0)]).toEqual([96, undefined]);
});

test('a link counts what became of its datagrams', () => {
  const link = new Link(seededRandom(1), { rate: 1_000_000, queue: 1000 });
  link.arrival(1000 - headers, 0);
  link.arrival(1000 - headers, 0);
  link.set({ loss: 1 });
  link.arrival(10, 0);
  expect(link.counts).toMatchObject({ received: 3, overflowed: 1, lost: 1 });
});
