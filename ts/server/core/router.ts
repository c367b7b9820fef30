import type { ProducerConsumers } from '../../shared/channel/messages.gen.js';
import { asObject } from '../../shared/rtp/fields.js';
import { canConsume, generateRouterRtpCapabilities } from '../../shared/rtp/negotiate.js';
import type {
  NormalizedRtpCapabilities,
  RouterRtpCodecCapability,
  RtpCapabilities,
} from '../../shared/rtp/rtp-parameters.js';
import {
  type ActiveSpeakerObserver,
  type ActiveSpeakerObserverOptions,
  createActiveSpeakerObserver,
} from './active-speaker-observer.js';
import { type AllStats, readAllStats } from './all-stats.js';
import {
  type AudioLevelObserver,
  type AudioLevelObserverOptions,
  createAudioLevelObserver,
} from './audio-level-observer.js';
import type { DataProducerSource } from './data-producer.js';
import {
  createDirectTransport,
  type DirectTransport,
  type DirectTransportOptions,
} from './direct-transport.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import * as logger from './logger.js';
import {
  type PipeSide,
  type PipeToRouterOptions,
  type PipeToRouterResult,
  pipeToRouter,
} from './pipe-to-router.js';
import { createPipeTransport, type PipeTransport, type PipeTransportOptions } from './pipe-transport.js';
import { createPlainTransport, type PlainTransport, type PlainTransportOptions } from './plain-transport.js';
import type { ProducerSource } from './producer.js';
import type { RtpObserver } from './rtp-observer.js';
import type { Scope } from './scope.js';
import type { Sockets } from './sockets.js';
import type { RouterLink, Transport } from './transport.js';
import {
  createWebRtcTransport,
  type WebRtcTransport,
  type WebRtcTransportOptions,
} from './webrtc-transport.js';

export type RouterOptions<A extends AppData = AppData> = {
  /** What the router routes, without RTX, which it adds. Default []. */
  mediaCodecs?: RouterRtpCodecCapability[];
  appData?: A;
};

export type RouterDump = {
  id: string;
  transportIds: string[];
  rtpObserverIds: string[];
  mapProducerIdConsumerIds: IdsById[];
  mapConsumerIdProducerId: IdById[];
  mapProducerIdObserverIds: IdsById[];
  mapDataProducerIdDataConsumerIds: IdsById[];
  mapDataConsumerIdDataProducerId: IdById[];
};

type IdsById = { key: string; values: string[] };
type IdById = { key: string; value: string };

export type RouterEvents = EntityEvents & { workerclose: [] };

export type RouterObserverEvents = EntityObserverEvents & {
  newtransport: [transport: Transport];
  newrtpobserver: [rtpObserver: RtpObserver];
};

/** The transports among which producers are consumed: one conference, as a rule. */
export class Router<A extends AppData = AppData> extends Entity<RouterEvents, RouterObserverEvents, A> {
  readonly #scope: Scope;
  readonly #sockets: Sockets;
  readonly #producers = new Map<string, ProducerSource>();
  readonly #dataProducers = new Map<string, DataProducerSource>();
  readonly #link: RouterLink;
  readonly #pipeSide: PipeSide;
  #rtpCapabilities: NormalizedRtpCapabilities;

