import { Channel } from '../../ts/server/core/channel.js';
import type { Pipe } from '../../ts/server/core/pipe.js';
import { Worker } from '../../ts/server/core/worker.js';
import type { WorkerExit } from '../../ts/server/core/worker-host.js';
import { readWorkerSettings } from '../../ts/server/core/worker-settings.js';
import * as messages from '../../ts/shared/channel/messages.gen.js';

// biome-ignore lint/suspicious/noExplicitAny: bodies of all methods go through here.
type Body = any;
type Answer = (body: Body) => object | messages.Failure;
type Codec = Record<string, (message: unknown) => Body>;

const METHODS = Object.getOwnPropertyNames(messages.Control.prototype).slice(1);
const codec = messages as unknown as Codec;

/** The responses that are not Done. */
const RESPONSES: Record<string, string> = {
  listen: 'Listening',
  getResourceUsage: 'ResourceUsage',
  dumpWorker: 'WorkerDump',
  dumpRouter: 'RouterDump',
  createWebRtcTransport: 'WebRtcTransportCreated',
  connectWebRtcTransport: 'WebRtcTransportConnected',
  restartIce: 'IceParameters',
  createPlainTransport: 'PlainTransportCreated',
  connectPlainTransport: 'PlainTransportConnected',
  dumpTransport: 'TransportDump',
  getTransportStats: 'TransportStats',
  dumpProducer: 'ProducerDump',
  getProducerStats: 'StreamStatsList',
  consume: 'Consumed',
  setPreferredLayers: 'PreferredLayers',
  dumpConsumer: 'ConsumerDump',
  getConsumerStats: 'StreamStatsList',
  dumpDataProducer: 'DataProducerDump',
  getDataProducerStats: 'DataProducerStats',
  getBufferedAmount: 'BufferedAmount',
  sendToDataConsumer: 'BufferedAmount',
  dumpDataConsumer: 'DataConsumerDump',
  getDataConsumerStats: 'DataConsumerStats',
  getAllStats: 'AllStats',
};

export type ScriptedRequest = { id: number; method: string; body: Body };

/**
 * The other end of a pipe, which speaks the real protocol and does as the test says. Everything that it sends leaves
 * in order, after the code that caused it.
 */
export class ScriptedWorker implements Pipe {
  readonly requests: ScriptedRequest[] = [];
  /** Methods that get no answer. */
  readonly held = new Set<string>();
  /** False: the pipe is full. */
  hasRoom = true;
  #sockets = 0;
  #outgoing: Uint8Array[] = [];
  #closed = false;

