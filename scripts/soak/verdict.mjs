// Whether memory that was measured over time stays where it is.

/** @typedef {{ at: number; bytes: number }} Sample `at` in seconds */
/** @typedef {{ slope: number; drift: number }} Bounds bytes a minute; share of the second quarter's mean */

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Of the line that fits best by least squares, in bytes per unit of `at`. */
export function slopeOf(samples) {
  const [at, bytes] = [mean(samples.map((s) => s.at)), mean(samples.map((s) => s.bytes))];
  const spread = samples.reduce((sum, s) => sum + (s.at - at) ** 2, 0);
  const together = samples.reduce((sum, s) => sum + (s.at - at) * (s.bytes - bytes), 0);
  return spread === 0 ? 0 : together / spread;
}

/** Pools, tables and compiled code grow to what the load needs. */
const WARM_UP = { seconds: 90, share: 1 / 4 };

/**
 * After a warm-up of 90 s, or of a quarter if that is more, the rule is: the slope of the rest is below its bound, and
 * its last third's mean is no more than `drift` above its first's. In a run of six minutes or more these thirds are the
 * run's last and second quarter.
 * @param {Sample[]} samples in order of time, at least three a third
 * @param {Bounds} bounds
 */
export function judge(samples, bounds) {
  const end = samples.at(-1)?.at ?? 0;
  const rest = samples.filter(({ at }) => at >= Math.max(WARM_UP.seconds, WARM_UP.share * end));
  const third = Math.floor(rest.length / 3);
  if (third < 3) throw new RangeError('a verdict needs nine samples after the warm-up of 90 s');
  const meanOf = (some) => mean(some.map((sample) => sample.bytes));
  const slope = 60 * slopeOf(rest);
  const drift = meanOf(rest.slice(-third)) / meanOf(rest.slice(0, third)) - 1;
  return { slope, drift, isFlat: slope < bounds.slope && drift < bounds.drift };
}