  /** Made by `worker.createRouter()`. */
  constructor(scope: Scope, sockets: Sockets, rtpCapabilities: NormalizedRtpCapabilities, appData: A) {
    super(scope, appData);
    this.#scope = scope;
    this.#sockets = sockets;
    this.#rtpCapabilities = rtpCapabilities;
    this.#link = {
      scope,
      producers: this.#producers,
      dataProducers: this.#dataProducers,
      rtpCapabilities: () => this.#rtpCapabilities,
    };
    this.#pipeSide = {
      link: this.#link,
      pairs: new Map(),
      createPipeTransport: (options) => this.createPipeTransport(options),
    };
  }

  /** What endpoints may send to it; a client takes its own capabilities from the intersection with these. */
  get rtpCapabilities(): NormalizedRtpCapabilities {
    return structuredClone(this.#rtpCapabilities);
  }

  /**
   * For producers from now on.
   *
   * @throws TypeError, UnsupportedError
   */
  updateMediaCodecs(mediaCodecs: RouterRtpCodecCapability[]): void {
    this.#rtpCapabilities = generateRouterRtpCapabilities(mediaCodecs);
  }

  /** @throws TypeError naming the option, UnsupportedError, or what the system says of the address */
  async createWebRtcTransport<T extends AppData = AppData>(
    options: WebRtcTransportOptions<T>,
  ): Promise<WebRtcTransport<T>> {
    return this.#told('newtransport', await createWebRtcTransport<T>(this.#link, this.#sockets, options));
  }

  /** @throws TypeError naming the option, or what the system says of the address */
  async createPlainTransport<T extends AppData = AppData>(
    options: PlainTransportOptions<T>,
  ): Promise<PlainTransport<T>> {
    return this.#told('newtransport', await createPlainTransport<T>(this.#link, this.#sockets, options));
  }

  /** @throws TypeError naming the option, or what the system says of the address */
  async createPipeTransport<T extends AppData = AppData>(
    options: PipeTransportOptions<T>,
  ): Promise<PipeTransport<T>> {
    return this.#told('newtransport', await createPipeTransport<T>(this.#link, this.#sockets, options));
  }

  /** @throws TypeError naming the option */
  async createDirectTransport<T extends AppData = AppData>(
    options: DirectTransportOptions<T> = {},
  ): Promise<DirectTransport<T>> {
    return this.#told('newtransport', await createDirectTransport<T>(this.#link, options));
  }

  /**
   * Has a producer, or a data producer, of this router consumed in another one of this host too, through a pair of pipe
   * transports that the two routers share. What happens to it, pause, resume and close, happens there as well. If it is
   * piped there already, that is the result.
   *
   * @example
   * const { pipeProducer } = await router.pipeToRouter({ producerId: producer.id, router: other });
   *
   * @throws TypeError naming the option, NotFoundError for the producer
   */
  async pipeToRouter(options: PipeToRouterOptions): Promise<PipeToRouterResult> {
    const fields = asObject(options, 'options');
    if (!(fields.router instanceof Router)) throw new TypeError('router must be a Router');
    return pipeToRouter(this.#pipeSide, fields.router.#pipeSide, fields);
  }

  /** Whether an endpoint can play the producer. False also for a producer that is not here, and for bad capabilities. */
  canConsume({
    producerId,
    rtpCapabilities,
  }: {
    producerId: string;
    rtpCapabilities: RtpCapabilities;
  }): boolean {
    const source = this.#producers.get(producerId);
    if (!source) return false;
    try {
      return canConsume(source.consumableRtpParameters, rtpCapabilities);
    } catch (error) {
      logger.error('Router', 'canConsume() got bad capabilities', error);
      return false;
    }
  }

  /**
   * Tells how loud the loudest of those producers are that are added to it.
   *
   * @throws TypeError naming the option
   */
  async createAudioLevelObserver<O extends AppData = AppData>(
    options: AudioLevelObserverOptions<O> = {},
  ): Promise<AudioLevelObserver<O>> {
    return this.#told('newrtpobserver', await createAudioLevelObserver<O>(this.#link, options));
  }

  /**
   * Tells which of those producers speaks that are added to it.
   *
   * @throws TypeError naming the option
   */
  async createActiveSpeakerObserver<O extends AppData = AppData>(
    options: ActiveSpeakerObserverOptions<O> = {},
  ): Promise<ActiveSpeakerObserver<O>> {
    return this.#told('newrtpobserver', await createActiveSpeakerObserver<O>(this.#link, options));
  }

  /** The statistics of all that is in the router, at the cost of one request to the worker. */
  async getStats(): Promise<AllStats> {
    return readAllStats(this.#scope);
  }

  async dump(): Promise<RouterDump> {
    const dump = await this.#scope.control.dumpRouter({ router: this.#scope.handle });
    const consumers = this.#idsById(dump.producers);
    const dataConsumers = this.#idsById(dump.dataProducers);
    return {
      id: this.id,
      transportIds: this.#scope.idsOf(dump.transports),
      rtpObserverIds: this.#scope.idsOf(dump.rtpObservers),
      mapProducerIdConsumerIds: consumers,
      mapConsumerIdProducerId: inverted(consumers),
      mapProducerIdObserverIds: this.#idsById(dump.observed),
      mapDataProducerIdDataConsumerIds: dataConsumers,
      mapDataConsumerIdDataProducerId: inverted(dataConsumers),
    };
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.#scope.parent!.control.closeRouter({ router: this.#scope.handle });
  }

  #idsById(entries: ProducerConsumers[]): IdsById[] {
    return entries.flatMap(({ producer, consumers }) =>
      this.#scope.idsOf([producer]).map((key) => ({ key, values: this.#scope.idsOf(consumers) })),
    );
  }

  #told<T>(event: keyof RouterObserverEvents, made: T): T {
    this.observe(event, made);
    return made;
  }
}

function inverted(entries: IdsById[]): IdById[] {
  return entries.flatMap(({ key, values }) => values.map((value) => ({ key: value, value: key })));
}
