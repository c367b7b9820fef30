import type { DataProducerStats } from '../../shared/channel/messages.gen.js';
import { UnsupportedError } from '../../shared/errors.js';
import { asBoolean, asObject, optional } from '../../shared/rtp/fields.js';
import type { SctpStreamParameters } from '../../shared/rtp/rtp-parameters.js';
import { validateAndNormalizeSctpStreamParameters } from '../../shared/rtp/validate.js';
import { asSubchannel, readSubchannels, toDataMessage } from './data-message.js';
import { type AppData, asAppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { asNewId } from './id.js';
import { type Source, setPaused, tellClosed } from './source.js';

/** 'sctp': from an endpoint over SCTP; 'direct': from this program. */
export type DataProducerType = 'sctp' | 'direct';

export type DataProducerOptions<A extends AppData = AppData> = {
  /** Default: a UUID v4. */
  id?: string;
  /** The SCTP stream that it comes on. Required, but not on a direct transport. */
  sctpStreamParameters?: SctpStreamParameters;
  /** To tell data producers apart: at most 65535 bytes. Default ''. */
  label?: string;
  /** What its messages are written in: at most 65535 bytes. Default ''. */
  protocol?: string;
  /** Default false. */
  paused?: boolean;
  appData?: A;
};

/**
 * @example
 * { type: 'data-producer', timestamp: 1700000000000, label: 'chat', protocol: '', messagesReceived: 3, bytesReceived: 42 }
 */
export type DataProducerStat = {
  type: 'data-producer';
  /** Milliseconds since 1970. */
  timestamp: number;
  label: string;
  protocol: string;
  messagesReceived: number;
  bytesReceived: number;
};

export type DataProducerDump = {
  id: string;
  type: DataProducerType;
  sctpStreamParameters?: SctpStreamParameters;
  label: string;
  protocol: string;
  paused: boolean;
};

export type DataProducerEvents = EntityEvents & { transportclose: [] };

export type DataProducerObserverEvents = EntityObserverEvents & { pause: []; resume: [] };

/** Stream parameters with their defaults. */
export type NormalizedSctpStreamParameters = SctpStreamParameters & { ordered: boolean };

/** What is known of a data producer where it is consumed. */
export type DataProducerSource = Source & {
  readonly type: DataProducerType;
  readonly sctpStreamParameters?: NormalizedSctpStreamParameters;
  readonly label: string;
  readonly protocol: string;
};

/** RFC 8832, 5.1: a length of two bytes. */
const MAX_LABEL = 0xffff;

/** Messages that an endpoint, or this program, sends to a router. */
export class DataProducer<A extends AppData = AppData> extends Entity<
  DataProducerEvents,
  DataProducerObserverEvents,
  A
> {
  readonly #source: DataProducerSource;

  /** Made by `transport.produceData()`. */
  constructor(source: DataProducerSource, appData: A) {
    super(source.scope, appData);
    this.#source = source;
  }

  get type(): DataProducerType {
    return this.#source.type;
  }

  /** Undefined on a direct transport. */
  get sctpStreamParameters(): SctpStreamParameters | undefined {
    return structuredClone(this.#source.sctpStreamParameters);
  }

  get label(): string {
    return this.#source.label;
  }

  get protocol(): string {
    return this.#source.protocol;
  }

  get paused(): boolean {
    return this.#source.paused;
  }

  /** Its messages are dropped until `resume`; data consumers get the event 'dataproducerpause'. */
  async pause(): Promise<void> {
    const { control, handle } = this.#source.scope;
    await control.pauseDataProducer({ dataProducer: handle });
    if (setPaused(this.#source, true)) this.observer.safeEmit('pause');
  }

  async resume(): Promise<void> {
    const { control, handle } = this.#source.scope;
    await control.resumeDataProducer({ dataProducer: handle });
    if (setPaused(this.#source, false)) this.observer.safeEmit('resume');
  }

  /**
   * Sends a message to all data consumers, or with `subchannels` to those that have one of them. A consumer must have
   * `requiredSubchannel` and must not have `ignoredSubchannel`, if they are given. On a direct transport only.
   *
   * @param ppid the payload's protocol (RFC 8831, 8). Default: 51 for a string, 53 for a Buffer
   * @throws TypeError naming the argument; UnsupportedError if the transport is not direct; InvalidStateError if it is
   * closed
   */
  send(
    message: string | Buffer,
    ppid?: number,
    subchannels?: number[],
    requiredSubchannel?: number,
    ignoredSubchannel?: number,
  ): void {
    const { control, handle } = this.#source.scope;
    if (this.type !== 'direct')
      throw new UnsupportedError('send() is for data producers of direct transports');
    control.sendFromDataProducer({
      dataProducer: handle,
      ...toDataMessage(message, ppid),
      subchannels: readSubchannels(subchannels ?? []),
      ...optional('requiredSubchannel', requiredSubchannel, (one) => asSubchannel(one, 'requiredSubchannel')),
      ...optional('ignoredSubchannel', ignoredSubchannel, (one) => asSubchannel(one, 'ignoredSubchannel')),
    });
  }

  async getStats(): Promise<DataProducerStat[]> {
    const { control, handle } = this.#source.scope;
    return toDataProducerStats(this.#source, await control.getDataProducerStats({ dataProducer: handle }));
  }

  async dump(): Promise<DataProducerDump> {
    const { control, handle } = this.#source.scope;
    const { paused } = await control.dumpDataProducer({ dataProducer: handle });
    const { type, sctpStreamParameters, label, protocol } = this;
    return {
      id: this.id,
      type,
      ...(sctpStreamParameters && { sctpStreamParameters }),
      label,
      protocol,
      paused,
    };
  }

  protected override closeInWorker(): Promise<unknown> {
    const { parent, handle } = this.#source.scope;
    return parent!.control.closeDataProducer({ dataProducer: handle });
  }

  protected override finish(event?: string, error?: Error): void {
    if (this.closed) return;
    super.finish(event, error);
    tellClosed(this.#source);
  }
}

export function toDataProducerStats(
  { label, protocol }: Pick<DataProducerSource, 'label' | 'protocol'>,
  stats: DataProducerStats,
): DataProducerStat[] {
  return [{ type: 'data-producer', timestamp: Date.now(), label, protocol, ...stats }];
}

/** @throws TypeError naming the field */
export function readDataProducerOptions<A extends AppData>(
  options: DataProducerOptions<A>,
  isDirect: boolean,
) {
  const { id, sctpStreamParameters, label, protocol, paused, appData } = asObject(options, 'options');
  return {
    id: asNewId(id),
    ...readStreamParameters(sctpStreamParameters, isDirect),
    label: asLabel(label ?? '', 'label'),
    protocol: asLabel(protocol ?? '', 'protocol'),
    paused: asBoolean(paused ?? false, 'paused'),
    appData: asAppData<A>(appData),
  };
}

function readStreamParameters(value: unknown, isDirect: boolean) {
  if (!isDirect) return { sctpStreamParameters: validateAndNormalizeSctpStreamParameters(value) };
  if (value !== undefined) {
    throw new TypeError('sctpStreamParameters must not be given on a direct transport');
  }
  return {};
}

function asLabel(value: unknown, name: string): string {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_LABEL) {
    throw new TypeError(`${name} must be a string of at most ${MAX_LABEL} bytes`);
  }
  return value;
}
