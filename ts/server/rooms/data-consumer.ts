import { randomUUID } from 'node:crypto';
import { InvalidStateError } from '../../shared/errors.js';
import { LimitError } from '../../shared/signalling/errors.js';
import type { DataConsumerData } from '../../shared/signalling/messages.js';
import type { CoreDataConsumer, DataDelivery } from './core.js';
import { command, type Tell } from './lifetime.js';
import type { Site } from './site.js';
import type { Passenger, Transport } from './transport.js';

/** What messages come from: a data channel of a peer, or the application. */
export type DataSource = {
  /** The peer's name. Undefined: the application. */
  readonly from: string | undefined;
  /** Whom it is for alone. Undefined: the room. */
  readonly to: string | undefined;
  readonly reliable: boolean;
  /** Whether its peer has left: then its audiences need not tell their clients. */
  readonly isGone: boolean;
  readonly audiences: Set<DataConsumer>;
  /** The id of the core's data producer, once it can be consumed at that site. */
  idAt(site: Site): Promise<string>;
};

type DataConsumerParts = {
  source: DataSource;
  site: Site;
  tell: Tell;
  /** Reliable messages were dropped. */
  onLost: () => void;
  onEnd: (ended: DataConsumer) => void;
};

/** A data consumer on a transport. `starting`: the client's channel is open; `started`: the worker sends. */
type Handling = { transport: Transport; core: CoreDataConsumer; starting: boolean; started: boolean };

const RELIABLE: DataDelivery = { ordered: true };
const LOSSY: DataDelivery = { ordered: false, maxRetransmits: 0 };

/** Milliseconds that a sender waits for those who are to get its first message. */
export const READY_TIMEOUT = 5_000;

/** Resolves when all can get messages or never will: true; or when the time is up: false. */
export function allStarted(audiences: Iterable<DataConsumer>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), READY_TIMEOUT);
    timer.unref();
    Promise.all([...audiences].map((audience) => audience.started())).then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

export function deliveryOf(reliable: boolean): DataDelivery {
  return reliable ? RELIABLE : LOSSY;
}

/** One source of messages, as one peer gets them: idle until its client enables it with a transport. */
export class DataConsumer implements Passenger {
  readonly id = randomUUID();
  readonly source: DataSource;
  readonly #parts: DataConsumerParts;
  #handling?: Handling;
  #enabling = false;
  #closed = false;
  #overflowing = false;
  #waiting: ((started: CoreDataConsumer | undefined) => void)[] = [];

  constructor(parts: DataConsumerParts) {
    this.source = parts.source;
    this.#parts = parts;
    parts.source.audiences.add(this);
  }

  /** Where its peer is. */
  get site(): Site {
    return this.#parts.site;
  }

  get enabled(): boolean {
    return this.#handling !== undefined;
  }

  /** Resolves when the client gets what is sent; with undefined if it never will. */
  started(): Promise<CoreDataConsumer | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    if (this.#handling?.started) return Promise.resolve(this.#handling.core);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Sends to this one alone. */
  async send(message: string | Buffer): Promise<void> {
    const core = await this.started();
    if (!core) throw new InvalidStateError('the peer is closed');
    await core.send(message).catch((error: Error) => {
      if (error.message !== 'sctpsendbufferfull') throw error;
      if (this.source.reliable) throw new LimitError('too much waits to be sent to the peer');
    });
  }

  /** Nothing is sent until it is started. Resolves with the number of the stream on which its messages come. */
  async enable(transport: Transport): Promise<number> {
    if (this.enabled || this.#enabling)
      throw new InvalidStateError(`data consumer ${this.id} is already enabled`);
    if (transport.direction !== 'recv') {
      throw new InvalidStateError(`transport ${transport.id} is not for receiving`);
    }
    this.#enabling = true;
    try {
      const core = await this.#consume(transport);
      this.#handle(transport, core);
      return core.sctpStreamParameters!.streamId;
    } finally {
      this.#enabling = false;
    }
  }

  start(): void {
    const handling = this.#handling;
    if (!handling || handling.starting) return;
    handling.starting = true;
    const resumed = handling.core.resume().then(() => {
      handling.started = true;
      if (this.#handling === handling) this.#settle(handling.core);
    });
    command(resumed);
  }

  /** It may be enabled again on another one. */
  transportClosed(): void {
    this.#unhandle();
  }

  sourceClosed(): void {
    if (this.#closed) return;
    if (!this.source.isGone) this.#parts.tell('dataConsumerClosed', { id: this.id });
    this.end();
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.source.audiences.delete(this);
    this.#parts.onEnd(this);
    this.#unhandle();
    this.#settle(undefined);
  }

  toData(): DataConsumerData {
    const { from, to, reliable } = this.source;
    return {
      id: this.id,
      ...(from !== undefined && { peerName: from }),
      ...(to !== undefined && { to }),
      reliable,
    };
  }

  async #consume(transport: Transport): Promise<CoreDataConsumer> {
    const dataProducerId = await this.source.idAt(this.#parts.site);
    const delivery = deliveryOf(this.source.reliable);
    const core = await transport.core.consumeData({ dataProducerId, ...delivery, paused: true });
    if (!this.#closed && !transport.closed) return core;
    core.close();
    throw new InvalidStateError(`data consumer ${this.id} or its transport closed in the meantime`);
  }

  #handle(transport: Transport, core: CoreDataConsumer): void {
    this.#handling = { transport, core, starting: false, started: false };
    this.#overflowing = false;
    transport.passengers.add(this);
    if (!this.source.reliable) return;
    core.on('sctpsendbufferfull', () => this.#overflowed());
    core.on('bufferedamountlow', () => {
      this.#overflowing = false;
    });
  }

  /** Told once until the client has caught up. */
  #overflowed(): void {
    if (this.#overflowing || this.#closed) return;
    this.#overflowing = true;
    this.#parts.tell('messagesLost', { id: this.id });
    this.#parts.onLost();
  }

  #unhandle(): void {
    this.#handling?.transport.passengers.delete(this);
    this.#handling?.core.close();
    this.#handling = undefined;
  }

  #settle(started: CoreDataConsumer | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(started);
  }
}
