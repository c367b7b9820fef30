import type { Scope } from './scope.js';

/** Somebody who gets what a producer, or a data producer, takes. */
export type Audience = { producerClosed(): void; producerPaused(): void; producerResumed(): void };

/** What is known of a producer, or a data producer, where it is consumed. */
export type Source = {
  readonly scope: Scope;
  readonly audiences: Set<Audience>;
  paused: boolean;
};

/** Tells the audiences, if it is a change, which is what it returns. */
export function setPaused(source: Source, paused: boolean): boolean {
  if (source.paused === paused) return false;
  source.paused = paused;
  for (const audience of [...source.audiences]) {
    if (paused) audience.producerPaused();
    else audience.producerResumed();
  }
  return true;
}

export function tellClosed(source: Source): void {
  for (const audience of [...source.audiences]) audience.producerClosed();
}
