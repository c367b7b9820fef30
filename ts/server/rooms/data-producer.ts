import type { MessageData } from '../../shared/message-data.js';
import type { CoreDataProducer, CoreDirectDataConsumer } from './core.js';
import type { DataConsumer, DataSource } from './data-consumer.js';
import { Reach, type Site } from './site.js';
import type { Passenger, Transport } from './transport.js';

/** A message that a peer has sent. */
export type PeerMessage = { data: MessageData; to: string | undefined; reliable: boolean };

type DataProducerParts = {
  /** Chosen by the client. */
  id: string;
  peer: { readonly name: string; readonly closed: boolean };
  to: string | undefined;
  reliable: boolean;
  transport: Transport;
  core: CoreDataProducer;
  site: Site;
  onEnd: (ended: DataProducer) => void;
};

/** PPIDs (RFC 8831, 8). What is empty travels as one byte. */
const TEXT = 51;
const EMPTY_TEXT = 56;
const EMPTY_BINARY = 57;

/** A data channel on which a peer sends messages, to the room or to another peer. */
export class DataProducer implements DataSource, Passenger {
  readonly id: string;
  readonly to: string | undefined;
  readonly reliable: boolean;
  readonly audiences = new Set<DataConsumer>();
  readonly #parts: DataProducerParts;
  readonly #reach: Reach;
  #heard?: Promise<CoreDirectDataConsumer>;
  #closed = false;

  constructor(parts: DataProducerParts) {
    this.id = parts.id;
    this.to = parts.to;
    this.reliable = parts.reliable;
    this.#parts = parts;
    this.#reach = new Reach(parts.site, { dataProducerId: parts.core.id });
    parts.transport.passengers.add(this);
  }

  get from(): string {
    return this.#parts.peer.name;
  }

  get isGone(): boolean {
    return this.#parts.peer.closed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What it costs its worker. */
  get load(): number {
    return 1 + this.#reach.load;
  }

  async idAt(site: Site): Promise<string> {
    await this.#reach.to(site);
    return this.#parts.core.id;
  }

  /** From when this resolves until `ignore()` this program gets its messages too. */
  async listen(onMessage: (message: PeerMessage) => void): Promise<void> {
    this.#heard ??= this.#hear(onMessage);
    await this.#heard;
  }

  ignore(): void {
    this.#heard?.then(
      (consumer) => consumer.close(),
      () => {},
    );
    this.#heard = undefined;
  }

  transportClosed(): void {
    this.end();
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { transport, core, onEnd } = this.#parts;
    transport.passengers.delete(this);
    onEnd(this);
    core.close();
    this.ignore();
    for (const audience of [...this.audiences]) audience.sourceClosed();
  }

  async #hear(onMessage: (message: PeerMessage) => void): Promise<CoreDirectDataConsumer> {
    const { site, core } = this.#parts;
    const direct = await site.direct;
    const consumer = await direct.consumeData({ dataProducerId: core.id });
    const { to, reliable } = this;
    consumer.on('message', (message, ppid) => {
      if (!this.#closed) onMessage({ data: toData(message, ppid), to, reliable });
    });
    return consumer;
  }
}

function toData(message: Buffer, ppid: number): MessageData {
  if (ppid === TEXT) return message.toString();
  if (ppid === EMPTY_TEXT) return '';
  return ppid === EMPTY_BINARY ? new Uint8Array() : message;
}
