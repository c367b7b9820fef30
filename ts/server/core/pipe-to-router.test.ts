import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import type { PipeToRouterOptions } from './pipe-to-router.js';
import type { PipeTransport } from './pipe-transport.js';
import type { Producer } from './producer.js';
import type { Router } from './router.js';
import type { Transport } from './transport.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];

async function side() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const pipes: PipeTransport[] = [];
  router.observer.on('newtransport', (transport: Transport) => {
    if (transport.type === 'pipe') pipes.push(transport as PipeTransport);
  });
  return { worker, script, router, pipes };
}

/** Two routers of two workers; the first has an audio, a video and a data producer. */
async function routers() {
  const [here, there] = [await side(), await side()];
  const sending = await here.router.createWebRtcTransport({ listenInfos, enableSctp: true });
  const producer = await sending.produce({
    kind: 'audio',
    rtpParameters: opusParameters(),
    appData: { of: 'mine' },
  });
  const video = await sending.produce({ kind: 'video', rtpParameters: simulcastParameters() });
  const dataProducer = await sending.produceData({
    sctpStreamParameters: { streamId: 1, ordered: false, maxRetransmits: 3 },
    label: 'chat',
    protocol: 'json',
    appData: { of: 'data' },
  });
  return { here, there, sending, producer, video, dataProducer };
}

const pipeAudio = (from: Router, to: Router, producer: Producer, more: Partial<PipeToRouterOptions> = {}) =>
  from.pipeToRouter({ producerId: producer.id, router: to, ...more });

