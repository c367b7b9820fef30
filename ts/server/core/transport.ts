import { randomUUID } from 'node:crypto';
import type {
  RtpEncodingParameters as ChannelEncoding,
  RtpParameters as ChannelRtpParameters,
  TransportDump as ChannelTransportDump,
  TransportStats,
} from '../../shared/channel/messages.gen.js';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import {
  asBoolean,
  asInteger,
  asNonEmptyString,
  asObject,
  asOneOf,
  optional,
} from '../../shared/rtp/fields.js';
import {
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getProducerRtpParametersMapping,
  getProducerType,
} from '../../shared/rtp/negotiate.js';
import type {
  NormalizedRtpCapabilities,
  NormalizedRtpParameters,
  RtpHeaderExtensionUri,
} from '../../shared/rtp/rtp-parameters.js';
import { validateAndNormalizeRtpParameters } from '../../shared/rtp/validate.js';
import { Consumer, type ConsumerOptions, readConsumerLayers } from './consumer.js';
import type { EnhancedEventEmitter } from './enhanced-event-emitter.js';
import { type AppData, asAppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { Producer, type ProducerOptions, type ProducerSource } from './producer.js';
import type { Scope } from './scope.js';

/** What a transport needs of its router. */
export type RouterLink = {
  readonly scope: Scope;
  rtpCapabilities(): NormalizedRtpCapabilities;
  /** All producers of the router, by id. */
  readonly producers: Map<string, ProducerSource>;
};

export type TransportEvents = EntityEvents & { routerclose: [] };

export type TransportObserverEvents = EntityObserverEvents & {
  newproducer: [producer: Producer];
  newconsumer: [consumer: Consumer];
};

/** Bitrates are bits per second. */
export type BaseTransportStats = Omit<TransportStats, 'iceState' | 'iceSelectedTuple' | 'dtlsState'> & {
  transportId: string;
  /** Milliseconds since 1970. */
  timestamp: number;
};

type Entry<K, V> = { key: K; value: V };

export type BaseTransportDump = {
  id: string;
  producerIds: string[];
  consumerIds: string[];
  mapSsrcConsumerId: Entry<number, string>[];
  mapRtxSsrcConsumerId: Entry<number, string>[];
  /** The ids under which the endpoint sends them. */
  recvRtpHeaderExtensions: {
    mid?: number;
    rid?: number;
    rrid?: number;
    absSendTime?: number;
    transportWideCc01?: number;
  };
  rtpListener: {
    ssrcTable: Entry<number, string>[];
    midTable: Entry<string, string>[];
    ridTable: Entry<string, string>[];
  };
};

const MAX_ID = 255;
const MAX_MID = 8;
/** Where the counted MIDs begin again: they must fit into 8 characters. */
const MID_WRAP = 100_000_000;
const MAX_UINT32 = 0xffffffff;
const MAX_KEY_FRAME_REQUEST_DELAY = 60_000;

const EXTENSION_NAMES: [RtpHeaderExtensionUri, keyof BaseTransportDump['recvRtpHeaderExtensions']][] = [
  ['urn:ietf:params:rtp-hdrext:sdes:mid', 'mid'],
  ['urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 'rid'],
  ['urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 'rrid'],
  ['http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 'absSendTime'],
  ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 'transportWideCc01'],
];

/** A way between a router and one endpoint, for any number of producers and consumers. */
export abstract class Transport<
  A extends AppData = AppData,
  Events extends TransportEvents = TransportEvents,
  ObserverEvents extends TransportObserverEvents = TransportObserverEvents,
> extends Entity<Events, ObserverEvents, A> {
  protected readonly scope: Scope;
  readonly #router: RouterLink;
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  /** One for all that comes in here, so that receivers play it in sync (RFC 3550, 6.5.1). */
  #cname?: string;
  #nextMid = 0;

  protected constructor(scope: Scope, router: RouterLink, appData: A) {
    super(scope, appData);
    this.scope = scope;
    this.#router = router;
  }

  abstract get type(): 'webrtc';

  /**
   * Takes what the endpoint sends.
   *
   * @throws TypeError for bad options, UnsupportedError for a codec that the router lacks
   */
  async produce<P extends AppData = AppData>(options: ProducerOptions<P>): Promise<Producer<P>> {
    const { id, kind, params, paused, keyFrameRequestDelay, appData } = readProducerOptions<P>(options);
    this.scope.requireOpen();
    const routerCaps = this.#router.rtpCapabilities();
    const rtpMapping = getProducerRtpParametersMapping(params, routerCaps);
    const consumable = getConsumableRtpParameters(kind, params, routerCaps, rtpMapping);
    const rtpParameters = this.#withCname(params);
    const source: ProducerSource = {
      scope: this.#claimProducer(id),
      kind,
      type: getProducerType(params),
      rtpParameters,
      rtpMapping,
      consumableRtpParameters: { ...consumable, rtcp: { ...rtpParameters.rtcp, reducedSize: true } },
      audiences: new Set(),
      paused,
    };
    await source.scope.making((control, producer) =>
      control.produce({
        transport: this.scope.handle,
        producer,
        kind,
        rtpParameters: toChannel(rtpParameters),
        rtpMapping,
        paused,
        keyFrameRequestDelay,
      }),
    );
    const producer = new Producer<P>(source, appData);
    this.#adopt(this.#producers, producer as unknown as Producer, source.scope);
    this.#router.producers.set(id, source);
    source.scope.atEnd(() => this.#router.producers.delete(id));
    this.#observe('newproducer', producer);
    return producer;
  }

  /**
   * Sends to the endpoint what a producer of the same router receives.
   *
   * @throws TypeError for bad options, NotFoundError for the producer, UnsupportedError if the endpoint has none of
   * its codecs
   */
  async consume<C extends AppData = AppData>(options: ConsumerOptions<C>): Promise<Consumer<C>> {
    const { producerId, paused, ignoreDtx, pipe, preferredLayers, appData, ...rest } =
      readConsumerOptions<C>(options);
    this.scope.requireOpen();
    const source = this.#router.producers.get(producerId);
    if (!source) throw new NotFoundError(`producerId '${producerId}' is no producer of the router`);
    const rtpParameters = getConsumerRtpParameters({
      consumableRtpParameters: source.consumableRtpParameters,
      remoteRtpCapabilities: rest.rtpCapabilities,
      pipe,
      enableRtx: rest.enableRtx ?? source.kind === 'video',
    });
    if (!pipe) rtpParameters.mid = rest.mid ?? this.#countMid();
    const type = pipe ? 'pipe' : source.type;
    const scope = this.scope.child('consumer', randomUUID());
    const consumed = await scope.making((control, consumer) =>
      control.consume({
        transport: this.scope.handle,
        consumer,
        producer: source.scope.handle,
        kind: source.kind,
        rtpParameters: toChannel(rtpParameters),
        type,
        consumableRtpEncodings: source.consumableRtpParameters.encodings as ChannelEncoding[],
        paused,
        ...(preferredLayers && { preferredLayers }),
        ignoreDtx,
      }),
    );
    if (source.scope.ended) {
      scope.end();
      throw new InvalidStateError('the producer is closed');
    }
    const consumer = new Consumer<C>({ scope, source, type, rtpParameters, consumed, appData });
    this.#adopt(this.#consumers, consumer as unknown as Consumer, scope);
    this.#observe('newconsumer', consumer);
    return consumer;
  }

  /**
   * Tells the endpoint to send no more than this; 0 lifts the limit.
   *
   * @throws TypeError
   */
  async setMaxIncomingBitrate(bitrate: number): Promise<void> {
    await this.scope.control.setMaxIncomingBitrate({
      transport: this.scope.handle,
      bitrate: asInteger(bitrate, 'bitrate', 0, MAX_UINT32),
    });
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.scope.parent!.control.closeTransport({ transport: this.scope.handle });
  }

  protected baseStats(stats: TransportStats): BaseTransportStats {
    const { iceState: _, iceSelectedTuple: __, dtlsState: ___, ...base } = stats;
    return { transportId: this.id, timestamp: Date.now(), ...base };
  }

  protected baseDump(dump: ChannelTransportDump): BaseTransportDump {
    const producers = [...this.#producers.values()];
    const consumers = [...this.#consumers.values()];
    const encodings = consumers.flatMap(({ id, rtpParameters }) =>
      (rtpParameters.encodings ?? []).map((encoding) => ({ id, encoding })),
    );
    return {
      id: this.id,
      producerIds: this.scope.idsOf(dump.producers),
      consumerIds: this.scope.idsOf(dump.consumers),
      mapSsrcConsumerId: encodings.flatMap(({ id, encoding }) => entry(encoding.ssrc, id)),
      mapRtxSsrcConsumerId: encodings.flatMap(({ id, encoding }) => entry(encoding.rtx?.ssrc, id)),
      recvRtpHeaderExtensions: Object.fromEntries(
        EXTENSION_NAMES.flatMap(([uri, name]) => {
          const extension = dump.recvRtpHeaderExtensions.find((other) => other.uri === uri);
          return extension ? [[name, extension.id]] : [];
        }),
      ),
      rtpListener: {
        ssrcTable: dump.ssrcTable.flatMap(({ ssrc, producer }) =>
          this.scope.idsOf([producer]).flatMap((id) => entry(ssrc, id)),
        ),
        midTable: producers.flatMap(({ id, rtpParameters }) => entry(rtpParameters.mid, id)),
        ridTable: producers.flatMap(({ id, rtpParameters }) =>
          (rtpParameters.encodings ?? []).flatMap(({ rid }) => entry(rid, id)),
        ),
      },
    };
  }

  /** The id is taken from now on, though the worker may yet refuse. */
  #claimProducer(id: string): Scope {
    if (this.scope.knows(id)) throw new TypeError(`id '${id}' is in use`);
    return this.scope.child('producer', id);
  }

  #withCname(params: NormalizedRtpParameters): NormalizedRtpParameters {
    this.#cname ??= params.rtcp.cname || randomUUID().slice(0, 8);
    return { ...params, rtcp: { ...params.rtcp, cname: this.#cname } };
  }

  #countMid(): string {
    const mid = `${this.#nextMid}`;
    this.#nextMid = (this.#nextMid + 1) % MID_WRAP;
    return mid;
  }

  #adopt<T extends { id: string }>(family: Map<string, T>, child: T, scope: Scope): void {
    family.set(child.id, child);
    scope.atEnd(() => family.delete(child.id));
  }

  #observe(event: 'newproducer' | 'newconsumer', child: unknown): void {
    (this.observer as EnhancedEventEmitter).safeEmit(event, child);
  }
}

function readProducerOptions<P extends AppData>(options: ProducerOptions<P>) {
  const { id, kind, rtpParameters, paused, keyFrameRequestDelay, appData } = asObject(options, 'options');
  const params = validateAndNormalizeRtpParameters(rtpParameters);
  return {
    id: id === undefined ? randomUUID() : asNonEmptyString(id, 'id', MAX_ID),
    kind: asOneOf(kind, 'kind', ['audio', 'video']),
    params: params.encodings.length > 0 ? params : { ...params, encodings: [{ dtx: false }] },
    paused: asBoolean(paused ?? false, 'paused'),
    keyFrameRequestDelay: asInteger(
      keyFrameRequestDelay ?? 0,
      'keyFrameRequestDelay',
      0,
      MAX_KEY_FRAME_REQUEST_DELAY,
    ),
    appData: asAppData<P>(appData),
  };
}

function readConsumerOptions<C extends AppData>(options: ConsumerOptions<C>) {
  const { producerId, rtpCapabilities, paused, ignoreDtx, pipe, appData, ...rest } = asObject(
    options,
    'options',
  );
  return {
    producerId: asNonEmptyString(producerId, 'producerId', MAX_ID),
    rtpCapabilities: rtpCapabilities as ConsumerOptions['rtpCapabilities'],
    paused: asBoolean(paused ?? false, 'paused'),
    ignoreDtx: asBoolean(ignoreDtx ?? false, 'ignoreDtx'),
    pipe: asBoolean(pipe ?? false, 'pipe'),
    ...optional('mid', rest.mid, (mid) => asNonEmptyString(mid, 'mid', MAX_MID)),
    ...optional('enableRtx', rest.enableRtx, (enableRtx) => asBoolean(enableRtx, 'enableRtx')),
    ...optional('preferredLayers', rest.preferredLayers, (layers) =>
      readConsumerLayers(layers, 'preferredLayers'),
    ),
    appData: asAppData<C>(appData),
  };
}

/** Normalized parameters have every field that the channel wants. */
function toChannel(params: NormalizedRtpParameters): ChannelRtpParameters {
  return params as ChannelRtpParameters;
}

function entry<K, V>(key: K | undefined, value: V): Entry<K, V>[] {
  return key === undefined ? [] : [{ key, value }];
}
