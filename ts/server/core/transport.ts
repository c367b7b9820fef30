import { randomUUID } from 'node:crypto';
import type {
  Allocation,
  RtpEncodingParameters as ChannelEncoding,
  RtpParameters as ChannelRtpParameters,
  TransportDump as ChannelTransportDump,
  TransportStats,
} from '../../shared/channel/messages.gen.js';
import { InvalidStateError, NotFoundError, UnsupportedError } from '../../shared/errors.js';
import { asInteger } from '../../shared/rtp/fields.js';
import {
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getProducerRtpParametersMapping,
  getProducerType,
} from '../../shared/rtp/negotiate.js';
import type {
  ConsumerType,
  NormalizedRtpCapabilities,
  NormalizedRtpParameters,
  RtpHeaderExtensionUri,
} from '../../shared/rtp/rtp-parameters.js';
import type { EventBody } from './channel.js';
import {
  Consumer,
  type ConsumerLayers,
  type ConsumerOptions,
  EQUAL,
  readConsumerOptions,
} from './consumer.js';
import {
  DataConsumer,
  type DataConsumerOptions,
  deliveryOf,
  readDataConsumerOptions,
  requireNoDelivery,
} from './data-consumer.js';
import {
  DataProducer,
  type DataProducerOptions,
  type DataProducerSource,
  readDataProducerOptions,
} from './data-producer.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { Producer, type ProducerOptions, type ProducerSource, readProducerOptions } from './producer.js';
import type { Scope, ScopeKind } from './scope.js';
import type { SctpDump } from './sctp.js';
import type { Source } from './source.js';
import { StreamIds } from './stream-ids.js';
import {
  type BweTraceInfo,
  readTraceTypes,
  TRANSPORT_TRACES,
  type TransportTraceEventData,
  type TransportTraceEventType,
  toTrace,
} from './trace.js';

/** What a transport needs of its router. */
export type RouterLink = {
  readonly scope: Scope;
  rtpCapabilities(): NormalizedRtpCapabilities;
  /** All producers of the router, by id. */
  readonly producers: Map<string, ProducerSource>;
  /** All data producers of the router, by id. */
  readonly dataProducers: Map<string, DataProducerSource>;
};

export type TransportType = 'webrtc' | 'plain' | 'pipe' | 'direct';

export type TransportEvents = EntityEvents & {
  routerclose: [];
  /** After `enableTraceEvent`. */
  trace: [trace: TransportTraceEventData];
};

export type TransportObserverEvents = EntityObserverEvents & {
  newproducer: [producer: Producer];
  newconsumer: [consumer: Consumer];
  newdataproducer: [dataProducer: DataProducer];
  newdataconsumer: [dataConsumer: DataConsumer];
  trace: [trace: TransportTraceEventData];
};

/** Bitrates are bits per second. */
export type BaseTransportStats = Omit<
  TransportStats,
  'iceState' | 'iceSelectedTuple' | 'dtlsState' | 'tuple' | 'rtcpTuple'
> & {
  transportId: string;
  /** Milliseconds since 1970. */
  timestamp: number;
};

/** What `getStats` of each type of transport gives. */
export type TransportStat = BaseTransportStats & { type: string };

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
  dataProducerIds: string[];
  dataConsumerIds: string[];
  traceEventTypes: TransportTraceEventType[];
} & SctpDump;

/** Where the counted MIDs begin again: they must fit into 8 characters. */
const MID_WRAP = 100_000_000;
const MAX_UINT32 = 0xffffffff;
/** Below this there is no call: what the estimate is never clamped to. */
const MIN_OUTGOING_BITRATE = 30_000;

const EXTENSION_NAMES: [RtpHeaderExtensionUri, keyof BaseTransportDump['recvRtpHeaderExtensions']][] = [
  ['urn:ietf:params:rtp-hdrext:sdes:mid', 'mid'],
  ['urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', 'rid'],
  ['urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', 'rrid'],
  ['http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', 'absSendTime'],
  ['http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', 'transportWideCc01'],
];

const statsReaders = new WeakMap<Scope, (stats: TransportStats) => TransportStat[]>();

