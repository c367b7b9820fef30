import { InvalidStateError, UnsupportedError } from '../shared/errors.js';
import { asNonEmptyString, asOneOf } from '../shared/rtp/fields.js';
import type { MediaKind, RtpCapabilities } from '../shared/rtp/rtp-parameters.js';
import { canSend, receivingCapabilities } from '../shared/sdp/capabilities-from-sdp.js';
import { PortClosedError } from '../shared/signalling/errors.js';
import type { AppData, ClosedReason, PeerData, TransportDirection } from '../shared/signalling/messages.js';
import type { Port } from '../shared/signalling/port.js';
import {
  type ClientSession,
  type FromServer,
  type Notification,
  Session,
} from '../shared/signalling/session.js';
import { WebSocketPort } from '../shared/signalling/websocket-port.js';
import { type DeviceCapabilities, getDeviceCapabilities } from './device.js';
import { Emitter } from './emitter.js';
import type { Originator } from './lifetime.js';
import { Link } from './link.js';
import { hear, type Told } from './notifications.js';
import { Peer } from './peer.js';
import { Producer, type ProducerOptions } from './producer.js';
import type { ConnectionState } from './recovery.js';
import { RecvTransport } from './recv-transport.js';
import { SendTransport } from './send-transport.js';

/** Where the server is: a WebSocket's URL, or what gives a port to it. It is asked at each join. */
export type ServerAddress = string | URL | (() => Port);

export type RoomOptions = {
  /** To receive only, unseen by others. The server may refuse it. */
  spy?: boolean;
  /** STUN and TURN servers. The server itself is reached without. */
  iceServers?: RTCIceServer[];
  iceTransportPolicy?: RTCIceTransportPolicy;
  /** Milliseconds. Default 30,000. */
  requestTimeout?: number;
};

/** Why a Room closed: what the server said, or that this application left, or that the way to the server is gone. */
export type CloseReason = ClosedReason | 'left' | 'connection lost';

export type RoomEvents = {
  /** Everything in it is closed. It may be joined again. */
  close: [originator: Originator, reason: CloseReason, appData: AppData];
  newpeer: [peer: Peer];
  connectionstatechange: [state: ConnectionState];
};

/** A room that was joined, until it is left. */
type Joined = Told & { link: Link; name: string; sending: DeviceCapabilities['sending'] };

const MAX_NAME = 256;
/** The worst of these is the room's. */
const STATES: ConnectionState[] = ['failed', 'disconnected', 'connecting'];

/**
 * The server's room as this browser sees it, and this browser's own part in it.
 *
 * @example
 * const room = new Room('wss://example.org/rooms?room=lobby');
 * room.on('newpeer', show);
 * for (const peer of await room.join('alice')) show(peer);
 * await room.createProducer(track).send(room.createTransport('send'));
 */
export class Room extends Emitter<RoomEvents> {
  readonly #address: ServerAddress;
  readonly #options: RoomOptions;
  #session: ClientSession | undefined;
  #joined: Joined | undefined;
  #closed = false;
  #connectionState: ConnectionState = 'new';

  constructor(address: ServerAddress, options: RoomOptions = {}) {
    super();
    this.#address = address;
    this.#options = options;
  }

  get joined(): boolean {
    return this.#joined !== undefined;
  }

  /** Whether it was joined and is no more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Of signalling and all transports together: the worst of them. */
  get connectionState(): ConnectionState {
    return this.#connectionState;
  }

  /** As joined; undefined unless it is. */
  get name(): string | undefined {
    return this.#joined?.name;
  }

