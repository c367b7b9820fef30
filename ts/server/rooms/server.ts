import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { InvalidStateError } from '../../shared/errors.js';
import { asBoolean, asInteger, asNonEmptyString, asObject, optional } from '../../shared/rtp/fields.js';
import { generateRouterRtpCapabilities } from '../../shared/rtp/negotiate.js';
import type { RouterRtpCodecCapability } from '../../shared/rtp/rtp-parameters.js';
import type { AppData } from '../../shared/signalling/messages.js';
import { createWorker } from '../core/create-worker.js';
import { EnhancedEventEmitter } from '../core/enhanced-event-emitter.js';
import type { EntityEvents } from '../core/entity.js';
import { readListenInfos, type TransportListenInfo } from '../core/listen-info.js';
import type { WorkerSettings, WorkerUpdateableSettings } from '../core/worker-settings.js';
import type { CoreWorker } from './core.js';
import { defaultMediaCodecs } from './media-codecs.js';
import { type Policy, Room } from './room.js';
import { Workers } from './workers.js';

/** Of all workers: see WorkerSettings of the core. */
type SharedWorkerSettings = Pick<
  WorkerSettings,
  'logLevel' | 'rtcMinPort' | 'rtcMaxPort' | 'dtlsCertificateFile' | 'dtlsPrivateKeyFile' | 'workerBin'
>;

/**
 * @example
 * { announcedAddress: '203.0.113.7', numWorkers: 2, policy: ({ context }) => context.user !== undefined }
 */
export type ServerOptions = SharedWorkerSettings & {
  /** Default: one for each processor. */
  numWorkers?: number;
  /** As processes of their own, or on threads of this one. Default 'process'. */
  workerMode?: 'process' | 'thread';
  /**
   * Where every worker listens. Default: UDP on all IPv4 addresses. If a `port` is given, it is the first worker's;
   * the others take the next ones.
   */
  listenInfos?: TransportListenInfo[];
  /** Under which clients reach those listen infos that have none of their own. */
  announcedAddress?: string;
  /** Of rooms that don't say. Default: opus, VP8, VP9, H264 (baseline), AV1 and H265. */
  mediaCodecs?: RouterRtpCodecCapability[];
  /** Of rooms that don't say. */
  policy?: Policy;
  /** Of rooms that don't say. */
  maxWorkers?: number;
  /** Of rooms that don't say. */
  dynacast?: boolean;
};

export type RoomOptions = {
  /** At most 256 characters, unique among open rooms. Default: a UUID v4. */
  id?: string;
  mediaCodecs?: RouterRtpCodecCapability[];
  policy?: Policy;
  /**
   * Its peers are on no more workers than these. Fewer are cheaper for a small room: what is sent from one worker to
   * another is work for both. Default: all.
   */
  maxWorkers?: number;
  /** Whether clients stop sending layers of video that nobody watches. Default true. */
  dynacast?: boolean;
  appData?: AppData;
};

export type ServerEvents = EntityEvents & {
  close: [];
  newroom: [room: Room];
  /** It is being replaced. The peers that were on it are closed, for 'worker died', and their clients join again. */
  workerdied: [error: Error];
};

/** Starts a worker of the core, or what stands for one in a test. */
export type CreateWorker = (settings: WorkerSettings) => Promise<CoreWorker>;

type ServerParts = {
  listenInfos: TransportListenInfo[];
  mediaCodecs: RouterRtpCodecCapability[];
  policy: Policy | undefined;
  maxWorkers: number;
  dynacast: boolean;
};

const MAX_WORKERS = 1024;
const MAX_ROOM_ID = 256;
const MAX_ADDRESS = 255;
const MAX_PORT = 65535;

/** The workers of this machine, and the rooms on them. */
export class Server extends EnhancedEventEmitter<ServerEvents> {
  readonly #parts: ServerParts;
  /** Of workers from now on. */
  #settings: WorkerSettings;
  readonly #rooms = new Map<string, Room>();
  #workers!: Workers;
  #closed = false;
  #workersClosed?: Promise<void>;

  private constructor(parts: ServerParts, settings: WorkerSettings) {
    super();
    this.#parts = parts;
    this.#settings = settings;
  }

