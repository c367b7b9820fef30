import { asOneOf } from '../../shared/rtp/fields.js';
import type { MediaKind, RtpParameters } from '../../shared/rtp/rtp-parameters.js';
import type { AppData, PreferredProfile, Size } from '../../shared/signalling/messages.js';
import { PREFERRED_PROFILES } from '../../shared/signalling/requests.js';
import type { EntityEvents } from '../core/entity.js';
import type { CoreProducer, Stats } from './core.js';
import { Demand } from './demand.js';
import { command, Lifetime, type Originator, type Tell } from './lifetime.js';
import { layerSizes } from './picture.js';
import { countLayers } from './profiles.js';
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
  /** How many layers, from the lowest, it may want now. */
  readonly wantedLayers: number;
  sourceClosed(appData: AppData): void;
  sourcePauseChanged(event: 'pause' | 'resume', appData: AppData): void;
  sourceProfileChanged(): void;
  sourceSizeChanged(): void;
};

type ProducerParts = {
  id: string;
  kind: MediaKind;
  appData: AppData;
  remotelyPaused: boolean;
  /** As captured. */
  size: Size | undefined;
  /** By how much each layer is smaller. */
  scales: number[] | undefined;
  /** Whether the client is told which layers nobody wants. */
  dynacast: boolean;
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
  /** @internal How many resolutions it sends. */
  readonly layerCount: number;
  readonly #tell: Tell;
  readonly #scales: number[] | undefined;
  readonly #demand: Demand | undefined;
  #size: Size | undefined;
  /** The best of its streams. */
  #score: number | undefined;
  #locallyPaused = false;
  #remotelyPaused: boolean;
  #preferredProfile: PreferredProfile = 'default';

  /** @internal Made when a client asks for it. */
  constructor(parts: ProducerParts) {
    super(parts.appData);
    const { id, kind, remotelyPaused, size, scales, dynacast, peer, transport, core, site, tell } = parts;
    this.id = id;
    this.kind = kind;
    this.peer = peer;
    this.transport = transport;
    this.rtpParameters = core.rtpParameters;
    this.core = core;
    this.reach = new Reach(site, { producerId: core.id });
    this.#remotelyPaused = remotelyPaused;
    this.layerCount = countLayers(core.rtpParameters);
    this.#size = size;
    this.#scales = scales;
    this.#tell = tell;
    if (kind === 'video' && dynacast) {
      this.#demand = new Demand(this.layerCount, (layers) => tell('producerLayersWanted', { id, layers }));
    }
    core.on('score', (scores) => {
      this.#score = scores.length > 0 ? Math.max(...scores.map(({ score }) => score)) : undefined;
    });
    transport.passengers.add(this);
    this.demandChanged();
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

  /** How large it is captured; undefined: its client does not say. */
  get size(): Size | undefined {
    return this.#size;
  }

  /** One entry for each of its streams; see ProducerStat of the core. */
  getStats(): Promise<Stats> {
    return this.core.getStats();
  }

  /** @internal Of each layer, from the lowest. */
  get layerSizes(): Size[] | undefined {
    return this.#size && layerSizes(this.#size, this.layerCount, this.#scales);
  }

  /** @internal 0 to 10: how well it comes; undefined: nothing of it is to come. */
  get points(): number | undefined {
    return this.paused || this.#demand?.layers === 0 ? undefined : this.#score;
  }

  /** @internal */
  setSize(size: Size | undefined): void {
    this.#size = size;
    for (const audience of this.audiences) audience.sourceSizeChanged();
  }

  /** @internal Somebody wants other layers, or is gone. */
  demandChanged(): void {
    if (this.#demand && !this.closed) this.#demand.want(this.#wantedLayers());
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
    this.#demand?.close();
    this.core.close();
    this.safeEmit('close', originator, appData);
    for (const audience of [...this.audiences]) audience.sourceClosed(appData);
  }

  #wantedLayers(): number {
    let most = 0;
    for (const { wantedLayers } of this.audiences) {
      most = Math.max(most, wantedLayers);
      if (most === this.layerCount) break;
    }
    return most;
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
