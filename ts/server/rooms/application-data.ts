import { TimeoutError } from '../../shared/errors.js';
import type { MessageData } from '../../shared/message-data.js';
import type { CoreDirectDataProducer } from './core.js';
import { allStarted, type DataConsumer, type DataSource } from './data-consumer.js';
import type { Site } from './site.js';

/** Messages of the application, to the room or to one peer: at each site that has a receiver, a data producer. */
export class ApplicationData implements DataSource {
  readonly from = undefined;
  readonly to: string | undefined;
  readonly reliable: boolean;
  readonly isGone = false;
  readonly audiences = new Set<DataConsumer>();
  /** A site that is closed has closed what was on it. */
  readonly #producers = new WeakMap<Site, Promise<CoreDirectDataProducer>>();
  #ready?: Promise<boolean>;

  constructor(to: string | undefined, reliable: boolean) {
    this.to = to;
    this.reliable = reliable;
  }

  async idAt(site: Site): Promise<string> {
    let producer = this.#producers.get(site);
    if (!producer) {
      producer = produceAt(site);
      this.#producers.set(site, producer);
    }
    return (await producer).id;
  }

  /** To all who can get it. The first one waits for those who are there. */
  async send(data: MessageData): Promise<void> {
    this.#ready ??= allStarted(this.audiences);
    await this.#ready;
    const message = toMessage(data);
    const sites = new Set([...this.audiences].map(({ site }) => site));
    const producers = [...sites].flatMap((site) => this.#producers.get(site) ?? []);
    // One whose worker has just died has nobody left to get it.
    await Promise.allSettled(producers.map(async (producer) => (await producer).send(message)));
  }

  /**
   * To one of its audiences alone.
   *
   * @throws TimeoutError if its client does not get ready; InvalidStateError, LimitError
   */
  async sendTo(audience: DataConsumer, data: MessageData): Promise<void> {
    if (!(await allStarted([audience])))
      throw new TimeoutError('the client does not open a channel for messages');
    await audience.send(toMessage(data));
  }
}

async function produceAt(site: Site): Promise<CoreDirectDataProducer> {
  const direct = await site.direct;
  return direct.produceData();
}

function toMessage(data: MessageData): string | Buffer {
  if (typeof data === 'string') return data;
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
