import { asObject } from '../../shared/rtp/fields.js';
import { EnhancedEventEmitter, type EventMap } from './enhanced-event-emitter.js';
import type { Scope } from './scope.js';

/** Whatever the application keeps with an object. */
export type AppData = Record<string, unknown>;

/** Events that every object has. */
export type EntityEvents = { listenererror: [eventName: string, error: Error] };

/** Events that every object's observer has. */
export type EntityObserverEvents = { close: [] };

/** @throws TypeError */
export function asAppData<A extends AppData>(value: unknown): A {
  return asObject(value ?? {}, 'appData') as A;
}

const entities = new WeakMap<Scope, { appData: AppData }>();

/** The object whose scope this is; undefined as long as it is being made. */
export function entityOf(scope: Scope): unknown {
  return entities.get(scope);
}

const scopes = new WeakMap<object, Scope>();

/** The scope of an object, for what asks the worker for more than the core API has: the load generator. */
export function scopeOf(entity: object): Scope | undefined {
  return scopes.get(entity);
}

/** What the application keeps with the object whose scope this is. */
export function appDataOf(scope: Scope): AppData | undefined {
  return entities.get(scope)?.appData;
}

/**
 * One object of a worker: it lives until `close` is called, or something above it closes, which it tells by the event
 * '<that>close'. Calling a method never fires an event on the object itself; its observer hears of everything.
 */
export abstract class Entity<
  Events extends EventMap,
  ObserverEvents extends EventMap,
  A extends AppData,
> extends EnhancedEventEmitter<Events> {
  readonly #scope: Scope;
  readonly #observer = new EnhancedEventEmitter<ObserverEvents>();
  #appData: A;

  protected constructor(scope: Scope, appData: A) {
    super();
    this.#scope = scope;
    this.#appData = appData;
    entities.set(scope, this);
    scopes.set(this, scope);
    scope.onParentEnd = (error) => this.finish(`${scope.parent?.kind}close`, error);
  }

  /** UUID v4, unless the application chose it. */
  get id(): string {
    return this.#scope.id;
  }

  get closed(): boolean {
    return this.#scope.ended;
  }

  /** For libraries that watch: it has the object's events, and those that the object's methods cause. */
  get observer(): EnhancedEventEmitter<ObserverEvents> {
    return this.#observer;
  }

  get appData(): A {
    return this.#appData;
  }

  /** @throws TypeError */
  set appData(appData: A) {
    this.#appData = asAppData(appData);
  }

  close(): void {
    if (this.closed) return;
    // A worker that is gone has closed it too.
    this.closeInWorker().catch(() => {});
    this.finish();
  }

  /** Tells the application, here and on the observer. */
  protected tell<K extends keyof Events & keyof ObserverEvents & string>(event: K, ...args: Events[K]): void {
    this.safeEmit(event, ...args);
    this.observe(event, ...args);
  }

  /** Tells the observer alone. */
  protected observe(event: string, ...args: unknown[]): void {
    (this.#observer as EnhancedEventEmitter).safeEmit(event, ...args);
  }

  /** Asks the worker, on the parent's scope: this one ends. */
  protected abstract closeInWorker(): Promise<unknown>;

  /** Ends it, with `event` if something else is the cause. */
  protected finish(event?: string, error?: Error): void {
    if (this.closed) return;
    this.#scope.end(error);
    if (event) (this as unknown as EnhancedEventEmitter).safeEmit(event);
    this.observe('close');
  }
}
