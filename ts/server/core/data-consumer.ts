import type { DataConsumerStats } from '../../shared/channel/messages.gen.js';
import { UnsupportedError } from '../../shared/errors.js';
import { asBoolean, asInteger, asObject } from '../../shared/rtp/fields.js';
import type { SctpStreamParameters } from '../../shared/rtp/rtp-parameters.js';
import { validateAndNormalizeSctpStreamParameters } from '../../shared/rtp/validate.js';
import type { EventBody } from './channel.js';
import { asBuffer, asSubchannel, readSubchannels, toDataMessage } from './data-message.js';
import type { DataProducerSource, NormalizedSctpStreamParameters } from './data-producer.js';
import { type AppData, asAppData, type EntityEvents } from './entity.js';
import { asId } from './id.js';
import type { Scope } from './scope.js';
import { Sink, type SinkObserverEvents } from './sink.js';

/** 'sctp': to an endpoint over SCTP; 'direct': to this program. */
export type DataConsumerType = 'sctp' | 'direct';

export type DataConsumerOptions<A extends AppData = AppData> = {
  dataProducerId: string;
  /** This and the next two: not on a direct transport. Default: as the data producer has it. */
  ordered?: boolean;
  /** Milliseconds. Excludes `ordered` and `maxRetransmits`. Default: as the data producer has it. */
  maxPacketLifeTime?: number;
  /** Excludes `ordered` and `maxPacketLifeTime`. Default: as the data producer has it. */
  maxRetransmits?: number;
  /** Default false. */
  paused?: boolean;
  /** 0 to 65535 each. What is sent with subchannels comes only if it has one of these. Default []. */
  subchannels?: number[];
  appData?: A;
};

/**
 * @example
 * {
 *   type: 'data-consumer', timestamp: 1700000000000, label: 'chat', protocol: '', messagesSent: 3, bytesSent: 42,
 *   bufferedAmount: 0,
 * }
 */
export type DataConsumerStat = {
  type: 'data-consumer';
  /** Milliseconds since 1970. */
  timestamp: number;
  label: string;
  protocol: string;
  messagesSent: number;
  bytesSent: number;
  /** Bytes that wait to be sent. */
  bufferedAmount: number;
};

export type DataConsumerDump = {
  id: string;
  dataProducerId: string;
  type: DataConsumerType;
  sctpStreamParameters?: SctpStreamParameters;
  label: string;
  protocol: string;
  paused: boolean;
  dataProducerPaused: boolean;
  subchannels: number[];
  bufferedAmountLowThreshold: number;
};

export type DataConsumerEvents = EntityEvents & {
  transportclose: [];
  dataproducerclose: [];
  dataproducerpause: [];
  dataproducerresume: [];
  /** On a direct transport. The PPID tells text (51, empty: 56) from bytes (53, empty: 57). */
  message: [message: Buffer, ppid: number];
  /** A message of the data producer was lost: too much waits to be sent. */
  sctpsendbufferfull: [];
  /** What waits to be sent has come down to the threshold. */
  bufferedamountlow: [bufferedAmount: number];
};

export type DataConsumerObserverEvents = SinkObserverEvents;

type DataConsumerParts<A extends AppData> = {
  scope: Scope;
  source: DataProducerSource;
  /** Undefined: direct. */
  sctpStreamParameters?: NormalizedSctpStreamParameters;
  paused: boolean;
  subchannels: number[];
  appData: A;
};

const MAX_UINT32 = 0xffffffff;

/** Messages of a data producer that the router sends to an endpoint, or to this program. */
export class DataConsumer<A extends AppData = AppData> extends Sink<
  DataConsumerEvents,
  DataConsumerObserverEvents,
  A
