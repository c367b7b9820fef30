import { randomUUID } from 'node:crypto';
import type { LogLevel, ResourceUsage } from '../../shared/channel/messages.gen.js';
import { WorkerClosedError } from '../../shared/errors.js';
import { asObject } from '../../shared/rtp/fields.js';
import { generateRouterRtpCapabilities } from '../../shared/rtp/negotiate.js';
import { type AllStats, readAllStats } from './all-stats.js';
import type { Channel, EventBody } from './channel.js';
import { EnhancedEventEmitter } from './enhanced-event-emitter.js';
import { type AppData, asAppData, type EntityEvents, type EntityObserverEvents } from './entity.js';
import * as logger from './logger.js';
import { Router, type RouterOptions } from './router.js';
import { Scope } from './scope.js';
import { Sockets } from './sockets.js';
import { createWebRtcServer, type WebRtcServer, type WebRtcServerOptions } from './webrtc-server.js';
import type { WorkerExit, WorkerHost } from './worker-host.js';
import {
  type CompleteWorkerSettings,
  readUpdateableSettings,
  type WorkerUpdateableSettings,
} from './worker-settings.js';

/** What getrusage(2) says of the worker's process; times in milliseconds. */
export type WorkerResourceUsage = {
  ru_utime: number;
  ru_stime: number;
  ru_maxrss: number;
  ru_ixrss: number;
  ru_idrss: number;
  ru_isrss: number;
  ru_minflt: number;
  ru_majflt: number;
  ru_nswap: number;
  ru_inblock: number;
  ru_oublock: number;
  ru_msgsnd: number;
  ru_msgrcv: number;
  ru_nsignals: number;
  ru_nvcsw: number;
  ru_nivcsw: number;
};

export type WorkerDump = {
  pid: number;
  webRtcServerIds: string[];
  routerIds: string[];
  channelMessageHandlers: { channelRequestHandlers: string[]; channelNotificationHandlers: string[] };
  /** Why datagrams were dropped, and how many. */
  drops: { reason: string; count: number }[];
  srtpBackend: string;
  packetsInUse: number;
};

/** Why a worker died, where it is known. */
export type WorkerDiedError = Error & { code?: number; signal?: NodeJS.Signals };

export type WorkerEvents = EntityEvents & {
  /** It ended by itself; all below is closed. */
  died: [error: WorkerDiedError];
  /** Its process or thread is gone, after `close` too. */
  subprocessclose: [];
};

export type WorkerObserverEvents = EntityObserverEvents & {
  newwebrtcserver: [webRtcServer: WebRtcServer];
  newrouter: [router: Router];
};

/** How long a process may take to end after `close`. */
const CLOSE_TIMEOUT = 5_000;

/** One C++ worker: a thread of its own for media, in a process of its own or in this one. */
export class Worker<A extends AppData = AppData> extends EnhancedEventEmitter<WorkerEvents> {
  readonly #host: WorkerHost;
  readonly #channel: Channel;
  readonly #scope: Scope;
  readonly #sockets: Sockets;
  readonly #webRtcServers = new Set<WebRtcServer>();
  readonly #observer = new EnhancedEventEmitter<WorkerObserverEvents>();
  #appData: A;
  #died = false;
  #subprocessClosed = false;

