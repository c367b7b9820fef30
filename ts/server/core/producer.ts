import type { StreamDump } from '../../shared/channel/messages.gen.js';
import type {
  MediaKind,
  NormalizedRtpParameters,
  ProducerType,
  RtpMapping,
  RtpParameters,
} from '../../shared/rtp/rtp-parameters.js';
import type { EventBody } from './channel.js';
import { type AppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import type { Scope } from './scope.js';
import { type RtpStreamStat, toRtpStreamStats } from './stats.js';

export type ProducerOptions<A extends AppData = AppData> = {
  /** Default: a UUID v4. */
  id?: string;
  kind: MediaKind;
  /** What the endpoint sends. */
  rtpParameters: RtpParameters;
  /** Default false. */
  paused?: boolean;
  /** Milliseconds between two key frame requests to the endpoint, at least. Default 0. */
  keyFrameRequestDelay?: number;
  appData?: A;
};

/**
 * How well one stream of a producer is received: 0 (not at all) to 10.
 *
 * @example
 * { encodingIdx: 0, ssrc: 1111, rid: 'q', score: 10 }
 */
export type ProducerScore = { encodingIdx: number; ssrc: number; rid?: string; score: number };

/** How the camera is held: clockwise rotation in degrees. */
export type ProducerVideoOrientation = { camera: boolean; flip: boolean; rotation: number };

export type ProducerStat = RtpStreamStat;

export type RtpStreamDump = {
  params: Omit<StreamDump, 'score'> & { cname?: string };
  score: number;
};

export type ProducerDump = {
  id: string;
  kind: MediaKind;
  type: ProducerType;
  rtpParameters: RtpParameters;
  rtpMapping: RtpMapping;
  rtpStreams: RtpStreamDump[];
  paused: boolean;
};

export type ProducerEvents = EntityEvents & {
  transportclose: [];
  score: [score: ProducerScore[]];
  videoorientationchange: [orientation: ProducerVideoOrientation];
};

export type ProducerObserverEvents = EntityObserverEvents & {
  pause: [];
  resume: [];
  score: [score: ProducerScore[]];
  videoorientationchange: [orientation: ProducerVideoOrientation];
};

/** Somebody who gets what a producer sends. */
export type Audience = { producerClosed(): void; producerPaused(): void; producerResumed(): void };

/** What is known of a producer where it is consumed. */
export type ProducerSource = {
  readonly scope: Scope;
  readonly kind: MediaKind;
  readonly type: ProducerType;
  readonly rtpParameters: NormalizedRtpParameters;
  readonly rtpMapping: RtpMapping;
  readonly consumableRtpParameters: NormalizedRtpParameters;
  readonly audiences: Set<Audience>;
  paused: boolean;
};

/** Media that an endpoint sends to a router. */
export class Producer<A extends AppData = AppData> extends Entity<ProducerEvents, ProducerObserverEvents, A> {
  readonly #source: ProducerSource;
  #score: ProducerScore[] = [];

  /** Made by `transport.produce()`. */
  constructor(source: ProducerSource, appData: A) {
    super(source.scope, appData);
    this.#source = source;
    source.scope.listen((event) => this.#onEvent(event));
  }

  get kind(): MediaKind {
    return this.#source.kind;
  }

  get rtpParameters(): RtpParameters {
    return structuredClone(this.#source.rtpParameters);
  }

  get type(): ProducerType {
    return this.#source.type;
  }

  get paused(): boolean {
    return this.#source.paused;
  }

  get score(): ProducerScore[] {
    return structuredClone(this.#score);
  }

  /** Nothing is forwarded until `resume`; consumers get the event 'producerpause'. */
  async pause(): Promise<void> {
    const { scope, audiences } = this.#source;
    await scope.control.pauseProducer({ producer: scope.handle });
    if (this.#source.paused) return;
    this.#source.paused = true;
    for (const audience of [...audiences]) audience.producerPaused();
    this.observer.safeEmit('pause');
  }

  async resume(): Promise<void> {
    const { scope, audiences } = this.#source;
    await scope.control.resumeProducer({ producer: scope.handle });
    if (!this.#source.paused) return;
    this.#source.paused = false;
    for (const audience of [...audiences]) audience.producerResumed();
    this.observer.safeEmit('resume');
  }

  async getStats(): Promise<ProducerStat[]> {
    const { control, handle } = this.#source.scope;
    const { streams } = await control.getProducerStats({ producer: handle });
    return toRtpStreamStats(streams);
  }

  async dump(): Promise<ProducerDump> {
    const { scope, kind, type, rtpParameters, rtpMapping } = this.#source;
    const { paused, streams } = await scope.control.dumpProducer({ producer: scope.handle });
    return {
      id: this.id,
      kind,
      type,
      ...structuredClone({ rtpParameters, rtpMapping }),
      rtpStreams: streams.map((stream) => toRtpStreamDump(stream, rtpParameters.rtcp.cname)),
      paused,
    };
  }

  protected override closeInWorker(): Promise<unknown> {
    const { parent, handle } = this.#source.scope;
    return parent!.control.closeProducer({ producer: handle });
  }

  protected override finish(event?: string, error?: Error): void {
    if (this.closed) return;
    super.finish(event, error);
    for (const audience of [...this.#source.audiences]) audience.producerClosed();
  }

  #onEvent(event: EventBody): void {
    if (event.type === 'producerScore') {
      this.#score = event.scores;
      this.safeEmit('score', this.score);
      this.observer.safeEmit('score', this.score);
    }
    if (event.type === 'videoOrientationChange') {
      const { type: _, ...orientation } = event;
      this.safeEmit('videoorientationchange', { ...orientation });
      this.observer.safeEmit('videoorientationchange', { ...orientation });
    }
  }
}

export function toRtpStreamDump({ score, ...params }: StreamDump, cname?: string): RtpStreamDump {
  return { params: { ...params, ...(cname !== undefined && { cname }) }, score };
}
