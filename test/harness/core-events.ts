import { type EnhancedEventEmitter, type EventMap, enhancedOnce } from '../../ts/server/core/extras.js';

const patience = 5_000;

/** What the next event of that name brings; rejects when it does not come. */
export function next<Events extends EventMap, K extends keyof Events & string>(
  emitter: EnhancedEventEmitter<Events>,
  event: K,
): Promise<Events[K]> {
  const told = enhancedOnce(emitter, event, { signal: AbortSignal.timeout(patience) });
  // A test that fails before it waits fails by that, not by this.
  told.catch(() => {});
  return told;
}

/** Notes `name` and the event, for each of these events, in the order in which they come. */
export function note<Events extends EventMap>(
  heard: string[],
  name: string,
  emitter: EnhancedEventEmitter<Events>,
  events: (keyof Events & string)[],
): void {
  for (const event of events) emitter.on(event, () => void heard.push(`${name} ${event}`));
}