describe('router.pipeToRouter', () => {
  it('gives the other router a producer of the same id', async () => {
    const { here, there, producer } = await routers();

    const result = await pipeAudio(here.router, there.router, producer);

    const { pipeConsumer, pipeProducer } = result;
    expect(Object.keys(result)).toEqual(['pipeConsumer', 'pipeProducer']);
    expect(pipeConsumer).toMatchObject({ type: 'pipe', producerId: producer.id, kind: 'audio' });
    expect(pipeProducer).toMatchObject({
      id: producer.id,
      kind: 'audio',
      paused: false,
      appData: { of: 'mine' },
    });
    expect(pipeProducer?.rtpParameters.encodings?.map(({ ssrc }) => ssrc)).toEqual(
      pipeConsumer?.rtpParameters.encodings?.map(({ ssrc }) => ssrc),
    );
    const { rtpCapabilities } = there.router;
    expect(there.router.canConsume({ producerId: producer.id, rtpCapabilities })).toBe(true);
  });

  it('connects two pipe transports with each other, with every default filled in', async () => {
    const { here, there, producer } = await routers();

    await pipeAudio(here.router, there.router, producer);

    for (const { script, pipes } of [here, there]) {
      const [asked] = script.asked('createPlainTransport');
      expect(asked).toMatchObject({
        pipe: true,
        comedia: false,
        address: { protocol: 'udp', address: '127.0.0.1' },
        sctp: { maxSendMessageSize: 262144, sendBufferSize: 2000000 },
      });
      expect(asked.srtpCryptoSuite).toBeUndefined();
      expect(pipes).toHaveLength(1);
    }
    const ports = [here.pipes[0]?.tuple.localPort, there.pipes[0]?.tuple.localPort];
    expect(here.script.asked('connectPlainTransport')).toMatchObject([{ ip: '127.0.0.1', port: ports[1] }]);
    expect(there.script.asked('connectPlainTransport')).toMatchObject([{ ip: '127.0.0.1', port: ports[0] }]);
  });

  it('takes every option', async () => {
    const { here, there, video } = await routers();

    const { pipeConsumer } = await pipeAudio(here.router, there.router, video, {
      listenInfo: { protocol: 'udp', ip: '127.0.0.5' },
      enableSctp: false,
      enableRtx: true,
      enableSrtp: true,
    });

    for (const { script, pipes } of [here, there]) {
      const [asked] = script.asked('createPlainTransport');
      expect(asked).toMatchObject({
        address: { address: '127.0.0.5' },
        srtpCryptoSuite: 'aeadAes256Gcm',
      });
      expect(asked.sctp).toBeUndefined();
      expect(script.asked('connectPlainTransport')[0].srtpParameters.key).toHaveLength(44);
      expect(pipes[0]?.sctpParameters).toBeUndefined();
    }
    expect(pipeConsumer?.rtpParameters.codecs.map(({ mimeType }) => mimeType)).toContain('video/rtx');
  });

  it('takes sizes of SCTP, and the old listenIp', async () => {
    const { here, there, producer } = await routers();

    await pipeAudio(here.router, there.router, producer, {
      listenIp: { ip: '127.0.0.1', announcedIp: '127.0.0.6' },
      maxReceiveMessageSize: 1000,
    });

    expect(there.script.asked('createPlainTransport')).toMatchObject([
      { address: { address: '127.0.0.6' }, sctp: { maxReceiveMessageSize: 1000 } },
    ]);
  });

  it('within one worker takes a new id', async () => {
    const { here, producer } = await routers();
    const other = await here.worker.createRouter({ mediaCodecs });

    const { pipeProducer } = await pipeAudio(here.router, other, producer, { keepId: false });

    expect(pipeProducer?.id).not.toBe(producer.id);
    await expect(pipeAudio(here.router, other, producer)).rejects.toThrow(
      new TypeError('keepId must be false: both routers are of one worker, where an id names one object'),
    );
  });

  it('pipes data too', async () => {
    const { here, there, dataProducer } = await routers();

    const result = await here.router.pipeToRouter({
      dataProducerId: dataProducer.id,
      router: there.router,
    });

    expect(Object.keys(result)).toEqual(['pipeDataConsumer', 'pipeDataProducer']);
    expect(result.pipeDataConsumer).toMatchObject({ dataProducerId: dataProducer.id, type: 'sctp' });
    expect(result.pipeDataProducer).toMatchObject({
      id: dataProducer.id,
      label: 'chat',
      protocol: 'json',
      appData: { of: 'data' },
      sctpStreamParameters: result.pipeDataConsumer?.sctpStreamParameters,
    });
    expect(result.pipeDataProducer?.sctpStreamParameters).toMatchObject({
      ordered: false,
      maxRetransmits: 3,
    });
  });

  it.each([
    ['nothing', undefined, 'options must be an object'],
    ['no router', { producerId: 'x' }, 'router must be a Router'],
    ['another thing as router', { producerId: 'x', router: {} }, 'router must be a Router'],
    ['neither id', {}, 'options must have exactly one of producerId, dataProducerId'],
    [
      'both ids',
      { producerId: 'x', dataProducerId: 'y' },
      'options must have exactly one of producerId, dataProducerId',
    ],
    ['producerId', { producerId: 7 }, 'producerId must be a string of at most 255 characters'],
    ['dataProducerId', { dataProducerId: 7 }, 'dataProducerId must be a string of at most 255 characters'],
    ['keepId', { producerId: 'x', keepId: 1 }, 'keepId must be a boolean'],
    ['listenInfo', { producerId: 'x', listenInfo: 7 }, 'listenInfo must be an object'],
    [
      'listenInfo with TCP',
      { producerId: 'x', listenInfo: { protocol: 'tcp', ip: '::1' } },
      'listenInfo.protocol must be udp',
    ],
    [
      'listenIp besides listenInfo',
      { producerId: 'x', listenInfo: listenInfos[0], listenIp: '::1' },
      'options must have exactly one of listenInfo, listenIp',
    ],
    ['enableSctp', { producerId: 'x', enableSctp: 1 }, 'enableSctp must be a boolean'],
    ['enableRtx', { producerId: 'x', enableRtx: 1 }, 'enableRtx must be a boolean'],
    ['enableSrtp', { producerId: 'x', enableSrtp: 1 }, 'enableSrtp must be a boolean'],
    [
      'a size',
      { producerId: 'x', maxSendMessageSize: 0 },
      'maxSendMessageSize must be an integer from 1 to 4294967295',
    ],
  ])('refuses %s by a TypeError', async (what, options, message) => {
    const { here, there } = await routers();
    const router = what.includes('router') ? {} : { router: there.router };

    const outcome = here.router.pipeToRouter((options && { ...router, ...options }) as never);

    await expect(outcome).rejects.toThrow(new TypeError(message));
    expect([here.pipes, there.pipes]).toEqual([[], []]);
  });

  it('refuses itself, what it does not have, data without SCTP, and closed routers', async () => {
    const { here, there, producer, dataProducer } = await routers();
    const { router } = there;

    await expect(pipeAudio(here.router, here.router, producer)).rejects.toThrow(
      new TypeError('router must be another router'),
    );
    await expect(here.router.pipeToRouter({ producerId: 'x', router })).rejects.toThrow(
      new NotFoundError("producerId 'x' is not in the router"),
    );
    await expect(here.router.pipeToRouter({ dataProducerId: producer.id, router })).rejects.toBeInstanceOf(
      NotFoundError,
    );
    await expect(
      here.router.pipeToRouter({ dataProducerId: dataProducer.id, router, enableSctp: false }),
    ).rejects.toThrow(new TypeError('enableSctp must be true to pipe data'));
    expect([here.pipes, there.pipes]).toEqual([[], []]);
    router.close();
    await expect(pipeAudio(here.router, router, producer)).rejects.toThrow(
      new InvalidStateError('the router is closed'),
    );
  });
});

