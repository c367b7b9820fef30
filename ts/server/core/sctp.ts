import type {
  SctpOptions as ChannelSctpOptions,
  TransportDump as ChannelTransportDump,
  SctpState,
} from '../../shared/channel/messages.gen.js';
import { asBoolean, asInteger, asObject } from '../../shared/rtp/fields.js';
import type { EventBody } from './channel.js';
import type { AppData } from './entity.js';
import type { Scope } from './scope.js';
import {
  type BaseTransportDump,
  type RouterLink,
  Transport,
  type TransportEvents,
  type TransportObserverEvents,
} from './transport.js';

export type { SctpState };

/** The most SCTP streams that this side sends on and takes, 1 to 65535. Each costs about 100 bytes, used or not. */
export type NumSctpStreams = { OS: number; MIS: number };

/** Data over SCTP (RFC 8831). Sizes are bytes. */
export type SctpOptions = {
  /** Default false. */
  enableSctp?: boolean;
  /** Of a message that data consumers send. Default 262144. */
  maxSendMessageSize?: number;
  /** Of a message that data producers receive. Default 262144. */
  maxReceiveMessageSize?: number;
  /** What may wait to be sent, in all. Default 2000000. */
  sctpSendBufferSize?: number;
  /** What may wait to be sent on one stream. Default 2000000. */
  sctpPerStreamSendQueueLimit?: number;
  /** Default 5242880. */
  sctpMaxReceiverWindowBufferSize?: number;
  /** `bufferedAmountLowThreshold` of data consumers that don't set their own. Default 1024. */
  sctpDefaultStreamBufferedAmountLowThreshold?: number;
  /** Default { OS: 1024, MIS: 1024 }, as many as browsers use. */
  numSctpStreams?: NumSctpStreams;
  /** The old name of `maxSendMessageSize` and `maxReceiveMessageSize`. */
  maxSctpMessageSize?: number;
};

/** What an endpoint needs to know of this side's SCTP. */
export type SctpParameters = {
  port: number;
  /** Streams that this side may send on, and that it takes. */
  OS: number;
  MIS: number;
  /** The same as `maxReceiveMessageSize`. */
  maxMessageSize: number;
  maxSendMessageSize: number;
  maxReceiveMessageSize: number;
  sendBufferSize: number;
  perStreamSendQueueLimit: number;
  maxReceiverWindowBufferSize: number;
  /** It runs over DTLS (RFC 8261). */
  isDataChannel: boolean;
};

/** Streams each way, of which both sides are capable. */
export type SctpNegotiatedCapabilities = {
  negotiatedMaxOutboundStreams: number;
  negotiatedMaxInboundStreams: number;
};

/** The part of a transport's dump that is about data. */
export type SctpDump = {
  maxSendMessageSize?: number;
  maxReceiveMessageSize?: number;
  sctpParameters?: SctpParameters;
  sctpState?: SctpState;
  sctpNegotiatedCapabilities?: SctpNegotiatedCapabilities;
  sctpListener?: { streamIdTable: { key: number; value: string }[] };
};

type SctpEvents = {
  /** With 'failed': why. */
  sctpstatechange: [state: SctpState, reason?: string];
};

export type SctpTransportEvents = TransportEvents & SctpEvents;
export type SctpTransportObserverEvents = TransportObserverEvents & SctpEvents;

/** SCTP as a transport asked for it. */
export type SctpSettings = { channel: ChannelSctpOptions; streams: NumSctpStreams };

const DEFAULT_MESSAGE_SIZE = 262_144;
const SCTP_PORT = 5000;
/** Stream 65535 is left out (RFC 8832, 6). */
const MAX_STREAMS = 65_535;
const DEFAULT_STREAMS = 1024;
const MAX_UINT32 = 0xffffffff;

/** @throws TypeError naming the field */
export function asMessageSize(value: unknown, name: string, missing: unknown = DEFAULT_MESSAGE_SIZE): number {
  return asInteger(value ?? missing, name, 1, MAX_UINT32);
}

/**
 * Undefined without `enableSctp`, and checked all the same.
 *
 * @throws TypeError naming the field
 */
