import { randomUUID } from 'node:crypto';
import { InvalidStateError, UnsupportedError } from '../../shared/errors.js';
import { asOneOf } from '../../shared/rtp/fields.js';
import type { MediaKind, RtpCapabilities, RtpParameters } from '../../shared/rtp/rtp-parameters.js';
import type {
  AppData,
  ConsumerData,
  EffectiveProfile,
  EnableConsumer,
  PreferredProfile,
  View,
} from '../../shared/signalling/messages.js';
import { PREFERRED_PROFILES } from '../../shared/signalling/requests.js';
import type { EntityEvents } from '../core/entity.js';
import type { CoreConsumer, Stats } from './core.js';
import { firstShare, type Share } from './layout.js';
import { type ConsumerOriginator, command, Lifetime, type Tell } from './lifetime.js';
import { layerFor } from './picture.js';
import type { Audience, Producer, Sender } from './producer.js';
import { layerOf, profileOf, wish } from './profiles.js';
import type { Site } from './site.js';
import type { Passenger, Transport } from './transport.js';

export type ConsumerEvents = EntityEvents & {
  close: [originator: ConsumerOriginator, appData: AppData];
  pause: [originator: ConsumerOriginator, appData: AppData];
  resume: [originator: ConsumerOriginator, appData: AppData];
  effectiveprofilechange: [profile: EffectiveProfile];
  /** It got a transport. */
  handled: [];
  /** Its transport closed. */
  unhandled: [];
};

type ConsumerParts = {
  source: Producer;
  /** Of the peer that receives. */
  rtpCapabilities: RtpCapabilities;
  supported: boolean;
  /** Of the peer that receives. */
  site: Site;
  tell: Tell;
};

/** A consumer on a transport. */
type Handling = {
  transport: Transport;
  core: CoreConsumer;
  /** The client can receive it. */
  started: boolean;
  /** What the worker was asked for. */
  bound: number;
  tier: number;
  /** What it says. */
  layer: number | undefined;
  score: { score: number; producerScores: number[] } | undefined;
};

/** Of 10 points, when a picture could be had, and none is sent, or not the one that was wanted. */
const STARVED = 3;
const REDUCED = 7;

/**
 * One producer of another peer, which this peer may receive. There is one for every producer from the beginning, idle
 * until its client enables it with a transport.
 */
export class Consumer extends Lifetime<ConsumerEvents> implements Audience, Passenger {
  readonly id = randomUUID();
  readonly source: Producer;
  /** Whether the client has a codec for it. */
  readonly supported: boolean;
  readonly #rtpCapabilities: RtpCapabilities;
  readonly #site: Site;
  readonly #tell: Tell;
  #handling?: Handling;
  #enabling = false;
  #locallyPaused = false;
  #remotelyPaused = false;
  #preferredProfile: PreferredProfile = 'default';
  #effectiveProfile: EffectiveProfile = 'none';
  #share: Share;
  #view: View | undefined;
  /** The most that can be seen. */
  #viewLayer: number;

  /** @internal Made for every producer and other peer of a room. */
  constructor({ source, rtpCapabilities, supported, site, tell }: ConsumerParts) {
    super(source.appData);
    this.source = source;
    this.supported = supported;
    this.#rtpCapabilities = rtpCapabilities;
    this.#site = site;
    this.#tell = tell;
    this.#share = firstShare(source.kind);
    this.#viewLayer = source.layerCount - 1;
    source.audiences.add(this);
  }

  get kind(): MediaKind {
    return this.source.kind;
  }

  /** The peer that sends it. */
  get peer(): Sender {
    return this.source.peer;
  }

  /** Undefined until it is enabled, as are `rtpParameters`. */
  get transport(): Transport | undefined {
    return this.#handling?.transport;
  }

  get rtpParameters(): RtpParameters | undefined {
    return this.#handling?.core.rtpParameters;
  }

  get enabled(): boolean {
    return this.#handling !== undefined;
  }

  /** By the server. */
  get locallyPaused(): boolean {
    return this.#locallyPaused;
  }

  /** By the client. */
  get remotelyPaused(): boolean {
    return this.#remotelyPaused;
  }

  get sourcePaused(): boolean {
    return this.source.paused;
  }

  get paused(): boolean {
    return this.#locallyPaused || this.#remotelyPaused || this.sourcePaused;
  }

  /** Its client shows it nowhere that can be seen, so that nothing of it is sent. It is not paused for that. */
  get hidden(): boolean {
    return this.#view === 'hidden';
  }

  get preferredProfile(): PreferredProfile {
    return this.#preferredProfile;
  }

  /** What is sent now; 'none' if nothing can be. */
  get effectiveProfile(): EffectiveProfile {
    return this.#effectiveProfile;
  }

  close(appData?: AppData): void {
    if (this.closed) return;
    this.#tell('consumerClosed', { id: this.id, peerName: this.peer.name, appData });
    this.end('local', appData);
  }

