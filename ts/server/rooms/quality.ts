import type { Quality } from '../../shared/signalling/messages.js';

/** 0 to 10, as the core scores streams; 'lost': there is no connection. */
export type Points = number | 'lost';

/** From the worst to the best. */
const ORDER: Quality[] = ['lost', 'poor', 'good', 'excellent'];

/** The least points of each. */
const EXCELLENT = 8;
const GOOD = 5;

/** Milliseconds for which it must be worse, or better, without a break, before it is called so. */
const WORSE_AFTER = 2000;
const BETTER_AFTER = 5000;

/**
 * What a peer's connection is called, from what is measured of it now and then. A moment does not change it; a lost
 * connection does at once, and so does one that is there again.
 */
export class QualityMeter {
  #quality: Quality = 'excellent';
  /** Since when it has been otherwise, and the nearest to what it is called that it was since then. */
  #otherwise: { better: boolean; since: number; nearest: Quality } | undefined;

  get quality(): Quality {
    return this.#quality;
  }

  /** Returns whether it is called otherwise now. `now` is milliseconds. */
  update(points: Points, now: number): boolean {
    const measured = qualityOf(points);
    const difference = rank(measured) - rank(this.#quality);
    if (difference === 0) this.#otherwise = undefined;
    else if (measured === 'lost' || this.#quality === 'lost') return this.#become(measured);
    else return this.#watch(measured, difference > 0, now);
    return false;
  }

  #watch(measured: Quality, better: boolean, now: number): boolean {
    const before = this.#otherwise;
    if (before?.better !== better) {
      this.#otherwise = { better, since: now, nearest: measured };
      return false;
    }
    const nearer = better ? rank(measured) < rank(before.nearest) : rank(measured) > rank(before.nearest);
    if (nearer) before.nearest = measured;
    if (now - before.since < (better ? BETTER_AFTER : WORSE_AFTER)) return false;
    return this.#become(before.nearest);
  }

  #become(quality: Quality): boolean {
    this.#quality = quality;
    this.#otherwise = undefined;
    return true;
  }
}

function qualityOf(points: Points): Quality {
  if (points === 'lost') return 'lost';
  if (points >= EXCELLENT) return 'excellent';
  return points >= GOOD ? 'good' : 'poor';
}

function rank(quality: Quality): number {
  return ORDER.indexOf(quality);
}
