import type {
  AppData,
  ServerNotificationMethod,
  ServerNotifications,
} from '../../shared/signalling/messages.js';
import { EnhancedEventEmitter, type EventMap } from '../core/enhanced-event-emitter.js';
import * as logger from '../core/logger.js';

/** Who did it: the server's application, or the client. */
export type Originator = 'local' | 'remote';

/** Who did it, for a consumer: also its producer may. */
export type ConsumerOriginator = Originator | 'source';

/** Tells the client. */
export type Tell = <M extends ServerNotificationMethod>(method: M, data: ServerNotifications[M]) => void;

/**
 * What lives until it is closed, by the application or by something above it. Closing twice is closing once, and
 * `closed` is true when the event comes. What a listener throws goes to the event 'listenererror'.
 */
export abstract class Lifetime<Events extends EventMap> extends EnhancedEventEmitter<Events> {
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

  abstract close(appData?: AppData): void;

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Whether it was open until now. */
  protected markClosed(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.onEnd?.();
    return true;
  }
}

/**
 * A command to the worker whose outcome nobody waits for: the worker handles them in order, and what has been closed
 * in the meantime needs it no more.
 */
export function command(done: Promise<unknown>): void {
  done.catch((error) => logger.debug('rooms', `a command to a worker came too late: ${error}`));
}
