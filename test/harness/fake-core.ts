import { EventEmitter } from 'node:events';
import type {
  CoreConsumer,
  CoreProducer,
  CoreRouter,
  CoreTransport,
  CoreWorker,
} from '../../ts/server/rooms/core.js';
import { NotFoundError, WorkerClosedError } from '../../ts/shared/errors.js';
import { generateRouterRtpCapabilities } from '../../ts/shared/rtp/negotiate.js';
import type {
  MediaKind,
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpParameters,
} from '../../ts/shared/rtp/rtp-parameters.js';

/**
 * A core without a worker, for tests of the rooms: it keeps what it is told and answers in a later task. `calls` has
 * the names of the commands in order.
 */
class FakeObject extends EventEmitter {
  readonly calls: string[] = [];
  closed = false;

  protected async command(name: string): Promise<void> {
    this.calls.push(name);
    await new Promise(setImmediate);
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeWorker extends FakeObject implements CoreWorker {
  readonly pid = 1;
  readonly routers: FakeRouter[] = [];

  async createRouter({ mediaCodecs }: { mediaCodecs: RouterRtpCodecCapability[] }): Promise<FakeRouter> {
    await this.command('createRouter');
    if (this.closed) throw new WorkerClosedError('the worker is closed');
    const router = new FakeRouter(generateRouterRtpCapabilities(mediaCodecs));
    this.routers.push(router);
    return router;
  }

  override close(): void {
    this.#end();
    setImmediate(() => this.emit('subprocessclose'));
  }

  die(): void {
    this.#end();
    this.emit('died', new Error('signal SIGKILL'));
    this.emit('subprocessclose');
  }

  #end(): void {
    this.closed = true;
    for (const router of this.routers) router.emit('workerclose');
  }
}

export class FakeRouter extends FakeObject implements CoreRouter {
  readonly rtpCapabilities: RtpCapabilities;
  readonly transports: FakeTransport[] = [];
  readonly producers = new Map<string, FakeProducer>();
  readonly listenInfos: object[][] = [];

  constructor(rtpCapabilities: RtpCapabilities) {
    super();
    this.rtpCapabilities = rtpCapabilities;
  }

  canConsume({
    producerId,
    rtpCapabilities,
  }: {
    producerId: string;
    rtpCapabilities: RtpCapabilities;
  }): boolean {
    const kind = this.producers.get(producerId)?.kind;
    return (rtpCapabilities.codecs ?? []).some((codec) => codec.kind === kind);
  }

  async createWebRtcTransport({ listenInfos }: { listenInfos: object[] }): Promise<FakeTransport> {
    await this.command('createWebRtcTransport');
    this.listenInfos.push(listenInfos);
    const transport = new FakeTransport(this);
    this.transports.push(transport);
    return transport;
  }
}

export class FakeTransport extends FakeObject implements CoreTransport {
  readonly iceParameters = { usernameFragment: 'user', password: 'password', iceLite: true };
  readonly iceCandidates = [];
  readonly dtlsParameters = { role: 'auto' as const, fingerprints: [] };
  readonly consumers: FakeConsumer[] = [];
  readonly producers: FakeProducer[] = [];
  readonly iceState = 'new';
  dtlsState: CoreTransport['dtlsState'] = 'new';
  maxIncomingBitrate = 0;
  readonly #router: FakeRouter;

  constructor(router: FakeRouter) {
    super();
    this.#router = router;
  }

  connect(): Promise<void> {
    return this.command('connect');
  }

  async restartIce() {
    await this.command('restartIce');
    return { ...this.iceParameters, password: 'other' };
  }

  async setMaxIncomingBitrate(bitrate: number): Promise<void> {
    await this.command('setMaxIncomingBitrate');
    this.maxIncomingBitrate = bitrate;
  }

  async getStats() {
    return [{ type: 'webrtc-transport' }];
  }

  async produce(options: { kind: MediaKind; rtpParameters: RtpParameters; paused: boolean }) {
    await this.command('produce');
    if (options.rtpParameters.codecs.length === 0)
      throw new TypeError('rtpParameters.codecs must not be empty');
    const id = `core-${this.#router.producers.size}`;
    const producer = new FakeProducer(id, options.kind, options.rtpParameters, options.paused);
    this.#router.producers.set(id, producer);
    this.producers.push(producer);
    return producer;
  }

  async consume({ producerId, paused }: { producerId: string; paused: boolean }): Promise<FakeConsumer> {
    await this.command('consume');
    const producer = this.#router.producers.get(producerId);
    if (!producer || producer.closed) throw new NotFoundError(`no producer ${producerId}`);
    const consumer = new FakeConsumer(
      { ...producer.rtpParameters, mid: String(this.consumers.length), encodings: [{ ssrc: 1 }] },
      paused,
    );
    this.consumers.push(consumer);
    return consumer;
  }

  override close(): void {
    super.close();
    for (const part of [...this.producers, ...this.consumers]) part.close();
  }
}

export class FakeProducer extends FakeObject implements CoreProducer {
  constructor(
    readonly id: string,
    readonly kind: MediaKind,
    readonly rtpParameters: RtpParameters,
    public paused: boolean,
  ) {
    super();
  }

  async pause(): Promise<void> {
    this.paused = true;
    await this.command('pause');
  }

  async resume(): Promise<void> {
    this.paused = false;
    await this.command('resume');
  }

  async getStats() {
    return [{ type: 'inbound-rtp' }];
  }
}

export class FakeConsumer extends FakeObject implements CoreConsumer {
  readonly currentLayers = undefined;
  spatialLayer?: number;

  constructor(
    readonly rtpParameters: RtpParameters,
    public paused: boolean,
  ) {
    super();
  }

  async pause(): Promise<void> {
    this.paused = true;
    await this.command('pause');
  }

  async resume(): Promise<void> {
    this.paused = false;
    await this.command('resume');
  }

  async setPreferredLayers({ spatialLayer }: { spatialLayer: number }): Promise<void> {
    this.spatialLayer = spatialLayer;
    await this.command('setPreferredLayers');
  }

  requestKeyFrame(): Promise<void> {
    return this.command('requestKeyFrame');
  }

  async getStats() {
    return [{ type: 'outbound-rtp' }];
  }
}
