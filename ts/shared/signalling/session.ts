import { TimeoutError } from '../errors.js';
import { asInteger, asObject, asOneOf } from '../rtp/fields.js';
import {
  BadRequestError,
  fromErrorData,
  isNamed,
  PortClosedError,
  toErrorData,
  UnknownMethodError,
} from './errors.js';
import type {
  ClientRequests,
  ErrorData,
  Message,
  RequestMessage,
  ResponseMessage,
  ServerNotifications,
} from './messages.js';
import type { Port } from './port.js';

/** What one side may ask of the other, and tell it. */
export type Protocol = {
  requests: Record<string, { data: unknown; response: unknown }>;
  notifications: Record<string, unknown>;
};

export type FromClient = { requests: ClientRequests; notifications: Record<never, never> };
export type FromServer = { requests: Record<never, never>; notifications: ServerNotifications };

/** The two ends of one port. */
export type ClientSession = Session<FromClient, FromServer>;
export type ServerSession = Session<FromServer, FromClient>;

/** A notification with its data, as one union. */
export type Notification<P extends Protocol> = {
  [M in keyof P['notifications']]: { method: M; data: P['notifications'][M] };
}[keyof P['notifications']];

export type SessionOptions<In extends Protocol> = {
  /**
   * Answers a request, whose data is of unknown origin, by calling `respond`; or throws, and the other side gets the
   * error, see `toErrorData`. The response leaves at once, so that what is told later arrives later. Without this
   * handler every request is answered with UnknownMethodError.
   */
  onRequest?: (method: string, data: unknown, respond: (data: unknown) => void) => Promise<void>;
  /** Of a method that may be unknown to this side: a newer server may tell more. */
  onNotification?: (notification: Notification<In>) => void;
  /** Once: the port closed, by whichever side. */
  onClose?: () => void;
  /** Is told what the handlers threw that is none of the named errors: a mistake of ours. */
  onError?: (error: unknown) => void;
  /** Milliseconds to wait for a response. Default 30,000. */
  requestTimeout?: number;
  /** Longer received texts, in UTF-16 units, are garbage. Default 1,048,576. */
  maxMessageLength?: number;
};

const REQUEST_TIMEOUT = 30_000;
export const MAX_MESSAGE_LENGTH = 1_048_576;

type Pending = { resolve: (data: unknown) => void; reject: (error: Error) => void; timer: Timer };
type Timer = ReturnType<typeof setTimeout>;

/**
 * Requests, responses and notifications over a port. Nothing that arrives can throw: what has a request's id is
 * answered with an error, the rest is counted in `garbage`. Every request settles: with the response, a TimeoutError,
 * or a PortClosedError.
 *
 * @example
 * const session: ClientSession = new Session(port, { onNotification: ({ method, data }) => … });
 * const { peers } = await session.request('join', { name: 'alice', rtpCapabilities });
 */
export class Session<Out extends Protocol, In extends Protocol> {
  readonly #port: Port;
  readonly #options: SessionOptions<In>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #closed = false;
  #garbage = 0;

