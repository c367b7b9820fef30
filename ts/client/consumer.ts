import { InvalidStateError, UnsupportedError } from '../shared/errors.js';
import { asBoolean, asObject } from '../shared/rtp/fields.js';
import type { MediaKind, RtpParameters } from '../shared/rtp/rtp-parameters.js';
import type {
  AppData,
  ConsumerData,
  EffectiveProfile,
  EnableConsumer,
  PreferredProfile,
  View,
} from '../shared/signalling/messages.js';
import { PREFERRED_PROFILES } from '../shared/signalling/requests.js';
import { Lifetime, type Originator } from './lifetime.js';
import type { Link } from './link.js';
import type { Enabled, Incoming, Received, RecvTransport } from './recv-transport.js';
import { canFollow, Shown } from './shown.js';
import type { Passenger } from './transport.js';

export type ConsumerEvents = {
  close: [originator: Originator, appData: AppData];
  /** 'remote': by the server, or by its producer. */
  pause: [originator: Originator, appData: AppData];
  resume: [originator: Originator, appData: AppData];
  effectiveprofilechange: [profile: EffectiveProfile];
  /** It has a track. */
  handled: [];
  /** Its transport closed: it may be received on another. */
  unhandled: [];
};

export type AttachOptions = {
  /** Whether what is sent follows the element's size, and stops while it cannot be seen. Default true. */
  adaptive?: boolean;
};

type ConsumerParts<Peer> = { link: Link; peer: Peer; data: ConsumerData };

/** Something that another peer sends. Nothing of it is received until it is asked for with `receive()`. */
export class Consumer<Peer = unknown> extends Lifetime<ConsumerEvents> implements Incoming, Passenger {
  readonly id: string;
  readonly kind: MediaKind;
  /** Who sends it. */
  readonly peer: Peer;
  /** Whether this browser has a codec for it. */
  readonly supported: boolean;
  /** @internal The id that its peer has given it. */
  readonly producerId: string;
  readonly #link: Link;
  readonly #elements = new Set<HTMLMediaElement>();
  /** From the first element on that is followed. */
  #shown: Shown | undefined;
  #view: View | undefined;
  #transport: RecvTransport | undefined;
  #received: Received | undefined;
  /** The server knows that it is wanted, or is about to. */
  #enabled = false;
  #locallyPaused = false;
  #remotelyPaused: boolean;
  #preferredProfile: PreferredProfile;
  #effectiveProfile: EffectiveProfile;

  /** @internal Made for everything that another peer sends. */
  constructor({ link, peer, data }: ConsumerParts<Peer>) {
    super(data.appData);
    this.id = data.id;
    this.kind = data.kind;
    this.peer = peer;
    this.supported = data.supported;
    this.producerId = data.producerId;
    this.#link = link;
    this.#remotelyPaused = data.paused;
    this.#preferredProfile = data.preferredProfile;
    this.#effectiveProfile = data.effectiveProfile;
  }

  /** Undefined until it is received, as are `track`, `rtpParameters` and `rtpReceiver`. */
  get transport(): RecvTransport | undefined {
    return this.#received && this.#transport;
  }

  get track(): MediaStreamTrack | undefined {
    return this.#received?.receiver.track;
  }

  get rtpParameters(): RtpParameters | undefined {
    return this.#received?.enabled.rtpParameters;
  }

  /** For reading, such as `getSynchronizationSources()` for the audio level. */
  get rtpReceiver(): RTCRtpReceiver | undefined {
    return this.#received?.receiver;
  }

  /** By this application. */
  get locallyPaused(): boolean {
    return this.#locallyPaused;
  }

  /** By the server, or by its producer. */
  get remotelyPaused(): boolean {
    return this.#remotelyPaused;
  }

  get paused(): boolean {
    return this.#locallyPaused || this.#remotelyPaused;
  }

  /** None of the elements that it is attached to can be seen, so that nothing of it is sent. It is not paused for that. */
  get hidden(): boolean {
    return this.#view === 'hidden';
  }

  get preferredProfile(): PreferredProfile {
    return this.#preferredProfile;
  }

  /** What the server sends now; 'none' if nothing can be sent. */
  get effectiveProfile(): EffectiveProfile {
    return this.#effectiveProfile;
  }

