import type { AppData, ConsumerData, PeerData } from '../shared/signalling/messages.js';
import { Consumer } from './consumer.js';
import { Lifetime, type Originator } from './lifetime.js';
import type { Link } from './link.js';

export type PeerEvents = {
  close: [originator: Originator, appData: AppData];
  newconsumer: [consumer: Consumer<Peer>];
};

/** Somebody else in the room. */
export class Peer extends Lifetime<PeerEvents> {
  /** Unique in the room. */
  readonly name: string;
  readonly #link: Link;
  readonly #consumers = new Map<string, Consumer<Peer>>();

  /** @internal Made for everybody who is in the room, or joins. */
  constructor(link: Link, { name, appData, consumers }: PeerData) {
    super(appData);
    this.name = name;
    this.#link = link;
    for (const data of consumers) this.#add(data);
  }

  /** All that it sends, in order of creation. */
  get consumers(): Consumer<Peer>[] {
    return [...this.#consumers.values()];
  }

  getConsumerById(id: string): Consumer<Peer> | undefined {
    return this.#consumers.get(id);
  }

  /** @internal */
  addConsumer(data: ConsumerData): void {
    this.emit('newconsumer', this.#add(data));
  }

  /** @internal */
  end(originator: Originator, appData?: AppData): void {
    if (!this.markClosed()) return;
    this.emit('close', originator, appData);
    for (const consumer of this.consumers) consumer.end(originator);
  }

  #add(data: ConsumerData): Consumer<Peer> {
    const consumer = new Consumer<Peer>({ link: this.#link, peer: this, data });
    consumer.onEnd = () => this.#consumers.delete(consumer.id);
    this.#consumers.set(consumer.id, consumer);
    return consumer;
  }
}