describe('the pipe of two routers', () => {
  it('is one, for all producers, calls and both directions', async () => {
    const { here, there, producer, video, dataProducer } = await routers();
    const back = await there.router.createWebRtcTransport({ listenInfos });
    const theirs = await back.produce({ kind: 'audio', rtpParameters: opusParameters('7', 7) });
    const { router } = there;

    await Promise.all([
      pipeAudio(here.router, router, producer),
      pipeAudio(here.router, router, video),
      here.router.pipeToRouter({ dataProducerId: dataProducer.id, router }),
      pipeAudio(router, here.router, theirs),
    ]);
    await pipeAudio(here.router, router, producer, { listenInfo: { ip: '127.0.0.1', protocol: 'udp' } });

    expect([here.pipes.length, there.pipes.length]).toEqual([1, 1]);
    const { rtpCapabilities } = here.router;
    expect(here.router.canConsume({ producerId: theirs.id, rtpCapabilities })).toBe(true);
  });

  it('is another one for other options and other routers', async () => {
    const { here, there, producer, video } = await routers();
    const third = await side();

    await pipeAudio(here.router, there.router, producer);
    await pipeAudio(here.router, there.router, video, { enableSrtp: true });
    await pipeAudio(here.router, third.router, producer);

    expect([here.pipes.length, there.pipes.length, third.pipes.length]).toEqual([3, 2, 1]);
  });

  it('carries a producer once, however often it is asked for', async () => {
    const { here, there, producer } = await routers();

    const [one, two] = await Promise.all([
      pipeAudio(here.router, there.router, producer),
      pipeAudio(here.router, there.router, producer),
    ]);
    const three = await pipeAudio(here.router, there.router, producer);

    expect(two.pipeProducer).toBe(one.pipeProducer);
    expect(three.pipeConsumer).toBe(one.pipeConsumer);
    expect(there.script.asked('produce')).toHaveLength(1);
  });

  it.each(['near', 'far'] as const)(
    'leaves nothing behind when its %s end fails, and may be tried again',
    async (end) => {
      const { here, there, producer } = await routers();
      const { script } = end === 'near' ? here : there;
      const answer = script.answers.createPlainTransport;
      script.answers.createPlainTransport = () => ({ code: 'error', message: 'no more ports' });

      await expect(pipeAudio(here.router, there.router, producer)).rejects.toThrow('no more ports');

      expect([...here.pipes, ...there.pipes].map(({ closed }) => closed)).toEqual([true]);
      if (answer) script.answers.createPlainTransport = answer;
      await pipeAudio(here.router, there.router, producer);
      expect([...here.pipes, ...there.pipes].filter(({ closed }) => !closed)).toHaveLength(2);
    },
  );

  it('closes at both ends when it cannot be connected', async () => {
    const { here, there, producer } = await routers();
    here.script.answers.connectPlainTransport = () => ({ code: 'type', message: 'ip: of another family' });

    await expect(pipeAudio(here.router, there.router, producer)).rejects.toThrow('ip: of another family');

    expect([here.pipes[0]?.closed, there.pipes[0]?.closed]).toEqual([true, true]);
  });

  it('keeps its transports when the far router refuses the producer', async () => {
    const { here, there, producer } = await routers();
    there.script.answers.produce = () => ({ code: 'type', message: 'rtpParameters.mid is in use' });

    await expect(pipeAudio(here.router, there.router, producer)).rejects.toThrow(
      new TypeError('rtpParameters.mid is in use'),
    );

    expect(here.script.asked('closeConsumer')).toHaveLength(1);
    delete there.script.answers.produce;
    await pipeAudio(here.router, there.router, producer);
    expect(here.pipes).toHaveLength(1);
  });

  it.each([
    ['near pipe transport', ({ here }) => here.pipes[0]],
    ['far pipe transport', ({ there }) => there.pipes[0]],
    ['near router', ({ here }) => here.router],
    ['far router', ({ there }) => there.router],
    ['near worker', ({ here }) => here.worker],
    ['far worker', ({ there }) => there.worker],
  ] as [string, (all: Awaited<ReturnType<typeof routers>>) => { close(): void } | undefined][])(
    'closes as a whole with its %s',
    async (_, pick) => {
      const all = await routers();
      const { here, there, producer } = all;
      const { pipeConsumer, pipeProducer } = await pipeAudio(here.router, there.router, producer);

      pick(all)?.close();

      expect([...here.pipes, ...there.pipes].map(({ closed }) => closed)).toEqual([true, true]);
      expect([pipeConsumer?.closed, pipeProducer?.closed]).toEqual([true, true]);
    },
  );

  it('is made anew after it closed', async () => {
    const { here, there, producer } = await routers();
    await pipeAudio(here.router, there.router, producer);
    there.pipes[0]?.close();

    await pipeAudio(here.router, there.router, producer);

    expect(there.pipes.map(({ closed }) => closed)).toEqual([true, false]);
  });
});

