import { InvalidStateError } from '../shared/errors.js';
import type { MessageData } from '../shared/message-data.js';
import { isOpen } from './channels.js';
import type { Link } from './link.js';
import type { SendTransport } from './send-transport.js';
import type { Passenger } from './transport.js';

type DataProducerParts = {
  link: Link;
  transport: SendTransport;
  /** A peer's name. Undefined: the room. */
  to: string | undefined;
  reliable: boolean;
  onEnd: (ended: DataProducer) => void;
};

/** Bytes that may wait in the browser: a reliable message waits until there are fewer, a lossy one is not sent. */
const MAX_BUFFERED = { reliable: 1_048_576, lossy: 65_536 };

/** Messages to the room, or to one peer, either reliable or lossy: a data channel, made for the first message. */
export class DataProducer implements Passenger {
  readonly id: string;
  readonly to: string | undefined;
  readonly reliable: boolean;
  readonly #parts: DataProducerParts;
  readonly #channel: Promise<RTCDataChannel>;
  /** Rejects: a browser does not tell the channels of a connection that is closed here. */
  readonly #ended: Promise<never>;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #onReady: () => void = () => {};
  #onClosed: (error: Error) => void = () => {};

  constructor(parts: DataProducerParts) {
    this.#parts = parts;
    this.id = parts.link.nextId('data');
    this.to = parts.to;
    this.reliable = parts.reliable;
    parts.transport.passengers.add(this);
    this.#ended = new Promise<never>((_, reject) => {
      this.#onClosed = reject;
    });
    this.#channel = Promise.race([this.#open(), this.#ended]);
    this.#channel.catch(() => this.end());
  }

  /** In the order of the calls. Resolves when the browser has taken it. */
  send(data: MessageData): Promise<void> {
    const sent = this.#last.then(() => this.#send(data));
    this.#last = sent.catch(() => {});
    return sent;
  }

  /** Those whom it is for can get it: the server says so. */
  ready(): void {
    this.#onReady();
  }

  transportClosed(): void {
    this.end();
  }

  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { transport, onEnd } = this.#parts;
    transport.passengers.delete(this);
    this.#onClosed(this.#closedError());
    this.#channel.then(
      (channel) => channel.close(),
      () => {},
    );
    onEnd(this);
  }

  async #open(): Promise<RTCDataChannel> {
    const { link, transport } = this.#parts;
    const { id, to, reliable } = this;
    const ready = new Promise<void>((resolve) => {
      this.#onReady = resolve;
    });
    const channel = await transport.sendData(reliable);
    channel.addEventListener('close', () => this.end());
    try {
      if (this.#closed) throw this.#closedError();
      const asked = {
        id,
        transportId: transport.id,
        streamId: channel.id!,
        ...(to !== undefined && { to }),
        reliable,
      };
      await link.request('createDataProducer', asked);
      if (!(await isOpen(channel))) throw this.#closedError();
      await ready;
      return channel;
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  async #send(data: MessageData): Promise<void> {
    const channel = await this.#channel;
    if (!this.reliable && channel.bufferedAmount > MAX_BUFFERED.lossy) return;
    while (channel.readyState === 'open' && channel.bufferedAmount > MAX_BUFFERED.reliable)
      await Promise.race([drained(channel), this.#ended]);
    if (this.#closed || channel.readyState !== 'open') throw this.#closedError();
    channel.send(data as Exclude<MessageData, Uint8Array> & Uint8Array<ArrayBuffer>);
  }

  #closedError(): Error {
    return new InvalidStateError(`the way for messages to ${this.to ?? 'the room'} is closed`);
  }
}

/** Or closed. */
function drained(channel: RTCDataChannel): Promise<void> {
  channel.bufferedAmountLowThreshold = MAX_BUFFERED.reliable / 2;
  return new Promise((resolve) => {
    channel.addEventListener('bufferedamountlow', () => resolve(), { once: true });
    channel.addEventListener('close', () => resolve(), { once: true });
  });
}
