import { kMaxFrame } from '../../shared/channel/frames.js';
import {
  Control,
  decodeFrame,
  type Event,
  encodeFrame,
  type Failure,
  type Frame,
  type Reply,
} from '../../shared/channel/messages.gen.js';
import { NotFoundError, TimeoutError, UnsupportedError, WorkerClosedError } from '../../shared/errors.js';
import type { Pipe } from './pipe.js';

/** What happened to one object of the worker. */
export type EventBody = NonNullable<Event['body']>;

type Pending = {
  resolve: (reply: Reply) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
};

const MAX_UINT32 = 0xffffffff;
const DEFAULT_TIMEOUT = 20_000;
/** A request's method is its place among all: see Control. */
const METHODS = Object.getOwnPropertyNames(Control.prototype).filter((name) => name !== 'constructor');

/**
 * Requests to a worker and their replies, and its events. Every request settles: with its reply, after the timeout,
 * or when the pipe closes. A full pipe keeps later requests waiting, in order. What the worker says reaches the
 * application in the worker's order: an event that follows a reply waits until all that was waiting for the reply
 * has run, so that a listener added right after `await` misses nothing.
 */
export class Channel {
  readonly #pipe: Pipe;
  readonly #timeout: number;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<number, (event: EventBody) => void>();
  readonly #inbox: NonNullable<Frame['kind']>[] = [];
  #outbox: Uint8Array[] = [];
  #full = false;
  #lastId = 0;
  #replied = false;
  #waiting = false;
  #closed?: string;

  /** Called once when the worker's end is gone, or spoke nonsense. */
  onClose: (error?: Error) => void = () => {};

  constructor(pipe: Pipe, timeout = DEFAULT_TIMEOUT) {
    this.#pipe = pipe;
    this.#timeout = timeout;
    pipe.onMessage = (message) => this.#receive(message);
    pipe.onDrain = () => this.#drain();
    pipe.onClose = (error) => this.#ended(error);
  }

  /** @throws WorkerClosedError, TimeoutError, and what the worker refuses with */
  async request(method: number, body: Uint8Array): Promise<Uint8Array> {
    if (this.#closed !== undefined) throw new WorkerClosedError(this.#closed);
    this.#lastId = (this.#lastId % MAX_UINT32) + 1;
    const id = this.#lastId;
    const message = encodeFrame({ kind: { type: 'request', id, method, body } });
    if (message.length > kMaxFrame)
      throw new RangeError(`the request '${METHODS[method]}' of ${message.length} bytes is too long`);
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => this.#timedOut(id, method), this.#timeout).unref();
      this.#pending.set(id, { resolve, reject, timer });
      this.#send(message);
    });
    if (reply.error) throw asError(reply.error);
    return reply.body;
  }

  /** Sends a request that is not answered. Nothing happens if the worker is gone. */
  post(method: number, body: Uint8Array): void {
    if (this.#closed !== undefined) return;
    const message = encodeFrame({ kind: { type: 'request', id: 0, method, body } });
    if (message.length > kMaxFrame)
      throw new RangeError(`the message '${METHODS[method]}' of ${message.length} bytes is too long`);
    this.#send(message);
  }

  /** Brings the events of one object, from now on. */
  listen(target: number, listener: (event: EventBody) => void): void {
    this.#listeners.set(target, listener);
  }

  unlisten(target: number): void {
    this.#listeners.delete(target);
  }

  /** What is pending rejects with a WorkerClosedError, as does every later request. */
  close(why = 'the worker is closed'): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new WorkerClosedError(why));
    }
    this.#pending.clear();
    this.#listeners.clear();
    this.#outbox = [];
    this.#pipe.close();
  }

  #send(message: Uint8Array): void {
    if (this.#full) this.#outbox.push(message);
    else this.#full = !this.#pipe.send(message);
  }

  #drain(): void {
    this.#full = false;
    const waiting = this.#outbox;
    this.#outbox = [];
    for (const message of waiting) this.#send(message);
  }

  #timedOut(id: number, method: number): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.reject(
      new TimeoutError(`the worker did not answer '${METHODS[method]}' within ${this.#timeout} ms`),
    );
  }

  #receive(message: Uint8Array): void {
    const { kind } = decodeFrame(message);
    if (!kind) return;
    this.#inbox.push(kind);
    if (!this.#waiting) this.#deliver();
  }

  #deliver(): void {
    this.#waiting = false;
    for (;;) {
      const next = this.#inbox[0];
      if (!next) return;
      if (next.type === 'event' && this.#replied) break;
      this.#inbox.shift();
      this.#handle(next);
    }
    this.#replied = false;
    this.#waiting = true;
    setImmediate(() => this.#deliver());
  }

  #handle(kind: NonNullable<Frame['kind']>): void {
    if (kind.type === 'reply') this.#settle(kind);
    if (kind.type === 'event' && kind.body) this.#listeners.get(kind.target)?.(kind.body);
  }

  #settle(reply: Reply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    this.#replied = true;
    pending.resolve(reply);
  }

  #ended(error?: Error): void {
    for (const kind of this.#inbox.splice(0)) this.#handle(kind);
    this.close(error ? `the channel to the worker broke: ${error.message}` : 'the worker is gone');
    this.onClose(error);
  }
}

function asError({ code, message }: Failure): Error {
  switch (code) {
    case 'type':
      return new TypeError(message);
    case 'notFound':
      return new NotFoundError(message);
    case 'unsupported':
      return new UnsupportedError(message);
    case 'error':
      return new Error(message);
  }
}
