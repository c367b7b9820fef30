import { randomUUID } from 'node:crypto';
import { InvalidStateError, WorkerClosedError } from '../../shared/errors.js';
import { asMessage, type MessageData } from '../../shared/message-data.js';
import { generateRouterRtpCapabilities } from '../../shared/rtp/negotiate.js';
import type { RouterRtpCodecCapability, RtpCapabilities } from '../../shared/rtp/rtp-parameters.js';
import { DuplicatePeerError, ForbiddenError, PortClosedError } from '../../shared/signalling/errors.js';
import type {
  AppData,
  ClientRequests,
  ClosedReason,
  DataConsumerData,
  PeerData,
} from '../../shared/signalling/messages.js';
import type { Port } from '../../shared/signalling/port.js';
import type { EntityEvents } from '../core/entity.js';
import { ApplicationData } from './application-data.js';
import { Client, type Host } from './client.js';
import type { DataConsumer, DataSource } from './data-consumer.js';
import { Lifetime } from './lifetime.js';
import {
  type CanPublish,
  type CanSendData,
  Peer,
  type Place,
  readReliable,
  type SendOptions,
} from './peer.js';
import type { Producer } from './producer.js';
import { type Seat, type SiteParts, Sites } from './site.js';

export type RoomEvents = EntityEvents & {
  close: [reason: ClosedReason, appData: AppData];
  newpeer: [peer: Peer];
};

/** A client that wants to join. */
export type JoinAsked = {
  room: Room;
  name: string;
  appData: AppData;
  /** It asks to be a spy: to receive only, unseen. */
  spy: boolean;
  /** What was given to `room.accept`, such as who the client has proved to be. */
  context: unknown;
};

/**
 * As what it may join. Defaults: `spy` as asked, the others true.
 *
 * @example
 * { spy: false, canPublish: ({ kind }) => kind === 'audio' }
 */
export type JoinTerms = { spy?: boolean; canPublish?: CanPublish; canSendData?: CanSendData };

/** Whether it may join: true is with the default terms. */
export type JoinVerdict = boolean | JoinTerms;

/** The application's say. Without one everybody may join and publish, and nobody spy. */
export type Policy = (asked: JoinAsked) => JoinVerdict | Promise<JoinVerdict>;

export type RoomParts = {
  id?: string;
  appData?: AppData;
  policy?: Policy;
  dynacast: boolean;
  mediaCodecs: RouterRtpCodecCapability[];
} & Omit<SiteParts, 'onLost'>;

type JoinData = ClientRequests['join']['data'];

/** Milliseconds. */
const MEASURE_INTERVAL = 1000;

const noSpies: Policy = ({ spy }) => !spy;

/**
 * Peers who receive each other. Each is on the worker that is least loaded when it joins; what it sends goes once to
 * every other worker where it is wanted.
 */
export class Room extends Lifetime<RoomEvents> {
  readonly id: string;
  readonly rtpCapabilities: RtpCapabilities;
  readonly #policy: Policy;
  readonly #sites: Sites;
  readonly #peers = new Map<string, Peer>();
  readonly #clients = new Set<Client>();
  readonly #host: Host;
  readonly #place: Place;
  /** Runs while there are peers. */
  #measuring: ReturnType<typeof setInterval> | undefined;
  /** From the application to all, reliable and lossy. */
  readonly #application = new Map<boolean, ApplicationData>();