/** What `getStats` of the transport with that scope would make of it. */
export function toTransportStats(scope: Scope, stats: TransportStats): TransportStat[] {
  return statsReaders.get(scope)?.(stats) ?? [];
}

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
  readonly #streamIds = new StreamIds();
  #outgoing = { max: 0, min: 0 };
  #traceEventTypes: TransportTraceEventType[] = [];

  protected constructor(scope: Scope, router: RouterLink, appData: A) {
    super(scope, appData);
    this.scope = scope;
    this.#router = router;
    statsReaders.set(scope, (stats) => this.toStats(stats));
  }

  abstract get type(): TransportType;

  /** What it takes depends on the type. */
  abstract connect(params?: unknown): Promise<void>;

  abstract getStats(): Promise<TransportStat[]>;

  protected abstract toStats(stats: TransportStats): TransportStat[];

  abstract dump(): Promise<BaseTransportDump>;

  /** On how many SCTP streams it may send; 0: it has no SCTP. */
  protected get sctpStreams(): number {
    return 0;
  }

  /**
   * Takes what the endpoint sends.
   *
   * @throws TypeError for bad options, UnsupportedError for a codec that the router lacks
   */
  async produce<P extends AppData = AppData>(options: ProducerOptions<P>): Promise<Producer<P>> {
    const { id, kind, params, appData, ...settings } = readProducerOptions<P>(options);
    this.scope.requireOpen();
    const routerCaps = this.#router.rtpCapabilities();
    const rtpMapping = getProducerRtpParametersMapping(params, routerCaps);
    const consumable = getConsumableRtpParameters(kind, params, routerCaps, rtpMapping);
    const rtpParameters = this.#withCname(params);
    const source: ProducerSource = {
      scope: this.#claim('producer', id),
      kind,
      type: getProducerType(params),
      rtpParameters,
      rtpMapping,
      consumableRtpParameters: { ...consumable, rtcp: { ...rtpParameters.rtcp, reducedSize: true } },
      isDirect: this.type === 'direct',
      audiences: new Set(),
      paused: settings.paused,
    };
    await source.scope.making((control, producer) =>
      control.produce({
        transport: this.scope.handle,
        producer,
        kind,
        rtpParameters: toChannel(rtpParameters),
        rtpMapping,
        ...settings,
      }),
    );
    const producer = new Producer<P>(source, appData);
    this.#adopt(this.#producers, producer as unknown as Producer, source.scope);
    this.#router.producers.set(id, source);
    source.scope.atEnd(() => this.#router.producers.delete(id));
    this.observe('newproducer', producer);
    return producer;
  }

  /**
   * Sends to the endpoint what a producer of the same router receives.
   *
   * @throws TypeError for bad options, NotFoundError for the producer, UnsupportedError if the endpoint has none of
   * its codecs
   */
  async consume<C extends AppData = AppData>(options: ConsumerOptions<C>): Promise<Consumer<C>> {
    const { producerId, paused, ignoreDtx, pipe, preferredLayers, allocation, appData, ...rest } =
      readConsumerOptions<C>(options);
    const source = this.sourceOf(producerId);
    const rtpParameters = getConsumerRtpParameters({
      consumableRtpParameters: source.consumableRtpParameters,
      remoteRtpCapabilities: rest.rtpCapabilities,
      pipe,
      enableRtx: rest.enableRtx ?? source.kind === 'video',
    });
    if (!pipe) rtpParameters.mid = rest.mid ?? this.#countMid();
    const type = pipe ? 'pipe' : source.type;
    return this.forward<C>(source, {
      type,
      rtpParameters,
      paused,
      ignoreDtx,
      preferredLayers,
      allocation,
      appData,
    });
  }

  /** @throws NotFoundError */
  protected sourceOf(producerId: string): ProducerSource {
    this.scope.requireOpen();
    const source = this.#router.producers.get(producerId);
    if (!source) throw new NotFoundError(`producerId '${producerId}' is no producer of the router`);
    return source;
  }

  protected async forward<C extends AppData>(
    source: ProducerSource,
    { type, rtpParameters, paused, ignoreDtx, preferredLayers, allocation = EQUAL, appData }: Forwarding<C>,
  ): Promise<Consumer<C>> {
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
        allocation,
      }),
    );
    requireSource(source, scope);
    const consumer = new Consumer<C>({ scope, source, type, rtpParameters, consumed, allocation, appData });
    this.#adopt(this.#consumers, consumer as unknown as Consumer, scope);
    this.observe('newconsumer', consumer);
    return consumer;
  }

  /**
   * Takes messages that the endpoint sends over SCTP, or on a direct transport this program.
   *
   * @example
   * await transport.produceData({ sctpStreamParameters: { streamId: 4, ordered: true }, label: 'chat' });
   *
   * @throws TypeError for bad options, UnsupportedError if the transport has no SCTP
   */
  async produceData<D extends AppData = AppData>(
    options: DataProducerOptions<D> = {},
  ): Promise<DataProducer<D>> {
    this.#requireData();
    const { id, appData, ...settings } = readDataProducerOptions<D>(options, this.type === 'direct');
    this.scope.requireOpen();
    const source: DataProducerSource = {
      scope: this.#claim('dataproducer', id),
      type: this.type === 'direct' ? 'direct' : 'sctp',
      audiences: new Set(),
      ...settings,
    };
    await source.scope.making((control, dataProducer) =>
      control.produceData({ transport: this.scope.handle, dataProducer, ...settings }),
    );
    const dataProducer = new DataProducer<D>(source, appData);
    this.#router.dataProducers.set(id, source);
    source.scope.atEnd(() => this.#router.dataProducers.delete(id));
    this.observe('newdataproducer', dataProducer);
    return dataProducer;
  }

  /**
   * Sends to the endpoint, or on a direct transport to this program, what a data producer of the same router receives.
   *
   * @throws TypeError for bad options, NotFoundError for the data producer, UnsupportedError if the transport has no
   * SCTP, an Error 'no sctpStreamId available' if all streams are in use
   */
  async consumeData<D extends AppData = AppData>(options: DataConsumerOptions<D>): Promise<DataConsumer<D>> {
    this.#requireData();
    const { dataProducerId, delivery, paused, subchannels, appData } = readDataConsumerOptions<D>(options);
    if (this.type === 'direct') requireNoDelivery(delivery);
    this.scope.requireOpen();
    const source = this.#router.dataProducers.get(dataProducerId);
    if (!source)
      throw new NotFoundError(`dataProducerId '${dataProducerId}' is no data producer of the router`);
    const sctpStreamParameters =
      this.type === 'direct'
        ? undefined
        : { ...deliveryOf(source, delivery), streamId: this.#streamIds.take(this.sctpStreams) };
    const scope = this.scope.child('dataconsumer', randomUUID());
    if (sctpStreamParameters) scope.atEnd(() => this.#streamIds.free(sctpStreamParameters.streamId));
    const { label, protocol } = source;
    await scope.making((control, dataConsumer) =>
      control.consumeData({
        transport: this.scope.handle,
        dataConsumer,
        dataProducer: source.scope.handle,
        ...(sctpStreamParameters && { sctpStreamParameters }),
        label,
        protocol,
        paused,
        subchannels,
      }),
    );
    requireSource(source, scope);
    const parts = { scope, source, sctpStreamParameters, paused, subchannels, appData };
    const dataConsumer = new DataConsumer<D>(parts);
    this.observe('newdataconsumer', dataConsumer);
    return dataConsumer;
  }

  /**
   * From now on there is the event 'trace' for these, and for no others.
   *
   * @throws TypeError
   */
  async enableTraceEvent(types: TransportTraceEventType[] = []): Promise<void> {
    this.#traceEventTypes = readTraceTypes(types, TRANSPORT_TRACES);
    await this.scope.control.setTraces({ target: this.scope.handle, types: this.#traceEventTypes });
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

  /**
   * Never take the estimate of what the endpoint can get for more than this, at least 30000; 0 lifts the limit. It works
   * where the endpoint does congestion control.
   *
   * @throws TypeError
   */
  async setMaxOutgoingBitrate(bitrate: number): Promise<void> {
    const max = asOutgoingBitrate(bitrate);
    const { min } = this.#outgoing;
    if (max !== 0 && max < min) throw new TypeError(`bitrate must not be below the minimum, which is ${min}`);
    await this.#setOutgoingBitrates({ max, min });
  }

  /**
   * Never take the estimate of what the endpoint can get for less than this, at least 30000; 0 lifts the limit.
   *
   * @throws TypeError
   */
  async setMinOutgoingBitrate(bitrate: number): Promise<void> {
    const min = asOutgoingBitrate(bitrate);
    const { max } = this.#outgoing;
    if (max !== 0 && min > max) throw new TypeError(`bitrate must not be above the maximum, which is ${max}`);
    await this.#setOutgoingBitrates({ max, min });
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.scope.parent!.control.closeTransport({ transport: this.scope.handle });
  }

  protected baseStats(stats: TransportStats): BaseTransportStats {
    const {
      iceState: _,
      iceSelectedTuple: __,
      dtlsState: ___,
      tuple: ____,
      rtcpTuple: _____,
      ...base
    } = stats;
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
      dataProducerIds: this.scope.idsOf(dump.dataProducers),
      dataConsumerIds: this.scope.idsOf(dump.dataConsumers),
      traceEventTypes: [...this.#traceEventTypes],
    };
  }

  /** What is left for every type of transport. */
  protected onTransportEvent(event: EventBody): void {
    if (event.type !== 'trace') return;
    const more = event.info?.type === 'bwe' ? { type: this.#feedbackType() } : {};
    const args = [toTrace<TransportTraceEventData>(event, more)];
    this.tell('trace', ...(args as Events['trace']));
  }

  /** What the endpoint's feedback is made of, as its consumers were negotiated. */
  #feedbackType(): BweTraceInfo['type'] {
    const feedback = [...this.#consumers.values()].flatMap(({ rtpParameters }) =>
      rtpParameters.codecs.flatMap(({ rtcpFeedback = [] }) => rtcpFeedback.map(({ type }) => type)),
    );
    if (feedback.includes('transport-cc')) return 'transport-cc';
    return feedback.includes('ack') ? 'ccfb' : 'remb';
  }

  /** The id is taken from now on, though the worker may yet refuse. */
  #claim(kind: ScopeKind, id: string): Scope {
    if (this.scope.knows(id)) throw new TypeError(`id '${id}' is in use`);
    return this.scope.child(kind, id);
  }

  #requireData(): void {
    if (this.type === 'direct' || this.sctpStreams > 0) return;
    throw new UnsupportedError('the transport has no SCTP: make it with enableSctp');
  }

  async #setOutgoingBitrates(bitrates: { max: number; min: number }): Promise<void> {
    // At once: a second call may come before the worker has answered this one.
    this.#outgoing = bitrates;
    await this.scope.control.setOutgoingBitrates({ transport: this.scope.handle, ...bitrates });
  }

  #withCname(params: NormalizedRtpParameters): NormalizedRtpParameters {
    // What comes through a pipe was sent by many, each with a CNAME of its own.
    if (this.type === 'pipe' && params.rtcp.cname) return params;
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
}

/** A consumer as it is asked of the worker. */
type Forwarding<C extends AppData> = {
  type: ConsumerType;
  rtpParameters: NormalizedRtpParameters;
  paused: boolean;
  ignoreDtx: boolean;
  preferredLayers?: ConsumerLayers;
  allocation?: Allocation;
  appData: C;
};

/** It may have been closed while its consumer was made. */
function requireSource(source: Source, made: Scope): void {
  if (!source.scope.ended) return;
  made.end();
  throw new InvalidStateError(`the ${source.scope.kind} is closed`);
}

function asOutgoingBitrate(value: unknown): number {
  if (value === 0) return 0;
  return asInteger(value, 'bitrate', MIN_OUTGOING_BITRATE, MAX_UINT32);
}

/** Normalized parameters have every field that the channel wants. */
function toChannel(params: NormalizedRtpParameters): ChannelRtpParameters {
  return params as ChannelRtpParameters;
}

function entry<K, V>(key: K | undefined, value: V): Entry<K, V>[] {
  return key === undefined ? [] : [{ key, value }];
}
