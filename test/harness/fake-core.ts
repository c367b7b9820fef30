import { EventEmitter } from 'node:events';
import type {
  CoreConsumer,
  CoreDataConsumer,
  CoreDirectTransport,
  CoreProducer,
  CoreRouter,
  CoreTransport,
  CoreWorker,
} from '../../ts/server/rooms/core.js';
import { InvalidStateError, NotFoundError, WorkerClosedError } from '../../ts/shared/errors.js';
import { generateRouterRtpCapabilities } from '../../ts/shared/rtp/negotiate.js';
import type {
  MediaKind,
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpParameters,
  SctpStreamParameters,
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

  readonly settings: object[] = [];

  async updateSettings(settings: object): Promise<void> {
    await this.command('updateSettings');
    this.settings.push(settings);
  }

  async dump() {
    await this.command('dump');
    return { pid: this.pid, routers: this.routers.filter(({ closed }) => !closed).length };
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
    for (const router of this.routers) {
      router.close();
      router.emit('workerclose');
    }
  }
}

export class FakeRouter extends FakeObject implements CoreRouter {
  readonly rtpCapabilities: RtpCapabilities;
  readonly transports: FakeTransport[] = [];
  readonly producers = new Map<string, FakeProducer>();
  readonly dataProducers = new Map<string, FakeDataProducer>();
  readonly direct: FakeDirectTransport[] = [];
  readonly listenInfos: object[][] = [];
  /** 'id' of each producer, or data producer, that was piped from here to there, once. */
  readonly pipes: { id: string; to: FakeRouter }[] = [];

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

  async createDirectTransport(): Promise<FakeDirectTransport> {
    await this.command('createDirectTransport');
    const transport = new FakeDirectTransport(this);
    this.direct.push(transport);
    return transport;
  }

  async pipeToRouter(options: { producerId?: string; dataProducerId?: string; router: CoreRouter }) {
    const to = options.router as FakeRouter;
    const id = options.producerId ?? options.dataProducerId!;
    await this.command(`pipeToRouter ${id}`);
    const [from, there] = options.producerId
      ? ([this.producers, to.producers] as const)
      : ([this.dataProducers, to.dataProducers] as const);
    const source = from.get(id);
    if (!source || source.closed) throw new NotFoundError(`no producer ${id}`);
    if (!there.has(id)) this.pipes.push({ id, to });
    // The same object: what happens to it happens at both ends.
    (there as Map<string, unknown>).set(id, source);
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
  readonly sctpParameters = { port: 5000, maxMessageSize: 262_144 };
  readonly dataProducers: FakeDataProducer[] = [];
  readonly dataConsumers: FakeDataConsumer[] = [];
  readonly iceParameters = { usernameFragment: 'user', password: 'password', iceLite: true };
  readonly iceCandidates = [];
  readonly dtlsParameters = { role: 'auto' as const, fingerprints: [] };
  readonly consumers: FakeConsumer[] = [];
  readonly producers: FakeProducer[] = [];
  iceState: CoreTransport['iceState'] = 'new';
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
    const id = newId();
    const producer = new FakeProducer(id, options.kind, options.rtpParameters, options.paused);
    this.#router.producers.set(id, producer);
    this.producers.push(producer);
    return producer;
  }

  async consume({
    producerId,
    paused,
    allocation,
  }: {
    producerId: string;
    paused: boolean;
    allocation: { tier: number };
  }): Promise<FakeConsumer> {
    await this.command('consume');
    const producer = this.#router.producers.get(producerId);
    if (!producer || producer.closed) throw new NotFoundError(`no producer ${producerId}`);
    const consumer = new FakeConsumer(
      { ...producer.rtpParameters, mid: String(this.consumers.length), encodings: [{ ssrc: 1 }] },
      paused,
      allocation.tier,
    );
    this.consumers.push(consumer);
    return consumer;
  }

  async produceData({ sctpStreamParameters }: { sctpStreamParameters: SctpStreamParameters }) {
    await this.command('produceData');
    const { streamId } = sctpStreamParameters;
    const taken = this.dataProducers.some((one) => !one.closed && one.streamId === streamId);
    if (taken)
      throw new TypeError('sctpStreamParameters.streamId: another data producer of this transport has it');
    const dataProducer = new FakeDataProducer(sctpStreamParameters);
    this.#router.dataProducers.set(dataProducer.id, dataProducer);
    this.dataProducers.push(dataProducer);
    return dataProducer;
  }