export function readSctpOptions(
  options: Record<string, unknown>,
  enabledByDefault = false,
): SctpSettings | undefined {
  const sizes = options.maxSctpMessageSize;
  if (sizes !== undefined) asMessageSize(sizes, 'maxSctpMessageSize');
  const read = (name: string, min: number, missing: number) =>
    asInteger(options[name] ?? missing, name, min, MAX_UINT32);
  const streams = readNumSctpStreams(options.numSctpStreams ?? {});
  const channel = {
    maxSendMessageSize: asMessageSize(options.maxSendMessageSize, 'maxSendMessageSize', sizes),
    maxReceiveMessageSize: asMessageSize(options.maxReceiveMessageSize, 'maxReceiveMessageSize', sizes),
    sendBufferSize: read('sctpSendBufferSize', 1, 2_000_000),
    perStreamSendQueueLimit: read('sctpPerStreamSendQueueLimit', 1, 2_000_000),
    maxReceiverWindowBufferSize: read('sctpMaxReceiverWindowBufferSize', 1, 5_242_880),
    bufferedAmountLowThreshold: read('sctpDefaultStreamBufferedAmountLowThreshold', 0, 1024),
    maxOutboundStreams: streams.OS,
    maxInboundStreams: streams.MIS,
  };
  return asBoolean(options.enableSctp ?? enabledByDefault, 'enableSctp') ? { channel, streams } : undefined;
}

function readNumSctpStreams(value: unknown): NumSctpStreams {
  const { OS, MIS } = asObject(value, 'numSctpStreams');
  return {
    OS: asInteger(OS ?? DEFAULT_STREAMS, 'numSctpStreams.OS', 1, MAX_STREAMS),
    MIS: asInteger(MIS ?? DEFAULT_STREAMS, 'numSctpStreams.MIS', 1, MAX_STREAMS),
  };
}

function toSctpParameters({ channel, streams }: SctpSettings, isDataChannel: boolean): SctpParameters {
  const { bufferedAmountLowThreshold: _, maxOutboundStreams: __, maxInboundStreams: ___, ...sizes } = channel;
  return {
    port: SCTP_PORT,
    ...streams,
    maxMessageSize: channel.maxReceiveMessageSize,
    ...sizes,
    isDataChannel,
  };
}

/** A transport that carries data over SCTP if it is asked to. */
export abstract class SctpTransport<
  A extends AppData,
  Events extends SctpTransportEvents,
  ObserverEvents extends SctpTransportObserverEvents,
> extends Transport<A, Events, ObserverEvents> {
  readonly #sctpParameters?: SctpParameters;
  #sctpState?: SctpState;
  #sctpNegotiatedCapabilities?: SctpNegotiatedCapabilities;

  protected constructor(
    scope: Scope,
    router: RouterLink,
    appData: A,
    sctp?: SctpSettings & { isDataChannel: boolean },
  ) {
    super(scope, router, appData);
    if (!sctp) return;
    this.#sctpParameters = toSctpParameters(sctp, sctp.isDataChannel);
    this.#sctpState = 'new';
  }

  /** Undefined without `enableSctp`. */
  get sctpParameters(): SctpParameters | undefined {
    return structuredClone(this.#sctpParameters);
  }

  /** Undefined without `enableSctp`. */
  get sctpState(): SctpState | undefined {
    return this.#sctpState;
  }

  /** Once connected. */
  get sctpNegotiatedCapabilities(): SctpNegotiatedCapabilities | undefined {
    return structuredClone(this.#sctpNegotiatedCapabilities);
  }

  protected override get sctpStreams(): number {
    const most = this.#sctpParameters?.OS ?? 0;
    return Math.min(most, this.#sctpNegotiatedCapabilities?.negotiatedMaxOutboundStreams ?? most);
  }

  protected override baseDump(dump: ChannelTransportDump): BaseTransportDump {
    const base = super.baseDump(dump);
    const { sctpParameters, sctpNegotiatedCapabilities } = this;
    if (!sctpParameters) return base;
    const { maxSendMessageSize, maxReceiveMessageSize } = sctpParameters;
    const streamIdTable = dump.streamIdTable.flatMap(({ streamId, dataProducer }) =>
      this.scope.idsOf([dataProducer]).map((value) => ({ key: streamId, value })),
    );
    return {
      ...base,
      maxSendMessageSize,
      maxReceiveMessageSize,
      sctpParameters,
      sctpState: dump.sctpState ?? this.#sctpState,
      ...(sctpNegotiatedCapabilities && { sctpNegotiatedCapabilities }),
      sctpListener: { streamIdTable },
    };
  }

  protected override finish(event?: string, error?: Error): void {
    if (!this.closed && this.#sctpState) this.#sctpState = 'closed';
    super.finish(event, error);
  }

  protected onSctpEvent(event: EventBody): void {
    if (event.type !== 'sctpStateChange') {
      this.onTransportEvent(event);
      return;
    }
    this.#sctpState = event.state;
    if (event.maxOutboundStreams !== undefined && event.maxInboundStreams !== undefined) {
      this.#sctpNegotiatedCapabilities = {
        negotiatedMaxOutboundStreams: event.maxOutboundStreams,
        negotiatedMaxInboundStreams: event.maxInboundStreams,
      };
    }
    const args: SctpEvents['sctpstatechange'] =
      event.reason === undefined ? [event.state] : [event.state, event.reason];
    this.tell('sctpstatechange', ...(args as Events['sctpstatechange']));
  }
}