  onMessage: (message: Uint8Array) => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: Error) => void = () => {};

  /** How requests are answered; a test puts its own in place. */
  readonly answers: Record<string, Answer> = {
    listen: ({ ip, port, minPort }) => ({ socket: ++this.#sockets, ip, port: port || minPort }),
    createWebRtcTransport: ({ addresses }) => ({
      iceParameters: { usernameFragment: 'ufrag', password: 'password', iceLite: true },
      iceCandidates: addresses.map(({ protocol, address, port }: messages.ListenAddress) => ({
        foundation: 'udpcandidate',
        priority: 1,
        address,
        protocol,
        port,
        type: 'host',
      })),
      fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }],
    }),
    connectWebRtcTransport: ({ role }) => ({ localRole: role === 'server' ? 'client' : 'server' }),
    restartIce: () => ({ usernameFragment: 'ufrag2', password: 'password2', iceLite: true }),
    createPlainTransport: ({ srtpCryptoSuite }) => srtp(srtpCryptoSuite),
    connectPlainTransport: ({ transport, ...remote }) => this.#connectPlain(transport, remote),
    consume: ({ paused }) => ({
      paused,
      producerPaused: false,
      score: { score: 10, producerScore: 10, producerScores: [10] },
    }),
    setPreferredLayers: ({ preferredLayers }) => ({ preferredLayers }),
  };

  #connectPlain(transport: number, { ip, port, rtcpPort }: Body): object {
    const { address, rtcpAddress, srtpCryptoSuite } = this.asked('createPlainTransport').find(
      (created) => created.transport === transport,
    );
    const tuple = (local: messages.ListenAddress, remotePort: number) => ({
      localAddress: local.address,
      localPort: local.port,
      remoteAddress: ip ?? '',
      remotePort: remotePort ?? 0,
      protocol: local.protocol,
    });
    return {
      tuple: tuple(address, port),
      ...(rtcpAddress && { rtcpTuple: tuple(rtcpAddress, rtcpPort) }),
      ...srtp(srtpCryptoSuite),
    };
  }

  send(message: Uint8Array): boolean {
    const { kind } = messages.decodeFrame(message);
    if (kind?.type !== 'request') throw new Error('only requests go to a worker');
    const method = METHODS[kind.method] ?? '';
    const body = codec[`decode${pascal(method)}`]?.(kind.body);
    this.requests.push({ id: kind.id, method, body });
    const isPosted = kind.id === 0;
    if (!isPosted && !this.held.has(method)) this.answer(kind.id, method, body);
    return this.hasRoom;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    setImmediate(() => this.onClose());
  }

  /** Answers a request that was held. */
  release(method: string): void {
    for (const request of this.requests.filter((other) => other.method === method)) {
      this.answer(request.id, request.method, request.body);
    }
  }

  answer(id: number, method: string, body: Body): void {
    const response = this.answers[method]?.(body) ?? {};
    const reply =
      'code' in response
        ? { id, error: response as messages.Failure, body: new Uint8Array() }
        : { id, body: codec[`encode${RESPONSES[method] ?? 'Done'}`]?.(complete(method, response)) };
    this.#post(messages.encodeFrame({ kind: { type: 'reply', ...reply } }));
  }

  tell(target: number, body: messages.Event['body']): void {
    this.#post(messages.encodeFrame({ kind: { type: 'event', target, body } }));
  }

  /** The bodies of all requests of a method. */
  asked(method: string): Body[] {
    return this.requests.filter((request) => request.method === method).map(({ body }) => body);
  }

  /** All of one turn arrive together, as they do when they come in one chunk. */
  #post(message: Uint8Array): void {
    if (this.#outgoing.push(message) > 1) return;
    setImmediate(() => {
      for (const next of this.#outgoing.splice(0)) if (!this.#closed) this.onMessage(next);
    });
  }
}

/** A Worker over a scripted one. */
export function scriptedWorker({ requestTimeout = 20_000 } = {}) {
  const script = new ScriptedWorker();
  let exit: (exit: WorkerExit) => void = () => {};
  const exited = new Promise<WorkerExit>((resolve) => {
    exit = resolve;
  });
  let kills = 0;
  const host = {
    pid: 4242,
    exited,
    kill: () => {
      kills++;
      exit({ signal: 'SIGKILL' });
    },
  };
  const settings = readWorkerSettings({ rtcMinPort: 40000, rtcMaxPort: 40100, requestTimeout });
  const worker = new Worker(host, new Channel(script, requestTimeout), settings);
  return { worker, script, exit, kills: () => kills };
}

/** Lets everything that is under way happen. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Parameters of a suite as the worker makes them: here a key of ones. */
function srtp(cryptoSuite?: messages.SrtpCryptoSuite): { srtpParameters?: messages.SrtpParameters } {
  if (!cryptoSuite) return {};
  const lengths = { aeadAes256Gcm: 44, aeadAes128Gcm: 28, aesCm128HmacSha180: 30, aesCm128HmacSha132: 30 };
  return { srtpParameters: { cryptoSuite, key: new Uint8Array(lengths[cryptoSuite]).fill(1) } };
}

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Lists and numbers that the test left out. */
function complete(method: string, response: object): object {
  const empty = codec[`decode${RESPONSES[method] ?? 'Done'}`]?.(new Uint8Array());
  return { ...empty, ...response };
}