  /**
   * Receives it. All that are asked for at once are received with one request and one exchange of descriptions.
   *
   * @throws UnsupportedError if the browser has no codec for it; InvalidStateError if it is received already, or it or
   * the transport is closed
   */
  async receive(transport: RecvTransport): Promise<MediaStreamTrack> {
    if (transport?.direction !== 'recv') throw new TypeError("transport must be of direction 'recv'");
    if (this.closed || transport.closed)
      throw new InvalidStateError('the consumer or the transport is closed');
    if (!this.supported) throw new UnsupportedError(`this browser has no codec for consumer ${this.id}`);
    if (this.#transport) throw new InvalidStateError(`consumer ${this.id} is received already`);
    this.#transport = transport;
    transport.passengers.add(this);
    try {
      return this.#handle(transport, await transport.receive(this));
    } catch (error) {
      if (this.#transport === transport) this.#leave();
      throw error;
    }
  }

  /** Nothing of it is sent any more. Returns whether it is paused now. */
  pause(appData?: AppData): boolean {
    if (this.closed || this.#locallyPaused) return this.paused;
    this.#locallyPaused = true;
    if (this.#enabled) this.#link.tell('pauseConsumer', { id: this.id, appData });
    this.#pauseChanged('pause', 'local', appData);
    return this.paused;
  }

  /** Returns whether it is not paused now: the server may have paused it too, or its producer. */
  resume(appData?: AppData): boolean {
    if (this.closed || !this.#locallyPaused) return !this.paused;
    this.#locallyPaused = false;
    if (this.#enabled) this.#link.tell('resumeConsumer', { id: this.id, appData });
    this.#pauseChanged('resume', 'local', appData);
    return !this.paused;
  }

  /**
   * The best that is to be sent of it.
   *
   * @throws TypeError
   */
  setPreferredProfile(profile: PreferredProfile): void {
    if (!PREFERRED_PROFILES.includes(profile)) {
      throw new TypeError(`profile must be one of ${PREFERRED_PROFILES.join(', ')}`);
    }
    this.#preferredProfile = profile;
    if (this.#enabled) this.#link.tell('setConsumerPreferredProfile', { id: this.id, profile });
  }

  /**
   * Plays it in an element, from when it is received on. Of video no more is sent than the element can show, and nothing
   * while it cannot be seen: it is outside of the window, or the page is in the background. With several elements the
   * largest that can be seen counts. The preferred profile stays the upper bound.
   *
   * @example
   * const detach = consumer.attach(document.querySelector('video'));
   *
   * @returns what takes it off the element again
   * @throws TypeError; InvalidStateError if it is closed, or attached to the element already
   */
  attach(element: HTMLMediaElement, options: AttachOptions = {}): () => void {
    const { adaptive = true } = asObject(options, 'options');
    const follows = asBoolean(adaptive, 'options.adaptive') && this.kind === 'video' && canFollow();
    if (!(element instanceof HTMLMediaElement))
      throw new TypeError('element must be a video or audio element');
    if (this.closed) throw new InvalidStateError(`consumer ${this.id} is closed`);
    if (this.#elements.has(element)) throw new InvalidStateError('it is attached to this element already');
    this.#elements.add(element);
    this.#play(element);
    if (follows) this.#follow().add(element);
    return () => this.#detach(element);
  }

  /** Asks its sender for a picture that can be shown without the ones before. Nothing happens unless it is received. */
  requestKeyFrame(): void {
    if (this.#received) this.#link.tell('requestKeyFrame', { id: this.id });
  }

  /** What the browser has measured; empty unless it is received. */
  async getStats(): Promise<RTCStatsReport> {
    return (await this.rtpReceiver?.getStats()) ?? new Map();
  }

  /** What the server has measured; empty unless it is received. */
  async getServerStats(): Promise<Record<string, unknown>[]> {
    if (!this.#received) return [];
    return (await this.#link.request('getStats', { of: 'consumer', id: this.id })).stats;
  }

  /** @internal */
  enable(): Omit<EnableConsumer, 'id' | 'transportId'> {
    this.#enabled = true;
    const view = this.#view && { view: this.#view };
    return { paused: this.#locallyPaused, preferredProfile: this.#preferredProfile, ...view };
  }

  /** @internal */
  accepted({ paused, preferredProfile, effectiveProfile }: Enabled): void {
    this.#remotelyPaused = paused;
    this.#preferredProfile = preferredProfile;
    this.effectiveProfileChanged(effectiveProfile);
  }

  /** @internal */
  pausedByServer(appData: AppData): void {
    if (this.#remotelyPaused) return;
    this.#remotelyPaused = true;
    this.#pauseChanged('pause', 'remote', appData);
  }

  /** @internal */
  resumedByServer(appData: AppData): void {
    if (!this.#remotelyPaused) return;
    this.#remotelyPaused = false;
    this.#pauseChanged('resume', 'remote', appData);
  }

  /** @internal */
  preferredProfileSet(profile: PreferredProfile): void {
    this.#preferredProfile = profile;
  }

  /** @internal */
  effectiveProfileChanged(profile: EffectiveProfile): void {
    if (profile === this.#effectiveProfile) return;
    this.#effectiveProfile = profile;
    this.emit('effectiveprofilechange', profile);
  }

  /** @internal */
  transportClosed(): void {
    const wasReceived = this.#received !== undefined;
    this.#leave();
    this.#effectiveProfile = 'none';
    if (wasReceived) this.emit('unhandled');
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.#transport?.drop(this);
    for (const element of [...this.#elements]) this.#detach(element);
    this.#link.views.forget(this.id);
    this.#leave();
    this.emit('close', originator, appData);
  }

  #handle(transport: RecvTransport, received: Received): MediaStreamTrack {
    if (this.closed || this.#transport !== transport) {
      throw new InvalidStateError(`consumer ${this.id} or its transport closed in the meantime`);
    }
    this.#received = received;
    this.#applyPause();
    for (const element of this.#elements) this.#play(element);
    this.emit('handled');
    return received.receiver.track;
  }

  #leave(): void {
    this.track?.stop();
    this.#transport?.passengers.delete(this);
    this.#transport = undefined;
    this.#received = undefined;
    this.#enabled = false;
    for (const element of this.#elements) this.#play(element);
  }

  #play(element: HTMLMediaElement): void {
    element.srcObject = this.track ? new MediaStream([this.track]) : null;
  }

  #follow(): Shown {
    this.#shown ??= new Shown((view) => {
      this.#view = view;
      if (this.#enabled) this.#link.views.tell(this.id, view);
    });
    return this.#shown;
  }

  #detach(element: HTMLMediaElement): void {
    if (!this.#elements.delete(element)) return;
    this.#shown?.remove(element);
    element.srcObject = null;
  }

  #pauseChanged(event: 'pause' | 'resume', originator: Originator, appData: AppData): void {
    this.#applyPause();
    this.emit(event, originator, appData);
  }

  #applyPause(): void {
    if (this.track) this.track.enabled = !this.paused;
  }
}
