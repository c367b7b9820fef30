/** What producers and consumers tell of single packets while they are asked to. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);

let worker: core.Worker;
let router: core.Router;
let sending: core.DirectTransport;
let receiving: core.DirectTransport;
let producer: core.Producer;
let consumer: core.Consumer;

beforeAll(async () => {
  worker = await core.createWorker();
});

afterAll(() => worker.close());

beforeEach(async () => {
  router?.close();
  router = await worker.createRouter({ mediaCodecs });
  sending = await router.createDirectTransport();
  receiving = await router.createDirectTransport();
  const rtcpFeedback = [
    { type: 'nack' },
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
  ];
  producer = await sending.produce({
    kind: 'video',
    rtpParameters: {
      mid: 'v',
      codecs: [
        { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000, rtcpFeedback },
        { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
      ],
      headerExtensions: [
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 },
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 2 },
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', id: 3 },
        { uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', id: 5 },
      ],
      encodings: [{ rid: 'r' }],
    },
  });
  const { rtpCapabilities } = router;
  consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
});

const until = (done: () => boolean) => waitUntil(done, 5_000, () => done.toString());
const text = (value: string) => Buffer.from(value);

function send(sequence: number, keyFrame = false): void {
  const transportSequence = Buffer.alloc(2);
  transportSequence.writeUInt16BE(500 + sequence);
  producer.send(
    rtp.writeRtp({
      payloadType: 96,
      ssrc: 1000,
      sequence,
      timestamp: 3000 * sequence,
      marker: true,
      extensions: { 1: text('v'), 2: text('r'), 5: transportSequence },
      payload: rtp.vp8({ keyFrame, picture: sequence }),
    }),
  );
}

type Trace = core.types.ProducerTraceEventData;

/** The traces of the producer and of its observer, which are the same. */
async function traced(types: core.types.ProducerTraceEventType[]) {
  const [traces, observed]: [Trace[], Trace[]] = [[], []];
  producer.on('trace', (trace) => void traces.push(trace));
  producer.observer.on('trace', (trace) => void observed.push(trace));
  await producer.enableTraceEvent(types);
  return { traces, observed };
}

async function tracedAtConsumer(types: core.types.ConsumerTraceEventType[]) {
  const [traces, observed]: [core.types.ConsumerTraceEventData[], core.types.ConsumerTraceEventData[]] = [
    [],
    [],
  ];
  consumer.on('trace', (trace) => void traces.push(trace));
  consumer.observer.on('trace', (trace) => void observed.push(trace));
  await consumer.enableTraceEvent(types);
  return { traces, observed };
}

const of = (traces: { type: string }[], type: string) => traces.filter((trace) => trace.type === type);

