import type { Consumed, ConsumerLayers as Layers } from '../../shared/channel/messages.gen.js';
import { asInteger, asObject, optional } from '../../shared/rtp/fields.js';
import type {
  ConsumerType,
  MediaKind,
  NormalizedRtpParameters,
  RtpCapabilities,
  RtpEncodingParameters,
  RtpParameters,
} from '../../shared/rtp/rtp-parameters.js';
import type { EventBody } from './channel.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { type Audience, type ProducerSource, type RtpStreamDump, toRtpStreamDump } from './producer.js';
import type { Scope } from './scope.js';
import { type RtpStreamStat, toRtpStreamStats } from './stats.js';

/** 0 is the lowest. Without a temporal layer: the highest. */
export type ConsumerLayers = { spatialLayer: number; temporalLayer?: number };

export type ConsumerOptions<A extends AppData = AppData> = {
  producerId: string;
  /** Of the endpoint that will receive. */
  rtpCapabilities: RtpCapabilities;
  /** Start paused, and resume when the endpoint is ready: advised for video. Default false. */
  paused?: boolean;
  /** At most 8 characters, unique in the transport. Default: a number that grows. */
  mid?: string;
  /** Default: the highest. */
  preferredLayers?: ConsumerLayers;
  /** Default: true for video, false for audio. */
  enableRtx?: boolean;
  /** Don't forward Opus DTX packets. Default false. */
  ignoreDtx?: boolean;
  /** Forward all streams instead of one that is chosen as it goes. Default false. */
  pipe?: boolean;
  appData?: A;
};

/** 0 to 10: of what is sent here, of the producer's stream that it comes from, and of all streams of the producer. */
export type ConsumerScore = { score: number; producerScore: number; producerScores: number[] };

export type ConsumerStat = RtpStreamStat;

export type ConsumerDump = {
  id: string;
  producerId: string;
  kind: MediaKind;
  type: ConsumerType;
  rtpParameters: RtpParameters;
  consumableRtpEncodings: RtpEncodingParameters[];
  supportedCodecPayloadTypes: number[];
  paused: boolean;
  producerPaused: boolean;
  rtpStreams: RtpStreamDump[];
  /** -1: none. */
  preferredSpatialLayer: number;
  preferredTemporalLayer: number;
  targetSpatialLayer: number;
  targetTemporalLayer: number;
  currentSpatialLayer: number;
  currentTemporalLayer: number;
};

export type ConsumerEvents = EntityEvents & {
  transportclose: [];
  producerclose: [];
  producerpause: [];
  producerresume: [];
  score: [score: ConsumerScore];
  layerschange: [layers: ConsumerLayers | undefined];
};

export type ConsumerObserverEvents = EntityObserverEvents & {
  pause: [];
  resume: [];
  score: [score: ConsumerScore];
  layerschange: [layers: ConsumerLayers | undefined];
};

type ConsumerParts<A extends AppData> = {
  scope: Scope;
  source: ProducerSource;
  type: ConsumerType;
  rtpParameters: NormalizedRtpParameters;
  consumed: Consumed;
  appData: A;
};

/** Media of a producer that the router sends to an endpoint. */
export class Consumer<A extends AppData = AppData> extends Entity<ConsumerEvents, ConsumerObserverEvents, A> {
  readonly #scope: Scope;
  readonly #source: ProducerSource;
  readonly #type: ConsumerType;
  readonly #rtpParameters: NormalizedRtpParameters;
  #paused: boolean;
  #producerPaused: boolean;
  #score: ConsumerScore;
  #preferredLayers?: ConsumerLayers;
  #currentLayers?: ConsumerLayers;

