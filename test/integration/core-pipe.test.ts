/** Routers of two workers, joined by pipes: media, and data over SCTP in earnest. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs, opusParameters } from '../harness/rtp-options.js';
import { freePortPair } from '../harness/udp-ports.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);
const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };

let workers: core.Worker[];
let near: core.Router;
let far: core.Router;

beforeAll(async () => {
  workers = [await core.createWorker(), await core.createWorker()];
});

afterAll(() => {
  for (const worker of workers) worker.close();
});

beforeEach(async () => {
  [near, far] = (await Promise.all(workers.map((worker) => worker.createRouter({ mediaCodecs })))) as [
    core.Router,
    core.Router,
  ];
});

afterEach(() => {
  near.close();
  far.close();
});

const until = (done: () => boolean) => waitUntil(done, 5_000, () => done.toString());
const opus = (sequence: number) =>
  rtp.writeRtp({ payloadType: 111, ssrc: 1111, sequence, timestamp: 960 * sequence });

/** A pipe that is made by hand, as one between two machines would be. `watch` sees its near end before it connects. */
async function pipes(
  options: Partial<core.types.PipeTransportOptions> = {},
  watch: (one: core.PipeTransport) => void = () => {},
) {
  const one = await near.createPipeTransport({ listenInfo, ...options });
  watch(one);
  const other = await far.createPipeTransport({ listenInfo, ...options });
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const { tuple, srtpParameters } = to;
    await from.connect({
      ip: tuple.localAddress,
      port: tuple.localPort,
      ...(srtpParameters && { srtpParameters }),
    });
  }
  return { one, other };
}

async function spoken() {
  const transport = await near.createDirectTransport();
  const producer = await transport.produce({
    kind: 'audio',
    rtpParameters: opusParameters(),
    appData: { who: 'speaker' },
  });
  return { transport, producer };
}

async function listening(producer: core.Producer) {
  const transport = await far.createDirectTransport();
  const { rtpCapabilities } = far;
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
  const packets: Buffer[] = [];
  consumer.on('rtp', (packet) => void packets.push(packet));
  return { consumer, packets };
}

describe('PipeTransport', () => {
  it('has defaults', async () => {
    const transport = await near.createPipeTransport({ listenInfo });

    expect(transport).toMatchObject({
      type: 'pipe',
      closed: false,
      srtpParameters: undefined,
      sctpParameters: undefined,
      sctpState: undefined,
      appData: {},
    });
    expect(transport.tuple).toEqual({
      localAddress: '127.0.0.1',
      localIp: '127.0.0.1',
      localPort: anyNumber,
      protocol: 'udp',
    });
  });

  it('takes the old listenIp, and what the application keeps with it', async () => {
    const listenIp = { ip: '127.0.0.1', announcedIp: '203.0.113.7' };
    const port = await freePortPair();
    const transport = await near.createPipeTransport({ listenIp, port, appData: { mine: 1 } });

    expect(transport.tuple).toMatchObject({ localAddress: '203.0.113.7', localPort: port });
    expect(transport.appData).toEqual({ mine: 1 });
  });

  it.each([{}, { enableRtx: true }, { enableSrtp: true }])(
    'carries a producer as it is, with %j',
    async (options) => {
      const { producer } = await spoken();
      const { one, other } = await pipes(options);

      const pipeConsumer = await one.consume({ producerId: producer.id, appData: { leg: 1 } });
      const { kind, rtpParameters } = pipeConsumer;
      const pipeProducer = await other.produce({ id: producer.id, kind, rtpParameters });
      const { packets } = await listening(pipeProducer);
      for (const sequence of [1, 2, 3]) producer.send(opus(sequence));
      await until(() => packets.length === 3);

      expect(pipeConsumer).toMatchObject({ type: 'pipe', appData: { leg: 1 } });
      const [stats] = await one.getStats();
      expect(stats).toMatchObject({ type: 'pipe-transport', tuple: one.tuple, rtpBytesSent: anyNumber });
      expect(stats?.rtpBytesSent).toBeGreaterThan(0);
      const dump = await one.dump();
      expect(dump).toMatchObject({ tuple: one.tuple, rtx: options.enableRtx ?? false });
      expect(dump.srtpParameters).toEqual(one.srtpParameters);
      expect(one.srtpParameters?.cryptoSuite).toBe(options.enableSrtp ? 'AEAD_AES_256_GCM' : undefined);
      expect(one.tuple).toMatchObject({ remoteIp: '127.0.0.1', remotePort: other.tuple.localPort });
      await expect(one.connect({ ip: '127.0.0.1', port: 1 })).rejects.toThrow(Error);
    },
  );
});

