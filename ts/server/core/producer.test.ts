import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import type { StreamDump, StreamStats } from '../../shared/channel/messages.gen.js';
import type { ConsumerOptions } from './consumer.js';

/** Handles: router 1, transport 2, producer 3, consumer 4. */
async function call(options: Partial<ConsumerOptions> = {}) {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const producer = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters() });
  const { rtpCapabilities } = router;
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities, ...options });
  return { script, producer, consumer };
}

const stream: StreamDump = {
  encodingIdx: 0,
  ssrc: 1111,
  payloadType: 101,
  mimeType: 'video/VP8',
  clockRate: 90000,
  rid: 'q',
  rtxSsrc: 1112,
  rtxPayloadType: 102,
  useNack: true,
  usePli: true,
  useFir: false,
  score: 9,
  useInBandFec: false,
  useDtx: true,
  spatialLayers: 1,
  temporalLayers: 3,
};

const inbound: StreamStats = {
  type: 'inboundRtp',
  ssrc: 1111,
  rtxSsrc: 1112,
  rid: 'q',
  kind: 'video',
  mimeType: 'video/VP8',
  packetCount: 1,
  byteCount: 2,
  bitrate: 3,
  packetsLost: 4,
  fractionLost: 5,
  jitter: 6,
  packetsDiscarded: 7,
  packetsRetransmitted: 8,
  packetsRepaired: 9,
  rtxPacketsDiscarded: 10,
  nackCount: 11,
  nackPacketCount: 12,
  pliCount: 13,
  firCount: 14,
  roundTripTime: 15,
  score: 10,
  bitrateByLayer: { '0.0': '1000', '0.1': '1500' },
};

const dumped = {
  params: {
    encodingIdx: 0,
    ssrc: 1111,
    payloadType: 101,
    mimeType: 'video/VP8',
    clockRate: 90000,
    rid: 'q',
    cname: 'sender',
    rtxSsrc: 1112,
    rtxPayloadType: 102,
    useNack: true,
    usePli: true,
    useFir: false,
    useInBandFec: false,
    useDtx: true,
    spatialLayers: 1,
    temporalLayers: 3,
  },
  score: 9,
  rtxStream: {
    params: {
      ssrc: 1112,
      payloadType: 102,
      mimeType: 'video/rtx',
      clockRate: 90000,
      rrid: 'q',
      cname: 'sender',
    },
  },
};

describe('a producer', () => {
  it('dumps every field of its streams', async () => {
    const { producer, script } = await call();
    const { rtxSsrc: _, rtxPayloadType: __, ...plain } = stream;
    script.answers.dumpProducer = () => ({ paused: false, streams: [stream, plain] });

    const dump = await producer.dump();

    expect(dump).toMatchObject({
      id: producer.id,
      kind: 'video',
      type: 'simulcast',
      rtpParameters: producer.rtpParameters,
      traceEventTypes: [],
      paused: false,
    });
    expect(dump.rtpMapping.encodings).toHaveLength(3);
    expect(dump.rtpStreams[0]).toEqual(dumped);
    expect(dump.rtpStreams[1]).not.toHaveProperty('rtxStream');
  });

  it('has every field of statistics', async () => {
    const { producer, script } = await call();
    script.answers.getProducerStats = () => ({ streams: [inbound] });

    expect(await producer.getStats()).toEqual([
      {
        ...inbound,
        type: 'inbound-rtp',
        timestamp: expect.any(Number),
        bitrateByLayer: { '0.0': 1000, '0.1': 1500 },
      },
    ]);
  });

  it('gives its observer what it hears itself', async () => {
    const { producer, script } = await call();
    const heard: unknown[] = [];
    producer.observer.on('videoorientationchange', (orientation) => heard.push(orientation));

    script.tell(3, { type: 'videoOrientationChange', camera: true, flip: false, rotation: 180 });
    await settled();

    expect(heard).toEqual([{ camera: true, flip: false, rotation: 180 }]);
  });
});

