import { InvalidStateError, NotFoundError, UnsupportedError } from '../shared/errors.js';
import { asMessage, type MessageData } from '../shared/message-data.js';
import { asBoolean, asNonEmptyString, asObject, asOneOf, optional } from '../shared/rtp/fields.js';
import type { MediaKind, RtpCapabilities, RtpCodecCapability } from '../shared/rtp/rtp-parameters.js';
import { receivingCapabilities, sendableCodec } from '../shared/sdp/capabilities-from-sdp.js';
import { DuplicatePeerError, ForbiddenError, PortClosedError } from '../shared/signalling/errors.js';
import type {
  AppData,
  ClosedReason,
  DataConsumerData,
  LayoutData,
  PeerData,
  Quality,
  TransportDirection,
} from '../shared/signalling/messages.js';
import type { Port } from '../shared/signalling/port.js';
import { LAYOUTS } from '../shared/signalling/requests.js';
import {
  type ClientSession,
  type FromServer,
  type Notification,
  Session,
} from '../shared/signalling/session.js';
import { WebSocketPort } from '../shared/signalling/websocket-port.js';
import { Consumer } from './consumer.js';
import { type DeviceCapabilities, getDeviceCapabilities } from './device.js';
import { Emitter } from './emitter.js';
import { encodingsOf, requireLayering, SVC_CODECS } from './encodings.js';
import type { Originator } from './lifetime.js';
import { Link } from './link.js';
import { Messages } from './messages.js';
import { hear, type Told } from './notifications.js';
import { type MessageInfo, Peer, type SendOptions } from './peer.js';
import { type Plan, Producer, type ProducerOptions, sizeOf } from './producer.js';
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
  /** Whether layers of this client's video that nobody watches are not sent. Default true. */
  dynacast?: boolean;
};

/** Whose picture is to be large: all video of a peer, or one consumer. */
export type OnStage = { peer: Peer } | { consumer: Consumer<Peer> };

/**
 * Why a Room closed: what the server said, or that this application left, or that the way to the server is gone. After
 * 'worker died' it was tried for half a minute to join again.
 */
export type CloseReason = ClosedReason | 'left' | 'connection lost';

export type RoomEvents = {
  /** Everything in it is closed. It may be joined again. */
  close: [originator: Originator, reason: CloseReason, appData: AppData];
  newpeer: [peer: Peer];
  connectionstatechange: [state: ConnectionState];
  /** Of this client itself. */
  qualitychange: [quality: Quality];
  /** By the server's application. */
  layoutchange: [layout: LayoutData];
  /** From a peer, or from the server's application. */
  message: [data: MessageData, info: RoomMessageInfo];
  /** Reliable messages from there were dropped, as this client received them too slowly. Once until it has caught up. */
  messageslost: [from: Peer | undefined];
};

export type RoomMessageInfo = MessageInfo & {
  /** As the server knows it, whatever the message says. Undefined: the server's application. */
  from: Peer | undefined;
};

export type RoomSendOptions = SendOptions & {
  /** A peer's name: nobody else gets it. Default: it is to all. */
  to?: string;
};

/** A room that was joined, until it is left. */
type Joined = Told & {
  link: Link;
  name: string;
  appData: AppData;
  device: DeviceCapabilities;
  layout: LayoutData;
  quality: Quality;
};

/** What the server answered to `join`, and what it has told since. */
type Entered = {
  session: ClientSession;
  early: Notification<FromServer>[];
  rtpCapabilities: RtpCapabilities;
  device: DeviceCapabilities;
  peers: PeerData[];
  dataConsumers: DataConsumerData[];
};

const MAX_NAME = 256;
/** The worst of these is the room's. */
/** Milliseconds before each attempt to join again, when the server's worker has died. */
const REJOIN_DELAYS = [0, 1_000, 2_000, 4_000, 8_000, 15_000];
const STATES: ConnectionState[] = ['failed', 'disconnected', 'connecting'];

