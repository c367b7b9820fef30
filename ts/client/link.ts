import type { RtpCapabilities } from '../shared/rtp/rtp-parameters.js';
import { PortClosedError } from '../shared/signalling/errors.js';
import type { ClientRequestMethod, ClientRequests } from '../shared/signalling/messages.js';
import type { ClientSession } from '../shared/signalling/session.js';
import { Views } from './views.js';

/** Requests that wait for the next session. */
type Suspension = { over: Promise<void>; resolve: () => void; reject: (error: Error) => void };

type LinkParts = {
  session: ClientSession;
  /** What the room can carry. */
  rtpCapabilities: RtpCapabilities;
  configuration: RTCConfiguration;
  dynacast: boolean;
};

/** What everything in a joined room shares: the way to the server, what the room can carry, and ids. */
export class Link {
  #session: ClientSession;
  #suspension: Suspension | undefined;
  readonly rtpCapabilities: RtpCapabilities;
  readonly configuration: RTCConfiguration;
  /** Whether layers that nobody watches are not sent. */
  readonly dynacast: boolean;
  /** Where consumers are shown. */
  readonly views = new Views((views) => this.tell('setConsumerViews', { views }));
  #lastId = 0;

  constructor({ session, rtpCapabilities, configuration, dynacast }: LinkParts) {
    this.#session = session;
    this.rtpCapabilities = rtpCapabilities;
    this.configuration = configuration;
    this.dynacast = dynacast;
  }

  get session(): ClientSession {
    return this.#session;
  }

  /** Whether the room is being joined again. */
  get suspended(): boolean {
    return this.#suspension !== undefined;
  }

  /** From now on requests wait for `renew()`. */
  suspend(): void {
    this.#suspension = suspension();
  }

  /** The room was joined again over this session. */
  renew(session: ClientSession): void {
    this.#session = session;
    this.#suspension?.resolve();
    this.#suspension = undefined;
  }

  /** It will not be joined again. */
  end(): void {
    this.#suspension?.reject(new PortClosedError('the room could not be joined again'));
  }

  async request<M extends ClientRequestMethod>(
    method: M,
    data: ClientRequests[M]['data'],
  ): Promise<ClientRequests[M]['response']> {
    if (this.#suspension) await this.#suspension.over;
    return this.#session.request(method, data);
  }

  /** A request whose outcome nobody waits for: it fails only if what it names, or the port, is closed by now. */
  tell<M extends ClientRequestMethod>(method: M, data: ClientRequests[M]['data']): void {
    this.request(method, data).catch(() => {});
  }

  nextId(what: string): string {
    this.#lastId += 1;
    return `${what}-${this.#lastId}`;
  }
}

function suspension(): Suspension {
  let [resolve, reject]: [() => void, (error: Error) => void] = [() => {}, () => {}];
  const over = new Promise<void>((settle, fail) => {
    [resolve, reject] = [settle, fail];
  });
  // Nobody may be waiting.
  over.catch(() => {});
  return { over, resolve, reject };
}