describe('a consumer', () => {
  const answer = {
    paused: false,
    producerPaused: true,
    supportedCodecPayloadTypes: [101],
    streams: [stream],
    preferredLayers: { spatialLayer: 2, temporalLayer: 1 },
    targetLayers: { spatialLayer: 1, temporalLayer: 0 },
    priority: 7,
    allocation: { tier: 2, weight: 7, maxLayers: { spatialLayer: 1 }, whenStarved: 'pause' },
  };

  it('dumps every field', async () => {
    const { consumer, producer, script } = await call();
    script.answers.dumpConsumer = () => answer;

    const dump = await consumer.dump();

    expect(dump).toMatchObject({
      id: consumer.id,
      producerId: producer.id,
      kind: 'video',
      type: 'simulcast',
      rtpParameters: consumer.rtpParameters,
      supportedCodecPayloadTypes: [101],
      traceEventTypes: [],
      paused: false,
      producerPaused: true,
      priority: 7,
      allocation: answer.allocation,
      preferredSpatialLayer: 2,
      preferredTemporalLayer: 1,
      targetSpatialLayer: 1,
      targetTemporalLayer: 0,
      currentSpatialLayer: -1,
      currentTemporalLayer: -1,
    });
    expect(dump.consumableRtpEncodings).toHaveLength(3);
    expect(dump.rtpStreams).toMatchObject([{ params: { ssrc: 1111, cname: 'sender' }, score: 9 }]);
    expect(dump.rtpStream).toEqual(dump.rtpStreams[0]);
  });

  it('of a pipe dumps a list of streams', async () => {
    const { consumer, script } = await call({ pipe: true });
    script.answers.dumpConsumer = () => ({ ...answer, streams: [stream, stream, stream] });

    const dump = await consumer.dump();

    expect(dump.rtpStreams).toHaveLength(3);
    expect(dump).not.toHaveProperty('rtpStream');
  });

  it('has statistics of what it sends and of what that comes from', async () => {
    const { consumer, script } = await call();
    const { roundTripTime: _, ...unmeasured } = inbound;
    const outbound = { ...unmeasured, type: 'outboundRtp', ssrc: 5, rtxSsrc: 6, bitrateByLayer: {} };
    script.answers.getConsumerStats = () => ({ streams: [outbound, inbound] });

    const [sent, received] = await consumer.getStats();

    expect(sent).toMatchObject({ type: 'outbound-rtp', ssrc: 5, rtxSsrc: 6, rtxPacketsDiscarded: 10 });
    expect(sent).not.toHaveProperty('bitrateByLayer');
    expect(sent).not.toHaveProperty('roundTripTime');
    expect(received).toMatchObject({ type: 'inbound-rtp', ssrc: 1111, roundTripTime: 15 });
  });

  it('has a priority', async () => {
    const { consumer, script } = await call();
    expect(consumer.priority).toBe(1);

    await consumer.setPriority(255);
    expect(consumer.priority).toBe(255);
    await consumer.unsetPriority();

    expect(consumer.priority).toBe(1);
    expect(script.asked('setPriority')).toEqual([
      { consumer: 4, priority: 255 },
      { consumer: 4, priority: 1 },
    ]);
  });

  it.each([0, 256, 1.5, '7', undefined])('refuses the priority %p by a TypeError', async (priority) => {
    const { consumer, script } = await call();

    await expect(consumer.setPriority(priority as never)).rejects.toThrow(
      new TypeError('priority must be an integer from 1 to 255'),
    );

    expect(consumer.priority).toBe(1);
    expect(script.asked('setPriority')).toEqual([]);
  });

  it('is equal to all others by default', async () => {
    const { consumer, script } = await call();

    const equal = { tier: 0, weight: 1, whenStarved: 'keep' };
    expect(consumer.allocation).toEqual(equal);
    expect(script.asked('consume')[0].allocation).toEqual(equal);
  });

  it('may be given its allocation at once', async () => {
    const { consumer, script } = await call({ allocation: { tier: 3, minLayers: { spatialLayer: 1 } } });

    const allocation = { tier: 3, weight: 1, minLayers: { spatialLayer: 1 }, whenStarved: 'keep' };
    expect(consumer.allocation).toEqual(allocation);
    expect(script.asked('consume')[0].allocation).toEqual(allocation);
  });

  it('has one allocation at a time: what is not given is the default', async () => {
    const { consumer, script } = await call();
    await consumer.setAllocation({ tier: 255, weight: 9, maxLayers: { spatialLayer: 1, temporalLayer: 0 } });
    await consumer.setAllocation({ whenStarved: 'pause' });

    expect(consumer.allocation).toEqual({ tier: 0, weight: 1, whenStarved: 'pause' });
    expect(script.asked('setAllocation')).toEqual([
      {
        consumer: 4,
        allocation: {
          tier: 255,
          weight: 9,
          maxLayers: { spatialLayer: 1, temporalLayer: 0 },
          whenStarved: 'keep',
        },
      },
      { consumer: 4, allocation: { tier: 0, weight: 1, whenStarved: 'pause' } },
    ]);
  });

  it('has its priority as its weight', async () => {
    const { consumer } = await call();
    await consumer.setAllocation({ tier: 1, weight: 9 });
    expect(consumer.priority).toBe(9);

    await consumer.setPriority(200);

    expect(consumer.allocation).toEqual({ tier: 1, weight: 200, whenStarved: 'keep' });
  });

  it('gives its observer what it hears itself', async () => {
    const { consumer, script } = await call();
    const heard: unknown[] = [];
    consumer.observer.on('score', (score) => heard.push(score));
    consumer.observer.on('layerschange', (layers) => heard.push(layers));
    const score = { score: 10, producerScore: 9, producerScores: [9] };

    script.tell(4, { type: 'consumerScore', ...score });
    script.tell(4, { type: 'layersChange', layers: { spatialLayer: 1 } });
    await settled();

    expect(heard).toEqual([score, { spatialLayer: 1 }]);
  });
});
