import type { EventEmitter } from 'node:events';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import { asMessage, type MessageData } from '../../shared/message-data.js';
import { asBoolean, asObject, asOneOf } from '../../shared/rtp/fields.js';
import type { MediaKind, RtpCapabilities } from '../../shared/rtp/rtp-parameters.js';
import { BadRequestError, ForbiddenError, LimitError } from '../../shared/signalling/errors.js';
import type {
  AppData,
  ClientRequests,
  ClosedReason,
  ConsumerData,
  ConsumerView,
  LayoutData,
  PeerData,
  Quality,
} from '../../shared/signalling/messages.js';
import { LAYOUTS } from '../../shared/signalling/requests.js';
import type { EntityEvents } from '../core/entity.js';
import { ApplicationData } from './application-data.js';
import { Consumer } from './consumer.js';
import type { CoreDataProducer, CoreProducer, CoreTransport } from './core.js';
import { allStarted, DataConsumer, type DataSource, deliveryOf } from './data-consumer.js';
import { DataProducer } from './data-producer.js';
import { sharesOf } from './layout.js';
import { command, Lifetime, type Originator, type Tell } from './lifetime.js';
import { Producer, type Sender } from './producer.js';
import { type Points, QualityMeter } from './quality.js';
import type { Seat } from './site.js';
import { blamingClient, Transport } from './transport.js';

export type PeerEvents = EntityEvents & {
  close: [originator: Originator, appData: AppData];
  newtransport: [transport: Transport];
  newproducer: [producer: Producer];
  newconsumer: [consumer: Consumer];
  qualitychange: [quality: Quality];
  /**
   * What it sends, to the room or to another peer. Messages pass through this program only while somebody listens; who
   * listens from 'newpeer' on misses none.
   */
  message: [data: MessageData, info: MessageInfo];
  /** Reliable messages from this peer, or from the application, were dropped: it received them too slowly. */
  messageslost: [from: string | undefined];
};

/** Whose picture is to be large: all video of a peer, or one consumer. */
export type OnStage = { peer: Sender } | { consumer: Consumer };

export type MessageInfo = {
  /** The peer whom it is for alone. Undefined: it is to the room. */
  to: string | undefined;
  reliable: boolean;
};

export type SendOptions = {
  /** In order and whole, as opposed to sent once, and in any order. Default true. */
  reliable?: boolean;
};

/** What a producer would be, for the application to allow or refuse. */
export type ProducerAsked = { kind: MediaKind; appData: AppData };

/** Allows all, none, or those for which it answers true. */
export type CanPublish = boolean | ((asked: ProducerAsked) => boolean | Promise<boolean>);

/** A way for messages, for the application to allow or refuse. */
export type DataAsked = {
  /** The peer whom they would be for alone. Undefined: they would be to the room. */
  to: string | undefined;
  reliable: boolean;
};

/** Allows all, none, or those for which it answers true. It is asked once for each way, not for each message. */
export type CanSendData = boolean | ((asked: DataAsked) => boolean | Promise<boolean>);

/** What a peer needs of its room. */
export type Place = {
  /** Whether clients are told which of their layers nobody wants. */
  readonly dynacast: boolean;
  canConsume(producer: Producer, rtpCapabilities: RtpCapabilities): boolean;
  /** Lets all others have it. */
  publish(producer: Producer): void;
  /** Those who are to get it, and know of it from now on. */
  publishData(source: DataSource, sender: Peer): DataConsumer[];
  /** Another one, unless it is a spy. */
  getPeer(name: string): Peer | undefined;
  /** Called once, when the peer is closed and before what it has is. */
  leave(peer: Peer, appData: AppData): void;
};

/** The client's end of the signalling. */
export type Line = {
  tell: Tell;
  /** Says why, unless the client itself is the cause, and closes. */
  end(reason?: ClosedReason, appData?: AppData): void;
};

type PeerParts = {
  name: string;
  spy: boolean;
  rtpCapabilities: RtpCapabilities;
  canPublish: CanPublish;
  canSendData: CanSendData;
  appData: AppData;
  seat: Seat;
  place: Place;
  line: Line;
};