/**
 * The server's room as this browser sees it, and this browser's own part in it.
 *
 * When the server's worker dies, the room is 'disconnected' and joins again by itself: peers, transports and producers
 * stay, and are used as before; the consumers close, and others come by 'newconsumer'.
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
  readonly #dynacast: boolean;
  #session: ClientSession | undefined;
  #joined: Joined | undefined;
  #closed = false;
  #connectionState: ConnectionState = 'new';

  /** @throws TypeError */
  constructor(address: ServerAddress, options: RoomOptions = {}) {
    super();
    this.#dynacast = asBoolean(asObject(options, 'options').dynacast ?? true, 'options.dynacast');
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

  /** How well this client and the server get each other's media, and whether they do; undefined unless it is joined. */
  get quality(): Quality | undefined {
    return this.#joined?.quality;
  }

  /** As set by either side; at first tiles. */
  get layout(): LayoutData {
    return this.#joined?.layout ?? { layout: 'tiles' };
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
    this.#closed = false;
    this.#become('connecting');
    const entered = await this.#enter(name, appData);
    this.#joined = this.#begin(entered, name, appData);
    this.#become('connected');
    const { peers } = this;
    this.#replay(entered);
    return peers;
  }

  /** Closes everything in it. Resolves when the server knows. Nothing happens unless it is joined, or being joined. */
  async leave(appData?: AppData): Promise<void> {
    const joined = this.#joined;
    if (!joined) return this.#session?.close();
    if (joined.link.suspended) {
      const session = this.#session;
      this.#end('local', 'left', appData);
      return session?.close();
    }
    const told = joined.link.request('leave', { appData }).catch(() => {});
    this.#end('local', 'left', appData);
    await told;
    joined.link.session.close();
  }

  /** Whether the browser and the room have a codec in common; false for spies, and unless the room is joined. */
  canSend(kind: MediaKind): boolean {
    asOneOf(kind, 'kind', ['audio', 'video']);
    return this.#sendable(kind) !== undefined;
  }

  setLayout(layout: 'tiles'): void;
  setLayout(layout: 'stage', onStage: OnStage): void;
  /**
   * What this client shows large, so that the server knows what matters when not everything can be sent. 'tiles': all
   * pictures alike; so it begins. 'stage': one goes before all others, up to its preferred profile, and the others get
   * 'low' at most. It holds for whoever comes later, and when the room is joined again after a worker died. While what is
   * on the stage is not there, all are alike.
   *
   * @throws TypeError; InvalidStateError unless the room is joined, or if what is on the stage is closed
   */
  setLayout(layout: 'tiles' | 'stage', onStage?: OnStage): void {
    const joined = this.#requireJoined();
    joined.layout = readLayout(layout, onStage);
    joined.link.tell('setLayout', joined.layout);
  }

  createTransport(direction: 'send', appData?: AppData): SendTransport;
  createTransport(direction: 'recv', appData?: AppData): RecvTransport;
  /**
   * One for each direction is enough for all producers and consumers. It connects when it is first used.
   *
   * @throws InvalidStateError unless the room is joined; TypeError for another direction, or for a spy that would send
   */
  createTransport(direction: TransportDirection, appData?: AppData): SendTransport | RecvTransport {
    const { link, transports, messages } = this.#requireJoined();
    asOneOf(direction, 'direction', this.#options.spy ? ['recv'] : ['send', 'recv']);
    const transport =
      direction === 'send' ? new SendTransport(link, appData) : new RecvTransport(link, appData);
    transport.onEnd = () => transports.delete(transport.id);
    transport.on('connectionstatechange', () => this.#become(this.#worstState()));
    transports.set(transport.id, transport);
    if (direction === 'recv') messages.receive();
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
    const plan = this.#plan(track, asObject(options, 'options') as ProducerOptions);
    if (track.readyState === 'ended') throw new InvalidStateError('the track has ended');
    const producer = new Producer(link, track, plan, options.appData);
    producer.onEnd = () => producers.delete(producer.id);
    producers.set(producer.id, producer);
    return producer;
  }

  /**
   * Sends a message to all others in the room, or to one. It goes over the first open transport for sending; if there is
   * none, one is made. Reliable messages arrive in the order of the calls.
   *
   * Resolves when the browser has taken it: who awaits that before the next one does not fill its memory. The first
   * message waits until those who are there can get it. Lossy messages are not sent while 64 KiB of them wait.
   *
   * @throws TypeError if it is no string or Uint8Array of at most 262144 bytes; InvalidStateError unless the room is
   * joined, or if the way is closed meanwhile; NotFoundError if nobody is called `to`; ForbiddenError if the server does
   * not allow it; LimitError
   */
  async send(data: MessageData, options: RoomSendOptions = {}): Promise<void> {
    const message = asMessage(data);
    const { to, reliable } = readSendOptions(options);
    const { messages, peers } = this.#requireJoined();
    if (this.#options.spy) throw new ForbiddenError('a spy does not send');
    if (to !== undefined && !peers.has(to)) throw new NotFoundError(`nobody else is called ${to}`);
    await messages.send(message, to, reliable);
  }

  /** Of all transports, as after a change of the network. */
  async restartIce(): Promise<void> {
    await Promise.all(this.transports.map((transport) => transport.restartIce()));
  }

  #openPort(): Port {
    const address = this.#address;
    return typeof address === 'function' ? address() : new WebSocketPort(new WebSocket(address));
  }

  /** A new session, in which the server has let us in. */
  async #enter(name: string, appData: AppData): Promise<Entered> {
    const early: Notification<FromServer>[] = [];
    const session: ClientSession = new Session(this.#openPort(), {
      // What comes before there are the peers that it is about must wait for them.
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
    try {
      const [device, { rtpCapabilities }] = await Promise.all([
        getDeviceCapabilities(),
        session.request('queryRoom', {}),
      ]);
      const { spy = false } = this.#options;
      const own = receivingCapabilities(device.receiving, rtpCapabilities);
      const answer = await session.request('join', { name, rtpCapabilities: own, spy, appData });
      if (session.closed) throw new PortClosedError('the room was left in the meantime');
      return { session, early, rtpCapabilities, device, ...answer };
    } catch (error) {
      session.close();
      throw error;
    }
  }

  #begin({ session, rtpCapabilities, device, peers }: Entered, name: string, appData: AppData): Joined {
    const { iceServers = [], iceTransportPolicy = 'all' } = this.#options;
    const configuration = { iceServers, iceTransportPolicy };
    const link = new Link({ session, rtpCapabilities, configuration, dynacast: this.#dynacast });
    const joined: Joined = {
      link,
      name,
      appData,
      device,
      layout: { layout: 'tiles' },
      quality: 'excellent',
      peers: new Map(peers.map((data) => [data.name, this.#newPeer(link, data)])),
      transports: new Map(),
      producers: new Map(),
      messages: new Messages({
        link,
        transports: { send: () => this.#transportFor('send'), recv: () => this.#transportFor('recv') },
        onMessage: (data, from) => this.#heardMessage(data, from),
        onLost: ({ peerName }) => this.emit('messageslost', this.getPeerByName(peerName ?? '')),
      }),
      onClosed: (reason, goodbye) => this.#closedByServer(joined, reason, goodbye),
      onPeer: (data) => this.#addPeer(joined, data),
      onLayout: (layout) => {
        joined.layout = layout;
        this.emit('layoutchange', layout);
      },
      onQuality: (who, quality) => {
        if (who === name) this.#qualityChanged(joined, quality);
        else joined.peers.get(who)?.qualityChanged(quality);
      },
    };
    return joined;
  }

  #replay({ early, dataConsumers }: Entered): void {
    this.#joined?.messages.add(dataConsumers);
    for (const notification of early) this.#hear(notification);
  }

  #requireJoined(): Joined {
    if (this.#joined) return this.#joined;
    throw new InvalidStateError('the room is not joined');
  }

  #sendable(kind: MediaKind, codec?: string): RtpCodecCapability | undefined {
    if (!this.#joined || this.#options.spy) return undefined;
    return sendableCodec(kind, this.#joined.device.sending, this.#joined.link.rtpCapabilities, codec);
  }

  #plan(track: MediaStreamTrack, options: ProducerOptions): Plan {
    const kind = track.kind as MediaKind;
    const { simulcast = false, svc = false } = options;
    requireLayering({ simulcast, svc }, kind);
    const name = options.codec === undefined ? undefined : asNonEmptyString(options.codec, 'codec', MAX_NAME);
    const codec = this.#sendable(kind, name) ?? unsendable(name ?? kind);
    const chosen = svc === false || name !== undefined ? codec : this.#svcCodec();
    const screen = asBoolean(options.screen ?? isScreen(track), 'screen');
    const encodings = encodingsOf(
      { simulcast, svc },
      {
        ...{ kind, screen, size: kind === 'video' ? sizeOf(track) : undefined },
        codec: chosen.mimeType.split('/')[1] ?? '',
        scalable: this.#joined?.device.scalable ?? false,
      },
    );
    return { encodings, screen, codec: chosen === this.#sendable(kind) ? undefined : chosen };
  }

  #svcCodec(): RtpCodecCapability {
    const [first] = SVC_CODECS.flatMap((name) => this.#sendable('video', name) ?? []);
    return first ?? unsendable(SVC_CODECS.join(' or '));
  }

  #qualityChanged(joined: Joined, quality: Quality): void {
    if (joined.quality === quality) return;
    joined.quality = quality;
    this.emit('qualitychange', quality);
  }

  #sessionClosed(session: ClientSession): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    if (this.#joined?.link.session === session) this.#end('remote', 'connection lost');
    else if (!this.#joined) this.#become('new');
  }

  #end(originator: Originator, reason: CloseReason, appData?: AppData): void {
    const { link, peers, transports, producers, messages } = this.#requireJoined();
    this.#session = undefined;
    this.#joined = undefined;
    this.#closed = true;
    this.#become('closed');
    this.emit('close', originator, reason, appData);
    link.end();
    messages.end();
    for (const part of [...producers.values(), ...peers.values(), ...transports.values()])
      part.end(originator);
  }

  #worstState(): ConnectionState {
    if (!this.#joined) return this.#connectionState;
    if (this.#joined.link.suspended) return 'disconnected';
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

  #closedByServer(joined: Joined, reason: ClosedReason, appData: AppData): void {
    if (reason === 'worker died') void this.#rejoin(joined);
    else {
      this.#end('remote', reason, appData);
      joined.link.session.close();
    }
  }

  /** Peers, transports and producers stay as they are; what is behind them is made anew. */
  async #rejoin(joined: Joined): Promise<void> {
    const { link, producers } = joined;
    const sent = [...producers.values()].flatMap((producer) => {
      const { transport } = producer;
      return transport ? [{ producer, transport }] : [];
    });
    this.#session = undefined;
    link.suspend();
    this.#become('disconnected');
    this.#qualityChanged(joined, 'lost');
    this.#forget(joined);
    link.session.close();
    const entered = await this.#enterAgain(joined);
    if (this.#joined !== joined) return entered?.session.close();
    if (!entered) return this.#end('remote', 'worker died');
    link.renew(entered.session);
    this.#reconcile(joined, entered);
    this.#become(this.#worstState());
    this.#qualityChanged(joined, 'excellent');
    if (joined.layout.layout !== 'tiles') link.tell('setLayout', joined.layout);
    this.#replay(entered);
    // What the server does not want any more stays unhandled.
    for (const { producer, transport } of sent) producer.send(transport).catch(() => {});
  }

  #forget({ peers, transports, messages }: Joined): void {
    for (const peer of peers.values()) peer.endConsumers('remote');
    messages.reset();
    for (const transport of transports.values()) transport.reset();
  }

  /** Undefined if that is not to be, or not wanted any more. */
  async #enterAgain(joined: Joined): Promise<Entered | undefined> {
    for (const delay of REJOIN_DELAYS) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      if (this.#joined !== joined) return undefined;
      try {
        return await this.#enter(joined.name, joined.appData);
      } catch (error) {
        if (error instanceof ForbiddenError || error instanceof DuplicatePeerError) return undefined;
      }
    }
    return undefined;
  }

  #reconcile(joined: Joined, { peers: present }: Entered): void {
    const { peers } = joined;
    for (const [name, peer] of [...peers]) {
      if (present.some((data) => data.name === name)) continue;
      peers.delete(name);
      peer.end('remote');
    }
    for (const data of present) {
      const known = peers.get(data.name);
      if (known) known.renew(data);
      else this.#addPeer(joined, data);
    }
  }

  #newPeer(link: Link, data: PeerData): Peer {
    return new Peer(link, (to, message, options) => this.send(message, { ...options, to }), data);
  }

  #addPeer({ link, peers }: Joined, data: PeerData): void {
    const peer = this.#newPeer(link, data);
    peers.set(data.name, peer);
    this.emit('newpeer', peer);
  }

  #transportFor<D extends TransportDirection>(direction: D): Extract<Transports, { direction: D }> {
    const open = this.transports.find((transport) => transport.direction === direction);
    return (open ?? this.createTransport(direction as 'send')) as Extract<Transports, { direction: D }>;
  }

  #heardMessage(data: MessageData, { peerName, to, reliable }: DataConsumerData): void {
    const from = peerName === undefined ? undefined : this.getPeerByName(peerName);
    if (peerName !== undefined && !from) return;
    from?.emit('message', data, { to, reliable });
    this.emit('message', data, { from, to, reliable });
  }
}