  constructor(port: Port, options: SessionOptions<In> = {}) {
    this.#port = port;
    this.#options = options;
    port.onmessage = (text) => this.#receive(text);
    port.onclose = () => this.#end();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many received messages made no sense. */
  get garbage(): number {
    return this.#garbage;
  }

  /** Rejects with the other side's named error, TimeoutError or PortClosedError. */
  request<M extends keyof Out['requests'] & string>(
    method: M,
    data: Out['requests'][M]['data'],
  ): Promise<Out['requests'][M]['response']> {
    const timeout = this.#options.requestTimeout ?? REQUEST_TIMEOUT;
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new PortClosedError(`cannot ask for ${method}: the port is closed`);
      const id = ++this.#lastId;
      const text = JSON.stringify({ type: 'request', id, method, data } satisfies Message);
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new TimeoutError(`${method} got no answer within ${timeout} ms`));
      }, timeout);
      this.#pending.set(id, { resolve, reject, timer });
      this.#port.send(text);
    });
  }

  /** Nothing happens if the port is closed. */
  notify<M extends keyof Out['notifications'] & string>(method: M, data: Out['notifications'][M]): void {
    this.#send({ type: 'notification', method, data });
  }

  /** Pending requests reject with PortClosedError. */
  close(): void {
    this.#end();
    this.#port.close();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new PortClosedError('the port closed before the answer came'));
    }
    this.#pending.clear();
    this.#options.onClose?.();
  }

  #send(message: Message): void {
    if (!this.#closed) this.#port.send(JSON.stringify(message));
  }

  #receive(text: unknown): void {
    if (this.#closed) return;
    try {
      this.#dispatch(parse(text, this.#options.maxMessageLength ?? MAX_MESSAGE_LENGTH));
    } catch (error) {
      if (error instanceof GarbageError) this.#discard(error);
      else throw error;
    }
  }

  #discard({ id, message }: GarbageError): void {
    this.#garbage += 1;
    if (id !== undefined) this.#refuse(id, new BadRequestError(message));
  }

  #dispatch(message: Message): void {
    if (message.type === 'request') void this.#answer(message);
    else if (message.type === 'response') this.#settle(message);
    else this.#hear(message as Notification<In>);
  }

  async #answer({ id, method, data }: RequestMessage): Promise<void> {
    const { onRequest } = this.#options;
    let answered = false;
    const respond = (response: unknown) => {
      answered = true;
      this.#send({ type: 'response', id, ok: true, data: response });
    };
    try {
      if (!onRequest) throw new UnknownMethodError(`there is no method ${method}`);
      await onRequest(method, data, respond);
    } catch (error) {
      this.#failed(error);
      if (!answered) this.#refuse(id, error);
    }
  }

  #refuse(id: number, error: unknown): void {
    this.#send({ type: 'response', id, ok: false, error: toErrorData(error) });
  }

  #failed(error: unknown): void {
    if (!isNamed(error)) this.#options.onError?.(error);
  }

  #settle(message: ResponseMessage): void {
    const pending = this.#pending.get(message.id);
    // It timed out, or was never asked.
    if (!pending) {
      this.#garbage += 1;
      return;
    }
    this.#pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.ok) pending.resolve(message.data);
    else pending.reject(fromErrorData(message.error));
  }

  #hear(notification: Notification<In>): void {
    try {
      this.#options.onNotification?.(notification);
    } catch (error) {
      this.#failed(error);
    }
  }
}

/** A received text that is no message; with the id if it may have been a request. */
class GarbageError extends Error {
  readonly id: number | undefined;

  constructor(message: string, id?: number) {
    super(message);
    this.id = id;
  }
}

function parse(text: unknown, maxLength: number): Message {
  const fields = parseObject(text, maxLength);
  try {
    return readMessage(fields);
  } catch (error) {
    const { type, id } = fields;
    const answerable = type === 'request' && Number.isSafeInteger(id);
    throw new GarbageError((error as Error).message, answerable ? (id as number) : undefined);
  }
}

function parseObject(text: unknown, maxLength: number): Record<string, unknown> {
  if (typeof text !== 'string' || text.length > maxLength) throw new GarbageError('not a short text');
  try {
    return asObject(JSON.parse(text), 'message');
  } catch {
    throw new GarbageError('not a JSON object');
  }
}

function readMessage({ type, id, method, data, ok, error }: Record<string, unknown>): Message {
  switch (asOneOf(type, 'type', ['request', 'response', 'notification'])) {
    case 'request':
      return { type: 'request', id: readId(id), method: readMethod(method), data };
    case 'notification':
      return { type: 'notification', method: readMethod(method), data };
    case 'response':
      if (ok === true) return { type: 'response', id: readId(id), ok, data };
      return { type: 'response', id: readId(id), ok: false, error: readError(error) };
  }
}

function readId(id: unknown): number {
  return asInteger(id, 'id', 0, Number.MAX_SAFE_INTEGER);
}

function readMethod(method: unknown): string {
  if (typeof method !== 'string' || method.length > 64) throw new TypeError('method must be a short string');
  return method;
}

function readError(error: unknown): ErrorData {
  const { name, message } = asObject(error, 'error');
  return { name: String(name), message: String(message) };
}