> {
  readonly #source: DataProducerSource;
  readonly #sctpStreamParameters?: NormalizedSctpStreamParameters;
  #subchannels: number[];

  /** Made by `transport.consumeData()`. */
  constructor({ scope, source, sctpStreamParameters, paused, subchannels, appData }: DataConsumerParts<A>) {
    super(scope, source, paused, appData);
    this.#source = source;
    this.#sctpStreamParameters = sctpStreamParameters;
    this.#subchannels = subchannels;
    scope.listen((event) => this.#onEvent(event));
  }

  get dataProducerId(): string {
    return this.#source.scope.id;
  }

  get type(): DataConsumerType {
    return this.#sctpStreamParameters ? 'sctp' : 'direct';
  }

  /** Undefined on a direct transport. */
  get sctpStreamParameters(): SctpStreamParameters | undefined {
    return structuredClone(this.#sctpStreamParameters);
  }

  /** The data producer's. */
  get label(): string {
    return this.#source.label;
  }

  /** The data producer's. */
  get protocol(): string {
    return this.#source.protocol;
  }

  get dataProducerPaused(): boolean {
    return this.sourcePaused;
  }

  get subchannels(): number[] {
    return [...this.#subchannels];
  }

  /** @throws TypeError */
  async setSubchannels(subchannels: number[]): Promise<void> {
    // At once: another call may come before the worker has answered this one.
    this.#subchannels = readSubchannels(subchannels);
    await this.scope.control.setSubchannels({
      dataConsumer: this.scope.handle,
      subchannels: this.#subchannels,
    });
  }

  /** @throws TypeError */
  async addSubchannel(subchannel: number): Promise<void> {
    await this.setSubchannels([...this.#subchannels, asSubchannel(subchannel, 'subchannel')]);
  }

  /** @throws TypeError */
  async removeSubchannel(subchannel: number): Promise<void> {
    const removed = asSubchannel(subchannel, 'subchannel');
    await this.setSubchannels(this.#subchannels.filter((one) => one !== removed));
  }

  /**
   * Sends a message to this endpoint alone. Not on a direct transport.
   *
   * @param ppid the payload's protocol (RFC 8831, 8). Default: 51 for a string, 53 for a Buffer
   * @returns the bytes that wait to be sent
   * @throws TypeError naming the argument; UnsupportedError on a direct transport; an Error 'sctpsendbufferfull' if too
   * much waits to be sent
   */
  async send(message: string | Buffer, ppid?: number): Promise<number> {
    if (this.type === 'direct') throw new UnsupportedError('send() is not for direct transports');
    const { bytes } = await this.scope.control.sendToDataConsumer({
      dataConsumer: this.scope.handle,
      ...toDataMessage(message, ppid),
    });
    return bytes;
  }

  /** Bytes that wait to be sent. */
  async getBufferedAmount(): Promise<number> {
    const { bytes } = await this.scope.control.getBufferedAmount({ dataConsumer: this.scope.handle });
    return bytes;
  }

  /**
   * When so many bytes, or fewer, are left to be sent, there is the event 'bufferedamountlow'.
   *
   * @throws TypeError
   */
  async setBufferedAmountLowThreshold(threshold: number): Promise<void> {
    await this.scope.control.setBufferedAmountLowThreshold({
      dataConsumer: this.scope.handle,
      threshold: asInteger(threshold, 'threshold', 0, MAX_UINT32),
    });
  }

  async getStats(): Promise<DataConsumerStat[]> {
    return toDataConsumerStats(
      this,
      await this.scope.control.getDataConsumerStats({ dataConsumer: this.scope.handle }),
    );
  }

  async dump(): Promise<DataConsumerDump> {
    const dump = await this.scope.control.dumpDataConsumer({ dataConsumer: this.scope.handle });
    const { id, dataProducerId, type, sctpStreamParameters, label, protocol } = this;
    return {
      ...{ id, dataProducerId, type, ...(sctpStreamParameters && { sctpStreamParameters }), label, protocol },
      ...dump,
    };
  }

  protected override pauseInWorker(): Promise<unknown> {
    return this.scope.control.pauseDataConsumer({ dataConsumer: this.scope.handle });
  }

  protected override resumeInWorker(): Promise<unknown> {
    return this.scope.control.resumeDataConsumer({ dataConsumer: this.scope.handle });
  }

  protected override closeInWorker(): Promise<unknown> {
    return this.scope.parent!.control.closeDataConsumer({ dataConsumer: this.scope.handle });
  }

  #onEvent(event: EventBody): void {
    switch (event.type) {
      case 'dataMessage':
        this.safeEmit('message', asBuffer(event.message), event.ppid);
        break;
      case 'sendBufferFull':
        this.safeEmit('sctpsendbufferfull');
        break;
      case 'bufferedAmountLow':
        this.safeEmit('bufferedamountlow', event.bytes);
    }
  }
}

export function toDataConsumerStats(
  { label, protocol }: Pick<DataProducerSource, 'label' | 'protocol'>,
  stats: DataConsumerStats,
): DataConsumerStat[] {
  return [{ type: 'data-consumer', timestamp: Date.now(), label, protocol, ...stats }];
}

/** @throws TypeError naming the field */
export function readDataConsumerOptions<A extends AppData>(options: DataConsumerOptions<A>) {
  const { dataProducerId, ordered, maxPacketLifeTime, maxRetransmits, ...rest } = asObject(
    options,
    'options',
  );
  return {
    dataProducerId: asId(dataProducerId, 'dataProducerId'),
    delivery: { ordered, maxPacketLifeTime, maxRetransmits },
    paused: asBoolean(rest.paused ?? false, 'paused'),
    subchannels: readSubchannels(rest.subchannels ?? []),
    appData: asAppData<A>(rest.appData),
  };
}

type Delivery = Record<'ordered' | 'maxPacketLifeTime' | 'maxRetransmits', unknown>;

/**
 * How the data consumer's stream is to behave: as the data producer's, unless it says how itself.
 *
 * @throws TypeError naming the field
 */
export function deliveryOf(
  { sctpStreamParameters }: DataProducerSource,
  delivery: Delivery,
): Omit<NormalizedSctpStreamParameters, 'streamId'> {
  const { streamId: _, ...theirs } = sctpStreamParameters ?? { streamId: 0, ordered: true };
  const isLimited = delivery.maxPacketLifeTime !== undefined || delivery.maxRetransmits !== undefined;
  // A limit takes the place of the producer's, and with it goes its order; order takes the place of a limit.
  const inherited = isLimited || delivery.ordered === true ? {} : theirs;
  const given = Object.fromEntries(Object.entries(delivery).filter(([, value]) => value !== undefined));
  const { streamId: __, ...ours } = validateAndNormalizeSctpStreamParameters(
    { streamId: 0, ...inherited, ...given },
    'options',
  );
  return ours;
}

/** @throws TypeError: only SCTP has streams */
export function requireNoDelivery(delivery: Delivery): void {
  const [name] = Object.entries(delivery).find(([, value]) => value !== undefined) ?? [];
  if (name) throw new TypeError(`${name} must not be given on a direct transport`);
}
