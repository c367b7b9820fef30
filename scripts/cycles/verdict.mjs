// Whether memory stays where it is while something is made and closed over and over.
import { slopeOf } from '../soak/verdict.mjs';

/** Bytes a cycle. A forgotten entry of the smallest map costs more; pages that come and go cost less. */
export const BOUND = 32;

/** Bytes in all that few cycles may add: what is compiled late, and stays. Workers that are kept have more. */
export const SLACK = 128 * 1024;

/**
 * The slope of the fitted line over the second half: in the first one pools, tables and compiled code grow to what
 * is needed.
 * @param {{ at: number; bytes: number }[]} samples `at` is the number of cycles done
 */
export function judge(samples) {
  const end = samples.at(-1)?.at ?? 0;
  const later = samples.filter(({ at }) => at >= end / 2);
  if (later.length < 5) throw new RangeError('a verdict needs five samples of the second half');
  const slope = slopeOf(later);
  return { slope, isFlat: slope < Math.max(BOUND, SLACK / (end / 2)) };
}
