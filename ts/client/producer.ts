import { InvalidStateError } from '../shared/errors.js';
import type {
  MediaKind,
  NormalizedRtpParameters,
  RtpCodecCapability,
  RtpParameters,
} from '../shared/rtp/rtp-parameters.js';
import type { AppData, Size } from '../shared/signalling/messages.js';
import { type Encoding, type Simulcast, type Svc, scalesOf } from './encodings.js';
import { sendLayers } from './layers.js';
import { Lifetime, type Originator } from './lifetime.js';
import type { Link } from './link.js';
import type { Outgoing, SendTransport } from './send-transport.js';
import type { Passenger } from './transport.js';

export type ProducerEvents = {
  close: [originator: Originator, appData: AppData];
  pause: [originator: Originator, appData: AppData];
  resume: [originator: Originator, appData: AppData];
  /** The track's source is gone, such as an unplugged camera. The producer stays: replace the track or close. */
  trackended: [];
  /** It is being sent. */
  handled: [];
  /** Its transport closed: it may be sent on another. */
  unhandled: [];
};

export type ProducerOptions = {
  /**
   * For video: several encodings, for the profiles of those who receive it. `true` makes as many as the track's size is
   * worth: three from 960 pixels, two from 480. Default false: one encoding.
   */
  simulcast?: Simulcast;
  /**
   * The same in one encoding with spatial layers, for VP9 and AV1; where the browser has none, `simulcast` takes its
   * place. Default false.
   */
  svc?: Svc;
  /** What to send, such as 'VP9', 'AV1' or 'opus'. Default: the first of the room's that the browser has. */
  codec?: string;
  /** A shared screen: sharp rather than smooth, with fewer layers. Default: whether the browser says that it is one. */
  screen?: boolean;
  /** Others see it as their consumers' appData. */
  appData?: AppData;
};

/** How a track is to be sent. */
export type Plan = {
  encodings: Encoding[] | undefined;
  codec: RtpCodecCapability | undefined;
  screen: boolean;
};

/** The layers of a producer from the lowest, by index, that somebody wants: all until the server says otherwise. */
const ALL = Number.POSITIVE_INFINITY;

/**
 * A track that is, or will be, sent to the room. It works on a clone, so that pausing and closing leave the
 * application's own track alone.
 */
export class Producer extends Lifetime<ProducerEvents> implements Outgoing, Passenger {
  readonly id: string;
  readonly kind: MediaKind;
  /** @internal */
  readonly encodings: Encoding[] | undefined;
  /** @internal */
  readonly codec: RtpCodecCapability | undefined;
  readonly #screen: boolean;
  readonly #link: Link;
  #originalTrack: MediaStreamTrack;
  #track: MediaStreamTrack;
  #transport: SendTransport | undefined;
  #rtpParameters: RtpParameters | undefined;
  #sender: RTCRtpSender | undefined;
  /** The server knows of it, or is about to. */
  #announced = false;
  #locallyPaused: boolean;
  #remotelyPaused = false;
  #layersWanted = ALL;
  #layering: Promise<void> = Promise.resolve();

  /** @internal See `room.createProducer()`. */
  constructor(link: Link, track: MediaStreamTrack, { encodings, codec, screen }: Plan, appData?: AppData) {
    super(appData);
    this.encodings = encodings;
    this.codec = codec;
    this.#screen = screen;
    this.#link = link;
    this.id = link.nextId('producer');
    this.kind = track.kind as MediaKind;
    this.#locallyPaused = !track.enabled;
    this.#originalTrack = track;
    this.#track = this.#adopt(track);
  }

  /** What is sent: a clone of the original one. */
  get track(): MediaStreamTrack {
    return this.#track;
  }

  /** As the application gave it. */
  get originalTrack(): MediaStreamTrack {
    return this.#originalTrack;
  }

  /** Undefined unless it is being sent, as are `rtpParameters` and `rtpSender`. */
  get transport(): SendTransport | undefined {
    return this.#sender && this.#transport;
  }

  get rtpParameters(): RtpParameters | undefined {
    return this.#rtpParameters;
  }

  /** For reading, such as its statistics. */
  get rtpSender(): RTCRtpSender | undefined {
    return this.#sender;
  }

  /** By this application. */
  get locallyPaused(): boolean {
    return this.#locallyPaused;
  }

  /** By the server. */
  get remotelyPaused(): boolean {
    return this.#remotelyPaused;
  }

  get paused(): boolean {
    return this.#locallyPaused || this.#remotelyPaused;
  }