  /** Made by `transport.consume()`. */
  constructor({ scope, source, type, rtpParameters, consumed, appData }: ConsumerParts<A>) {
    super(scope, appData);
    this.#scope = scope;
    this.#source = source;
    this.#type = type;
    this.#rtpParameters = rtpParameters;
    this.#paused = consumed.paused;
    // Not what the worker said: if that has changed since, the producer knows, and will not tell again.
    this.#producerPaused = source.paused;
    this.#score = consumed.score ?? { score: 0, producerScore: 0, producerScores: [] };
    this.#preferredLayers = consumed.preferredLayers;
    this.#watchProducer();
    scope.listen((event) => this.#onEvent(event));
  }

  get producerId(): string {
    return this.#source.scope.id;
  }

  get kind(): MediaKind {
    return this.#source.kind;
  }

  get rtpParameters(): RtpParameters {
    return structuredClone(this.#rtpParameters);
  }

  get type(): ConsumerType {
    return this.#type;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get producerPaused(): boolean {
    return this.#producerPaused;
  }

  get score(): ConsumerScore {
    return structuredClone(this.#score);
  }

  /** As set, within what the producer has; undefined if it has no layers. */
  get preferredLayers(): ConsumerLayers | undefined {
    return structuredClone(this.#preferredLayers);
  }

  /** What is being sent; undefined: nothing, or a producer without layers. */
  get currentLayers(): ConsumerLayers | undefined {
    return structuredClone(this.#currentLayers);
  }

  async pause(): Promise<void> {
    await this.#scope.control.pauseConsumer({ consumer: this.#scope.handle });
    const changed = !this.#paused && !this.#producerPaused;
    this.#paused = true;
    if (changed) this.observer.safeEmit('pause');
  }

  /** The producer is asked for a key frame. */
  async resume(): Promise<void> {
    await this.#scope.control.resumeConsumer({ consumer: this.#scope.handle });
    const changed = this.#paused && !this.#producerPaused;
    this.#paused = false;
    if (changed) this.observer.safeEmit('resume');
  }

  /** @throws TypeError */
  async setPreferredLayers(layers: ConsumerLayers): Promise<void> {
    const { preferredLayers } = await this.#scope.control.setPreferredLayers({
      consumer: this.#scope.handle,
      preferredLayers: readConsumerLayers(layers, 'preferredLayers'),
    });
    this.#preferredLayers = preferredLayers;
  }

  async requestKeyFrame(): Promise<void> {
    await this.#scope.control.requestKeyFrame({ consumer: this.#scope.handle });
  }

  /** What is sent, and the producer's stream that it comes from. */
  async getStats(): Promise<ConsumerStat[]> {
    const { streams } = await this.#scope.control.getConsumerStats({ consumer: this.#scope.handle });
    return toRtpStreamStats(streams);
  }

  async dump(): Promise<ConsumerDump> {
    const dump = await this.#scope.control.dumpConsumer({ consumer: this.#scope.handle });
    const consumableRtpEncodings = this.#source.consumableRtpParameters.encodings;
    return {
      id: this.id,
      producerId: this.producerId,
      kind: this.kind,
      type: this.#type,
      ...structuredClone({ rtpParameters: this.#rtpParameters, consumableRtpEncodings }),
      supportedCodecPayloadTypes: dump.supportedCodecPayloadTypes,
      paused: dump.paused,
      producerPaused: dump.producerPaused,
      rtpStreams: dump.stream ? [toRtpStreamDump(dump.stream, this.#rtpParameters.rtcp.cname)] : [],
      preferredSpatialLayer: dump.preferredLayers?.spatialLayer ?? -1,
      preferredTemporalLayer: dump.preferredLayers?.temporalLayer ?? -1,
      targetSpatialLayer: dump.targetLayers?.spatialLayer ?? -1,
      targetTemporalLayer: dump.targetLayers?.temporalLayer ?? -1,
      currentSpatialLayer: dump.currentLayers?.spatialLayer ?? -1,
      currentTemporalLayer: dump.currentLayers?.temporalLayer ?? -1,
    };
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.#scope.parent!.control.closeConsumer({ consumer: this.#scope.handle });
  }

  #watchProducer(): void {
    const audience: Audience = {
      producerClosed: () => this.#producerClosed(),
      producerPaused: () => this.#setProducerPaused(true),
      producerResumed: () => this.#setProducerPaused(false),
    };
    this.#source.audiences.add(audience);
    this.#scope.atEnd(() => this.#source.audiences.delete(audience));
  }

  // The worker closes a producer's consumers itself.
  #producerClosed(): void {
    if (!this.#scope.doomed) this.finish('producerclose');
  }

  #setProducerPaused(paused: boolean): void {
    this.#producerPaused = paused;
    this.safeEmit(paused ? 'producerpause' : 'producerresume');
    if (!this.#paused) this.observer.safeEmit(paused ? 'pause' : 'resume');
  }

  #onEvent(event: EventBody): void {
    if (event.type === 'consumerScore') {
      const { type: _, ...score } = event;
      this.#score = score;
      this.safeEmit('score', this.score);
      this.observer.safeEmit('score', this.score);
    }
    if (event.type === 'layersChange') {
      this.#currentLayers = event.layers;
      this.safeEmit('layerschange', this.currentLayers);
      this.observer.safeEmit('layerschange', this.currentLayers);
    }
  }
}

/** @throws TypeError naming the field */
export function readConsumerLayers(value: unknown, name: string): Layers {
  const { spatialLayer, temporalLayer } = asObject(value, name);
  return {
    spatialLayer: asInteger(spatialLayer, `${name}.spatialLayer`, 0, 255),
    ...optional('temporalLayer', temporalLayer, (layer) => asInteger(layer, `${name}.temporalLayer`, 0, 255)),
  };
}
