import type { AppData } from '../shared/signalling/messages.js';
import { Emitter, type EventMap } from './emitter.js';

/** Who did it: this application, or the server and whoever is behind it. */
export type Originator = 'local' | 'remote';

/** What lives until it is closed. Closing twice is closing once, and `closed` is true when the event comes. */
export abstract class Lifetime<Events extends EventMap> extends Emitter<Events> {
  /** Whatever the application, on either side, keeps with it. */
  appData: AppData;
  /** @internal Takes it out of what holds it. */
  onEnd?: () => void;
  #closed = false;

  protected constructor(appData: AppData) {
    super();
    this.appData = appData;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether it was open until now. */
  protected markClosed(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.onEnd?.();
    return true;
  }
}
