import { EventEmitter, once } from 'node:events';
import * as logger from './logger.js';

/**
 * An event's name and its listeners' arguments.
 *
 * @example
 * { died: [error: Error]; close: [] }
 */
// biome-ignore lint/suspicious/noExplicitAny: any arguments are what makes each map of events fit.
export type EventMap = Record<string, any[]>;

type Listener<Args extends unknown[]> = (...args: Args) => void;
type AnyListener = (...args: unknown[]) => void;

/**
 * Node's emitter with typed events. `safeEmit` calls every listener whatever the others do: what one throws, or
 * rejects with, goes to the event 'listenererror' (the event's name, the error) and is logged.
 */
export class EnhancedEventEmitter<Events extends EventMap = EventMap> extends EventEmitter {
  constructor() {
    super();
    this.setMaxListeners(Number.POSITIVE_INFINITY);
  }

  safeEmit<K extends keyof Events & string>(event: K, ...args: Events[K]): boolean {
    const listeners = this.rawListeners(event);
    for (const listener of listeners) this.#call(event, listener as AnyListener, args);
    return listeners.length > 0;
  }

  #call(event: string, listener: AnyListener, args: unknown[]): void {
    const fail = (error: unknown) => this.#listenerFailed(event, error);
    try {
      const result: unknown = Reflect.apply(listener, this, args);
      if (result instanceof Promise) result.catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #listenerFailed(event: string, error: unknown): void {
    logger.error('listener', `a listener of the event '${event}' threw`, error);
    try {
      super.emit('listenererror', event, error);
    } catch (second) {
      logger.error('listener', "a listener of the event 'listenererror' threw", second);
    }
  }

  override emit<K extends keyof Events & string>(event: K, ...args: Events[K]): boolean {
    return super.emit(event, ...args);
  }

  override on<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.on(event, listener as AnyListener);
  }

  override off<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.off(event, listener as AnyListener);
  }

  override once<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.once(event, listener as AnyListener);
  }

  override addListener<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.addListener(event, listener as AnyListener);
  }

  override removeListener<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.removeListener(event, listener as AnyListener);
  }

  override prependListener<K extends keyof Events & string>(event: K, listener: Listener<Events[K]>): this {
    return super.prependListener(event, listener as AnyListener);
  }

  override prependOnceListener<K extends keyof Events & string>(
    event: K,
    listener: Listener<Events[K]>,
  ): this {
    return super.prependOnceListener(event, listener as AnyListener);
  }

  override removeAllListeners<K extends keyof Events & string>(event?: K): this {
    return event === undefined ? super.removeAllListeners() : super.removeAllListeners(event);
  }

  override listenerCount<K extends keyof Events & string>(event: K): number {
    return super.listenerCount(event);
  }
}

/**
 * Resolves with the arguments of the next event of that name.
 *
 * @example
 * const [state] = await enhancedOnce(transport, 'icestatechange', { signal: AbortSignal.timeout(5_000) });
 *
 * @throws the signal's reason (AbortError), or what the event 'error' brings meanwhile
 */
export async function enhancedOnce<Events extends EventMap, K extends keyof Events & string>(
  emitter: EnhancedEventEmitter<Events>,
  event: K,
  options?: { signal?: AbortSignal },
): Promise<Events[K]> {
  return (await once(emitter, event, options)) as Events[K];
}
