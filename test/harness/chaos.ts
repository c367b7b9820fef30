// Requests on everything that the core has, and closes of anything, in an order that a seed fixes.
import type * as core from '../../ts/server/core/index.js';
import { type Random, seededRandom } from './random.js';
import { allOf, mediaCodecs, opusParameters, simulcastParameters } from './rtp-options.js';

const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
const listenInfos = [listenInfo];
const serverInfos = [listenInfo, { protocol: 'tcp' as const, ip: '127.0.0.1' }];
const dtlsParameters = {
  role: 'client' as const,
  fingerprints: [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }],
};
/** How many acts there are of closed objects, too. */
const CLOSED_SHARE = 0.1;

type Families = {
  worker: core.Worker;
  server: core.WebRtcServer;
  router: core.Router;
  webrtc: core.WebRtcTransport;
  plain: core.PlainTransport;
  pipe: core.PipeTransport;
  direct: core.DirectTransport;
  producer: core.Producer;
  consumer: core.Consumer;
  dataProducer: core.DataProducer;
  dataConsumer: core.DataConsumer;
  rtpObserver: core.RtpObserver;
};
export type Family = keyof Families;
type Closable = { readonly closed: boolean; close(): void };
type Call<T> = (object: T) => unknown;

/** A call that was made, and how it ended; `error` is missing as long as it has not, or if it was well. */
export type Outcome = { what: string; settled: boolean; error?: Error };

type Producing = core.WebRtcTransport | core.PlainTransport | core.DirectTransport;

export class Chaos {
  readonly outcomes: Outcome[] = [];
  readonly #random: Random;
  readonly #all = new Map<Family, Set<Closable>>();
  readonly #connected = new WeakSet<object>();
  readonly #parents = new WeakMap<object, object>();
  readonly #acts: [what: string, act: () => unknown][];
  #streams = 0;

  constructor(seed: number, workers: core.Worker[]) {
    this.#random = seededRandom(seed);
    this.#acts = [
      ...this.#making(),
      ...Object.entries(this.#calls()).flatMap(([family, calls]) =>
        Object.entries(calls as Record<string, Call<unknown>>).map(
          ([name, call]) =>
            [`${family}.${name}`, () => this.#with(family as Family, call)] as [string, () => unknown],
        ),
      ),
    ];
    for (const worker of workers) this.#adoptWorker(worker);
  }