  /** @internal See `createServer()`. */
  static async create(options: ServerOptions, createWorker: CreateWorker): Promise<Server> {
    const { numWorkers, settings, ...parts } = readServerOptions(options);
    const server = new Server(parts, settings);
    const onDied = (error: Error) => server.safeEmit('workerdied', error);
    server.#workers = await Workers.start(numWorkers, () => createWorker(server.#settings), onDied);
    return server;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How many are running: less than asked for while one is being replaced. */
  get numWorkers(): number {
    return this.#workers.size;
  }

  get rooms(): Room[] {
    return [...this.#rooms.values()];
  }

  getRoomById(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  /**
   * Makes a room. It takes workers as its peers come.
   *
   * @throws TypeError, InvalidStateError if there is one of this id, UnsupportedError for a codec
   */
  async createRoom(options: RoomOptions = {}): Promise<Room> {
    const { id, ...given } = readRoomOptions(options);
    if (this.closed) throw new InvalidStateError('the server is closed');
    if (this.#rooms.has(id)) throw new InvalidStateError(`there is already a room ${id}`);
    const { listenInfos, ...defaults } = this.#parts;
    const room = new Room({
      ...{ id, ...defaults, ...given },
      choose: (load, among) => this.#workers.take(load, among),
      listenInfosOf: ({ slot }) => onSlot(listenInfos, slot),
    });
    this.#rooms.set(id, room);
    room.onEnd = () => this.#rooms.delete(id);
    this.safeEmit('newroom', room);
    return room;
  }

  /**
   * The open room of this id, or a new one. However many ask for it at once, there is one.
   *
   * @throws TypeError, InvalidStateError
   */
  async openRoom(id: string, options: Omit<RoomOptions, 'id'> = {}): Promise<Room> {
    return this.#rooms.get(id) ?? this.createRoom({ ...options, id });
  }

  /**
   * Of all workers, also of those that will replace one.
   *
   * @throws TypeError naming the setting; InvalidStateError if it is closed
   */
  async updateSettings(settings: WorkerUpdateableSettings): Promise<void> {
    if (this.closed) throw new InvalidStateError('the server is closed');
    await Promise.all(this.#workers.all.map((worker) => worker.updateSettings(settings)));
    this.#settings = { ...this.#settings, ...settings };
  }

  /** One entry for each worker that is running: see WorkerDump of the core. */
  async dump(): Promise<object[]> {
    return Promise.all(this.#workers.all.map((worker) => worker.dump()));
  }

  /** Closes all rooms, whose clients hear 'server closed'. Resolves when all workers are gone. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.safeEmit('close');
      for (const room of this.rooms) room.end('server closed');
      this.#workersClosed = this.#workers.close();
    }
    await this.#workersClosed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * Starts the workers.
 *
 * @example
 * const server = await createServer({ announcedAddress: '203.0.113.7' });
 * const room = await server.createRoom();
 * room.accept(port);
 *
 * @throws TypeError; an Error that says what to do if the worker's program is missing
 */
export function createServer(options: ServerOptions = {}): Promise<Server> {
  return Server.create(options, createWorker);
}

function readServerOptions(
  options: ServerOptions,
): ServerParts & { numWorkers: number; settings: WorkerSettings } {
  const {
    numWorkers,
    workerMode,
    listenInfos,
    announcedAddress,
    mediaCodecs,
    policy,
    maxWorkers,
    dynacast,
    ...shared
  } = asObject(options, 'options') as ServerOptions;
  const count = asInteger(numWorkers ?? availableParallelism(), 'numWorkers', 1, MAX_WORKERS);
  const codecs = mediaCodecs ?? defaultMediaCodecs();
  generateRouterRtpCapabilities(codecs);
  return {
    numWorkers: count,
    settings: { ...shared, ...(workerMode !== undefined && { mode: workerMode }) },
    listenInfos: announced(readAddresses(listenInfos, count), announcedAddress),
    mediaCodecs: codecs,
    policy: asPolicy(policy),
    maxWorkers: asInteger(maxWorkers ?? MAX_WORKERS, 'maxWorkers', 1, MAX_WORKERS),
    dynacast: asBoolean(dynacast ?? true, 'dynacast'),
  };
}

function readAddresses(listenInfos: TransportListenInfo[] | undefined, count: number): TransportListenInfo[] {
  const infos = readListenInfos(listenInfos ?? [{ protocol: 'udp', ip: '0.0.0.0' }]);
  infos.forEach(({ port = 0 }, index) => {
    asInteger(port, `listenInfos[${index}].port`, 0, MAX_PORT - count + 1);
  });
  return infos;
}

function announced(infos: TransportListenInfo[], announcedAddress?: string): TransportListenInfo[] {
  const address = optional('announcedAddress', announcedAddress, (value) =>
    asNonEmptyString(value, 'announcedAddress', MAX_ADDRESS),
  );
  return infos.map((info) => ({ ...address, ...info }));
}

function onSlot(infos: TransportListenInfo[], slot: number): TransportListenInfo[] {
  return infos.map((info) => (info.port ? { ...info, port: info.port + slot } : info));
}

function readRoomOptions(options: RoomOptions): RoomOptions & { id: string } {
  const { id, mediaCodecs, policy, maxWorkers, dynacast, appData } = asObject(
    options,
    'options',
  ) as RoomOptions;
  return {
    id: asNonEmptyString(id ?? randomUUID(), 'id', MAX_ROOM_ID),
    ...(mediaCodecs !== undefined && { mediaCodecs }),
    ...optional('policy', policy, asPolicy),
    ...optional('maxWorkers', maxWorkers, (value) => asInteger(value, 'maxWorkers', 1, MAX_WORKERS)),
    ...optional('dynacast', dynacast, (value) => asBoolean(value, 'dynacast')),
    appData,
  };
}

function asPolicy(policy: unknown): Policy | undefined {
  if (policy !== undefined && typeof policy !== 'function') throw new TypeError('policy must be a function');
  return policy as Policy | undefined;
}
