import { seededRandom } from '../soak/random.mjs';
import { BOUND, judge, SLACK } from './verdict.mjs';

const base = 20 * 2 ** 20;
const samples = (bytesAt) => Array.from({ length: 40 }, (_, i) => ({ at: i * 250, bytes: bytesAt(i * 250) }));

describe('a verdict on memory after cycles', () => {
  it('is good for what grows in the first half only', () => {
    expect(judge(samples((at) => base + Math.min(at, 4500) * 100))).toEqual({ slope: 0, isFlat: true });
  });

  it('is good for noise without a trend', () => {
    const random = seededRandom(7);
    expect(judge(samples(() => base + random() * 2 ** 16)).isFlat).toBe(true);
  });

  it('is bad for a small leak, whatever the noise', () => {
    const random = seededRandom(7);
    const { slope, isFlat } = judge(samples((at) => base + at * (BOUND + 16) + random() * 2 ** 15));
    expect(slope).toBeGreaterThan(BOUND);
    expect(isFlat).toBe(false);
  });

  it('allows a few cycles as much in all as code takes that is compiled late', () => {
    const few = (growth) =>
      Array.from({ length: 40 }, (_, i) => ({ at: i * 5, bytes: base + (growth * i * 5) / 200 }));
    expect(judge(few(SLACK)).isFlat).toBe(true);
    expect(judge(few(3 * SLACK)).isFlat).toBe(false);
  });

  it('is refused for too few samples', () => {
    expect(() => judge(samples(() => base).slice(0, 8))).toThrow(RangeError);
    expect(() => judge([])).toThrow(RangeError);
  });
});