describe('SCTP of a pipe', () => {
  it('connects, and tells how many streams there are', async () => {
    const heard: string[] = [];
    const { one, other } = await pipes({ enableSctp: true }, (made) => {
      made.on('sctpstatechange', (state) => heard.push(state));
      made.observer.on('sctpstatechange', (state) => heard.push(`observed ${state}`));
    });
    await until(() => one.sctpState === 'connected' && other.sctpState === 'connected');

    expect(heard.slice(-2)).toEqual(['connected', 'observed connected']);
    expect(one.sctpParameters).toEqual({
      port: 5000,
      OS: 1024,
      MIS: 1024,
      maxMessageSize: 262_144,
      maxSendMessageSize: 262_144,
      maxReceiveMessageSize: 262_144,
      sendBufferSize: 2_000_000,
      perStreamSendQueueLimit: 2_000_000,
      maxReceiverWindowBufferSize: 5_242_880,
      isDataChannel: false,
    });
    expect(one.sctpNegotiatedCapabilities).toEqual({
      negotiatedMaxOutboundStreams: 1024,
      negotiatedMaxInboundStreams: 1024,
    });
    expect(await one.dump()).toMatchObject({
      sctpState: 'connected',
      sctpNegotiatedCapabilities: one.sctpNegotiatedCapabilities,
    });
    expect((await one.getStats())[0]).toMatchObject({ sctpState: 'connected' });
  });

  it('carries messages with their kind and their subchannels', async () => {
    const { one, other } = await pipes({ enableSctp: true });
    await until(() => one.sctpState === 'connected' && other.sctpState === 'connected');
    const source = await (await near.createDirectTransport()).produceData({
      label: 'chat',
      protocol: 'json',
    });
    const dataConsumer = await one.consumeData({
      dataProducerId: source.id,
      ordered: false,
      maxRetransmits: 3,
      subchannels: [1, 2],
    });
    const { sctpStreamParameters, label, protocol } = dataConsumer;
    const dataProducer = await other.produceData({ sctpStreamParameters, label, protocol });
    const sink = await (await far.createDirectTransport()).consumeData({
      dataProducerId: dataProducer.id,
      subchannels: [2],
    });
    const messages: [string, number][] = [];
    sink.on('message', (message, ppid) => void messages.push([message.toString(), ppid]));

    source.send('to all');
    source.send(Buffer.from('to two'), undefined, [2]);
    source.send('to one', undefined, [1]);
    source.send('the end');
    await until(() => messages.length === 3);

    expect(messages).toEqual([
      ['to all', 51],
      ['to two', 53],
      ['the end', 51],
    ]);
    expect(dataConsumer).toMatchObject({ type: 'sctp', label: 'chat', protocol: 'json' });
    expect(sctpStreamParameters).toEqual({ streamId: 0, ordered: false, maxRetransmits: 3 });
    expect(dataProducer).toMatchObject({
      type: 'sctp',
      label: 'chat',
      protocol: 'json',
      sctpStreamParameters,
    });
    expect((await dataConsumer.getStats())[0]).toMatchObject({ messagesSent: 4 });
    expect((await dataProducer.getStats())[0]).toMatchObject({ messagesReceived: 4 });
  });

  it('sends to one data consumer alone, and tells of what waits', async () => {
    const { one, other } = await pipes({ enableSctp: true, sctpPerStreamSendQueueLimit: 300_000 });
    await until(() => one.sctpState === 'connected' && other.sctpState === 'connected');
    const source = await (await near.createDirectTransport()).produceData();
    const dataConsumer = await one.consumeData({ dataProducerId: source.id });
    const dataProducer = await other.produceData({ sctpStreamParameters: { streamId: 0 } });
    const sink = await (await far.createDirectTransport()).consumeData({ dataProducerId: dataProducer.id });
    let bytes = 0;
    sink.on('message', (message) => {
      bytes += message.length;
    });
    const low = next(dataConsumer, 'bufferedamountlow');
    const full = next(dataConsumer, 'sctpsendbufferfull');
    await dataConsumer.setBufferedAmountLowThreshold(2000);
    expect((await dataConsumer.dump()).bufferedAmountLowThreshold).toBe(2000);

    // The far worker takes nothing for a while.
    process.kill(workers[1]!.pid, 'SIGSTOP');
    const sent = Array.from({ length: 8 }, () => dataConsumer.send(Buffer.alloc(100_000)));
    const results = await Promise.allSettled(sent);
    source.send(Buffer.alloc(100_000));
    const waiting = await dataConsumer.getBufferedAmount();
    process.kill(workers[1]!.pid, 'SIGCONT');
    await full;
    expect(waiting).toBeGreaterThan(100_000);
    const refused = results.filter((result) => result.status === 'rejected');

    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toEqual(new Error('sctpsendbufferfull'));
    expect(results[0]).toEqual({ status: 'fulfilled', value: anyNumber });
    const [amount] = await low;
    expect(amount).toBeLessThanOrEqual(2000);
    await until(() => bytes >= (8 - refused.length) * 100_000);
    expect(await dataConsumer.getBufferedAmount()).toBe(0);
    expect((await dataConsumer.getStats())[0]).toMatchObject({ bufferedAmount: 0 });
    await expect(dataConsumer.send(Buffer.alloc(300_000))).rejects.toBeInstanceOf(TypeError);
  });

  it('starts with the threshold of its transport', async () => {
    const { one } = await pipes({ enableSctp: true, sctpDefaultStreamBufferedAmountLowThreshold: 77 });
    const source = await (await near.createDirectTransport()).produceData();
    const dataConsumer = await one.consumeData({ dataProducerId: source.id });

    expect((await dataConsumer.dump()).bufferedAmountLowThreshold).toBe(77);
  });

  it('fails no one who waits: without the other end it stays connecting', async () => {
    const alone = await near.createPipeTransport({ listenInfo, enableSctp: true });
    expect(alone.sctpState).toBe('new');
    const dataProducer = await (await near.createDirectTransport()).produceData();
    const dataConsumer = await alone.consumeData({ dataProducerId: dataProducer.id });

    await expect(dataConsumer.send('early')).rejects.toThrow('the SCTP association is not connected');
    await alone.connect({ ip: '127.0.0.1', port: 9 });
    await until(() => alone.sctpState === 'connecting');

    expect(alone.sctpNegotiatedCapabilities).toBeUndefined();
  });
});

