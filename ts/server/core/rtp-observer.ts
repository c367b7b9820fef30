import { NotFoundError } from '../../shared/errors.js';
import { asObject } from '../../shared/rtp/fields.js';
import type { EventMap } from './enhanced-event-emitter.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents, entityOf } from './entity.js';
import { asId } from './id.js';
import { Producer, type ProducerSource } from './producer.js';
import type { Scope } from './scope.js';
import type { RouterLink } from './transport.js';

export type RtpObserverType = 'audiolevel' | 'activespeaker';

export type RtpObserverEvents = EntityEvents & { routerclose: [] };

export type RtpObserverObserverEvents = EntityObserverEvents & {
  pause: [];
  resume: [];
  addproducer: [producer: Producer];
  removeproducer: [producer: Producer];
};

/**
 * Listens to audio producers of a router, by the level that their packets tell (RFC 6464). A producer that closes is
 * heard no more.
 */
export abstract class RtpObserver<
  Events extends EventMap = RtpObserverEvents,
  ObserverEvents extends RtpObserverObserverEvents & EventMap = RtpObserverObserverEvents,
  A extends AppData = AppData,
> extends Entity<Events, ObserverEvents, A> {
  protected readonly scope: Scope;
  readonly #router: RouterLink;
  readonly #observed = new WeakSet<ProducerSource>();
  #paused = false;

  protected constructor(scope: Scope, router: RouterLink, appData: A) {
    super(scope, appData);
    this.scope = scope;
    this.#router = router;
  }

  abstract get type(): RtpObserverType;

  get paused(): boolean {
    return this.#paused;
  }

  /** It tells nothing until `resume`. */
  async pause(): Promise<void> {
    await this.scope.control.pauseRtpObserver({ observer: this.scope.handle });
    if (this.#paused) return;
    this.#paused = true;
    this.observe('pause');
  }

  async resume(): Promise<void> {
    await this.scope.control.resumeRtpObserver({ observer: this.scope.handle });
    if (!this.#paused) return;
    this.#paused = false;
    this.observe('resume');
  }

  /** @throws TypeError if it is no audio producer, NotFoundError if it is not in the router */
  async addProducer(options: { producerId: string }): Promise<void> {
    const source = this.#sourceOf(options);
    if (source.kind !== 'audio') throw new TypeError('producerId must be of an audio producer');
    await this.scope.control.observeProducer({ observer: this.scope.handle, producer: source.scope.handle });
    if (this.#observed.has(source)) return;
    this.#observed.add(source);
    this.observe('addproducer', entityOf(source.scope));
  }

  /** @throws TypeError, NotFoundError if it is not in the router */
  async removeProducer(options: { producerId: string }): Promise<void> {
    const source = this.#sourceOf(options);
    await this.scope.control.unobserveProducer({
      observer: this.scope.handle,
      producer: source.scope.handle,
    });
    if (this.#observed.delete(source)) this.observe('removeproducer', entityOf(source.scope));
  }

  /** Of what the worker tells; undefined if it was closed meanwhile. */
  protected producerOf(handle: number): Producer | undefined {
    const scope = this.scope.find(handle);
    const entity = scope && entityOf(scope);
    return entity instanceof Producer ? entity : undefined;
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.scope.parent!.control.closeRtpObserver({ observer: this.scope.handle });
  }

  #sourceOf(options: unknown): ProducerSource {
    const id = asId(asObject(options, 'options').producerId, 'producerId');
    this.scope.requireOpen();
    const source = this.#router.producers.get(id);
    if (!source) throw new NotFoundError(`producerId '${id}' is no producer of the router`);
    return source;
  }
}