  /** So many acts, without waiting for what they ask; sometimes a turn of the event loop passes. */
  async run(acts: number, closes: number): Promise<void> {
    for (let act = 0; act < acts; act++) {
      const [what, call] = this.#random() < closes ? this.#closing() : this.#pick(this.#acts)!;
      this.#note(what, call);
      if (this.#random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Those that are open. */
  open<F extends Family>(family: F): Families[F][] {
    return [...(this.#all.get(family) ?? [])].filter(({ closed }) => !closed) as unknown as Families[F][];
  }

  /** Those of them that were made by `parent`. */
  openIn<F extends Family>(parent: object, family: F): Families[F][] {
    return this.open(family).filter((one) => this.#parents.get(one) === parent);
  }

  pending(): string[] {
    return this.outcomes.filter(({ settled }) => !settled).map(({ what }) => what);
  }

  // ---- what is done

  #note(what: string, call: () => unknown): void {
    const outcome: Outcome = { what, settled: false };
    this.outcomes.push(outcome);
    (async () => call())()
      .catch((error: Error) => {
        outcome.error = error;
      })
      .finally(() => {
        outcome.settled = true;
      });
  }

  #making(): [string, () => unknown][] {
    const router = (call: Call<core.Router>) => () => this.#with('router', call);
    return [
      ['createRouter', () => this.#with('worker', (worker) => worker.createRouter({ mediaCodecs }))],
      ['createWebRtcServer', () => this.#with('worker', (worker) => this.#newServer(worker))],
      [
        'createWebRtcTransport',
        router((one) => one.createWebRtcTransport({ listenInfos, enableSctp: true })),
      ],
      ['createWebRtcTransport of a server', router((one) => this.#newServed(one))],
      ['createPlainTransport', router((one) => this.#newPlain(one))],
      ['createPipeTransport', router((one) => one.createPipeTransport({ listenInfo, enableSctp: true }))],
      ['createDirectTransport', router((one) => one.createDirectTransport())],
      ['createAudioLevelObserver', router((one) => one.createAudioLevelObserver())],
      ['createActiveSpeakerObserver', router((one) => one.createActiveSpeakerObserver())],
      ...this.#several('produce', 3, () => this.#produce()),
      ...this.#several('consume', 5, () => this.#consume()),
      ...this.#several('consume of a pipe', 2, () => this.#consumeOfPipe()),
      ...this.#several('produceData', 3, () => this.#produceData()),
      ...this.#several('consumeData', 4, () => this.#consumeData()),
      ...this.#several('pipeToRouter', 4, () => this.#pipeToRouter()),
    ];
  }

  #several(what: string, times: number, act: () => unknown): [string, () => unknown][] {
    return Array.from({ length: times }, () => [what, act]);
  }

  #newServer(worker: core.Worker) {
    return worker.createWebRtcServer({ listenInfos: serverInfos });
  }

  #newServed(router: core.Router) {
    const webRtcServer = this.#pick(this.open('server'));
    const worker = this.#parents.get(router);
    if (!webRtcServer || worker !== this.#parents.get(webRtcServer)) return undefined;
    return router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  }

  #newPlain(router: core.Router) {
    const enableSrtp = this.#random() < 0.3;
    return router.createPlainTransport({
      listenInfo,
      rtcpMux: this.#random() < 0.5,
      comedia: true,
      enableSrtp,
    });
  }

  #produce() {
    const transport = this.#some<Producing>(['webrtc', 'plain', 'direct']);
    const number = ++this.#streams;
    return this.#random() < 0.5
      ? transport?.produce({ kind: 'audio', rtpParameters: opusParameters(`a${number}`, 1000 + number) })
      : transport?.produce({ kind: 'video', rtpParameters: simulcastParameters(`v${number}`) });
  }

  #consume() {
    const transport = this.#some<Producing>(['webrtc', 'plain', 'direct']);
    const router = this.#routerOf(transport);
    const producerId = this.#idOfOneIn(router, 'producer');
    if (!transport || !router || !producerId) return undefined;
    return transport.consume({ producerId, rtpCapabilities: allOf(router.rtpCapabilities) });
  }

  #consumeOfPipe() {
    const transport = this.#some<core.PipeTransport>(['pipe']);
    const producerId = this.#idOfOneIn(this.#routerOf(transport), 'producer');
    return producerId && transport?.consume({ producerId });
  }

  #produceData() {
    if (this.#random() < 0.5)
      return this.#some<core.DirectTransport>(['direct'])?.produceData({ label: 'direct' });
    const streamId = ++this.#streams % 65_535;
    return this.#some<core.WebRtcTransport>(['webrtc'])?.produceData({ sctpStreamParameters: { streamId } });
  }

  #consumeData() {
    const transport = this.#some<core.WebRtcTransport>(['webrtc', 'direct']);
    const dataProducerId = this.#idOfOneIn(this.#routerOf(transport), 'dataProducer');
    return dataProducerId && transport?.consumeData({ dataProducerId });
  }

  #pipeToRouter() {
    const from = this.#some<core.Router>(['router']);
    const router = this.#some<core.Router>(['router']);
    if (!from || !router || from === router) return undefined;
    const keepId = this.#parents.get(from) !== this.#parents.get(router) && this.#random() < 0.5;
    const producerId = this.#idOfOneIn(from, 'producer');
    const dataProducerId = this.#idOfOneIn(from, 'dataProducer');
    if (producerId && this.#random() < 0.6) return from.pipeToRouter({ producerId, router, keepId });
    return dataProducerId && from.pipeToRouter({ dataProducerId, router, keepId });
  }

  #calls(): { [F in Family]: Record<string, Call<Families[F]>> } {
    const bitrate = () => 100_000 + Math.floor(this.#random() * 1_000_000);
    const transport = {
      dump: (one: core.Transport) => one.dump(),
      getStats: (one: core.Transport) => one.getStats(),
      setMaxIncomingBitrate: (one: core.Transport) => one.setMaxIncomingBitrate(bitrate()),
      setMaxOutgoingBitrate: (one: core.Transport) => one.setMaxOutgoingBitrate(2_000_000 + bitrate()),
      setMinOutgoingBitrate: (one: core.Transport) => one.setMinOutgoingBitrate(bitrate()),
      enableTraceEvent: (one: core.Transport) => one.enableTraceEvent(['probation', 'bwe']),
    };
    return {
      worker: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        getResourceUsage: (one) => one.getResourceUsage(),
        updateSettings: (one) => one.updateSettings({ logLevel: 'error' }),
      },
      server: { dump: (one) => one.dump() },
      router: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        updateMediaCodecs: (one) => one.updateMediaCodecs(mediaCodecs),
      },
      webrtc: {
        ...transport,
        connect: (one) => this.#connect(one, { dtlsParameters }),
        restartIce: (one) => one.restartIce(),
      },
      plain: {
        ...transport,
        connect: (one) => one.srtpParameters && this.#connect(one, { srtpParameters: one.srtpParameters }),
      },
      pipe: { ...transport, connect: (one) => this.#connect(one, { ip: '127.0.0.1', port: 9 }) },
      direct: { ...transport, sendRtcp: (one) => one.sendRtcp(Buffer.from('80c90001000003e8', 'hex')) },
      producer: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        pause: (one) => one.pause(),
        resume: (one) => one.resume(),
        enableTraceEvent: (one) => one.enableTraceEvent(['rtp', 'keyframe', 'nack', 'pli', 'fir']),
        send: (one) => this.#sendRtp(one),
      },
      consumer: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        pause: (one) => one.pause(),
        resume: (one) => one.resume(),
        setPreferredLayers: (one) => one.setPreferredLayers({ spatialLayer: this.#below(3) }),
        setPriority: (one) => one.setPriority(1 + this.#below(255)),
        unsetPriority: (one) => one.unsetPriority(),
        setAllocation: (one) => one.setAllocation({ tier: this.#below(256), whenStarved: 'pause' }),
        requestKeyFrame: (one) => one.requestKeyFrame(),
        enableTraceEvent: (one) => one.enableTraceEvent(['rtp', 'keyframe', 'nack', 'pli', 'fir']),
      },
      dataProducer: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        pause: (one) => one.pause(),
        resume: (one) => one.resume(),
        send: (one) => one.send('hello', undefined, [this.#below(3)]),
      },
      dataConsumer: {
        dump: (one) => one.dump(),
        getStats: (one) => one.getStats(),
        pause: (one) => one.pause(),
        resume: (one) => one.resume(),
        getBufferedAmount: (one) => one.getBufferedAmount(),
        setBufferedAmountLowThreshold: (one) => one.setBufferedAmountLowThreshold(this.#below(5000)),
        send: (one) => one.send('hello'),
        setSubchannels: (one) => one.setSubchannels([this.#below(3)]),
        addSubchannel: (one) => one.addSubchannel(this.#below(3)),
        removeSubchannel: (one) => one.removeSubchannel(this.#below(3)),
      },
      rtpObserver: {
        pause: (one) => one.pause(),
        resume: (one) => one.resume(),
        addProducer: (one) => this.#onObserved(one, (producerId) => one.addProducer({ producerId })),
        removeProducer: (one) => this.#onObserved(one, (producerId) => one.removeProducer({ producerId })),
      },
    };
  }

  #connect<P>(one: { connect(params: P): Promise<void> }, params: P) {
    if (this.#connected.has(one)) return undefined;
    this.#connected.add(one);
    return one.connect(params);
  }

  #sendRtp(producer: core.Producer) {
    const packet = Buffer.alloc(40);
    packet.set([0x80, 111, 0, this.#below(256)]);
    packet.writeUInt32BE(producer.rtpParameters.encodings?.[0]?.ssrc ?? 1, 8);
    producer.send(packet);
  }

  #onObserved(observer: core.RtpObserver, call: (producerId: string) => unknown) {
    const router = this.#routerOf(observer);
    const audio = this.open('producer').filter(
      (one) => one.kind === 'audio' && this.#routerOf(one) === router,
    );
    const producer = this.#pick(audio);
    return producer && call(producer.id);
  }

  /** Of what is made most there is most to close; a worker lives on. */
  #closing(): [string, () => unknown] {
    const families = [...this.#all.keys()].filter((family) => family !== 'worker');
    const family = this.#pick(
      families.flatMap((name) => Array(name === 'router' || name === 'server' ? 1 : 3).fill(name)),
    );
    const object = family && (this.#pick(this.open(family)) as Closable | undefined);
    return [`${family}.close`, () => object?.close()];
  }

  // ---- who is there

  #adoptWorker(worker: core.Worker): void {
    this.#add('worker', worker);
    worker.observer.on('newrouter', (router) => this.#adoptRouter(router, worker));
    worker.observer.on('newwebrtcserver', (server) => this.#add('server', server, worker));
  }

  #adoptRouter(router: core.Router, worker: core.Worker): void {
    this.#add('router', router, worker);
    router.observer.on('newtransport', (transport) => this.#adoptTransport(transport, router));
    router.observer.on('newrtpobserver', (observer) => this.#add('rtpObserver', observer, router));
  }

  #adoptTransport(transport: core.Transport, router: core.Router): void {
    this.#add(transport.type, transport, router);
    transport.observer.on('newproducer', (one) => this.#add('producer', one, transport));
    transport.observer.on('newconsumer', (one) => this.#add('consumer', one, transport));
    transport.observer.on('newdataproducer', (one) => this.#add('dataProducer', one, transport));
    transport.observer.on('newdataconsumer', (one) => this.#add('dataConsumer', one, transport));
  }

  #add(family: Family, object: Closable, parent?: object): void {
    const all = this.#all.get(family) ?? new Set();
    this.#all.set(family, all.add(object));
    if (parent) this.#parents.set(object, parent);
  }

  /** Of something below a router. */
  #routerOf(object: object | undefined): core.Router | undefined {
    if (!object || this.#all.get('router')?.has(object as Closable)) return object as core.Router;
    return this.#routerOf(this.#parents.get(object));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(list: T[]): T | undefined {
    return list[this.#below(list.length)];
  }

  /** An open one, or sometimes one that may be closed. */
  #some<T>(families: Family[]): T | undefined {
    const mayBeClosed = this.#random() < CLOSED_SHARE;
    const objects = families.flatMap((family) =>
      mayBeClosed ? [...(this.#all.get(family) ?? [])] : this.open(family),
    );
    return this.#pick(objects) as T | undefined;
  }

  #with<F extends Family>(family: F, call: Call<Families[F]>): unknown {
    const object = this.#some<Families[F]>([family]);
    return object && call(object);
  }

  #idOfOneIn(router: core.Router | undefined, family: 'producer' | 'dataProducer'): string | undefined {
    return this.#pick<core.Producer | core.DataProducer>(
      this.open(family).filter((one) => this.#routerOf(one) === router),
    )?.id;
  }
}