/** More than a client may need, and less than would hurt a worker. */
const MAX_TRANSPORTS = 16;
const MAX_PRODUCERS = 64;
const MAX_DATA_PRODUCERS = 1024;
/** Of a score. */
const MOST_POINTS = 10;

/** A client that has joined a room. */
export class Peer extends Lifetime<PeerEvents> {
  /** Unique in the room, of its open peers. */
  readonly name: string;
  /** It only receives, and nobody hears of it. */
  readonly spy: boolean;
  readonly rtpCapabilities: RtpCapabilities;
  /** @internal */
  readonly seat: Seat;
  readonly #canPublish: CanPublish;
  readonly #canSendData: CanSendData;
  readonly #place: Place;
  readonly #line: Line;
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #dataProducers = new Map<string, DataProducer>();
  readonly #dataConsumers = new Map<string, DataConsumer>();
  /** From the application to this peer, reliable and lossy. */
  readonly #meter = new QualityMeter();
  #layout: LayoutData = { layout: 'tiles' };
  readonly #personal = new Map<boolean, { source: ApplicationData; consumer: DataConsumer }>();

  /** @internal Made when a client joins. */
  constructor(parts: PeerParts) {
    super(parts.appData);
    const { name, spy, rtpCapabilities, canPublish, canSendData, seat, place, line } = parts;
    this.name = name;
    this.spy = spy;
    this.rtpCapabilities = rtpCapabilities;
    this.seat = seat;
    seat.peer = this;
    this.#canPublish = canPublish;
    this.#canSendData = canSendData;
    this.#place = place;
    this.#line = line;
    const { on }: EventEmitter = this;
    on.call(this, 'newListener', (event) => event === 'message' && this.#listen());
    on.call(this, 'removeListener', (event) => event === 'message' && this.#listenNoMore());
  }

  /** In order of creation, as are producers and consumers. */
  get transports(): Transport[] {
    return [...this.#transports.values()];
  }

  get producers(): Producer[] {
    return [...this.#producers.values()];
  }

  get consumers(): Consumer[] {
    return [...this.#consumers.values()];
  }

  /** How well it and the server get each other's media, and whether they do. */
  get quality(): Quality {
    return this.#meter.quality;
  }

  /** What its client shows large, as set by either side. */
  get layout(): LayoutData {
    return this.#layout;
  }

  getTransportById(id: string): Transport | undefined {
    return this.#transports.get(id);
  }

  getProducerById(id: string): Producer | undefined {
    return this.#producers.get(id);
  }

  getConsumerById(id: string): Consumer | undefined {
    return this.#consumers.get(id);
  }

  setLayout(layout: 'tiles'): void;
  setLayout(layout: 'stage', onStage: OnStage): void;
  /**
   * What its client shows large. 'tiles': all pictures alike; so it begins. 'stage': one goes before all others, which get
   * their profile 'low' at most. Whoever comes later is part of it; when what is on the stage is gone, all are alike.
   *
   * @throws TypeError; NotFoundError if it has no such consumer
   */
  setLayout(layout: 'tiles' | 'stage', onStage?: OnStage): void {
    const data = this.#readLayout(layout, onStage);
    this.setLayoutByClient(data);
    this.#line.tell('layoutSet', data);
  }

  /** Removes it from the room; its client hears 'removed' and `appData`. */
  close(appData?: AppData): void {
    this.end('local', appData, 'removed');
  }

  /**
   * Sends it to this peer alone. Resolves when it is on its way; the first time, when the client is ready to get it.
   *
   * @throws TypeError; LimitError if too much waits to be sent to it, which for a lossy message is no error; TimeoutError
   * if the client does not get ready; InvalidStateError if it is closed
   */
  async send(data: MessageData, options: SendOptions = {}): Promise<void> {
    const message = asMessage(data);
    const reliable = readReliable(options);
    if (this.closed) throw new InvalidStateError(`${this.name} is closed`);
    const { source, consumer } = this.#personalData(reliable);
    await source.sendTo(consumer, message);
  }

  /** @internal `reason`: for the client, unless it is the cause. */
  end(originator: Originator, appData?: AppData, reason?: ClosedReason): void {
    if (!this.markClosed()) return;
    this.safeEmit('close', originator, appData);
    // Before others end what they send to it: its client hears of one end only.
    for (const dataConsumer of [...this.#dataConsumers.values()]) dataConsumer.end();
    this.#place.leave(this, appData);
    // One command to the worker closes all that is on a transport.
    for (const { core } of this.transports) core.close();
    for (const producer of this.producers) producer.end(originator);
    for (const consumer of this.consumers) consumer.end(originator);
    for (const dataProducer of this.dataProducers) dataProducer.end();
    for (const transport of this.transports) transport.end(originator);
    this.#line.end(reason, appData);
  }

  /** @internal */
  get tell(): Tell {
    return this.#line.tell;
  }

  /** @internal */
  setLayoutByClient(layout: LayoutData): void {
    this.#layout = layout;
    this.#arrange();
  }

  /** @internal */
  setViews(views: ConsumerView[]): void {
    for (const { id, view } of views) this.#consumers.get(id)?.setView(view);
  }

  /** @internal Returns whether its quality is another one now. */
  measure(now: number): boolean {
    const changed = this.#meter.update(this.#points(), now);
    if (changed) this.safeEmit('qualitychange', this.quality);
    return changed;
  }

  /** @internal What this peer costs its worker, roughly. */
  get load(): number {
    const sent = this.producers.reduce((sum, { reach }) => sum + 1 + reach.load, 0);
    const data = this.dataProducers.reduce((sum, { load }) => sum + load, 0);
    const received = [...this.consumers, ...this.#dataConsumers.values()].filter(({ enabled }) => enabled);
    return 1 + sent + data + received.length;
  }

  /** @internal */
  async createTransport({
    id,
    direction,
    appData,
  }: ClientRequests['createTransport']['data']): Promise<Transport> {
    requireRoom(this.#transports, id, 'transport', MAX_TRANSPORTS);
    if (this.spy && direction === 'send') throw new ForbiddenError('a spy does not send');
    const core = await this.seat.site.createTransport();
    this.#requireOpen(core);
    const transport = new Transport({ id, direction, appData, core, tell: this.tell });
    keep(this.#transports, transport);
    return transport;
  }

  /** @internal */
  async createProducer(data: ClientRequests['createProducer']['data']): Promise<Producer> {
    const {
      id,
      transportId,
      kind,
      rtpParameters,
      paused: remotelyPaused = false,
      size,
      scales,
      appData,
    } = data;
    requireRoom(this.#producers, id, 'producer', MAX_PRODUCERS);
    const transport = this.requireTransport(transportId);
    if (transport.direction !== 'send') {
      throw new InvalidStateError(`transport ${transportId} is not for sending`);
    }
    await this.#requireAllowed({ kind, appData });
    const core = await blamingClient(transport.core.produce({ kind, rtpParameters, paused: remotelyPaused }));
    this.#requireOpen(core, transport);
    const { site } = this.seat;
    const { dynacast } = this.#place;
    const given = { id, kind, appData, remotelyPaused, size, scales };
    const parts = { ...given, dynacast, peer: this, transport, core, site, tell: this.tell };
    return keep(this.#producers, new Producer(parts));
  }

  /** @internal */
  async createDataProducer(data: ClientRequests['createDataProducer']['data']): Promise<DataProducer> {
    const { id, transportId, streamId, to, reliable } = data;
    requireRoom(this.#dataProducers, id, 'data producer', MAX_DATA_PRODUCERS);
    const transport = this.requireTransport(transportId);
    if (transport.direction !== 'send') {
      throw new InvalidStateError(`transport ${transportId} is not for sending`);
    }
    this.#requireNewWay(to, reliable);
    const addressee = to === undefined ? undefined : this.#addressee(to);
    await this.#requireMaySend({ to, reliable });
    const sctpStreamParameters = { streamId, ...deliveryOf(reliable) };
    const core = await blamingClient(transport.core.produceData({ sctpStreamParameters }));
    this.#requireOpen(core, transport);
    if (addressee?.closed) {
      core.close();
      throw new NotFoundError(`nobody is called ${to}`);
    }
    const onEnd = () => this.#dataProducers.delete(id);
    const parts = { id, peer: this, to, reliable, transport, core, site: this.seat.site, onEnd };
    const dataProducer = new DataProducer(parts);
    this.#dataProducers.set(id, dataProducer);
    if (this.listenerCount('message') > 0) await this.#hear(dataProducer);
    return dataProducer;
  }

  /** @internal Those who are there can get it as soon as its client is told so. */
  async announceDataProducer(dataProducer: DataProducer): Promise<void> {
    if (dataProducer.closed) return;
    await allStarted(this.#place.publishData(dataProducer, this));
    if (!dataProducer.closed) this.tell('dataProducerReady', { id: dataProducer.id });
  }

  /** @internal Tells nobody yet. */
  addConsumer(source: Producer): Consumer {
    const { rtpCapabilities, tell, seat } = this;
    const { site } = seat;
    const supported = this.#place.canConsume(source, rtpCapabilities);
    const consumer = new Consumer({ source, rtpCapabilities, supported, site, tell });
    this.#consumers.set(consumer.id, consumer);
    consumer.onEnd = () => {
      this.#consumers.delete(consumer.id);
      if (!this.closed) this.#rearrange();
    };
    this.#rearrange();
    return consumer;
  }

  /** @internal Tells nobody yet. */
  addDataConsumer(source: DataSource): DataConsumer {
    const dataConsumer: DataConsumer = new DataConsumer({
      source,
      site: this.seat.site,
      tell: this.tell,
      onLost: () => this.safeEmit('messageslost', source.from),
      onEnd: ({ id }) => this.#dataConsumers.delete(id),
    });
    this.#dataConsumers.set(dataConsumer.id, dataConsumer);
    return dataConsumer;
  }

  /** @internal */
  announceDataConsumer(dataConsumer: DataConsumer): void {
    this.tell('newDataConsumer', dataConsumer.toData());
  }

  /** @internal */
  get dataProducers(): DataProducer[] {
    return [...this.#dataProducers.values()];
  }

  /** @internal */
  getDataConsumer(id: string): DataConsumer | undefined {
    return this.#dataConsumers.get(id);
  }

  /** @internal */
  announceTransport(transport: Transport): void {
    this.safeEmit('newtransport', transport);
  }

  /** @internal */
  announceProducer(producer: Producer): void {
    this.#place.publish(producer);
    this.safeEmit('newproducer', producer);
  }

  /** @internal */
  announceConsumer(consumer: Consumer): void {
    this.tell('newConsumer', consumer.toData());
    this.safeEmit('newconsumer', consumer);
  }

  /** @internal */
  requireTransport(id: string): Transport {
    return found(this.#transports.get(id), 'transport', id);
  }

  /** @internal */
  requireProducer(id: string): Producer {
    return found(this.#producers.get(id), 'producer', id);
  }

  /** @internal */
  requireConsumer(id: string): Consumer {
    return found(this.#consumers.get(id), 'consumer', id);
  }

  /** @internal */
  requireDataProducer(id: string): DataProducer {
    return found(this.#dataProducers.get(id), 'data producer', id);
  }

  /** @internal */
  requireDataConsumer(id: string): DataConsumer {
    return found(this.#dataConsumers.get(id), 'data consumer', id);
  }

  /** @internal For the peer who is to have these consumers. */
  toData(consumers: ConsumerData[]): PeerData {
    return { name: this.name, appData: this.appData, quality: this.quality, consumers };
  }

  #readLayout(layout: 'tiles' | 'stage', onStage: OnStage | undefined): LayoutData {
    if (asOneOf(layout, 'layout', LAYOUTS) === 'tiles') return { layout: 'tiles' };
    const { peer, consumer } = asObject(onStage, 'onStage') as { peer?: Sender; consumer?: Consumer };
    if (consumer instanceof Consumer) {
      found(this.#consumers.get(consumer.id), 'consumer', consumer.id);
      return { layout: 'stage', peerName: consumer.peer.name, producerId: consumer.source.id };
    }
    if (!(peer instanceof Peer)) throw new TypeError('onStage must have a peer or a consumer');
    return { layout: 'stage', peerName: peer.name };
  }

  #arrange(): void {
    const { consumers } = this;
    sharesOf(this.#layout, consumers).forEach((share, index) => {
      consumers[index]!.setShare(share);
    });
  }

  /** A consumer has come or gone: in tiles that is nothing to the others. */
  #rearrange(): void {
    if (this.#layout.layout === 'stage') this.#arrange();
  }

  /** The worse of what it sends and what it gets. */
  #points(): Points {
    if (this.transports.some(({ lost }) => lost)) return 'lost';
    const sent = this.producers.flatMap(({ points }) => points ?? []);
    const received = this.consumers.flatMap(({ points }) => points ?? []);
    const mean = received.reduce((sum, points) => sum + points, 0) / received.length;
    return Math.min(MOST_POINTS, ...sent, ...(received.length > 0 ? [mean] : []));
  }

  async #requireAllowed(asked: ProducerAsked): Promise<void> {
    const rule = this.#canPublish;
    const allowed = !this.spy && (typeof rule === 'boolean' ? rule : await rule(asked));
    if (!allowed) throw new ForbiddenError(`${this.name} may not send this ${asked.kind}`);
  }

  #addressee(name: string): Peer {
    const peer = this.#place.getPeer(name);
    if (peer && peer !== this) return peer;
    throw new NotFoundError(`nobody else is called ${name}`);
  }

  #requireNewWay(to: string | undefined, reliable: boolean): void {
    const known = this.dataProducers.some((one) => one.to === to && one.reliable === reliable);
    if (known) throw new BadRequestError('there is such a data producer already');
  }

  async #requireMaySend(asked: DataAsked): Promise<void> {
    const rule = this.#canSendData;
    const allowed = !this.spy && (typeof rule === 'boolean' ? rule : await rule(asked));
    if (!allowed) throw new ForbiddenError(`${this.name} may not send messages to ${asked.to ?? 'the room'}`);
  }

  #personalData(reliable: boolean) {
    const known = this.#personal.get(reliable);
    if (known) return known;
    const source = new ApplicationData(this.name, reliable);
    const consumer = this.addDataConsumer(source);
    const made = { source, consumer };
    this.#personal.set(reliable, made);
    this.announceDataConsumer(consumer);
    return made;
  }

  #hear(dataProducer: DataProducer): Promise<void> {
    return dataProducer.listen(({ data, to, reliable }) => this.safeEmit('message', data, { to, reliable }));
  }

  #listen(): void {
    for (const dataProducer of this.dataProducers) command(this.#hear(dataProducer));
  }

  #listenNoMore(): void {
    if (this.listenerCount('message') > 0) return;
    for (const dataProducer of this.dataProducers) dataProducer.ignore();
  }

  /** The worker, or the application, took its time. */
  #requireOpen(core: CoreTransport | CoreProducer | CoreDataProducer, transport?: Transport): void {
    if (!this.closed && !transport?.closed) return;
    core.close();
    throw new InvalidStateError('the peer or the transport closed in the meantime');
  }
}

/** @throws TypeError */
export function readReliable(options: SendOptions): boolean {
  const { reliable = true } = asObject(options, 'options');
  return asBoolean(reliable, 'options.reliable');
}

function keep<T extends Transport | Producer>(parts: Map<string, T>, part: T): T {
  parts.set(part.id, part);
  part.onEnd = () => parts.delete(part.id);
  return part;
}

function requireRoom(parts: Map<string, unknown>, id: string, what: string, max: number): void {
  if (parts.has(id)) throw new BadRequestError(`there is already a ${what} ${id}`);
  if (parts.size >= max) throw new LimitError(`a peer may have ${max} ${what}s`);
}

function found<T>(part: T | undefined, what: string, id: string): T {
  if (part) return part;
  throw new NotFoundError(`there is no ${what} ${id}`);
}
