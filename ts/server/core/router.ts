import { canConsume, generateRouterRtpCapabilities } from '../../shared/rtp/negotiate.js';
import type {
  NormalizedRtpCapabilities,
  RouterRtpCodecCapability,
  RtpCapabilities,
} from '../../shared/rtp/rtp-parameters.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import * as logger from './logger.js';
import type { ProducerSource } from './producer.js';
import type { Scope } from './scope.js';
import type { Sockets } from './sockets.js';
import type { RouterLink } from './transport.js';
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
  mapProducerIdConsumerIds: { key: string; values: string[] }[];
  mapConsumerIdProducerId: { key: string; value: string }[];
};

export type RouterEvents = EntityEvents & { workerclose: [] };

export type RouterObserverEvents = EntityObserverEvents & { newtransport: [transport: WebRtcTransport] };

/** The transports among which producers are consumed: one conference, as a rule. */
export class Router<A extends AppData = AppData> extends Entity<RouterEvents, RouterObserverEvents, A> {
  readonly #scope: Scope;
  readonly #sockets: Sockets;
  readonly #producers = new Map<string, ProducerSource>();
  readonly #link: RouterLink;
  #rtpCapabilities: NormalizedRtpCapabilities;

  /** Made by `worker.createRouter()`. */
  constructor(scope: Scope, sockets: Sockets, rtpCapabilities: NormalizedRtpCapabilities, appData: A) {
    super(scope, appData);
    this.#scope = scope;
    this.#sockets = sockets;
    this.#rtpCapabilities = rtpCapabilities;
    this.#link = { scope, producers: this.#producers, rtpCapabilities: () => this.#rtpCapabilities };
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
    const transport = await createWebRtcTransport<T>(this.#link, this.#sockets, options);
    this.observer.safeEmit('newtransport', transport as unknown as WebRtcTransport);
    return transport;
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

  async dump(): Promise<RouterDump> {
    const { transports, producers } = await this.#scope.control.dumpRouter({ router: this.#scope.handle });
    const entries = producers.flatMap(({ producer, consumers }) =>
      this.#scope.idsOf([producer]).map((key) => ({ key, values: this.#scope.idsOf(consumers) })),
    );
    return {
      id: this.id,
      transportIds: this.#scope.idsOf(transports),
      mapProducerIdConsumerIds: entries,
      mapConsumerIdProducerId: entries.flatMap(({ key, values }) =>
        values.map((consumer) => ({ key: consumer, value: key })),
      ),
    };
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.#scope.parent!.control.closeRouter({ router: this.#scope.handle });
  }
}
