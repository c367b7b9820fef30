// Whether memory that was measured over time stays where it is.

/** @typedef {{ at: number; bytes: number }} Sample `at` in seconds */
/** @typedef {{ slope: number; drift: number }} Bounds bytes a minute; share of the second quarter's mean */

const mean = (numbers) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

/** Of the line that fits best by least squares, in bytes a minute. */
export function slopeOf(samples) {
  const [at, bytes] = [mean(samples.map((s) => s.at)), mean(samples.map((s) => s.bytes))];
  const spread = samples.reduce((sum, s) => sum + (s.at - at) ** 2, 0);
  const together = samples.reduce((sum, s) => sum + (s.at - at) * (s.bytes - bytes), 0);
  return spread === 0 ? 0 : (60 * together) / spread;
}

/**
 * The first quarter is warm-up: pools and tables grow to what the load needs. Then the rule is: the slope of the rest
 * is below its bound, and the last quarter's mean is no more than `drift` above the second's.
 * @param {Sample[]} samples in order of time, at least two a quarter
 * @param {Bounds} bounds
 */
export function judge(samples, bounds) {
  const quarter = Math.floor(samples.length / 4);
  if (quarter < 2) throw new RangeError('a verdict needs at least 8 samples');
  const slope = slopeOf(samples.slice(quarter));
  const second = mean(samples.slice(quarter, 2 * quarter).map((s) => s.bytes));
  const last = mean(samples.slice(-quarter).map((s) => s.bytes));
  const drift = last / second - 1;
  return { slope, drift, isFlat: slope < bounds.slope && drift < bounds.drift };
}
