import { InvalidStateError } from '../../shared/errors.js';
import type { RtpCapabilities } from '../../shared/rtp/rtp-parameters.js';
import { LimitError } from '../../shared/signalling/errors.js';
import type { AppData, ClientRequests, ClosedReason } from '../../shared/signalling/messages.js';
import type { Port } from '../../shared/signalling/port.js';
import { type ClientRequest, readRequest } from '../../shared/signalling/requests.js';
import { type ServerSession, Session } from '../../shared/signalling/session.js';
import * as logger from '../core/logger.js';
import type { Tell } from './lifetime.js';
import type { Line, Peer } from './peer.js';
import { PEER_REQUESTS, type PeerMethod } from './requests.js';

type JoinData = ClientRequests['join']['data'];
type Respond = (response: unknown) => void;

/** What a client needs of its room. */
export type Host = {
  readonly rtpCapabilities: RtpCapabilities;
  /** Calls `respond` at the moment from which on the peer is told of everything. */
  join(data: JoinData, client: Client, respond: Respond): Promise<void>;
  /** Its port is closed. */
  gone(client: Client): void;
};

/** A client that sends faster than it is answered waits by itself, or gets LimitErrors. */
const MAX_WAITING = 256;

/** The server's end of one port: nobody until it joins, then a Peer. Requests are handled one after the other. */
export class Client implements Line {
  /** What the application knows of whoever is behind the port. */
  readonly context: unknown;
  readonly #host: Host;
  readonly #session: ServerSession;
  #peer?: Peer;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(port: Port, host: Host, context: unknown) {
    this.context = context;
    this.#host = host;
    this.#session = new Session(port, {
      onRequest: (method, data, respond) => this.#enqueue(() => this.#handle(method, data, respond)),
      onClose: () => this.#closed(),
      onError: (error) => logger.error('rooms', 'a request failed', error),
    });
  }

  get closed(): boolean {
    return this.#session.closed;
  }

  readonly tell: Tell = (method, data) => this.#session.notify(method, data);

  end(reason?: ClosedReason, appData?: AppData): void {
    if (reason) this.tell('closed', { reason, appData });
    this.#session.close();
  }

  /** What is told when the room ends, joined or not. */
  endAll(reason: ClosedReason, appData?: AppData): void {
    if (this.#peer) this.#peer.end('local', appData, reason);
    else this.end(reason, appData);
  }

  #closed(): void {
    this.#peer?.end('remote');
    this.#host.gone(this);
  }

  async #enqueue(work: () => Promise<void>): Promise<void> {
    if (this.#waiting >= MAX_WAITING) throw new LimitError(`${MAX_WAITING} requests are waiting already`);
    this.#waiting += 1;
    const turn = this.#last.then(work).finally(() => {
      this.#waiting -= 1;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #handle(method: string, data: unknown, respond: Respond): Promise<void> {
    if (this.closed) return;
    const request = readRequest(method, data);
    if (request.method === 'queryRoom') respond({ rtpCapabilities: this.#host.rtpCapabilities });
    else if (request.method === 'join') await this.#join(request.data, respond);
    else await this.#ask(request as Extract<ClientRequest, { method: PeerMethod }>, respond);
  }

  async #join(data: JoinData, respond: Respond): Promise<void> {
    if (this.#peer) throw new InvalidStateError(`${this.#peer.name} has already joined`);
    await this.#host.join(data, this, respond);
  }

  /** The room has made its peer, just before it is told of it. */
  joined(peer: Peer): void {
    this.#peer = peer;
  }

  async #ask(request: Extract<ClientRequest, { method: PeerMethod }>, respond: Respond): Promise<void> {
    if (!this.#peer) throw new InvalidStateError(`${request.method} needs a join first`);
    const handler = PEER_REQUESTS[request.method] as (
      peer: Peer,
      data: unknown,
      respond: Respond,
    ) => void | Promise<void>;
    await handler(this.#peer, request.data, respond);
  }
}
