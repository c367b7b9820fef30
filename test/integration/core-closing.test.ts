/** What closes with what, in which order it is told, and what a listener that throws does to it. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import { mediaCodecs, opusParameters } from '../harness/rtp-options.js';

const udp = { protocol: 'udp' as const, ip: '127.0.0.1' };

/** One of everything. */
async function everything() {
  const worker = await core.createWorker();
  const server = await worker.createWebRtcServer({ listenInfos: [udp] });
  const router = await worker.createRouter({ mediaCodecs });
  const webrtc = await router.createWebRtcTransport({ webRtcServer: server });
  const plain = await router.createPlainTransport({ listenInfo: udp });
  const pipe = await router.createPipeTransport({ listenInfo: udp });
  const direct = await router.createDirectTransport();
  const levels = await router.createAudioLevelObserver();
  const speaker = await router.createActiveSpeakerObserver();
  const producer = await direct.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const { rtpCapabilities } = router;
  const consumer = await webrtc.consume({ producerId: producer.id, rtpCapabilities });
  const dataProducer = await direct.produceData();
  const dataConsumer = await direct.consumeData({ dataProducerId: dataProducer.id });
  const all = {
    worker,
    server,
    router,
    webrtc,
    plain,
    pipe,
    direct,
    levels,
    speaker,
    producer,
    consumer,
    dataProducer,
    dataConsumer,
  };
  return all;
}

type Everything = Awaited<ReturnType<typeof everything>>;
type Name = keyof Everything;

let all: Everything;

beforeEach(async () => {
  all = await everything();
});

afterEach(async () => {
  all.worker.close();
  if (!all.worker.subprocessClosed) await next(all.worker, 'subprocessclose');
});

const causes = [
  'workerclose',
  'listenserverclose',
  'routerclose',
  'transportclose',
  'producerclose',
  'dataproducerclose',
];

/** The events of closing, of everything, and of everything's observer. */
function listen(): string[] {
  const heard: string[] = [];
  for (const [name, object] of Object.entries(all)) {
    note(heard, name, object as unknown as core.EnhancedEventEmitter, causes);
    note(heard, name, object.observer as unknown as core.EnhancedEventEmitter, ['close']);
  }
  return heard;
}

const stillOpen = (): string[] => Object.entries(all).flatMap(([name, { closed }]) => (closed ? [] : [name]));

describe('closing', () => {
  it.each<[Name, string[]]>([
    ['consumer', ['consumer close']],
    ['dataConsumer', ['dataConsumer close']],
    ['producer', ['producer close', 'consumer producerclose', 'consumer close']],
    ['dataProducer', ['dataProducer close', 'dataConsumer dataproducerclose', 'dataConsumer close']],
    ['webrtc', ['consumer transportclose', 'consumer close', 'webrtc close']],
    ['plain', ['plain close']],
    ['pipe', ['pipe close']],
    ['levels', ['levels close']],
    ['speaker', ['speaker close']],
    [
      'server',
      [
        'consumer transportclose',
        'consumer close',
        'webrtc listenserverclose',
        'webrtc close',
        'server close',
      ],
    ],
  ])('%s tells in this order', async (name, order) => {
    const heard = listen();
    const before = stillOpen().length;

    all[name].close();
    all[name].close();

    expect(heard).toEqual(order);
    expect(stillOpen()).toHaveLength(before - order.filter((event) => event.endsWith(' close')).length);
  });

  it('direct takes its producers along, and those who consume them elsewhere', () => {
    const heard = listen();

    all.direct.close();

    expect(heard).toEqual([
      'producer transportclose',
      'producer close',
      'consumer producerclose',
      'consumer close',
      'dataProducer transportclose',
      'dataProducer close',
      'dataConsumer transportclose',
      'dataConsumer close',
      'direct close',
    ]);
    expect(stillOpen()).toEqual([
      'worker',
      'server',
      'router',
      'webrtc',
      'plain',
      'pipe',
      'levels',
      'speaker',
    ]);
  });

  it('router takes all that is in it, from the bottom up', () => {
    const heard = listen();

    all.router.close();

    for (const name of ['webrtc', 'plain', 'pipe', 'direct', 'levels', 'speaker'])
      expect(heard).toContain(`${name} routerclose`);
    for (const name of ['producer', 'consumer', 'dataProducer', 'dataConsumer'])
      expect(heard).toContain(`${name} transportclose`);
    expect(heard.indexOf('consumer close')).toBeLessThan(heard.indexOf('webrtc routerclose'));
    expect(heard.at(-1)).toBe('router close');
    expect(stillOpen()).toEqual(['worker', 'server']);
  });

  it('worker takes all', () => {
    const heard = listen();

    all.worker.close();

    expect(heard).toContain('router workerclose');
    expect(heard).toContain('server workerclose');
    expect(heard).toContain('webrtc routerclose');
    expect(heard).not.toContain('webrtc listenserverclose');
    expect(heard.at(-1)).toBe('worker close');
    expect(stillOpen()).toEqual([]);
  });

  it('by the death of the process tells the same, after which the worker says that it died', async () => {
    const heard = listen();
    note(heard, 'worker', all.worker, ['died']);

    process.kill(all.worker.pid, 'SIGKILL');
    await next(all.worker, 'died');

    expect(heard).toContain('router workerclose');
    expect(heard).toContain('consumer transportclose');
    expect(heard.slice(-2)).toEqual(['worker died', 'worker close']);
    expect(stillOpen()).toEqual([]);
  });

  it('makes what is asked later reject, and by which error', async () => {
    all.direct.close();

    await expect(all.producer.pause()).rejects.toBeInstanceOf(core.InvalidStateError);
    await expect(all.dataConsumer.getStats()).rejects.toBeInstanceOf(core.InvalidStateError);
    expect(() => all.producer.send(Buffer.alloc(12))).toThrow(core.InvalidStateError);
    all.worker.close();
    await expect(all.router.dump()).rejects.toBeInstanceOf(core.WorkerClosedError);
    await expect(all.worker.createRouter()).rejects.toBeInstanceOf(core.WorkerClosedError);
  });
});

describe('a listener that throws', () => {
  it.each<[Name, Name, string]>([
    ['router', 'worker', 'workerclose'],
    ['server', 'worker', 'workerclose'],
    ['webrtc', 'router', 'routerclose'],
    ['plain', 'router', 'routerclose'],
    ['pipe', 'router', 'routerclose'],
    ['direct', 'router', 'routerclose'],
    ['levels', 'router', 'routerclose'],
    ['speaker', 'router', 'routerclose'],
    ['producer', 'direct', 'transportclose'],
    ['consumer', 'webrtc', 'transportclose'],
    ['dataProducer', 'direct', 'transportclose'],
    ['dataConsumer', 'direct', 'transportclose'],
    ['worker', 'worker', 'subprocessclose'],
  ])('of %s hurts nobody: listenererror says what', async (name, closing, event) => {
    const emitter = all[name] as unknown as core.EnhancedEventEmitter<Record<string, unknown[]>>;
    const error = new Error('mine');
    emitter.on(event, () => {
      throw error;
    });
    const told = next(emitter, 'listenererror');

    all[closing].close();

    expect(await told).toEqual([event, error]);
    expect(all[name].closed).toBe(true);
  });
});