  /** @internal Made by `server.createRoom()`. */
  constructor({ id = randomUUID(), appData, policy = noSpies, dynacast, ...parts }: RoomParts) {
    super(appData);
    this.id = id;
    this.#place = this.#placeOf(dynacast);
    this.rtpCapabilities = generateRouterRtpCapabilities(parts.mediaCodecs);
    this.#policy = policy;
    this.#sites = new Sites({ ...parts, onLost: (seats) => this.#lost(seats) });
    this.#host = {
      rtpCapabilities: this.rtpCapabilities,
      join: (data, client, respond) => this.#join(data, client, respond),
      gone: (client) => this.#clients.delete(client),
    };
  }

  /** In order of joining, spies included. */
  get peers(): Peer[] {
    return [...this.#peers.values()];
  }

  getPeerByName(name: string): Peer | undefined {
    return this.#peers.get(name);
  }

  /**
   * Serves a client at the other end of `port`: it becomes a Peer when it joins, and leaves when the port closes. The
   * policy is shown `context`.
   *
   * @throws InvalidStateError
   */
  accept(port: Port, context?: unknown): void {
    this.#requireOpen();
    const client = new Client(port, this.#host, context);
    this.#clients.add(client);
  }

  /**
   * Sends it to all peers that are ready to get messages. The first one waits for those who are there.
   *
   * @throws TypeError, InvalidStateError
   */
  async send(data: MessageData, options: SendOptions = {}): Promise<void> {
    const message = asMessage(data);
    const reliable = readReliable(options);
    this.#requireOpen();
    await this.#applicationData(reliable).send(message);
  }

  /** All its peers close; their clients hear 'room closed' and `appData`. */
  close(appData?: AppData): void {
    this.end('room closed', appData);
  }

  /** @internal */
  end(reason: ClosedReason, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.safeEmit('close', reason, appData);
    this.#sites.close();
    for (const client of [...this.#clients]) client.endAll(reason, appData);
  }

  #placeOf(dynacast: boolean): Place {
    return {
      dynacast,
      canConsume: ({ core, reach }, rtpCapabilities) =>
        reach.home.router.canConsume({ producerId: core.id, rtpCapabilities }),
      publish: (producer) => this.#publish(producer),
      publishData: (source, sender) => this.#publishData(source, sender),
      getPeer: (name) => this.#visible().find((peer) => peer.name === name),
      leave: (peer, appData) => this.#leave(peer, appData),
    };
  }

  async #join(data: JoinData, client: Client, respond: (response: unknown) => void): Promise<void> {
    this.#requireFree(data.name);
    const terms = await this.#judge(data, client);
    const seat = await this.#sites.take();
    try {
      // Others have come and gone while the policy thought and a worker was found.
      this.#requireOpen();
      this.#requireFree(data.name);
      if (client.closed) throw new PortClosedError('the client is gone');
      if (seat.closed) throw new WorkerClosedError('the worker is gone');
    } catch (error) {
      seat.leave();
      throw error;
    }
    const { name, rtpCapabilities, appData } = data;
    const peer = new Peer({
      name,
      rtpCapabilities,
      appData,
      ...terms,
      seat,
      place: this.#place,
      line: client,
    });
    const response = { peers: this.#introduce(peer), dataConsumers: this.#introduceData(peer) };
    this.#peers.set(name, peer);
    this.#measuring ??= setInterval(() => this.#measure(performance.now()), MEASURE_INTERVAL).unref();
    client.joined(peer);
    respond(response);
    this.#announce(peer);
  }

  async #judge({ name, appData, spy = false }: JoinData, { context }: Client): Promise<Required<JoinTerms>> {
    const verdict = await this.#policy({ room: this, name, appData, spy, context });
    if (!verdict) throw new ForbiddenError(`${name} may not join`);
    return { spy, canPublish: true, canSendData: true, ...(verdict !== true && verdict) };
  }

  /** Everybody whom it may know of, with a consumer for everything that they send. */
  #introduce(newcomer: Peer): PeerData[] {
    return this.#visible().map((other) =>
      other.toData(other.producers.map((producer) => newcomer.addConsumer(producer).toData())),
    );
  }

  /** All that anybody sends to the room. */
  #introduceData(newcomer: Peer): DataConsumerData[] {
    const sources: DataSource[] = [
      ...this.#application.values(),
      ...this.peers.flatMap(({ dataProducers }) => dataProducers),
    ];
    return sources
      .filter(({ to }) => to === undefined)
      .map((source) => newcomer.addDataConsumer(source).toData());
  }

  #announce(newcomer: Peer): void {
    if (!newcomer.spy) {
      for (const other of this.#others(newcomer)) other.tell('newPeer', newcomer.toData([]));
    }
    this.safeEmit('newpeer', newcomer);
  }

  #publish(producer: Producer): void {
    for (const other of this.#others(producer.peer)) other.announceConsumer(other.addConsumer(producer));
  }

  #publishData(source: DataSource, sender?: Peer): DataConsumer[] {
    const audience = this.peers.filter(
      (peer) => peer !== sender && (source.to === undefined || peer.name === source.to),
    );
    return audience.map((peer) => {
      const dataConsumer = peer.addDataConsumer(source);
      peer.announceDataConsumer(dataConsumer);
      return dataConsumer;
    });
  }

  #applicationData(reliable: boolean): ApplicationData {
    const known = this.#application.get(reliable);
    if (known) return known;
    const source = new ApplicationData(undefined, reliable);
    this.#application.set(reliable, source);
    this.#publishData(source);
    return source;
  }

  /** The others hear that they are gone. Their clients, that they may join again. */
  #lost(seats: Seat[]): void {
    const lost = this.peers.filter(({ seat }) => seats.includes(seat));
    for (const { name } of lost) this.#peers.delete(name);
    this.#measureWhileNeeded();
    for (const peer of lost) peer.end('local', undefined, 'worker died');
  }

  #leave(peer: Peer, appData: AppData): void {
    this.#peers.delete(peer.name);
    this.#measureWhileNeeded();
    peer.seat.leave();
    this.#endAddressed(peer.name);
    if (this.closed || peer.spy) return;
    for (const other of this.peers) other.tell('peerClosed', { name: peer.name, appData });
  }

  /** Everybody hears at once of all whose quality has changed; of a spy's only the spy. */
  #measure(now: number): void {
    const changed = this.peers.filter((peer) => peer.measure(now));
    if (changed.length === 0) return;
    for (const peer of this.peers) {
      const seen = changed.filter((each) => each === peer || !each.spy);
      const peers = seen.map(({ name, quality }) => ({ name, quality }));
      if (peers.length > 0) peer.tell('peerQualities', { peers });
    }
  }

  #measureWhileNeeded(): void {
    if (this.#peers.size > 0) return;
    clearInterval(this.#measuring);
    this.#measuring = undefined;
  }

  /** Nobody else is to get what was for this one. */
  #endAddressed(name: string): void {
    for (const { dataProducers } of this.peers) {
      for (const dataProducer of dataProducers) if (dataProducer.to === name) dataProducer.end();
    }
  }

  #visible(): Peer[] {
    return this.peers.filter(({ spy }) => !spy);
  }

  #others({ name }: { name: string }): Peer[] {
    return this.peers.filter((peer) => peer.name !== name);
  }

  #requireOpen(): void {
    if (this.closed) throw new InvalidStateError(`room ${this.id} is closed`);
  }

  #requireFree(name: string): void {
    if (this.#peers.has(name)) throw new DuplicatePeerError(`somebody in the room is already called ${name}`);
  }
}
