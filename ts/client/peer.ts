import { InvalidStateError } from '../shared/errors.js';
import type { MessageData } from '../shared/message-data.js';
import type { AppData, ConsumerData, PeerData, Quality } from '../shared/signalling/messages.js';
import { Consumer } from './consumer.js';
import { Lifetime, type Originator } from './lifetime.js';
import type { Link } from './link.js';

export type PeerEvents = {
  close: [originator: Originator, appData: AppData];
  newconsumer: [consumer: Consumer<Peer>];
  qualitychange: [quality: Quality];
  /** From this peer. */
  message: [data: MessageData, info: MessageInfo];
};

export type MessageInfo = {
  /** This client's own name: nobody else gets it. Undefined: it is to the room. */
  to: string | undefined;
  reliable: boolean;
};

export type SendOptions = {
  /** In order and whole, as opposed to sent once, and in any order. Default true. */
  reliable?: boolean;
};

/** Sends to one peer; see `room.send()`. */
export type SendTo = (to: string, data: MessageData, options: SendOptions) => Promise<void>;

/** Somebody else in the room. */
export class Peer extends Lifetime<PeerEvents> {
  /** Unique in the room. */
  readonly name: string;
  readonly #link: Link;
  readonly #sendTo: SendTo;
  readonly #consumers = new Map<string, Consumer<Peer>>();
  #quality: Quality;

  /** @internal Made for everybody who is in the room, or joins. */
  constructor(link: Link, sendTo: SendTo, { name, appData, quality, consumers }: PeerData) {
    super(appData);
    this.name = name;
    this.#quality = quality;
    this.#link = link;
    this.#sendTo = sendTo;
    for (const data of consumers) this.#add(data);
  }

  /** How well it and the server get each other's media, and whether they do. */
  get quality(): Quality {
    return this.#quality;
  }

  /** All that it sends, in order of creation. */
  get consumers(): Consumer<Peer>[] {
    return [...this.#consumers.values()];
  }

  getConsumerById(id: string): Consumer<Peer> | undefined {
    return this.#consumers.get(id);
  }

  /**
   * Sends it to this peer alone, as `room.send()` with `to`.
   *
   * @throws as `room.send()`; InvalidStateError if it is closed
   */
  async send(data: MessageData, options: SendOptions = {}): Promise<void> {
    if (this.closed) throw new InvalidStateError(`${this.name} is closed`);
    await this.#sendTo(this.name, data, options);
  }

  /** @internal The room was joined again: what it sends are other consumers. */
  renew({ appData, quality, consumers }: PeerData): void {
    this.appData = appData;
    this.qualityChanged(quality);
    for (const data of consumers) this.addConsumer(data);
  }

  /** @internal */
  qualityChanged(quality: Quality): void {
    if (quality === this.#quality) return;
    this.#quality = quality;
    this.emit('qualitychange', quality);
  }

  /** @internal */
  endConsumers(originator: Originator): void {
    for (const consumer of this.consumers) consumer.end(originator);
  }

  /** @internal */
  addConsumer(data: ConsumerData): void {
    this.emit('newconsumer', this.#add(data));
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.emit('close', originator, appData);
    this.endConsumers(originator);
  }

  #add(data: ConsumerData): Consumer<Peer> {
    const consumer = new Consumer<Peer>({ link: this.#link, peer: this, data });
    consumer.onEnd = () => this.#consumers.delete(consumer.id);
    this.#consumers.set(consumer.id, consumer);
    return consumer;
  }
}