describe('router.pipeToRouter', () => {
  it('gives the other router the producer: its packets, its pauses, its end', async () => {
    const { producer } = await spoken();
    const piped = await near.pipeToRouter({ producerId: producer.id, router: far });
    const { pipeConsumer, pipeProducer } = piped as {
      pipeConsumer: core.Consumer;
      pipeProducer: core.Producer;
    };
    const { consumer, packets } = await listening(pipeProducer);
    const heard: string[] = [];
    note(heard, 'consumer', consumer, ['producerpause', 'producerresume', 'producerclose']);

    expect(pipeProducer).toMatchObject({ id: producer.id, kind: 'audio', appData: { who: 'speaker' } });
    expect(pipeConsumer).toMatchObject({ producerId: producer.id, type: 'pipe' });
    for (const sequence of [1, 2, 3]) producer.send(opus(sequence));
    await until(() => packets.length === 3);

    await producer.pause();
    await until(() => consumer.producerPaused);
    await producer.resume();
    await until(() => !consumer.producerPaused);
    producer.close();
    await until(() => consumer.closed);

    expect(heard).toEqual(['consumer producerpause', 'consumer producerresume', 'consumer producerclose']);
    expect([pipeConsumer.closed, pipeProducer.closed]).toEqual([true, true]);
  });

  it('gives it a data producer too', async () => {
    const source = await (await near.createDirectTransport()).produceData({ label: 'chat' });

    const { pipeDataConsumer, pipeDataProducer } = await near.pipeToRouter({
      dataProducerId: source.id,
      router: far,
    });

    expect(pipeDataProducer).toMatchObject({ id: source.id, label: 'chat', type: 'sctp' });
    expect(pipeDataConsumer).toMatchObject({ dataProducerId: source.id, label: 'chat' });
    await source.pause();
    await until(() => pipeDataProducer!.paused);
    source.close();
    await until(() => pipeDataProducer!.closed);
  });

  it('makes one pair of transports for all, with the options that are asked for', async () => {
    const { producer } = await spoken();
    const made: core.Transport[] = [];
    near.observer.on('newtransport', (transport) => void made.push(transport));
    const options = {
      router: far,
      listenInfo: { ...listenInfo, ip: '127.0.0.1' },
      enableRtx: true,
      enableSrtp: true,
    };

    const first = await near.pipeToRouter({ producerId: producer.id, ...options });
    const second = await near.pipeToRouter({ producerId: producer.id, ...options });

    expect(second.pipeProducer).toBe(first.pipeProducer);
    expect(made).toHaveLength(1);
    expect(await made[0]!.dump()).toMatchObject({
      rtx: true,
      srtpParameters: { cryptoSuite: 'AEAD_AES_256_GCM' },
      sctpParameters: { isDataChannel: false },
    });
  });

  it('within one worker needs keepId: false, and closes with the other router', async () => {
    const { producer } = await spoken();
    const beside = await workers[0]!.createRouter({ mediaCodecs });
    const options = { producerId: producer.id, router: beside };

    await expect(near.pipeToRouter(options)).rejects.toBeInstanceOf(TypeError);
    const { pipeConsumer, pipeProducer } = await near.pipeToRouter({ ...options, keepId: false });
    expect(pipeProducer?.id).not.toBe(producer.id);

    beside.close();
    expect([pipeConsumer?.closed, pipeProducer?.closed, producer.closed]).toEqual([true, true, false]);
  });
});
