import { seededRandom } from './random.mjs';
import { judge, slopeOf } from './verdict.mjs';

const bounds = { slope: 64 * 1024, drift: 0.03 };
const minutes = (count, bytesAt) =>
  Array.from({ length: count * 12 }, (_, i) => ({ at: i * 5, bytes: bytesAt(i / 12) }));
const base = 20 * 2 ** 20;

describe('a verdict on memory', () => {
  it('is good for what grows in the warm-up only', () => {
    const samples = minutes(10, (minute) => base + Math.min(minute, 2.5) * 2 ** 20);
    expect(judge(samples, bounds)).toMatchObject({ slope: 0, drift: 0, isFlat: true });
  });

  it('is good for noise without a trend', () => {
    const random = seededRandom(7);
    const samples = minutes(10, () => base + random() * 200_000);
    expect(judge(samples, bounds).isFlat).toBe(true);
  });

  it('is bad for a steady leak, whatever the noise', () => {
    const random = seededRandom(7);
    const samples = minutes(10, (minute) => base + minute * 100_000 + random() * 200_000);
    expect(judge(samples, bounds).isFlat).toBe(false);
  });

  it('is bad for a step that comes late', () => {
    const samples = minutes(10, (minute) => base + (minute > 7 ? 2 ** 20 : 0));
    const { drift, isFlat } = judge(samples, { ...bounds, slope: Infinity });
    expect(drift).toBeCloseTo(0.05);
    expect(isFlat).toBe(false);
  });

  it('leaves 90 s of a short run to the warm-up', () => {
    const samples = minutes(3, (minute) => base + Math.min(minute, 1.5) * 2 ** 20);
    expect(judge(samples, bounds)).toMatchObject({ slope: 0, drift: 0, isFlat: true });
  });

  it('is refused for a run that is hardly longer than the warm-up', () => {
    expect(() =>
      judge(
        minutes(2, () => base),
        bounds,
      ),
    ).toThrow(RangeError);
    expect(() => judge([], bounds)).toThrow(RangeError);
  });
});

test('the slope is in bytes per unit of time', () => {
  expect(slopeOf(minutes(3, (minute) => base + 1234 * minute))).toBeCloseTo(1234 / 60);
  expect(slopeOf([{ at: 1, bytes: base }])).toBe(0);
});