  /** Returns whether it is paused now. */
  pause(appData?: AppData): boolean {
    if (this.closed || this.#locallyPaused) return this.paused;
    this.#locallyPaused = true;
    if (!this.sourcePaused) this.#tellPause('pause', appData);
    this.#pauseChanged('pause', 'local', appData);
    return this.paused;
  }

  /** Returns whether it is not paused now: the client may have paused it too, or the producer. */
  resume(appData?: AppData): boolean {
    if (this.closed || !this.#locallyPaused) return !this.paused;
    this.#locallyPaused = false;
    if (!this.sourcePaused) this.#tellPause('resume', appData);
    this.#pauseChanged('resume', 'local', appData);
    return !this.paused;
  }

  /**
   * The best that is to be sent.
   *
   * @throws TypeError
   */
  setPreferredProfile(profile: PreferredProfile): void {
    this.setPreferredProfileByClient(asOneOf(profile, 'profile', PREFERRED_PROFILES));
    this.#tell('consumerPreferredProfileSet', { id: this.id, peerName: this.peer.name, profile });
  }

  /** Nothing happens unless it is enabled video. */
  requestKeyFrame(): void {
    if (this.#handling && this.kind === 'video') command(this.#handling.core.requestKeyFrame());
  }

  /** What is sent, and what of its producer; empty unless enabled. See ConsumerStat of the core. */
  async getStats(): Promise<Stats> {
    return (await this.#handling?.core.getStats()) ?? [];
  }

  /** @internal Nothing is sent until it is started. */
  async enable(transport: Transport, { paused, preferredProfile, view }: EnableConsumer): Promise<void> {
    this.#requireEnableable(transport);
    const { tier } = this.#share;
    const core = await this.#consume(transport, tier);
    this.#remotelyPaused = paused ?? this.#remotelyPaused;
    this.#preferredProfile = preferredProfile ?? this.#preferredProfile;
    this.#see(view);
    const bound = this.source.layerCount - 1;
    const layer = core.currentLayers?.spatialLayer;
    this.#handle({ transport, core, started: false, bound, tier, layer, score: undefined });
  }

  /** @internal */
  start(): void {
    if (!this.#handling || this.#handling.started) return;
    this.#handling.started = true;
    this.#applyPause();
  }

  /** @internal */
  pauseByClient(appData: AppData): void {
    if (this.#remotelyPaused) return;
    this.#remotelyPaused = true;
    this.#pauseChanged('pause', 'remote', appData);
  }

  /** @internal */
  resumeByClient(appData: AppData): void {
    if (!this.#remotelyPaused) return;
    this.#remotelyPaused = false;
    this.#pauseChanged('resume', 'remote', appData);
  }

  /** @internal */
  setPreferredProfileByClient(profile: PreferredProfile): void {
    this.#preferredProfile = profile;
    this.#apply();
  }

  /** @internal By the layout. */
  setShare(share: Share): void {
    if (share === this.#share) return;
    this.#share = share;
    this.#apply();
  }

  /** @internal Where its client shows it; undefined: wherever that is. */
  setView(view: View | undefined): void {
    const { hidden } = this;
    this.#see(view);
    if (this.hidden !== hidden) this.#applyPause();
    this.#apply();
  }

  /** @internal */
  get wantedLayers(): number {
    return this.#handling && !this.#held ? this.#bound + 1 : 0;
  }

  /** @internal 0 to 10: how well its client gets it; undefined: it is to get nothing. */
  get points(): number | undefined {
    const { started, score, layer } = this.#handling ?? {};
    if (!started || !score || this.paused || this.hidden) return undefined;
    const { score: points, producerScores } = score;
    if (this.source.layerCount === 1) return points;
    if (layer === undefined) return Math.max(...producerScores) > 0 ? STARVED : undefined;
    const sent = producerScores.length > 1 ? producerScores.findLastIndex((each) => each > 0) : layer;
    return layer < Math.min(sent, this.#bound) ? Math.min(points, REDUCED) : points;
  }

  /** @internal */
  sourceClosed(appData: AppData): void {
    if (this.closed) return;
    // Its client hears of a peer that left by one message.
    if (!this.peer.closed) this.#tell('consumerClosed', { id: this.id, peerName: this.peer.name, appData });
    this.end('source', appData);
  }

  /** @internal */
  sourcePauseChanged(event: 'pause' | 'resume', appData: AppData): void {
    if (!this.#locallyPaused) this.#tellPause(event, appData);
    this.safeEmit(event, 'source', appData);
    this.#updateEffective();
  }

  /** @internal */
  sourceProfileChanged(): void {
    this.#apply();
  }

  /** @internal */
  sourceSizeChanged(): void {
    this.#see(this.#view);
    this.#apply();
  }

  /** @internal */
  transportStateChanged(): void {
    this.#updateEffective();
  }

  /** @internal It may be enabled again on another one. */
  transportClosed(): void {
    this.#unhandle();
    this.#effectiveProfile = 'none';
    this.source.demandChanged();
    this.safeEmit('unhandled');
  }

  /** @internal */
  end(originator: ConsumerOriginator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.source.audiences.delete(this);
    this.#unhandle();
    this.source.demandChanged();
    this.safeEmit('close', originator, appData);
  }

  /** @internal */
  toData(): ConsumerData {
    return {
      id: this.id,
      kind: this.kind,
      peerName: this.peer.name,
      producerId: this.source.id,
      supported: this.supported,
      ...this.toState(),
      appData: this.appData,
    };
  }

  /** @internal The client knows its own pause. */
  toState(): Pick<ConsumerData, 'paused' | 'preferredProfile' | 'effectiveProfile'> {
    return {
      paused: this.#locallyPaused || this.sourcePaused,
      preferredProfile: this.#preferredProfile,
      effectiveProfile: this.#effectiveProfile,
    };
  }

  #requireEnableable(transport: Transport): void {
    if (this.enabled || this.#enabling) throw new InvalidStateError(`consumer ${this.id} is already enabled`);
    if (!this.supported) throw new UnsupportedError(`the client has no codec for consumer ${this.id}`);
    if (transport.direction !== 'recv') {
      throw new InvalidStateError(`transport ${transport.id} is not for receiving`);
    }
  }

  async #consume(transport: Transport, tier: number): Promise<CoreConsumer> {
    this.#enabling = true;
    try {
      await this.source.reach.to(this.#site);
      const core = await transport.core.consume({
        producerId: this.source.core.id,
        rtpCapabilities: this.#rtpCapabilities,
        paused: true,
        allocation: { tier },
      });
      if (!this.closed && !transport.closed) return core;
      core.close();
      throw new InvalidStateError(`consumer ${this.id} or its transport closed in the meantime`);
    } finally {
      this.#enabling = false;
    }
  }

  #handle(handling: Handling): void {
    const { transport, core } = handling;
    this.#handling = handling;
    transport.passengers.add(this);
    core.on('layerschange', (layers) => {
      handling.layer = layers?.spatialLayer;
      if (this.#handling === handling) this.#updateEffective();
    });
    core.on('score', (score) => {
      handling.score = score;
    });
    // The client gets it in the response.
    this.#effectiveProfile = this.#computeEffective();
    this.#apply();
    this.safeEmit('handled');
  }

  #unhandle(): void {
    this.#handling?.transport.passengers.delete(this);
    this.#handling?.core.close();
    this.#handling = undefined;
  }

  #pauseChanged(event: 'pause' | 'resume', originator: ConsumerOriginator, appData: AppData): void {
    this.#applyPause();
    this.safeEmit(event, originator, appData);
    this.#changed();
  }

  #tellPause(event: 'pause' | 'resume', appData: AppData): void {
    const method = event === 'pause' ? 'consumerPaused' : 'consumerResumed';
    this.#tell(method, { id: this.id, peerName: this.peer.name, appData });
  }

  /** Other than the producer's, which is the worker's business. */
  get #held(): boolean {
    return this.#locallyPaused || this.#remotelyPaused || this.hidden;
  }

  #applyPause(): void {
    if (!this.#handling?.started) return;
    const { core } = this.#handling;
    command(this.#held ? core.pause() : core.resume());
  }

  #see(view: View | undefined): void {
    this.#view = view;
    const sizes = this.source.layerSizes;
    if (view === 'hidden') return;
    const most = this.source.layerCount - 1;
    this.#viewLayer = view && sizes ? layerFor(view, sizes, this.#viewLayer) : most;
  }

  /** The highest spatial layer that it may get. */
  get #bound(): number {
    const count = this.source.layerCount;
    const wished = layerOf(wish(this.#preferredProfile, this.source.preferredProfile), count);
    return Math.min(wished, layerOf(this.#share.most, count), this.#viewLayer);
  }

  /** Lets the worker know what has changed of what it is to do. */
  #apply(): void {
    const handling = this.#handling;
    const { tier } = this.#share;
    if (handling && handling.tier !== tier) {
      handling.tier = tier;
      command(handling.core.setAllocation({ tier }));
    }
    const spatialLayer = this.#bound;
    if (handling && handling.bound !== spatialLayer) {
      handling.bound = spatialLayer;
      command(handling.core.setPreferredLayers({ spatialLayer }));
    }
    this.#changed();
  }

  #changed(): void {
    this.#updateEffective();
    this.source.demandChanged();
  }

  #computeEffective(): EffectiveProfile {
    const { transport, layer } = this.#handling ?? {};
    if (!transport || transport.lost || this.paused || this.hidden) return 'none';
    return profileOf(layer, this.source.layerCount);
  }

  #updateEffective(): void {
    const profile = this.#computeEffective();
    if (this.closed || profile === this.#effectiveProfile) return;
    this.#effectiveProfile = profile;
    this.#tell('consumerEffectiveProfileChanged', { id: this.id, peerName: this.peer.name, profile });
    this.safeEmit('effectiveprofilechange', profile);
  }
}
