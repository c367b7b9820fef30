import { randomUUID } from 'node:crypto';
import { InvalidStateError } from '../../shared/errors.js';
import { asObject } from '../../shared/rtp/fields.js';
import { type AppData, asAppData, Entity, type EntityEvents, type EntityObserverEvents } from './entity.js';
import { readListenInfos, type TransportListenInfo } from './listen-info.js';
import type { Scope } from './scope.js';
import type { Sockets, Use } from './sockets.js';
import type { WebRtcTransport } from './webrtc-transport.js';

export type WebRtcServerOptions<A extends AppData = AppData> = {
  /** At least one. Nothing else may listen there. */
  listenInfos: TransportListenInfo[];
  appData?: A;
};

export type WebRtcServerDump = {
  id: string;
  udpSockets: { ip: string; port: number }[];
  tcpServers: { ip: string; port: number }[];
  webRtcTransportIds: string[];
  /** By which a packet of ICE finds its transport. */
  localIceUsernameFragments: { localIceUsernameFragment: string; webRtcTransportId: string }[];
};

export type WebRtcServerEvents = EntityEvents & { workerclose: [] };

export type WebRtcServerObserverEvents = EntityObserverEvents & {
  /** A transport began, or ended, to use it. */
  webrtctransporthandled: [transport: WebRtcTransport];
  webrtctransportunhandled: [transport: WebRtcTransport];
};

/** What a transport needs of the server that it listens on. */
export type ListenServer = {
  readonly scope: Scope;
  readonly addresses: Use['addresses'];
  /** Until `scope`, the transport's, ends. `close` is called if the server closes before. */
  handle(transport: WebRtcTransport, scope: Scope, close: () => void): void;
};

const servers = new WeakMap<object, ListenServer>();

/** @throws TypeError unless it is a WebRtcServer */
export function listenServerOf(value: unknown, name: string): ListenServer {
  const server = servers.get(asObject(value, name));
  if (!server) throw new TypeError(`${name} must be a WebRtcServer`);
  return server;
}

/** Makes what `worker.createWebRtcServer()` promises. */
export async function createWebRtcServer<A extends AppData>(
  worker: Scope,
  sockets: Sockets,
  given: WebRtcServerOptions<A>,
): Promise<WebRtcServer<A>> {
  const options = asObject(given, 'options');
  const listenInfos = readListenInfos(options.listenInfos);
  const appData = asAppData<A>(options.appData);
  const scope = worker.child('listenserver', randomUUID());
  const use = await scope.making(async () => {
    const opened = await sockets.use(listenInfos, { exclusive: true });
    scope.atEnd(opened.release);
    return opened;
  });
  return new WebRtcServer<A>(scope, use, appData);
}

/** Addresses on which any number of the worker's WebRTC transports listen together. */
export class WebRtcServer<A extends AppData = AppData> extends Entity<
  WebRtcServerEvents,
  WebRtcServerObserverEvents,
  A
> {
  readonly #scope: Scope;
  readonly #bound: Use['bound'];
  readonly #transports = new Map<WebRtcTransport, () => void>();

  /** Made by `worker.createWebRtcServer()`. */
  constructor(scope: Scope, { addresses, bound }: Use, appData: A) {
    super(scope, appData);
    this.#scope = scope;
    this.#bound = bound;
    servers.set(this, {
      scope,
      addresses,
      handle: (...transport) => this.#handle(...transport),
    });
  }

  async dump(): Promise<WebRtcServerDump> {
    this.#scope.requireOpen();
    const transports = [...this.#transports.keys()];
    const listening = (wanted: string) =>
      this.#bound.filter(({ protocol }) => protocol === wanted).map(({ ip, port }) => ({ ip, port }));
    return {
      id: this.id,
      udpSockets: listening('udp'),
      tcpServers: listening('tcp'),
      webRtcTransportIds: transports.map(({ id }) => id),
      localIceUsernameFragments: transports.map(({ id, iceParameters }) => ({
        localIceUsernameFragment: iceParameters.usernameFragment,
        webRtcTransportId: id,
      })),
    };
  }

  /** To the worker it is nothing but its sockets, which are released when the scope ends. */
  protected override closeInWorker(): Promise<unknown> {
    return Promise.resolve();
  }

  protected override finish(event?: string, error?: Error): void {
    if (this.closed) return;
    // A worker that closes takes the transports with their routers.
    if (!event) for (const close of [...this.#transports.values()]) close();
    this.#transports.clear();
    super.finish(event, error ?? new InvalidStateError('the webRtcServer is closed'));
  }

  #handle(transport: WebRtcTransport, scope: Scope, close: () => void): void {
    this.#transports.set(transport, close);
    scope.atEnd(() => {
      if (this.#transports.delete(transport)) this.observer.safeEmit('webrtctransportunhandled', transport);
    });
    this.observer.safeEmit('webrtctransporthandled', transport);
  }
}
