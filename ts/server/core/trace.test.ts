import type { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import type { Event } from '../../shared/channel/messages.gen.js';

type Body = NonNullable<Event['body']>;

/** Handles: router 1, transport 2, producer 3, consumer 4. */
async function call({ transportCc = true } = {}) {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const producer = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters() });
  const { codecs, headerExtensions } = router.rtpCapabilities;
  const isKept = ({ uri }: { uri: string }) => transportCc || !uri.includes('transport-wide-cc');
  const consumer = await transport.consume({
    producerId: producer.id,
    rtpCapabilities: { codecs, headerExtensions: headerExtensions.filter(isKept) },
  });
  return { worker, script, router, transport, producer, consumer };
}

const rtp = {
  payloadType: 101,
  sequenceNumber: 7,
  timestamp: 90000,
  marker: true,
  ssrc: 1234,
  isKeyFrame: true,
  size: 1200,
  payloadSize: 1180,
  spatialLayer: 1,
  temporalLayer: 2,
  mid: '1',
  rid: 'h',
  rrid: 'r',
  wideSequenceNumber: 99,
  isRtx: false,
};
const sr = { ssrc: 5, ntpSec: 1, ntpFrac: 2, rtpTimestamp: 3, packetCount: 4, octetCount: 5 };
const bwe = {
  desiredBitrate: 1,
  effectiveDesiredBitrate: 2,
  minBitrate: 3,
  maxBitrate: 4,
  startBitrate: 5,
  maxPaddingBitrate: 6,
  availableBitrate: 7,
};

describe('enableTraceEvent', () => {
  it('tells the worker what to trace, and no more', async () => {
    const { transport, producer, consumer, script } = await call();
    script.answers.dumpConsumer = script.answers.dumpProducer = script.answers.dumpTransport = () => ({});

    await transport.enableTraceEvent(['bwe', 'probation', 'bwe']);
    await producer.enableTraceEvent(['rtp', 'keyframe', 'nack', 'pli', 'fir', 'sr']);
    await consumer.enableTraceEvent(['rtp', 'keyframe', 'nack', 'pli', 'fir']);

    const traced = [transport, producer, consumer];
    const types = async () =>
      Promise.all(traced.map(async (one) => (await one.dump()).traceEventTypes as string[]));
    expect(await types()).toEqual([
      ['bwe', 'probation'],
      ['rtp', 'keyframe', 'nack', 'pli', 'fir', 'sr'],
      ['rtp', 'keyframe', 'nack', 'pli', 'fir'],
    ]);
    for (const one of traced) await one.enableTraceEvent();
    expect(await types()).toEqual([[], [], []]);
    expect(script.asked('setTraces')).toEqual([
      { target: 2, types: ['bwe', 'probation'] },
      { target: 3, types: ['rtp', 'keyframe', 'nack', 'pli', 'fir', 'sr'] },
      { target: 4, types: ['rtp', 'keyframe', 'nack', 'pli', 'fir'] },
      ...[2, 3, 4].map((target) => ({ target, types: [] })),
    ]);
  });

  it.each([
    ['transport', 'bwe', 'types must be an array'],
    ['transport', ['rtp'], 'types[0] must be one of probation, bwe'],
    ['producer', ['rtp', 'bwe'], 'types[1] must be one of rtp, keyframe, nack, pli, fir, sr'],
    ['producer', [7], 'types[0] must be one of rtp, keyframe, nack, pli, fir, sr'],
    ['consumer', ['sr'], 'types[0] must be one of rtp, keyframe, nack, pli, fir'],
  ] as const)('of a %s refuses %j by a TypeError', async (which, types, message) => {
    const all = await call();

    await expect(all[which].enableTraceEvent(types as never)).rejects.toThrow(new TypeError(message));

    expect(all.script.asked('setTraces')).toEqual([]);
  });
});

