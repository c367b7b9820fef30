import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import type { MediaKind, RtpCapabilities } from '../../shared/rtp/rtp-parameters.js';
import { BadRequestError, ForbiddenError, LimitError } from '../../shared/signalling/errors.js';
import type {
  AppData,
  ClientRequests,
  ClosedReason,
  ConsumerData,
  PeerData,
} from '../../shared/signalling/messages.js';
import type { EntityEvents } from '../core/entity.js';
import { Consumer } from './consumer.js';
import type { CoreProducer, CoreTransport } from './core.js';
import { Lifetime, type Originator, type Tell } from './lifetime.js';
import { Producer } from './producer.js';
import { blamingClient, Transport } from './transport.js';

export type PeerEvents = EntityEvents & {
  close: [originator: Originator, appData: AppData];
  newtransport: [transport: Transport];
  newproducer: [producer: Producer];
  newconsumer: [consumer: Consumer];
};

/** What a producer would be, for the application to allow or refuse. */
export type ProducerAsked = { kind: MediaKind; appData: AppData };

/** Allows all, none, or those for which it answers true. */
export type CanPublish = boolean | ((asked: ProducerAsked) => boolean | Promise<boolean>);

/** What a peer needs of its room. */
export type Place = {
  createTransport(): Promise<CoreTransport>;
  canConsume(producer: Producer, rtpCapabilities: RtpCapabilities): boolean;
  /** Lets all others have it. */
  publish(producer: Producer): void;
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
  appData: AppData;
  place: Place;
  line: Line;
};

/** More than a client may need, and less than would hurt a worker. */
const MAX_TRANSPORTS = 16;
const MAX_PRODUCERS = 64;

/** A client that has joined a room. */
export class Peer extends Lifetime<PeerEvents> {
  /** Unique in the room, of its open peers. */
  readonly name: string;
  /** It only receives, and nobody hears of it. */
  readonly spy: boolean;
  readonly rtpCapabilities: RtpCapabilities;
  readonly #canPublish: CanPublish;
  readonly #place: Place;
  readonly #line: Line;
  readonly #transports = new Map<string, Transport>();
  readonly #producers = new Map<string, Producer>();
  readonly #consumers = new Map<string, Consumer>();

  /** @internal Made when a client joins. */
  constructor({ name, spy, rtpCapabilities, canPublish, appData, place, line }: PeerParts) {
    super(appData);
    this.name = name;
    this.spy = spy;
    this.rtpCapabilities = rtpCapabilities;
    this.#canPublish = canPublish;
    this.#place = place;
    this.#line = line;
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

  getTransportById(id: string): Transport | undefined {
    return this.#transports.get(id);
  }

  getProducerById(id: string): Producer | undefined {
    return this.#producers.get(id);
  }

  getConsumerById(id: string): Consumer | undefined {
    return this.#consumers.get(id);
  }

  /** Removes it from the room; its client hears 'removed' and `appData`. */
  close(appData?: AppData): void {
    this.end('local', appData, 'removed');
  }

  /** @internal `reason`: for the client, unless it is the cause. */
  end(originator: Originator, appData?: AppData, reason?: ClosedReason): void {
    if (!this.markClosed()) return;
    this.safeEmit('close', originator, appData);
    this.#place.leave(this, appData);
    // One command to the worker closes all that is on a transport.
    for (const { core } of this.transports) core.close();
    for (const producer of this.producers) producer.end(originator);
    for (const consumer of this.consumers) consumer.end(originator);
    for (const transport of this.transports) transport.end(originator);
    this.#line.end(reason, appData);
  }

  /** @internal */
  get tell(): Tell {
    return this.#line.tell;
  }

  /** @internal What this peer costs its worker, roughly. */
  get load(): number {
    return 1 + this.#producers.size + this.consumers.filter(({ enabled }) => enabled).length;
  }

  /** @internal */
  async createTransport({
    id,
    direction,
    appData,
  }: ClientRequests['createTransport']['data']): Promise<Transport> {
    requireRoom(this.#transports, id, 'transport', MAX_TRANSPORTS);
    if (this.spy && direction === 'send') throw new ForbiddenError('a spy does not send');
    const core = await this.#place.createTransport();
    this.#requireOpen(core);
    const transport = new Transport({ id, direction, appData, core, tell: this.tell });
    keep(this.#transports, transport);
    return transport;
  }

  /** @internal */
  async createProducer(data: ClientRequests['createProducer']['data']): Promise<Producer> {
    const { id, transportId, kind, rtpParameters, appData, paused: remotelyPaused = false } = data;
    requireRoom(this.#producers, id, 'producer', MAX_PRODUCERS);
    const transport = this.requireTransport(transportId);
    if (transport.direction !== 'send') {
      throw new InvalidStateError(`transport ${transportId} is not for sending`);
    }
    await this.#requireAllowed({ kind, appData });
    const core = await blamingClient(transport.core.produce({ kind, rtpParameters, paused: remotelyPaused }));
    this.#requireOpen(core, transport);
    const parts = { id, kind, appData, remotelyPaused, peer: this, transport, core, tell: this.tell };
    return keep(this.#producers, new Producer(parts));
  }

  /** @internal Tells nobody yet. */
  addConsumer(source: Producer): Consumer {
    const { rtpCapabilities, tell } = this;
    const supported = this.#place.canConsume(source, rtpCapabilities);
    return keep(this.#consumers, new Consumer({ source, rtpCapabilities, supported, tell }));
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

  /** @internal For the peer who is to have these consumers. */
  toData(consumers: ConsumerData[]): PeerData {
    return { name: this.name, appData: this.appData, consumers };
  }

  async #requireAllowed(asked: ProducerAsked): Promise<void> {
    const rule = this.#canPublish;
    const allowed = !this.spy && (typeof rule === 'boolean' ? rule : await rule(asked));
    if (!allowed) throw new ForbiddenError(`${this.name} may not send this ${asked.kind}`);
  }

  /** The worker, or the application, took its time. */
  #requireOpen(core: CoreTransport | CoreProducer, transport?: Transport): void {
    if (!this.closed && !transport?.closed) return;
    core.close();
    throw new InvalidStateError('the peer or the transport closed in the meantime');
  }
}

function keep<T extends Transport | Producer | Consumer>(parts: Map<string, T>, part: T): T {
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