  /** Everybody else, in the order of joining. */
  get peers(): Peer[] {
    return [...(this.#joined?.peers.values() ?? [])];
  }

  get transports(): (SendTransport | RecvTransport)[] {
    return [...(this.#joined?.transports.values() ?? [])];
  }

  get producers(): Producer[] {
    return [...(this.#joined?.producers.values() ?? [])];
  }

  getPeerByName(name: string): Peer | undefined {
    return this.#joined?.peers.get(name);
  }

  getTransportById(id: string): SendTransport | RecvTransport | undefined {
    return this.#joined?.transports.get(id);
  }

  getProducerById(id: string): Producer | undefined {
    return this.#joined?.producers.get(id);
  }

  /**
   * Resolves with everybody else who is in the room. Those who come later come as 'newpeer'.
   *
   * @throws TypeError; InvalidStateError if it is joined, or left in the meantime; UnsupportedError for a browser without
   * WebRTC; DuplicatePeerError if the name is taken; ForbiddenError if the server does not want this client
   */
  async join(name: string, appData?: AppData): Promise<Peer[]> {
    asNonEmptyString(name, 'name', MAX_NAME);
    if (this.#session) throw new InvalidStateError('the room is joined already');
    const early: Notification<FromServer>[] = [];
    const session: ClientSession = new Session(this.#openPort(), {
      // What comes before `join` below has made the peers must wait for it.
      onNotification: (notification) => {
        if (this.#joined?.link.session === session) this.#hear(notification);
        else early.push(notification);
      },
      onClose: () => this.#sessionClosed(session),
      onError: reportError,
      requestTimeout: this.#options.requestTimeout ?? 30_000,
      maxMessageLength: Number.POSITIVE_INFINITY,
    });
    this.#session = session;
    this.#closed = false;
    this.#become('connecting');
    try {
      const joined = await this.#enter(session, name, appData);
      if (session.closed) throw new PortClosedError('the room was left in the meantime');
      this.#joined = joined;
    } catch (error) {
      session.close();
      throw error;
    }
    this.#become('connected');
    const { peers } = this;
    for (const notification of early) this.#hear(notification);
    return peers;
  }

  /** Closes everything in it. Resolves when the server knows. Nothing happens unless it is joined, or being joined. */
  async leave(appData?: AppData): Promise<void> {
    const joined = this.#joined;
    if (!joined) return this.#session?.close();
    const told = joined.link.request('leave', { appData }).catch(() => {});
    this.#end('local', 'left', appData);
    await told;
    joined.link.session.close();
  }

  /** Whether the browser and the room have a codec in common; false for spies, and unless the room is joined. */
  canSend(kind: MediaKind): boolean {
    asOneOf(kind, 'kind', ['audio', 'video']);
    const joined = this.#joined;
    return (
      joined !== undefined && !this.#options.spy && canSend(kind, joined.sending, joined.link.rtpCapabilities)
    );
  }

  createTransport(direction: 'send', appData?: AppData): SendTransport;
  createTransport(direction: 'recv', appData?: AppData): RecvTransport;
  /**
   * One for each direction is enough for all producers and consumers. It connects when it is first used.
   *
   * @throws InvalidStateError unless the room is joined; TypeError for another direction, or for a spy that would send
   */
  createTransport(direction: TransportDirection, appData?: AppData): SendTransport | RecvTransport {
    const { link, transports } = this.#requireJoined();
    asOneOf(direction, 'direction', this.#options.spy ? ['recv'] : ['send', 'recv']);
    const transport =
      direction === 'send' ? new SendTransport(link, appData) : new RecvTransport(link, appData);
    transport.onEnd = () => transports.delete(transport.id);
    transport.on('connectionstatechange', () => this.#become(this.#worstState()));
    transports.set(transport.id, transport);
    return transport;
  }

  /**
   * What is to be sent, by `producer.send(transport)`.
   *
   * @throws InvalidStateError unless the room is joined, or if the track has ended; UnsupportedError if this kind
   * cannot be sent; TypeError
   */
  createProducer(track: MediaStreamTrack, options: ProducerOptions = {}): Producer {
    const { link, producers } = this.#requireJoined();
    if (!(track instanceof MediaStreamTrack)) throw new TypeError('track must be a MediaStreamTrack');
    const kind = track.kind as MediaKind;
    if (!this.canSend(kind)) throw new UnsupportedError(`${kind} cannot be sent to this room`);
    if (track.readyState === 'ended') throw new InvalidStateError('the track has ended');
    const producer = new Producer(link, track, options);
    producer.onEnd = () => producers.delete(producer.id);
    producers.set(producer.id, producer);
    return producer;
  }

  /** Of all transports, as after a change of the network. */
  async restartIce(): Promise<void> {
    await Promise.all(this.transports.map((transport) => transport.restartIce()));
  }

  #openPort(): Port {
    const address = this.#address;
    return typeof address === 'function' ? address() : new WebSocketPort(new WebSocket(address));
  }

  async #enter(session: ClientSession, name: string, appData: AppData): Promise<Joined> {
    const [device, { rtpCapabilities }] = await Promise.all([
      getDeviceCapabilities(),
      session.request('queryRoom', {}),
    ]);
    const { spy = false } = this.#options;
    const receiving: RtpCapabilities = receivingCapabilities(device.receiving, rtpCapabilities);
    const { peers } = await session.request('join', { name, rtpCapabilities: receiving, spy, appData });
    const { iceServers = [], iceTransportPolicy = 'all' } = this.#options;
    const link = new Link({ session, rtpCapabilities, configuration: { iceServers, iceTransportPolicy } });
    const joined: Joined = {
      link,
      name,
      sending: device.sending,
      peers: new Map(peers.map((data) => [data.name, new Peer(link, data)])),
      transports: new Map(),
      producers: new Map(),
      onClosed: (reason, goodbye) => this.#closedByServer(joined, reason, goodbye),
      onPeer: (data) => this.#addPeer(joined, data),
    };
    return joined;
  }

  #requireJoined(): Joined {
    if (this.#joined) return this.#joined;
    throw new InvalidStateError('the room is not joined');
  }

  #sessionClosed(session: ClientSession): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    if (this.#joined) this.#end('remote', 'connection lost');
    else this.#become('new');
  }

  #end(originator: Originator, reason: CloseReason, appData?: AppData): void {
    const { peers, transports, producers } = this.#requireJoined();
    this.#session = undefined;
    this.#joined = undefined;
    this.#closed = true;
    this.#become('closed');
    this.emit('close', originator, reason, appData);
    for (const part of [...producers.values(), ...peers.values(), ...transports.values()])
      part.end(originator);
  }

  #worstState(): ConnectionState {
    if (!this.#joined) return this.#connectionState;
    const states = this.transports.map(({ connectionState }) => connectionState);
    return STATES.find((state) => states.includes(state)) ?? 'connected';
  }

  #become(state: ConnectionState): void {
    if (state === this.#connectionState) return;
    this.#connectionState = state;
    this.emit('connectionstatechange', state);
  }

  #hear(notification: Notification<FromServer>): void {
    if (this.#joined) hear(this.#joined, notification);
  }

  #closedByServer({ link }: Joined, reason: ClosedReason, appData: AppData): void {
    this.#end('remote', reason, appData);
    link.session.close();
  }

  #addPeer({ link, peers }: Joined, data: PeerData): void {
    const peer = new Peer(link, data);
    peers.set(data.name, peer);
    this.emit('newpeer', peer);
  }
}
