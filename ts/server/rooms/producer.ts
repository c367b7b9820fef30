import { asOneOf } from '../../shared/rtp/fields.js';
import type { MediaKind, RtpParameters } from '../../shared/rtp/rtp-parameters.js';
import type { AppData, PreferredProfile } from '../../shared/signalling/messages.js';
import { PREFERRED_PROFILES } from '../../shared/signalling/requests.js';
import type { EntityEvents } from '../core/entity.js';
import type { CoreProducer, Stats } from './core.js';
import { command, Lifetime, type Originator, type Tell } from './lifetime.js';
import { Reach, type Site } from './site.js';
import type { Passenger, Transport } from './transport.js';

export type ProducerEvents = EntityEvents & {
  close: [originator: Originator, appData: AppData];
  pause: [originator: Originator, appData: AppData];
  resume: [originator: Originator, appData: AppData];
};

/** The peer behind a producer. */
export type Sender = {
  readonly name: string;
  readonly closed: boolean;
  appData: AppData;
  close(appData?: AppData): void;
};

/** Those who may receive a producer. */
export type Audience = {
  sourceClosed(appData: AppData): void;
  sourcePauseChanged(event: 'pause' | 'resume', appData: AppData): void;
  sourceProfileChanged(): void;
};

type ProducerParts = {
  id: string;
  kind: MediaKind;
  appData: AppData;
  remotelyPaused: boolean;
  peer: Sender;
  transport: Transport;
  core: CoreProducer;
  site: Site;
  tell: Tell;
};

/** One track that a peer sends to its room. */
export class Producer extends Lifetime<ProducerEvents> implements Passenger {
  /** Chosen by the client. */
  readonly id: string;
  readonly kind: MediaKind;
  readonly peer: Sender;
  readonly transport: Transport;
  readonly rtpParameters: RtpParameters;
  /** @internal */
  readonly core: CoreProducer;
  /** @internal */
  readonly reach: Reach;
  /** @internal */
  readonly audiences = new Set<Audience>();
  readonly #tell: Tell;
  #locallyPaused = false;
  #remotelyPaused: boolean;
  #preferredProfile: PreferredProfile = 'default';

  /** @internal Made when a client asks for it. */
  constructor({ id, kind, appData, remotelyPaused, peer, transport, core, site, tell }: ProducerParts) {
    super(appData);
    this.id = id;
    this.kind = kind;
    this.peer = peer;
    this.transport = transport;
    this.rtpParameters = core.rtpParameters;
    this.core = core;
    this.reach = new Reach(site, { producerId: core.id });
    this.#remotelyPaused = remotelyPaused;
    this.#tell = tell;
    transport.passengers.add(this);
  }

  /** By the server. */
  get locallyPaused(): boolean {
    return this.#locallyPaused;
  }

  /** By the client. */
  get remotelyPaused(): boolean {
    return this.#remotelyPaused;
  }

  get paused(): boolean {
    return this.#locallyPaused || this.#remotelyPaused;
  }

  get preferredProfile(): PreferredProfile {
    return this.#preferredProfile;
  }

  close(appData?: AppData): void {
    if (this.closed) return;
    this.#tell('producerClosed', { id: this.id, appData });
    this.end('local', appData);
  }

  /** Returns whether it is paused now. */
  pause(appData?: AppData): boolean {
    if (this.closed || this.#locallyPaused) return this.paused;
    this.#tell('producerPaused', { id: this.id, appData });
    this.#change(() => (this.#locallyPaused = true), 'pause', 'local', appData);
    return this.paused;
  }

  /** Returns whether it is not paused now: the client may have paused it too. */
  resume(appData?: AppData): boolean {
    if (this.closed || !this.#locallyPaused) return !this.paused;
    this.#tell('producerResumed', { id: this.id, appData });
    this.#change(() => (this.#locallyPaused = false), 'resume', 'local', appData);
    return !this.paused;
  }

  /**
   * What its consumers without a wish of their own get at most.
   *
   * @throws TypeError
   */
  setPreferredProfile(profile: PreferredProfile): void {
    this.#preferredProfile = asOneOf(profile, 'profile', PREFERRED_PROFILES);
    for (const audience of this.audiences) audience.sourceProfileChanged();
  }

  /** One entry for each of its streams; see ProducerStat of the core. */
  getStats(): Promise<Stats> {
    return this.core.getStats();
  }

  /** @internal */
  pauseByClient(appData: AppData): void {
    if (!this.#remotelyPaused) this.#change(() => (this.#remotelyPaused = true), 'pause', 'remote', appData);
  }

  /** @internal */
  resumeByClient(appData: AppData): void {
    if (this.#remotelyPaused) this.#change(() => (this.#remotelyPaused = false), 'resume', 'remote', appData);
  }

  /** @internal Its client's producer becomes unhandled, not closed. */
  transportClosed(): void {
    this.end('local');
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.transport.passengers.delete(this);
    this.core.close();
    this.safeEmit('close', originator, appData);
    for (const audience of [...this.audiences]) audience.sourceClosed(appData);
  }

  #change(change: () => void, event: 'pause' | 'resume', originator: Originator, appData: AppData): void {
    const before = this.paused;
    change();
    this.safeEmit(event, originator, appData);
    if (this.paused === before) return;
    command(this.paused ? this.core.pause() : this.core.resume());
    for (const audience of [...this.audiences]) audience.sourcePauseChanged(event, appData);
  }
}
