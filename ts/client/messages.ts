import type { MessageData } from '../shared/message-data.js';
import type { DataConsumerData } from '../shared/signalling/messages.js';
import { isOpen } from './channels.js';
import { DataProducer } from './data-producer.js';
import type { Link } from './link.js';
import type { RecvTransport } from './recv-transport.js';
import type { SendTransport } from './send-transport.js';

type MessagesParts = {
  link: Link;
  /** The first that is open; else one is made. */
  transports: { send(): SendTransport; recv(): RecvTransport };
  onMessage: (data: MessageData, from: DataConsumerData) => void;
  onLost: (from: DataConsumerData) => void;
};

/** A sender's messages as they come: `transport` once they are asked for, `channel` once it is open. */
type Incoming = { data: DataConsumerData; transport?: RecvTransport; channel?: RTCDataChannel };

/** All messages of a joined room: data channels on its transports, made when somebody sends. */
export class Messages {
  readonly #parts: MessagesParts;
  readonly #producers = new Set<DataProducer>();
  readonly #incoming = new Map<string, Incoming>();
  readonly #opened: string[] = [];
  #scheduled = false;
  #ended = false;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  send(data: MessageData, to: string | undefined, reliable: boolean): Promise<void> {
    const known = [...this.#producers].find((one) => one.to === to && one.reliable === reliable);
    return (known ?? this.#produce(to, reliable)).send(data);
  }

  ready(id: string): void {
    for (const producer of this.#producers) if (producer.id === id) producer.ready();
  }

  /** They are received as soon as the application has had its turn, which may make the transport for them. */
  add(consumers: DataConsumerData[]): void {
    for (const data of consumers) this.#incoming.set(data.id, { data });
    this.receive();
  }

  /** Those that are not received yet, or no more. */
  receive(): void {
    if (this.#scheduled || this.#idle().length === 0) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      if (!this.#ended) void this.#receiveIdle();
    });
  }

  close(id: string): void {
    this.#incoming.get(id)?.channel?.close();
    this.#incoming.delete(id);
  }

  lost(id: string): void {
    const incoming = this.#incoming.get(id);
    if (incoming) this.#parts.onLost(incoming.data);
  }

  /** What it sent, and what was for it alone. */
  peerClosed(name: string): void {
    for (const [id, { data }] of this.#incoming) if (data.peerName === name) this.close(id);
    for (const producer of [...this.#producers]) if (producer.to === name) producer.end();
  }

  /** The server has forgotten all of them. */
  reset(): void {
    for (const id of [...this.#incoming.keys()]) this.close(id);
    for (const producer of [...this.#producers]) producer.end();
  }

  end(): void {
    this.#ended = true;
    this.reset();
  }

  #produce(to: string | undefined, reliable: boolean): DataProducer {
    const { link, transports } = this.#parts;
    const onEnd = (ended: DataProducer) => {
      this.#producers.delete(ended);
      // It may be known there, and closed with its transport or with the peer that it was for.
      link.tell('closeDataProducer', { id: ended.id });
    };
    const producer = new DataProducer({ link, transport: transports.send(), to, reliable, onEnd });
    this.#producers.add(producer);
    return producer;
  }

  #idle(): Incoming[] {
    return [...this.#incoming.values()].filter(({ transport }) => !transport || transport.closed);
  }

  async #receiveIdle(): Promise<void> {
    const idle = this.#idle();
    if (idle.length === 0) return;
    const transport = this.#parts.transports.recv();
    for (const incoming of idle) incoming.transport = transport;
    // If that fails the transport is closed, and they are received when there is another.
    const asked = transport.receiveData(idle.map(({ data }) => data.id)).catch(() => []);
    for (const [index, channel] of (await asked).entries()) {
      if (!(channel instanceof Error)) this.#take(idle[index]!, channel).catch(reportError);
    }
  }

  async #take(incoming: Incoming, promised: Promise<RTCDataChannel>): Promise<void> {
    const channel = await promised;
    const { id } = incoming.data;
    const isWanted = () => this.#incoming.get(id) === incoming;
    if (!isWanted()) return channel.close();
    incoming.channel = channel;
    channel.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (isWanted())
        this.#parts.onMessage(typeof data === 'string' ? data : new Uint8Array(data), incoming.data);
    });
    if ((await isOpen(channel)) && isWanted()) this.#start(id);
  }

  /** All that open at once are one request. */
  #start(id: string): void {
    this.#opened.push(id);
    if (this.#opened.length > 1) return;
    setTimeout(() => {
      const ids = this.#opened.splice(0);
      if (!this.#ended) this.#parts.link.tell('startDataConsumers', { ids });
    });
  }
}
