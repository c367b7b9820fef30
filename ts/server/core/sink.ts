import type { EnhancedEventEmitter, EventMap } from './enhanced-event-emitter.js';
import { type AppData, Entity } from './entity.js';
import type { Scope } from './scope.js';
import type { Audience, Source } from './source.js';

export type SinkObserverEvents = {
  close: [];
  /** By itself or by what it consumes: nothing comes any more. */
  pause: [];
  resume: [];
};

/** What consumes a source: a consumer or a data consumer. It is silent while it, or its source, is paused. */
export abstract class Sink<
  Events extends EventMap,
  ObserverEvents extends SinkObserverEvents & EventMap,
  A extends AppData,
> extends Entity<Events, ObserverEvents, A> {
  protected readonly scope: Scope;
  readonly #source: Source;
  #paused: boolean;
  #sourcePaused: boolean;

  protected constructor(scope: Scope, source: Source, paused: boolean, appData: A) {
    super(scope, appData);
    this.scope = scope;
    this.#source = source;
    this.#paused = paused;
    // Not what the worker said: if that has changed since, the producer knows, and will not tell again.
    this.#sourcePaused = source.paused;
    this.#watchSource();
  }

  get paused(): boolean {
    return this.#paused;
  }

  protected get sourcePaused(): boolean {
    return this.#sourcePaused;
  }

  async pause(): Promise<void> {
    await this.pauseInWorker();
    this.#setPaused(true);
  }

  async resume(): Promise<void> {
    await this.resumeInWorker();
    this.#setPaused(false);
  }

  protected abstract pauseInWorker(): Promise<unknown>;
  protected abstract resumeInWorker(): Promise<unknown>;

  #setPaused(paused: boolean): void {
    const changed = this.#paused !== paused && !this.#sourcePaused;
    this.#paused = paused;
    if (changed) this.observe(paused ? 'pause' : 'resume');
  }

  #setSourcePaused(paused: boolean): void {
    this.#sourcePaused = paused;
    // 'producerpause', 'dataproducerresume', …
    const event = `${this.#source.scope.kind}${paused ? 'pause' : 'resume'}`;
    (this as unknown as EnhancedEventEmitter).safeEmit(event);
    if (!this.#paused) this.observe(paused ? 'pause' : 'resume');
  }

  #watchSource(): void {
    const { audiences } = this.#source;
    const audience: Audience = {
      producerClosed: () => this.#sourceClosed(),
      producerPaused: () => this.#setSourcePaused(true),
      producerResumed: () => this.#setSourcePaused(false),
    };
    audiences.add(audience);
    this.scope.atEnd(() => audiences.delete(audience));
  }

  // The worker closes a producer's consumers itself.
  #sourceClosed(): void {
    if (!this.scope.doomed) this.finish(`${this.#source.scope.kind}close`);
  }
}