  async consumeData(options: { dataProducerId: string; ordered?: boolean; maxRetransmits?: number }) {
    await this.command('consumeData');
    const { dataProducerId, ...delivery } = options;
    const source = this.#router.dataProducers.get(dataProducerId);
    if (!source || source.closed) throw new NotFoundError(`no data producer ${dataProducerId}`);
    const dataConsumer = new FakeDataConsumer(source, { ...delivery, streamId: this.dataConsumers.length });
    this.dataConsumers.push(dataConsumer);
    return dataConsumer;
  }

  override close(): void {
    super.close();
    const data = [...this.dataProducers, ...this.dataConsumers];
    for (const part of [...this.producers, ...this.consumers, ...data]) part.close();
  }
}

let lastId = 0;

function newId(): string {
  lastId += 1;
  return `core-${lastId}`;
}

type Audience = { receive(message: string | Buffer): void };

/** `receive()` is the client's message, `send()` the application's. */
export class FakeDataProducer extends FakeObject {
  readonly id = newId();
  readonly audiences = new Set<Audience>();
  readonly ordered: boolean | undefined;
  readonly maxRetransmits: number | undefined;
  readonly streamId: number | undefined;

  constructor({ streamId, ordered, maxRetransmits }: Partial<SctpStreamParameters> = {}) {
    super();
    this.streamId = streamId;
    this.ordered = ordered;
    this.maxRetransmits = maxRetransmits;
  }

  receive(message: string | Buffer): void {
    for (const audience of this.audiences) audience.receive(message);
  }

  send(message: string | Buffer): void {
    if (this.closed) throw new InvalidStateError('the data producer is closed');
    this.receive(message);
  }
}

export class FakeDataConsumer extends FakeObject implements CoreDataConsumer {
  /** What went to the client. */
  readonly sent: (string | Buffer)[] = [];
  paused = true;
  /** As if too much waited. */
  full = false;
  readonly #source: FakeDataProducer;

  constructor(
    source: FakeDataProducer,
    readonly sctpStreamParameters: SctpStreamParameters,
  ) {
    super();
    this.#source = source;
    source.audiences.add(this);
  }

  receive(message: string | Buffer): void {
    if (this.paused) return;
    if (this.full) this.emit('sctpsendbufferfull');
    else this.sent.push(message);
  }

  async resume(): Promise<void> {
    await this.command('resume');
    this.paused = false;
  }

  async send(message: string | Buffer): Promise<number> {
    await this.command('send');
    if (this.full) throw new Error('sctpsendbufferfull');
    this.sent.push(message);
    return 0;
  }

  override close(): void {
    super.close();
    this.#source.audiences.delete(this);
  }
}

/** The application's end. */
export class FakeDirectTransport extends FakeObject implements CoreDirectTransport {
  readonly dataProducers: FakeDataProducer[] = [];
  readonly dataConsumers: FakeDirectDataConsumer[] = [];

  constructor(readonly router: FakeRouter) {
    super();
  }

  async produceData(): Promise<FakeDataProducer> {
    await this.command('produceData');
    const dataProducer = new FakeDataProducer();
    this.router.dataProducers.set(dataProducer.id, dataProducer);
    this.dataProducers.push(dataProducer);
    return dataProducer;
  }

  async consumeData({ dataProducerId }: { dataProducerId: string }): Promise<FakeDirectDataConsumer> {
    await this.command('consumeData');
    const source = this.router.dataProducers.get(dataProducerId);
    if (!source || source.closed) throw new NotFoundError(`no data producer ${dataProducerId}`);
    const dataConsumer = new FakeDirectDataConsumer(source);
    this.dataConsumers.push(dataConsumer);
    return dataConsumer;
  }
}

export class FakeDirectDataConsumer extends FakeObject {
  readonly #source: FakeDataProducer;

  constructor(source: FakeDataProducer) {
    super();
    this.#source = source;
    source.audiences.add(this);
  }

  receive(message: string | Buffer): void {
    const isText = typeof message === 'string';
    if (message.length === 0) this.emit('message', Buffer.from(' '), isText ? 56 : 57);
    else this.emit('message', Buffer.from(message as string), isText ? 51 : 53);
  }

  override close(): void {
    super.close();
    this.#source.audiences.delete(this);
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
    public tier: number,
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

  async setAllocation({ tier }: { tier: number }): Promise<void> {
    this.tier = tier;
    await this.command('setAllocation');
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