  /**
   * Sends it to the room.
   *
   * @throws InvalidStateError if it is sent already, or it or the transport is closed; UnsupportedError if the room has
   * none of the browser's codecs; ForbiddenError if the server does not allow it
   */
  async send(transport: SendTransport): Promise<void> {
    if (transport?.direction !== 'send') throw new TypeError("transport must be of direction 'send'");
    if (this.closed || transport.closed)
      throw new InvalidStateError('the producer or the transport is closed');
    if (this.#transport) throw new InvalidStateError(`${this.id} is sent already`);
    this.#transport = transport;
    transport.passengers.add(this);
    try {
      const { transceiver, rtpParameters } = await transport.send(this);
      this.#sent(transport, transceiver.sender, rtpParameters);
    } catch (error) {
      if (this.#transport === transport) this.#leave();
      throw error;
    }
  }

  /** Stops its clone of the track. */
  close(appData?: AppData): void {
    if (this.closed) return;
    if (this.#announced) this.#link.tell('closeProducer', { id: this.id, appData });
    this.end('local', appData);
  }

  /** Silence, or black. Returns whether it is paused now. */
  pause(appData?: AppData): boolean {
    if (this.closed || this.#locallyPaused) return this.paused;
    this.#locallyPaused = true;
    if (this.#announced) this.#link.tell('pauseProducer', { id: this.id, appData });
    this.#pauseChanged('pause', 'local', appData);
    return this.paused;
  }

  /** Returns whether it is not paused now: the server may have paused it too. */
  resume(appData?: AppData): boolean {
    if (this.closed || !this.#locallyPaused) return !this.paused;
    this.#locallyPaused = false;
    if (this.#announced) this.#link.tell('resumeProducer', { id: this.id, appData });
    this.#pauseChanged('resume', 'local', appData);
    return !this.paused;
  }

  /**
   * Sends a clone of another track of the same kind instead, and stops the one before. Pauses stay.
   *
   * @throws TypeError, InvalidStateError if this is closed or the track has ended
   */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    if (track?.kind !== this.kind) throw new TypeError(`track must be of kind ${this.kind}`);
    if (this.closed || track.readyState === 'ended') {
      throw new InvalidStateError('the producer is closed, or the track has ended');
    }
    const clone = this.#adopt(track);
    try {
      await this.#transport?.replaceTrack(this, clone);
    } catch (error) {
      clone.stop();
      throw error;
    }
    this.#track.stop();
    this.#originalTrack = track;
    this.#track = clone;
    if (this.closed) clone.stop();
    else if (this.#announced && this.kind === 'video') {
      this.#link.tell('setProducerSize', { id: this.id, ...this.#size() });
    }
  }

  /** What the browser has measured; empty unless it is being sent. */
  async getStats(): Promise<RTCStatsReport> {
    return (await this.#sender?.getStats()) ?? new Map();
  }

  /** What the server has measured; empty unless it is being sent. */
  async getServerStats(): Promise<Record<string, unknown>[]> {
    if (!this.#sender) return [];
    return (await this.#link.request('getStats', { of: 'producer', id: this.id })).stats;
  }

  /** @internal */
  announce(rtpParameters: NormalizedRtpParameters): Promise<unknown> {
    this.#announced = true;
    return this.#link.request('createProducer', {
      id: this.id,
      transportId: this.#transport!.id,
      kind: this.kind,
      rtpParameters,
      paused: this.#locallyPaused,
      ...(this.kind === 'video' && { ...this.#size(), scales: scalesOf(this.encodings ?? [{}]) }),
      appData: this.appData,
    });
  }

  /** @internal Nobody wants more than so many of its layers, from the lowest. */
  layersWanted(layers: number): void {
    if (!this.#link.dynacast) return;
    this.#layersWanted = layers;
    this.#applyLayers();
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
  transportClosed(): void {
    const wasSent = this.#sender !== undefined;
    this.#leave();
    if (wasSent) this.emit('unhandled');
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.#track.stop();
    this.#transport?.drop(this);
    this.#leave();
    this.emit('close', originator, appData);
  }

  #sent(transport: SendTransport, sender: RTCRtpSender, rtpParameters: RtpParameters): void {
    if (this.closed || this.#transport !== transport) {
      throw new InvalidStateError(`${this.id} or its transport closed in the meantime`);
    }
    this.#sender = sender;
    this.#rtpParameters = rtpParameters;
    // The server may have spoken by now, and another producer may have left the sender silent.
    if (this.kind === 'video') this.#applyLayers();
    this.emit('handled');
  }

  /** On another transport the server will know nothing of what it told before. */
  #leave(): void {
    this.#transport?.passengers.delete(this);
    this.#transport = undefined;
    this.#sender = undefined;
    this.#rtpParameters = undefined;
    this.#announced = false;
    this.#remotelyPaused = false;
    this.#layersWanted = ALL;
    this.#applyPause();
  }

  #adopt(track: MediaStreamTrack): MediaStreamTrack {
    const clone = track.clone();
    clone.enabled = !this.paused;
    if (this.#screen && clone.contentHint === '') clone.contentHint = 'detail';
    clone.addEventListener('ended', () => this.#track === clone && this.emit('trackended'));
    return clone;
  }

  #pauseChanged(event: 'pause' | 'resume', originator: Originator, appData: AppData): void {
    this.#applyPause();
    this.emit(event, originator, appData);
  }

  #size(): { size?: Size } {
    const size = sizeOf(this.#track);
    return size ? { size } : {};
  }

  /** One after the other, each as it is wanted then. A browser that cannot, or a sender that ended, goes on as it was. */
  #applyLayers(): void {
    const sender = this.#sender;
    if (!sender) return;
    this.#layering = this.#layering.then(async () => {
      if (this.#sender !== sender) return;
      await sendLayers(sender, this.encodings ?? [{}], this.#layersWanted).catch(() => {});
    });
  }

  #applyPause(): void {
    this.#track.enabled = !this.paused;
  }
}

/** Undefined: the browser does not know it, or not yet. */
export function sizeOf(track: MediaStreamTrack): Size | undefined {
  const { width, height } = track.getSettings();
  return width && height ? { width, height } : undefined;
}
