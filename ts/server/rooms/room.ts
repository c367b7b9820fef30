import { randomUUID } from 'node:crypto';
import { InvalidStateError } from '../../shared/errors.js';
import type { RtpCapabilities } from '../../shared/rtp/rtp-parameters.js';
import { DuplicatePeerError, ForbiddenError, PortClosedError } from '../../shared/signalling/errors.js';
import type { AppData, ClientRequests, ClosedReason, PeerData } from '../../shared/signalling/messages.js';
import type { Port } from '../../shared/signalling/port.js';
import type { EntityEvents } from '../core/entity.js';
import type { TransportListenInfo } from '../core/listen-info.js';
import { Client, type Host } from './client.js';
import type { CoreRouter } from './core.js';
import { Lifetime } from './lifetime.js';
import { type CanPublish, Peer, type Place } from './peer.js';
import type { Producer } from './producer.js';

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
 * As what it may join. Defaults: `spy` as asked, `canPublish` true.
 *
 * @example
 * { spy: false, canPublish: ({ kind }) => kind === 'audio' }
 */
export type JoinTerms = { spy?: boolean; canPublish?: CanPublish };

/** Whether it may join: true is with the default terms. */
export type JoinVerdict = boolean | JoinTerms;

/** The application's say. Without one everybody may join and publish, and nobody spy. */
export type Policy = (asked: JoinAsked) => JoinVerdict | Promise<JoinVerdict>;

export type RoomParts = {
  id?: string;
  appData?: AppData;
  policy?: Policy;
  listenInfos: TransportListenInfo[];
  router: CoreRouter;
};

type JoinData = ClientRequests['join']['data'];

const noSpies: Policy = ({ spy }) => !spy;

/** Peers who receive each other. It lives on one worker. */
export class Room extends Lifetime<RoomEvents> {
  readonly id: string;
  readonly rtpCapabilities: RtpCapabilities;
  readonly #policy: Policy;
  readonly #listenInfos: TransportListenInfo[];
  readonly #router: CoreRouter;
  readonly #peers = new Map<string, Peer>();
  readonly #clients = new Set<Client>();
  readonly #host: Host;

  /** @internal Made by `server.createRoom()`. */
  constructor({ id = randomUUID(), appData, policy = noSpies, listenInfos, router }: RoomParts) {
    super(appData);
    this.id = id;
    this.rtpCapabilities = router.rtpCapabilities;
    this.#policy = policy;
    this.#listenInfos = listenInfos;
    this.#router = router;
    this.#host = {
      rtpCapabilities: this.rtpCapabilities,
      join: (data, client, respond) => this.#join(data, client, respond),
      gone: (client) => this.#clients.delete(client),
    };
    router.on('workerclose', () => this.end('worker died'));
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

  /** All its peers close; their clients hear 'room closed' and `appData`. */
  close(appData?: AppData): void {
    this.end('room closed', appData);
  }

  /** @internal What it costs its worker, roughly. */
  get load(): number {
    return this.peers.reduce((sum, { load }) => sum + load, 1);
  }

  /** @internal */
  end(reason: ClosedReason, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.safeEmit('close', reason, appData);
    this.#router.close();
    for (const client of [...this.#clients]) client.endAll(reason, appData);
  }

  readonly #place: Place = {
    createTransport: () => this.#router.createWebRtcTransport({ listenInfos: this.#listenInfos }),
    canConsume: (producer, rtpCapabilities) =>
      this.#router.canConsume({ producerId: producer.core.id, rtpCapabilities }),
    publish: (producer) => this.#publish(producer),
    leave: (peer, appData) => this.#leave(peer, appData),
  };

  async #join(data: JoinData, client: Client, respond: (response: unknown) => void): Promise<void> {
    this.#requireFree(data.name);
    const { spy, canPublish } = await this.#judge(data, client);
    // Others have come and gone while the policy thought.
    this.#requireOpen();
    this.#requireFree(data.name);
    if (client.closed) throw new PortClosedError('the client is gone');
    const { name, rtpCapabilities, appData } = data;
    const parts = { name, rtpCapabilities, appData, spy, canPublish, place: this.#place, line: client };
    const peer = new Peer(parts);
    const peers = this.#introduce(peer);
    this.#peers.set(name, peer);
    client.joined(peer);
    respond({ peers });
    this.#announce(peer);
  }

  async #judge({ name, appData, spy = false }: JoinData, { context }: Client): Promise<Required<JoinTerms>> {
    const verdict = await this.#policy({ room: this, name, appData, spy, context });
    if (!verdict) throw new ForbiddenError(`${name} may not join`);
    return { spy, canPublish: true, ...(verdict !== true && verdict) };
  }

  /** Everybody whom it may know of, with a consumer for everything that they send. */
  #introduce(newcomer: Peer): PeerData[] {
    return this.#visible().map((other) =>
      other.toData(other.producers.map((producer) => newcomer.addConsumer(producer).toData())),
    );
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

  #leave(peer: Peer, appData: AppData): void {
    this.#peers.delete(peer.name);
    if (this.closed || peer.spy) return;
    for (const other of this.peers) other.tell('peerClosed', { name: peer.name, appData });
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