function unsendable(what: string): never {
  throw new UnsupportedError(`${what} cannot be sent to this room`);
}

/** Not all browsers say so. */
function isScreen(track: MediaStreamTrack): boolean {
  return track.kind === 'video' && track.getSettings().displaySurface !== undefined;
}

function readLayout(layout: 'tiles' | 'stage', onStage: OnStage | undefined): LayoutData {
  if (asOneOf(layout, 'layout', LAYOUTS) === 'tiles') return { layout: 'tiles' };
  const { peer, consumer } = asObject(onStage, 'onStage');
  if (!(peer instanceof Peer) && !(consumer instanceof Consumer)) {
    throw new TypeError('onStage must have a peer or a consumer');
  }
  if ((consumer instanceof Consumer ? consumer : (peer as Peer)).closed) {
    throw new InvalidStateError('what is on the stage is closed');
  }
  if (!(consumer instanceof Consumer)) return { layout: 'stage', peerName: (peer as Peer).name };
  return { layout: 'stage', peerName: consumer.peer.name, producerId: consumer.producerId };
}

type Transports = SendTransport | RecvTransport;

function readSendOptions(options: RoomSendOptions): { to: string | undefined; reliable: boolean } {
  const { to, reliable = true } = asObject(options, 'options');
  return {
    to: undefined,
    ...optional('to', to, (name) => asNonEmptyString(name, 'options.to', MAX_NAME)),
    reliable: asBoolean(reliable, 'options.reliable'),
  };
}
