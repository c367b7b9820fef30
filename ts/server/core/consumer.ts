import type { Allocation, Consumed, ConsumerLayers as Layers } from '../../shared/channel/messages.gen.js';
import {
  asBoolean,
  asInteger,
  asNonEmptyString,
  asObject,
  asOneOf,
  optional,
} from '../../shared/rtp/fields.js';
import type {
  ConsumerType,
  MediaKind,
  NormalizedRtpParameters,
  RtpCapabilities,
  RtpEncodingParameters,
  RtpParameters,
} from '../../shared/rtp/rtp-parameters.js';
import type { EventBody } from './channel.js';
import { asBuffer } from './data-message.js';
import { type AppData, asAppData, type EntityEvents } from './entity.js';
import { asId } from './id.js';
import { type ProducerSource, type RtpStreamDump, toRtpStreamDump } from './producer.js';
import type { Scope } from './scope.js';
import { Sink, type SinkObserverEvents } from './sink.js';
import { type RtpStreamStat, toRtpStreamStats } from './stats.js';
import {
  CONSUMER_TRACES,
  type ConsumerTraceEventData,
  type ConsumerTraceEventType,
  readTraceTypes,
  toTrace,
} from './trace.js';

/** 0 is the lowest. Without a temporal layer: the highest. */
export type ConsumerLayers = { spatialLayer: number; temporalLayer?: number };

/**
 * How a consumer shares what its transport can carry with the others there. By default all are equal.
 *
 * @example
 * // The speaker goes before all others, whatever the link; a thumbnail gets its lowest layer, and never more.
 * await speaker.setAllocation({ tier: 1, minLayers: { spatialLayer: 1 } });
 * await thumbnail.setAllocation({ maxLayers: { spatialLayer: 0 }, whenStarved: 'pause' });
 */
export type ConsumerAllocation = {
  /** 0 to 255: higher tiers are served first, and strictly: a lower one gets what is left. Default 0. */
  tier?: number;
  /** 1 to 255: how much it counts beside the others of its tier. It is the priority. Default 1. */
  weight?: number;
  /** Given before anybody of the tier gets more. Without a temporal layer: the lowest. */
  minLayers?: ConsumerLayers;
  /** Never more, beside the preferred layers. Without a temporal layer: the highest. */
  maxLayers?: ConsumerLayers;
  /**
   * When not even its lowest layer fits: 'keep', the default, sends that all the same, so that nobody goes black; 'pause'
   * sends nothing of it until it fits.
   */
  whenStarved?: WhenStarved;
};

export type WhenStarved = 'keep' | 'pause';

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
  /** Default: as all others. */
  allocation?: ConsumerAllocation;
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
  traceEventTypes: ConsumerTraceEventType[];
  paused: boolean;
  producerPaused: boolean;
  priority: number;
  allocation: ConsumerAllocation;
  rtpStreams: RtpStreamDump[];
  /** The one stream, but of a pipe consumer. */
  rtpStream?: RtpStreamDump;
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
  /** After `enableTraceEvent`. */
  trace: [trace: ConsumerTraceEventData];
  /** On a direct transport: what it would send. */
  rtp: [rtpPacket: Buffer];
};

export type ConsumerObserverEvents = SinkObserverEvents & {
  score: [score: ConsumerScore];
  layerschange: [layers: ConsumerLayers | undefined];
  trace: [trace: ConsumerTraceEventData];
};

type ConsumerParts<A extends AppData> = {
  scope: Scope;
  source: ProducerSource;
  type: ConsumerType;
  rtpParameters: NormalizedRtpParameters;
  consumed: Consumed;
  allocation: Allocation;
  appData: A;
};

const MIN_PRIORITY = 1;
const MAX_PRIORITY = 255;
const MAX_TIER = 255;
const WHEN_STARVED: readonly WhenStarved[] = ['keep', 'pause'];

/** What a consumer has when nothing else is asked. */
export const EQUAL: Allocation = { tier: 0, weight: MIN_PRIORITY, whenStarved: 'keep' };

const MAX_MID = 8;

