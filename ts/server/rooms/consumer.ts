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
} from '../../shared/signalling/messages.js';
import { PREFERRED_PROFILES } from '../../shared/signalling/requests.js';
import type { EntityEvents } from '../core/entity.js';
import type { CoreConsumer, Stats } from './core.js';
import { type ConsumerOriginator, command, Lifetime, type Tell } from './lifetime.js';
import type { Audience, Producer, Sender } from './producer.js';
import { countLayers, layerOf, profileOf, wish } from './profiles.js';
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

/** A consumer on a transport. `started`: the client can receive it. */
type Handling = { transport: Transport; core: CoreConsumer; started: boolean };

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
  readonly #layerCount: number;
  #handling?: Handling;
  #enabling = false;
  #locallyPaused = false;
  #remotelyPaused = false;
  #preferredProfile: PreferredProfile = 'default';
  #effectiveProfile: EffectiveProfile = 'none';

  /** @internal Made for every producer and other peer of a room. */
  constructor({ source, rtpCapabilities, supported, site, tell }: ConsumerParts) {
    super(source.appData);
    this.source = source;
    this.supported = supported;
    this.#rtpCapabilities = rtpCapabilities;
    this.#site = site;
    this.#tell = tell;
    this.#layerCount = countLayers(source.rtpParameters);
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

  get preferredProfile(): PreferredProfile {
    return this.#preferredProfile;
  }

  /** What is sent now. */
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
  async enable(transport: Transport, { paused, preferredProfile }: EnableConsumer): Promise<void> {
    this.#requireEnableable(transport);
    const core = await this.#consume(transport);
    this.#remotelyPaused = paused ?? this.#remotelyPaused;
    this.#preferredProfile = preferredProfile ?? this.#preferredProfile;
    this.#handle({ transport, core, started: false });
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
    this.#applyProfile();
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
  }

  /** @internal */
  sourceProfileChanged(): void {
    this.#applyProfile();
  }

  /** @internal It may be enabled again on another one. */
  transportClosed(): void {
    this.#unhandle();
    this.#effectiveProfile = 'none';
    this.safeEmit('unhandled');
  }

  /** @internal */
  end(originator: ConsumerOriginator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.source.audiences.delete(this);
    this.#unhandle();
    this.safeEmit('close', originator, appData);
  }

  /** @internal */
  toData(): ConsumerData {
    return {
      id: this.id,
      kind: this.kind,
      peerName: this.peer.name,
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

  async #consume(transport: Transport): Promise<CoreConsumer> {
    this.#enabling = true;
    try {
      await this.source.reach.to(this.#site);
      const core = await transport.core.consume({
        producerId: this.source.core.id,
        rtpCapabilities: this.#rtpCapabilities,
        paused: true,
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
    core.on('layerschange', (layers) => this.#layersChanged(handling, layers?.spatialLayer));
    this.#effectiveProfile = profileOf(core.currentLayers?.spatialLayer, this.#layerCount);
    if (wish(this.#preferredProfile, this.source.preferredProfile) !== 'default') this.#applyProfile();
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
  }

  #tellPause(event: 'pause' | 'resume', appData: AppData): void {
    const method = event === 'pause' ? 'consumerPaused' : 'consumerResumed';
    this.#tell(method, { id: this.id, peerName: this.peer.name, appData });
  }

  /** The producer's pause is the worker's business. */
  #applyPause(): void {
    if (!this.#handling?.started) return;
    const { core } = this.#handling;
    command(this.#locallyPaused || this.#remotelyPaused ? core.pause() : core.resume());
  }

  #applyProfile(): void {
    if (!this.#handling || this.#layerCount === 1) return;
    const spatialLayer = layerOf(
      wish(this.#preferredProfile, this.source.preferredProfile),
      this.#layerCount,
    );
    command(this.#handling.core.setPreferredLayers({ spatialLayer }));
  }

  #layersChanged(handling: Handling, spatialLayer: number | undefined): void {
    const profile = profileOf(spatialLayer, this.#layerCount);
    if (this.#handling !== handling || profile === this.#effectiveProfile) return;
    this.#effectiveProfile = profile;
    this.#tell('consumerEffectiveProfileChanged', { id: this.id, peerName: this.peer.name, profile });
    this.safeEmit('effectiveprofilechange', profile);
  }
}