  /** Made by `createWorker()`. */
  constructor(host: WorkerHost, channel: Channel, settings: CompleteWorkerSettings<A>) {
    super();
    this.#host = host;
    this.#channel = channel;
    this.#scope = Scope.root(channel);
    this.#sockets = new Sockets(this.#scope, { min: settings.rtcMinPort, max: settings.rtcMaxPort });
    this.#appData = settings.appData;
    this.#scope.listen((event) => log(host.pid, event));
    // A worker whose channel is gone is of no use: its end tells the rest.
    channel.onClose = () => host.kill();
    host.exited.then((exit) => this.#exited(exit));
  }

  /** Of its process, which is this one for a worker on a thread. */
  get pid(): number {
    return this.#host.pid;
  }

  get closed(): boolean {
    return this.#scope.ended;
  }

  get died(): boolean {
    return this.#died;
  }

  get subprocessClosed(): boolean {
    return this.#subprocessClosed;
  }

  get observer(): EnhancedEventEmitter<WorkerObserverEvents> {
    return this.#observer;
  }

  get appData(): A {
    return this.#appData;
  }

  /** @throws TypeError */
  set appData(appData: A) {
    this.#appData = asAppData(appData);
  }

  close(): void {
    if (this.closed) return;
    this.#end('the worker is closed');
    const timer = setTimeout(() => this.#host.kill(), CLOSE_TIMEOUT).unref();
    this.#host.exited.then(() => clearTimeout(timer));
    this.#observer.safeEmit('close');
  }

  /**
   * One set of sockets for all WebRTC transports of the worker that are given it.
   *
   * @example
   * const webRtcServer = await worker.createWebRtcServer({
   *   listenInfos: [{ protocol: 'udp', ip: '0.0.0.0', announcedAddress: '203.0.113.7', port: 40000 }],
   * });
   * const transport = await router.createWebRtcTransport({ webRtcServer });
   *
   * @throws TypeError naming the option, or what the system says of the address, such as a port in use
   */
  async createWebRtcServer<S extends AppData = AppData>(
    options: WebRtcServerOptions<S>,
  ): Promise<WebRtcServer<S>> {
    const created = await createWebRtcServer<S>(this.#scope, this.#sockets, options);
    const webRtcServer = created as unknown as WebRtcServer;
    this.#webRtcServers.add(webRtcServer);
    webRtcServer.observer.once('close', () => this.#webRtcServers.delete(webRtcServer));
    this.#observer.safeEmit('newwebrtcserver', webRtcServer);
    return created;
  }

  /** @throws TypeError, UnsupportedError for a codec */
  async createRouter<R extends AppData = AppData>(options: RouterOptions<R> = {}): Promise<Router<R>> {
    const { mediaCodecs, appData } = asObject(options, 'options') as RouterOptions<R>;
    const rtpCapabilities = generateRouterRtpCapabilities(mediaCodecs);
    const routerAppData = asAppData<R>(appData);
    const scope = this.#scope.child('router', randomUUID());
    await scope.making((control, router) => control.createRouter({ router }));
    const router = new Router<R>(scope, this.#sockets, rtpCapabilities, routerAppData);
    this.#observer.safeEmit('newrouter', router as unknown as Router);
    return router;
  }

  /** @throws TypeError */
  async updateSettings(settings: WorkerUpdateableSettings = {}): Promise<void> {
    const { logLevel } = readUpdateableSettings(settings);
    if (logLevel !== undefined) await this.#scope.control.setLogLevel({ level: logLevel });
  }

  async getResourceUsage(): Promise<WorkerResourceUsage> {
    return toResourceUsage(await this.#scope.control.getResourceUsage());
  }

  /** The statistics of all that is in the worker, at the cost of one request to it. */
  async getStats(): Promise<AllStats> {
    return readAllStats(this.#scope);
  }

  async dump(): Promise<WorkerDump> {
    const { routers, drops, srtpBackend, packetsInUse } = await this.#scope.control.dumpWorker();
    return {
      pid: this.pid,
      webRtcServerIds: [...this.#webRtcServers].map(({ id }) => id),
      routerIds: this.#scope.idsOf(routers),
      channelMessageHandlers: {
        channelRequestHandlers: this.#scope.allIds(),
        channelNotificationHandlers: [],
      },
      drops,
      srtpBackend,
      packetsInUse,
    };
  }

  #end(why: string): void {
    this.#channel.onClose = () => {};
    this.#scope.end(new WorkerClosedError(why));
    this.#channel.close(why);
  }

  #exited(exit: WorkerExit): void {
    if (!this.closed) this.#die(exit);
    this.#subprocessClosed = true;
    this.safeEmit('subprocessclose');
  }

  #die(exit: WorkerExit): void {
    this.#died = true;
    const error = diedError(this.pid, exit);
    this.#end(error.message);
    this.safeEmit('died', error);
    this.#observer.safeEmit('close');
  }
}

export function diedError(pid: number, { code, signal, error }: WorkerExit): WorkerDiedError {
  const how =
    error?.message ??
    (signal ? `signal ${signal}` : code === undefined ? 'its thread ended' : `exit code ${code}`);
  return Object.assign(new Error(`worker ${pid} died: ${how}`), {
    ...(code !== undefined && { code }),
    ...(signal && { signal }),
  });
}

function log(pid: number, event: EventBody): void {
  if (event.type !== 'log') return;
  const write: Record<LogLevel, (namespace: string, text: string) => void> = {
    none: () => {},
    error: logger.error,
    warn: logger.warn,
    debug: logger.debug,
  };
  write[event.level](`worker ${pid}`, event.text);
}

function toResourceUsage(usage: ResourceUsage): WorkerResourceUsage {
  const entries = Object.entries(usage).map(([name, value]) => [
    name.replace('ru', 'ru_').toLowerCase(),
    value,
  ]);
  return Object.fromEntries(entries) as WorkerResourceUsage;
}