/** Media of a producer that the router sends to an endpoint. */
export class Consumer<A extends AppData = AppData> extends Sink<ConsumerEvents, ConsumerObserverEvents, A> {
  readonly #source: ProducerSource;
  readonly #type: ConsumerType;
  readonly #rtpParameters: NormalizedRtpParameters;
  #allocation: Allocation;
  #traceEventTypes: ConsumerTraceEventType[] = [];
  #score: ConsumerScore;
  #preferredLayers?: ConsumerLayers;
  #currentLayers?: ConsumerLayers;

  /** Made by `transport.consume()`. */
  constructor({ scope, source, type, rtpParameters, consumed, allocation, appData }: ConsumerParts<A>) {
    super(scope, source, consumed.paused, appData);
    this.#source = source;
    this.#type = type;
    this.#rtpParameters = rtpParameters;
    this.#score = consumed.score ?? { score: 0, producerScore: 0, producerScores: [] };
    this.#preferredLayers = consumed.preferredLayers;
    this.#allocation = allocation;
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

  get producerPaused(): boolean {
    return this.sourcePaused;
  }

  /** Who comes first when not everything can be sent: 1, the default, to 255, the most important. */
  get priority(): number {
    return this.#allocation.weight;
  }

  /** As set, with its defaults. */
  get allocation(): ConsumerAllocation {
    return structuredClone(this.#allocation);
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

  /** @throws TypeError */
  async setPreferredLayers(layers: ConsumerLayers): Promise<void> {
    const { preferredLayers } = await this.scope.control.setPreferredLayers({
      consumer: this.scope.handle,
      preferredLayers: readConsumerLayers(layers, 'preferredLayers'),
    });
    this.#preferredLayers = preferredLayers;
  }

  /**
   * 1 to 255: the weight of its allocation.
   *
   * @throws TypeError
   */
  async setPriority(priority: number): Promise<void> {
    const weight = asInteger(priority, 'priority', MIN_PRIORITY, MAX_PRIORITY);
    await this.scope.control.setPriority({ consumer: this.scope.handle, priority: weight });
    this.#allocation = { ...this.#allocation, weight };
  }

  /** Back to 1. */
  async unsetPriority(): Promise<void> {
    await this.setPriority(MIN_PRIORITY);
  }

  /**
   * How it shares what its transport can carry, in place of all that was set before: what is not given gets its default,
   * the weight too.
   *
   * @throws TypeError
   */
  async setAllocation(allocation: ConsumerAllocation): Promise<void> {
    const read = readAllocation(allocation, 'allocation');
    await this.scope.control.setAllocation({ consumer: this.scope.handle, allocation: read });
    this.#allocation = read;
  }

  /**
   * From now on there is the event 'trace' for these, and for no others.
   *
   * @throws TypeError
   */
  async enableTraceEvent(types: ConsumerTraceEventType[] = []): Promise<void> {
    this.#traceEventTypes = readTraceTypes(types, CONSUMER_TRACES);
    await this.scope.control.setTraces({ target: this.scope.handle, types: this.#traceEventTypes });
  }

  async requestKeyFrame(): Promise<void> {
    await this.scope.control.requestKeyFrame({ consumer: this.scope.handle });
  }

  /** What is sent, and the producer's stream that it comes from. */
  async getStats(): Promise<ConsumerStat[]> {
    const { streams } = await this.scope.control.getConsumerStats({ consumer: this.scope.handle });
    return toRtpStreamStats(streams);
  }

  async dump(): Promise<ConsumerDump> {
    const dump = await this.scope.control.dumpConsumer({ consumer: this.scope.handle });
    const consumableRtpEncodings = this.#source.consumableRtpParameters.encodings;
    const rtpStreams = dump.streams.map((stream) => toRtpStreamDump(stream, this.#rtpParameters.rtcp.cname));
    const [rtpStream] = rtpStreams;
    return {
      id: this.id,
      producerId: this.producerId,
      kind: this.kind,
      type: this.#type,
      ...structuredClone({ rtpParameters: this.#rtpParameters, consumableRtpEncodings }),
      supportedCodecPayloadTypes: dump.supportedCodecPayloadTypes,
      traceEventTypes: [...this.#traceEventTypes],
      paused: dump.paused,
      producerPaused: dump.producerPaused,
      priority: dump.priority,
      allocation: dump.allocation ?? EQUAL,
      rtpStreams,
      ...(rtpStream && this.#type !== 'pipe' && { rtpStream }),
      preferredSpatialLayer: dump.preferredLayers?.spatialLayer ?? -1,
      preferredTemporalLayer: dump.preferredLayers?.temporalLayer ?? -1,
      targetSpatialLayer: dump.targetLayers?.spatialLayer ?? -1,
      targetTemporalLayer: dump.targetLayers?.temporalLayer ?? -1,
      currentSpatialLayer: dump.currentLayers?.spatialLayer ?? -1,
      currentTemporalLayer: dump.currentLayers?.temporalLayer ?? -1,
    };
  }

  protected override pauseInWorker(): Promise<unknown> {
    return this.scope.control.pauseConsumer({ consumer: this.scope.handle });
  }

  /** The producer is asked for a key frame. */
  protected override resumeInWorker(): Promise<unknown> {
    return this.scope.control.resumeConsumer({ consumer: this.scope.handle });
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.scope.parent!.control.closeConsumer({ consumer: this.scope.handle });
  }

  #onEvent(event: EventBody): void {
    switch (event.type) {
      case 'consumerScore': {
        const { type: _, ...score } = event;
        this.#score = score;
        this.tell('score', this.score);
        break;
      }
      case 'layersChange':
        this.#currentLayers = event.layers;
        this.tell('layerschange', this.currentLayers);
        break;
      case 'trace':
        this.tell('trace', toTrace<ConsumerTraceEventData>(event));
        break;
      case 'rtpPacket':
        this.safeEmit('rtp', asBuffer(event.packet));
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

/** With its defaults. @throws TypeError naming the field */
export function readAllocation(value: unknown, name: string): Allocation {
  const { tier, weight, minLayers, maxLayers, whenStarved } = asObject(value, name);
  const read: Allocation = {
    tier: asInteger(tier ?? 0, `${name}.tier`, 0, MAX_TIER),
    weight: asInteger(weight ?? MIN_PRIORITY, `${name}.weight`, MIN_PRIORITY, MAX_PRIORITY),
    ...optional('minLayers', minLayers, (layers) => readConsumerLayers(layers, `${name}.minLayers`)),
    ...optional('maxLayers', maxLayers, (layers) => readConsumerLayers(layers, `${name}.maxLayers`)),
    whenStarved: asOneOf(whenStarved ?? 'keep', `${name}.whenStarved`, WHEN_STARVED),
  };
  if (exceeds(read)) throw new TypeError(`${name}.minLayers must not be above ${name}.maxLayers`);
  return read;
}

function exceeds({ minLayers: min, maxLayers: max }: Allocation): boolean {
  if (!min || !max) return false;
  if (min.spatialLayer !== max.spatialLayer) return min.spatialLayer > max.spatialLayer;
  return (min.temporalLayer ?? 0) > (max.temporalLayer ?? 255);
}

/** @throws TypeError naming the field */
export function readConsumerOptions<C extends AppData>(options: ConsumerOptions<C>) {
  const { producerId, rtpCapabilities, paused, ignoreDtx, pipe, appData, ...rest } = asObject(
    options,
    'options',
  );
  return {
    producerId: asId(producerId, 'producerId'),
    rtpCapabilities: rtpCapabilities as ConsumerOptions['rtpCapabilities'],
    paused: asBoolean(paused ?? false, 'paused'),
    ignoreDtx: asBoolean(ignoreDtx ?? false, 'ignoreDtx'),
    pipe: asBoolean(pipe ?? false, 'pipe'),
    ...optional('mid', rest.mid, (mid) => asNonEmptyString(mid, 'mid', MAX_MID)),
    ...optional('enableRtx', rest.enableRtx, (enableRtx) => asBoolean(enableRtx, 'enableRtx')),
    ...optional('preferredLayers', rest.preferredLayers, (layers) =>
      readConsumerLayers(layers, 'preferredLayers'),
    ),
    allocation: readAllocation(rest.allocation ?? {}, 'allocation'),
    appData: asAppData<C>(appData),
  };
}
