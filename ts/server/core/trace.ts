import type {
  BweTrace,
  Trace as ChannelTrace,
  FeedbackTrace,
  RtpTrace,
  SrTrace,
  TraceType,
} from '../../shared/channel/messages.gen.js';
import { asList, asOneOf } from '../../shared/rtp/fields.js';

/** What happened to one packet, or at one moment, of an object that was asked to tell. */
type Trace<Type extends string, Info> = {
  type: Type;
  /** Milliseconds of the worker's clock. */
  timestamp: number;
  /** 'in': from the endpoint; 'out': to it. */
  direction: 'in' | 'out';
  info: Info;
};

/** An RTP packet; sizes are bytes. */
export type RtpTraceInfo = RtpTrace;
/** A request of feedback: NACK, PLI (RFC 4585) or FIR (RFC 5104) for this stream. */
export type FeedbackTraceInfo = FeedbackTrace;
/** A Sender Report (RFC 3550, 6.4.1). */
export type SrTraceInfo = SrTrace;
/** The estimate of what the endpoint can get, and what it is wanted for: bits per second. */
export type BweTraceInfo = BweTrace & {
  /** The feedback that the estimate is made of. */
  type: 'transport-cc' | 'ccfb' | 'remb';
};

export type RtpTraceEventData = Trace<'rtp' | 'keyframe', RtpTraceInfo>;
export type FeedbackTraceEventData = Trace<'nack' | 'pli' | 'fir', FeedbackTraceInfo>;
export type SrTraceEventData = Trace<'sr', SrTraceInfo>;

export type ConsumerTraceEventData = RtpTraceEventData | FeedbackTraceEventData;
export type ConsumerTraceEventType = ConsumerTraceEventData['type'];
export type ProducerTraceEventData = ConsumerTraceEventData | SrTraceEventData;
export type ProducerTraceEventType = ProducerTraceEventData['type'];
export type TransportTraceEventData = Trace<'probation', RtpTraceInfo> | Trace<'bwe', BweTraceInfo>;
export type TransportTraceEventType = TransportTraceEventData['type'];

export const CONSUMER_TRACES = ['rtp', 'keyframe', 'nack', 'pli', 'fir'] as const;
export const PRODUCER_TRACES = [...CONSUMER_TRACES, 'sr'] as const;
export const TRANSPORT_TRACES = ['probation', 'bwe'] as const;

const MAX_TYPES = 64;

/** @throws TypeError naming the field */
export function readTraceTypes<T extends string>(value: unknown, known: readonly T[]): T[] {
  const types = asList(value ?? [], 'types', MAX_TYPES, (type, name) => asOneOf(type, name, known));
  return [...new Set(types)];
}

/** As the application hears it; `more` is what the worker does not tell of it. */
export function toTrace<T extends { type: TraceType }>(
  { kind, direction, at, info }: ChannelTrace,
  more: object = {},
): T {
  const { type: _, ...fields } = info ?? { type: undefined };
  return { type: kind, timestamp: at, direction, info: { ...fields, ...more } } as unknown as T;
}
