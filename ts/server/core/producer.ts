import type { StreamDump } from '../../shared/channel/messages.gen.js';
import { UnsupportedError } from '../../shared/errors.js';
import { asBoolean, asInteger, asObject, asOneOf } from '../../shared/rtp/fields.js';
import type {
  MediaKind,
  NormalizedRtpParameters,
  ProducerType,
  RtpMapping,
  RtpParameters,
} from '../../shared/rtp/rtp-parameters.js';
import { validateAndNormalizeRtpParameters } from '../../shared/rtp/validate.js';
import type { EventBody } from './channel.js';
import { type AppData, asAppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { asNewId } from './id.js';
import { type Source, setPaused, tellClosed } from './source.js';
import { type RtpStreamStat, toRtpStreamStats } from './stats.js';
import {
  PRODUCER_TRACES,
  type ProducerTraceEventData,
  type ProducerTraceEventType,
  readTraceTypes,
  toTrace,
} from './trace.js';

export type ProducerOptions<A extends AppData = AppData> = {
  /** Default: a UUID v4. */
  id?: string;
  kind: MediaKind;
  /** What the endpoint sends. */
  rtpParameters: RtpParameters;
  /** Default false. */
  paused?: boolean;
  /** Give each packet an id, in the header extension of that name. Default false. */
  enableMediasoupPacketIdHeaderExtension?: boolean;
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
  /** The retransmission stream (RFC 4588). */
  rtxStream?: {
    params: {
      ssrc: number;
      payloadType: number;
      mimeType: string;
      clockRate: number;
      rrid?: string;
      cname?: string;
    };
  };
};

export type ProducerDump = {
  id: string;
  kind: MediaKind;
  type: ProducerType;
  rtpParameters: RtpParameters;
  rtpMapping: RtpMapping;
  rtpStreams: RtpStreamDump[];
  traceEventTypes: ProducerTraceEventType[];
  paused: boolean;
};

export type ProducerEvents = EntityEvents & {
  transportclose: [];
  score: [score: ProducerScore[]];
  videoorientationchange: [orientation: ProducerVideoOrientation];
  /** After `enableTraceEvent`. */
  trace: [trace: ProducerTraceEventData];
};

export type ProducerObserverEvents = EntityObserverEvents & {
  pause: [];
  resume: [];
  score: [score: ProducerScore[]];
  videoorientationchange: [orientation: ProducerVideoOrientation];
  /** After `enableTraceEvent`. */
  trace: [trace: ProducerTraceEventData];
};

/** What is known of a producer where it is consumed. */
export type ProducerSource = Source & {
  readonly kind: MediaKind;
  readonly type: ProducerType;
  readonly rtpParameters: NormalizedRtpParameters;
  readonly rtpMapping: RtpMapping;
  readonly consumableRtpParameters: NormalizedRtpParameters;
  /** It comes from this program. */
  readonly isDirect: boolean;
};

const MAX_KEY_FRAME_REQUEST_DELAY = 60_000;

/** Media that an endpoint sends to a router. */
export class Producer<A extends AppData = AppData> extends Entity<ProducerEvents, ProducerObserverEvents, A> {
  readonly #source: ProducerSource;
  #score: ProducerScore[] = [];
  #traceEventTypes: ProducerTraceEventType[] = [];

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
    const { control, handle } = this.#source.scope;
    await control.pauseProducer({ producer: handle });
    if (setPaused(this.#source, true)) this.observer.safeEmit('pause');
  }

  async resume(): Promise<void> {
    const { control, handle } = this.#source.scope;
    await control.resumeProducer({ producer: handle });
    if (setPaused(this.#source, false)) this.observer.safeEmit('resume');
  }

  /**
   * Takes an RTP packet as if an endpoint had sent it, on a direct transport.
   *
   * @throws TypeError; UnsupportedError if the transport is not direct; InvalidStateError if it is closed
   */
  send(rtpPacket: Buffer): void {
    const { scope, isDirect } = this.#source;
    if (!(rtpPacket instanceof Uint8Array)) throw new TypeError('rtpPacket must be a Buffer');
    if (!isDirect) throw new UnsupportedError('send() is for producers of direct transports');
    scope.control.sendRtp({ producer: scope.handle, packet: rtpPacket });
  }

  /**
   * From now on there is the event 'trace' for these, and for no others.
   *
   * @throws TypeError
   */
  async enableTraceEvent(types: ProducerTraceEventType[] = []): Promise<void> {
    const { control, handle } = this.#source.scope;
    this.#traceEventTypes = readTraceTypes(types, PRODUCER_TRACES);
    await control.setTraces({ target: handle, types: this.#traceEventTypes });
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
      traceEventTypes: [...this.#traceEventTypes],
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
    tellClosed(this.#source);
  }

  #onEvent(event: EventBody): void {
    if (event.type === 'producerScore') {
      this.#score = event.scores;
      this.tell('score', this.score);
    }
    if (event.type === 'videoOrientationChange') {
      const { type: _, ...orientation } = event;
      this.tell('videoorientationchange', orientation);
    }
    if (event.type === 'trace') this.tell('trace', toTrace<ProducerTraceEventData>(event));
  }
}

export function toRtpStreamDump({ score, ...params }: StreamDump, cname?: string): RtpStreamDump {
  const named = cname === undefined ? {} : { cname };
  const rtxStream = toRtxStreamDump(params, named);
  return { params: { ...params, ...named }, score, ...(rtxStream && { rtxStream }) };
}

function toRtxStreamDump(
  { rtxSsrc, rtxPayloadType, mimeType, clockRate, rid }: Omit<StreamDump, 'score'>,
  named: { cname?: string },
): RtpStreamDump['rtxStream'] {
  if (rtxSsrc === undefined || rtxPayloadType === undefined) return undefined;
  return {
    params: {
      ssrc: rtxSsrc,
      payloadType: rtxPayloadType,
      mimeType: `${mimeType.split('/')[0]}/rtx`,
      clockRate,
      ...(rid !== undefined && { rrid: rid }),
      ...named,
    },
  };
}

/** @throws TypeError naming the field */
export function readProducerOptions<P extends AppData>(options: ProducerOptions<P>) {
  const { id, kind, rtpParameters, paused, keyFrameRequestDelay, appData, ...rest } = asObject(
    options,
    'options',
  );
  const params = validateAndNormalizeRtpParameters(rtpParameters);
  return {
    id: asNewId(id),
    kind: asOneOf(kind, 'kind', ['audio', 'video']),
    params: params.encodings.length > 0 ? params : { ...params, encodings: [{ dtx: false }] },
    paused: asBoolean(paused ?? false, 'paused'),
    keyFrameRequestDelay: asInteger(
      keyFrameRequestDelay ?? 0,
      'keyFrameRequestDelay',
      0,
      MAX_KEY_FRAME_REQUEST_DELAY,
    ),
    packetIds: asBoolean(
      rest.enableMediasoupPacketIdHeaderExtension ?? false,
      'enableMediasoupPacketIdHeaderExtension',
    ),
    appData: asAppData<P>(appData),
  };
}