describe('what is piped', () => {
  async function piped() {
    const all = await routers();
    const { here, there, producer, dataProducer } = all;
    const media = await pipeAudio(here.router, there.router, producer);
    const data = await here.router.pipeToRouter({ dataProducerId: dataProducer.id, router: there.router });
    if (!media.pipeConsumer || !media.pipeProducer) throw new Error('no media');
    if (!data.pipeDataConsumer || !data.pipeDataProducer) throw new Error('no data');
    const { pipeConsumer, pipeProducer } = media;
    const { pipeDataConsumer, pipeDataProducer } = data;
    return { ...all, pipeConsumer, pipeProducer, pipeDataConsumer, pipeDataProducer };
  }

  it('pauses and resumes with its source, as do those who consume it there', async () => {
    const { there, producer, dataProducer, pipeProducer, pipeDataProducer } = await piped();
    const receiving = await there.router.createWebRtcTransport({ listenInfos });
    const { rtpCapabilities } = there.router;
    const consumer = await receiving.consume({ producerId: pipeProducer.id, rtpCapabilities });
    const heard: string[] = [];
    consumer.on('producerpause', () => heard.push('producerpause'));
    consumer.on('producerresume', () => heard.push('producerresume'));

    await producer.pause();
    await dataProducer.pause();
    await settled();
    expect([pipeProducer.paused, pipeDataProducer.paused]).toEqual([true, true]);
    await producer.resume();
    await dataProducer.resume();
    await settled();

    expect([pipeProducer.paused, pipeDataProducer.paused]).toEqual([false, false]);
    expect(heard).toEqual(['producerpause', 'producerresume']);
  });

  it('pauses with the pipe’s consumer', async () => {
    const { pipeConsumer, pipeProducer } = await piped();

    await pipeConsumer.pause();
    await settled();

    expect(pipeProducer.paused).toBe(true);
  });

  it('closes with its source', async () => {
    const { producer, dataProducer, here, there, ...ends } = await piped();

    producer.close();
    dataProducer.close();

    const { pipeConsumer, pipeProducer, pipeDataConsumer, pipeDataProducer } = ends;
    for (const end of [pipeConsumer, pipeProducer, pipeDataConsumer, pipeDataProducer]) {
      expect(end.closed).toBe(true);
    }
    expect([here.pipes[0]?.closed, there.pipes[0]?.closed]).toEqual([false, false]);
  });

  it('closes at the near end when the far end is closed, and can be piped again', async () => {
    const { here, there, producer, pipeConsumer, pipeProducer, pipeDataConsumer, pipeDataProducer } =
      await piped();

    pipeProducer.close();
    pipeDataProducer.close();

    expect([pipeConsumer.closed, pipeDataConsumer.closed, producer.closed]).toEqual([true, true, false]);
    const again = await pipeAudio(here.router, there.router, producer);
    expect(again.pipeProducer).not.toBe(pipeProducer);
    expect(again.pipeProducer?.closed).toBe(false);
  });

  it('starts paused when its source is', async () => {
    const { here, there, producer } = await routers();
    await producer.pause();

    const { pipeProducer } = await pipeAudio(here.router, there.router, producer);

    expect(there.script.asked('produce')[0].paused).toBe(true);
    expect(pipeProducer?.paused).toBe(true);
  });

  it('follows what happened to its source while it was made', async () => {
    const { here, there, producer, video } = await routers();
    there.script.held.add('produce');
    const paused = pipeAudio(here.router, there.router, producer);
    const closed = pipeAudio(here.router, there.router, video);
    const outcome = expect(closed).rejects.toThrow(new InvalidStateError('the producer is closed'));
    await settled();

    await producer.pause();
    video.close();
    there.script.release('produce');
    const { pipeProducer } = await paused;
    await outcome;
    await settled();

    expect(pipeProducer?.paused).toBe(true);
    expect(there.script.asked('closeProducer')).toHaveLength(1);
  });
});