describe('the event trace', () => {
  const trace = (kind: string, direction: string, info?: object): Body =>
    ({ type: 'trace', kind, direction, at: 5000, ...(info && { info }) }) as unknown as Body;

  it('tells of packets', async () => {
    const { transport, producer, consumer, script } = await call();
    const heard: unknown[] = [];
    for (const one of [transport, producer, consumer]) {
      for (const emitter of [one, one.observer]) {
        (emitter as EventEmitter).on('trace', (data) => heard.push(data));
      }
    }

    script.tell(2, trace('probation', 'out', { type: 'rtp', ...rtp }));
    script.tell(3, trace('keyframe', 'in', { type: 'rtp', ...rtp }));
    script.tell(3, trace('sr', 'in', { type: 'sr', ...sr }));
    script.tell(3, trace('pli', 'out', { type: 'feedback', ssrc: 8 }));
    script.tell(4, trace('rtp', 'out', { type: 'rtp', ...rtp }));
    script.tell(4, trace('nack', 'in', { type: 'feedback', ssrc: 9 }));
    await settled();

    const timestamp = 5000;
    expect(heard).toEqual(
      [
        { type: 'probation', timestamp, direction: 'out', info: rtp },
        { type: 'keyframe', timestamp, direction: 'in', info: rtp },
        { type: 'sr', timestamp, direction: 'in', info: sr },
        { type: 'pli', timestamp, direction: 'out', info: { ssrc: 8 } },
        { type: 'rtp', timestamp, direction: 'out', info: rtp },
        { type: 'nack', timestamp, direction: 'in', info: { ssrc: 9 } },
      ].flatMap((one) => [one, one]),
    );
  });

  it.each([
    [true, 'transport-cc'],
    [false, 'remb'],
  ])('tells of the estimate, and its feedback (transport-cc: %s)', async (transportCc, type) => {
    const { transport, script } = await call({ transportCc });
    const heard: unknown[] = [];
    transport.on('trace', (data) => heard.push(data));

    script.tell(2, trace('bwe', 'out', { type: 'bwe', ...bwe }));
    await settled();

    expect(heard).toEqual([{ type: 'bwe', timestamp: 5000, direction: 'out', info: { type, ...bwe } }]);
  });

  it('comes on every type of transport', async () => {
    const { router, script } = await call();
    const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
    const all = [
      await router.createPlainTransport({ listenInfo }),
      await router.createPipeTransport({ listenInfo }),
      await router.createDirectTransport(),
    ];
    const heard: unknown[] = [];

    for (const transport of all) {
      (transport as EventEmitter).on('trace', () => heard.push(transport.type));
    }
    for (const handle of [5, 6, 7]) script.tell(handle, trace('bwe', 'out', { type: 'bwe', ...bwe }));
    await settled();

    expect(heard).toEqual(['plain', 'pipe', 'direct']);
  });
});

describe('RTP on a direct transport', () => {
  async function direct() {
    const { worker, script } = scriptedWorker();
    const router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: router.rtpCapabilities,
    });
    return { script, producer, consumer };
  }

  it('goes by producer.send(), and is not answered', async () => {
    const { producer, script } = await direct();

    producer.send(Buffer.from('80ff', 'hex'));

    expect(script.requests.at(-1)).toEqual({
      id: 0,
      method: 'sendRtp',
      body: { producer: 3, packet: new Uint8Array([0x80, 0xff]) },
    });
    expect(() => producer.send('80ff' as never)).toThrow(new TypeError('rtpPacket must be a Buffer'));
    producer.close();
    expect(() => producer.send(Buffer.alloc(12))).toThrow('the producer is closed');
  });

  it('comes by the event rtp of the consumer', async () => {
    const { consumer, script } = await direct();
    const heard: unknown[] = [];
    consumer.on('rtp', (packet) => heard.push(Buffer.isBuffer(packet), packet.toString('hex')));

    script.tell(4, { type: 'rtpPacket', arrival: 0, packet: new Uint8Array([0x80, 0x01]) });
    await settled();

    expect(heard).toEqual([true, '8001']);
  });

  it('is refused on others', async () => {
    const { producer } = await call();

    expect(() => producer.send(Buffer.alloc(12))).toThrow('send() is for producers of direct transports');
  });
});