describe('a producer', () => {
  it('tells of packets, of key frames, with every field', async () => {
    const { traces, observed } = await traced(['rtp', 'keyframe']);

    send(1, true);
    send(2);
    await until(() => traces.length === 3 && observed.length === 3);

    expect(observed).toEqual(traces);
    expect(traces.map(({ type }) => type)).toEqual(['rtp', 'keyframe', 'rtp']);
    const size = 12 + 4 + 2 + 2 + 3 + 1 + 100;
    expect(traces[0]).toEqual({
      type: 'rtp',
      timestamp: anyNumber,
      direction: 'in',
      info: {
        payloadType: 96,
        sequenceNumber: 1,
        timestamp: 3000,
        marker: true,
        ssrc: 1000,
        isKeyFrame: true,
        size,
        payloadSize: 100,
        spatialLayer: 0,
        temporalLayer: 0,
        mid: 'v',
        rid: 'r',
        wideSequenceNumber: 501,
        isRtx: false,
      },
    });
    expect(traces[2]).toMatchObject({ info: { sequenceNumber: 2, isKeyFrame: false } });
    expect((await producer.dump()).traceEventTypes).toEqual(['rtp', 'keyframe']);
  });

  it('tells of a repaired packet whose it was', async () => {
    const { traces } = await traced(['rtp']);
    send(1, true);
    send(3);
    const original = Buffer.alloc(2);
    original.writeUInt16BE(2);
    producer.send(
      rtp.writeRtp({
        payloadType: 97,
        ssrc: 2000,
        sequence: 9,
        timestamp: 6000,
        extensions: { 1: text('v'), 3: text('r') },
        payload: Buffer.concat([original, rtp.vp8({ picture: 2 })]),
      }),
    );
    await until(() => traces.length === 3);

    expect(traces[2]?.info).toMatchObject({ sequenceNumber: 2, isRtx: true, rrid: 'r' });
  });

  it('tells what it asks of the endpoint, and of its reports', async () => {
    const { traces } = await traced(['nack', 'pli', 'sr']);
    send(1, true);
    send(3);
    sending.sendRtcp(rtp.senderReport({ ssrc: 1000, timestamp: 9000, packets: 2, octets: 200 }));
    await consumer.requestKeyFrame();
    await until(() => ['nack', 'pli', 'sr'].every((type) => of(traces, type).length > 0));

    expect(of(traces, 'nack')[0]).toEqual({
      type: 'nack',
      timestamp: anyNumber,
      direction: 'out',
      info: { ssrc: 1000 },
    });
    expect(of(traces, 'pli')[0]).toMatchObject({ direction: 'out', info: { ssrc: 1000 } });
    expect(of(traces, 'sr')[0]).toMatchObject({
      direction: 'in',
      info: {
        ssrc: 1000,
        ntpSec: anyNumber,
        ntpFrac: anyNumber,
        rtpTimestamp: 9000,
        packetCount: 2,
        octetCount: 200,
      },
    });
  });

  it('tells of FIR where the endpoint has no PLI', async () => {
    const fir = await sending.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [
          {
            mimeType: 'video/VP8',
            payloadType: 96,
            clockRate: 90000,
            rtcpFeedback: [{ type: 'ccm', parameter: 'fir' }],
          },
        ],
        encodings: [{ ssrc: 3000 }],
      },
    });
    const { rtpCapabilities } = router;
    const traces: Trace[] = [];
    fir.on('trace', (trace) => void traces.push(trace));
    await fir.enableTraceEvent(['fir']);
    await receiving.consume({ producerId: fir.id, rtpCapabilities });
    fir.send(rtp.writeRtp({ payloadType: 96, ssrc: 3000, payload: rtp.vp8() }));
    await until(() => traces.length > 0);

    expect(traces[0]).toMatchObject({ type: 'fir', direction: 'out', info: { ssrc: 3000 } });
    expect((await fir.getStats())[0]?.firCount).toBeGreaterThan(0);
  });

  it('tells nothing more when it is no longer asked', async () => {
    const { traces } = await traced(['rtp']);
    send(1, true);
    await until(() => traces.length === 1);

    await producer.enableTraceEvent();
    send(2);

    expect(await producer.dump()).toMatchObject({ traceEventTypes: [] });
    expect((await producer.getStats())[0]?.packetCount).toBe(2);
    expect(traces).toHaveLength(1);
  });
});

describe('a consumer', () => {
  it('tells of what it sends under its own numbers, and of what the endpoint asks', async () => {
    const { traces, observed } = await tracedAtConsumer(['rtp', 'keyframe', 'nack', 'pli', 'fir']);
    const [{ ssrc, rtx } = { ssrc: 0, rtx: undefined }] = consumer.rtpParameters.encodings ?? [];
    const packets: rtp.Rtp[] = [];
    consumer.on('rtp', (packet) => void packets.push(rtp.readRtp(packet)));
    send(1, true);
    await until(() => packets.length === 1);

    receiving.sendRtcp(rtp.nack(ssrc!, packets[0]!.sequence));
    receiving.sendRtcp(rtp.pli(ssrc!));
    receiving.sendRtcp(rtp.fir(ssrc!));
    await until(() => traces.length === 7 && observed.length === 7);

    expect(observed).toEqual(traces);
    const packet = { payloadType: 101, ssrc, isKeyFrame: true, sequenceNumber: packets[0]!.sequence };
    expect(of(traces, 'rtp')[0]).toMatchObject({ direction: 'out', info: { ...packet, isRtx: false } });
    expect(of(traces, 'keyframe')[0]).toMatchObject({ direction: 'out', info: packet });
    expect(of(traces, 'rtp')[1]).toMatchObject({ direction: 'out', info: { ssrc: rtx?.ssrc, isRtx: true } });
    for (const type of ['nack', 'pli', 'fir']) {
      expect(of(traces, type)).toEqual([{ type, timestamp: anyNumber, direction: 'in', info: { ssrc } }]);
    }
  });
});
