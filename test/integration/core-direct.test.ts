/** Media through direct transports: what a producer is given, its consumers give, with every event on the way. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs, opusParameters, simulcastParameters } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);

let worker: core.Worker;
let router: core.Router;
let sending: core.DirectTransport;
let receiving: core.DirectTransport;

beforeAll(async () => {
  worker = await core.createWorker();
});

afterAll(() => worker.close());

beforeEach(async () => {
  router?.close();
  router = await worker.createRouter({ mediaCodecs });
  sending = await router.createDirectTransport();
  receiving = await router.createDirectTransport();
});

const ORIENTATION = 'urn:3gpp:video-orientation';
const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
const PACKET_ID = 'urn:mediasoup:params:rtp-hdrext:packet-id';

/** VP8 with SSRCs, as a program would send it: the first encoding has RTX. */
function vp8Parameters(encodings = 1): core.types.RtpParameters {
  const { codecs } = simulcastParameters();
  return {
    mid: 'v',
    codecs: [
      { ...codecs[0]!, rtcpFeedback: [...codecs[0]!.rtcpFeedback!, { type: 'ccm', parameter: 'fir' }] },
      codecs[1]!,
    ],
    headerExtensions: [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 1 },
      { uri: ORIENTATION, id: 4 },
      { uri: PACKET_ID, id: 12 },
    ],
    encodings: Array.from({ length: encodings }, (_, index) => ({
      ssrc: 1000 + index,
      rtx: { ssrc: 2000 + index },
      ...(encodings > 1 && { scalabilityMode: 'L1T3' }),
    })),
    rtcp: { cname: 'program' },
  };
}

const received = (consumer: core.Consumer): rtp.Rtp[] => {
  const packets: rtp.Rtp[] = [];
  consumer.on('rtp', (packet) => void packets.push(rtp.readRtp(packet)));
  return packets;
};

const until = (done: () => boolean) => waitUntil(done, 5_000, () => done.toString());

/** Frames of VP8, one packet each, the first a key frame. */
function sendVideo(producer: core.Producer, count: number, more: Partial<rtp.Rtp> = {}): void {
  for (let i = 0; i < count; i++) {
    producer.send(
      rtp.writeRtp({
        payloadType: 96,
        ssrc: 1000,
        sequence: (more.sequence ?? 1) + i,
        timestamp: 3000 * (i + 1),
        marker: true,
        payload: rtp.vp8({ keyFrame: i === 0, picture: i + 1, temporalLayer: i % 3 }),
        ...(more.ssrc && { ssrc: more.ssrc }),
        ...(more.extensions && { extensions: more.extensions }),
      }),
    );
  }
}

async function oneStream() {
  const producer = await sending.produce({ kind: 'video', rtpParameters: vp8Parameters() });
  const { rtpCapabilities } = router;
  const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
  return { producer, consumer };
}

describe('a direct pair', () => {
  it('has defaults', async () => {
    const { producer, consumer } = await oneStream();

    expect(producer).toMatchObject({ kind: 'video', type: 'simple', paused: false, score: [], appData: {} });
    expect(consumer).toMatchObject({
      kind: 'video',
      type: 'simple',
      producerId: producer.id,
      paused: false,
      producerPaused: false,
      priority: 1,
      score: { score: 10, producerScore: 0, producerScores: [0] },
      preferredLayers: undefined,
      currentLayers: undefined,
      appData: {},
    });
    expect(producer.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(consumer.rtpParameters.mid).toBe('0');
    expect(producer.rtpParameters.rtcp?.cname).toBe('program');
  });

  it('gives the packets as they came, under the numbers of the consumer', async () => {
    const { producer, consumer } = await oneStream();
    const packets = received(consumer);

    sendVideo(producer, 5);
    await until(() => packets.length === 5);

    const [{ ssrc } = { ssrc: 0 }] = consumer.rtpParameters.encodings ?? [];
    expect(packets.map((packet) => [packet.ssrc, packet.payloadType, packet.marker])).toEqual(
      Array(5).fill([ssrc, 101, true]),
    );
    const first = packets[0]!;
    expect(packets.map(({ sequence }) => (sequence - first.sequence) & 0xffff)).toEqual([0, 1, 2, 3, 4]);
    expect(packets.map(({ timestamp }) => (timestamp - first.timestamp) >>> 0)).toEqual([
      0, 3000, 6000, 9000, 12000,
    ]);
    // But for the picture id, which is the consumer's.
    expect(packets[4]!.payload.subarray(6)).toEqual(rtp.vp8({ picture: 5 }).subarray(6));
  });

  it('has every field of statistics', async () => {
    const { producer, consumer } = await oneStream();
    const packets = received(consumer);
    sendVideo(producer, 6);
    await until(() => packets.length === 6);

    expect(await producer.getStats()).toEqual([
      {
        type: 'inbound-rtp',
        timestamp: anyNumber,
        ssrc: 1000,
        rtxSsrc: 2000,
        kind: 'video',
        mimeType: 'video/VP8',
        packetCount: 6,
        byteCount: 6 * 112,
        bitrate: anyNumber,
        packetsLost: 0,
        fractionLost: 0,
        jitter: anyNumber,
        packetsDiscarded: 0,
        packetsRetransmitted: 0,
        packetsRepaired: 0,
        rtxPacketsDiscarded: 0,
        nackCount: 0,
        nackPacketCount: 0,
        pliCount: anyNumber,
        firCount: 0,
        score: 10,
        bitrateByLayer: { '0.0': anyNumber, '0.1': anyNumber, '0.2': anyNumber },
      },
    ]);
    const [encoding] = consumer.rtpParameters.encodings ?? [];
    const [outbound, inbound] = await consumer.getStats();
    expect(outbound).toEqual({
      type: 'outbound-rtp',
      timestamp: anyNumber,
      ssrc: encoding?.ssrc,
      rtxSsrc: encoding?.rtx?.ssrc,
      kind: 'video',
      mimeType: 'video/VP8',
      packetCount: 6,
      byteCount: 6 * 112,
      bitrate: anyNumber,
      packetsLost: 0,
      fractionLost: 0,
      jitter: 0,
      packetsDiscarded: 0,
      packetsRetransmitted: 0,
      packetsRepaired: 0,
      rtxPacketsDiscarded: 0,
      nackCount: 0,
      nackPacketCount: 0,
      pliCount: 0,
      firCount: 0,
      score: 10,
    });
    expect(inbound).toMatchObject({ type: 'inbound-rtp', ssrc: 1000, packetCount: 6 });
    const [transport] = await sending.getStats();
    expect(transport).toEqual({
      type: 'direct-transport',
      transportId: sending.id,
      timestamp: anyNumber,
      bytesReceived: 6 * 112,
      recvBitrate: anyNumber,
      bytesSent: anyNumber,
      sendBitrate: anyNumber,
      rtpBytesReceived: 6 * 112,
      rtpRecvBitrate: anyNumber,
      rtpBytesSent: 0,
      rtpSendBitrate: 0,
      rtxBytesReceived: 0,
      rtxRecvBitrate: 0,
      rtxBytesSent: 0,
      rtxSendBitrate: 0,
      probationBytesSent: 0,
      probationSendBitrate: 0,
      rtpPacketLossReceived: 0,
      rtpPacketLossSent: 0,
    });
  });

  it('dumps every field', async () => {
    const { producer, consumer } = await oneStream();
    await producer.enableTraceEvent(['sr']);
    await consumer.enableTraceEvent(['nack', 'pli']);
    await consumer.setAllocation({ tier: 2, maxLayers: { spatialLayer: 1 }, whenStarved: 'pause' });
    await consumer.setPriority(7);
    const packets = received(consumer);
    sendVideo(producer, 1);
    await until(() => packets.length === 1);

    const params = {
      encodingIdx: 0,
      mimeType: 'video/VP8',
      clockRate: 90000,
      cname: 'program',
      useNack: true,
      usePli: true,
      useFir: true,
      useInBandFec: false,
      useDtx: false,
      spatialLayers: 1,
      temporalLayers: 1,
    };
    expect(await producer.dump()).toEqual({
      id: producer.id,
      kind: 'video',
      type: 'simple',
      rtpParameters: producer.rtpParameters,
      rtpMapping: {
        codecs: [
          { payloadType: 96, mappedPayloadType: 101 },
          { payloadType: 97, mappedPayloadType: 102 },
        ],
        encodings: [{ ssrc: 1000, mappedSsrc: anyNumber }],
      },
      rtpStreams: [
        {
          params: { ...params, ssrc: 1000, payloadType: 96, rtxSsrc: 2000, rtxPayloadType: 97 },
          score: 10,
          rtxStream: {
            params: {
              ssrc: 2000,
              payloadType: 97,
              mimeType: 'video/rtx',
              clockRate: 90000,
              cname: 'program',
            },
          },
        },
      ],
      traceEventTypes: ['sr'],
      paused: false,
    });
    const [encoding] = consumer.rtpParameters.encodings ?? [];
    const [ssrc, rtxSsrc] = [encoding?.ssrc, encoding?.rtx?.ssrc];
    const rtpStream = {
      params: { ...params, ssrc, payloadType: 101, rtxSsrc, rtxPayloadType: 102 },
      score: 10,
      rtxStream: { params: expect.objectContaining({ ssrc: rtxSsrc, mimeType: 'video/rtx' }) },
    };
    expect(await consumer.dump()).toEqual({
      id: consumer.id,
      producerId: producer.id,
      kind: 'video',
      type: 'simple',
      rtpParameters: consumer.rtpParameters,
      consumableRtpEncodings: [expect.objectContaining({ ssrc: anyNumber })],
      supportedCodecPayloadTypes: [101],
      traceEventTypes: ['nack', 'pli'],
      paused: false,
      producerPaused: false,
      priority: 7,
      allocation: { tier: 2, weight: 7, maxLayers: { spatialLayer: 1 }, whenStarved: 'pause' },
      rtpStreams: [rtpStream],
      rtpStream,
      preferredSpatialLayer: -1,
      preferredTemporalLayer: -1,
      targetSpatialLayer: -1,
      targetTemporalLayer: -1,
      currentSpatialLayer: -1,
      currentTemporalLayer: -1,
    });
    expect(await sending.dump()).toEqual({
      id: sending.id,
      producerIds: [producer.id],
      consumerIds: [],
      mapSsrcConsumerId: [],
      mapRtxSsrcConsumerId: [],
      recvRtpHeaderExtensions: { mid: 1 },
      rtpListener: {
        ssrcTable: expect.arrayContaining([
          { key: 1000, value: producer.id },
          { key: 2000, value: producer.id },
        ]),
        midTable: [{ key: 'v', value: producer.id }],
        ridTable: [],
      },
      dataProducerIds: [],
      dataConsumerIds: [],
      traceEventTypes: [],
      maxSendMessageSize: 262_144,
      maxReceiveMessageSize: 262_144,
    });
    expect(await receiving.dump()).toMatchObject({
      consumerIds: [consumer.id],
      mapSsrcConsumerId: [{ key: ssrc, value: consumer.id }],
      mapRtxSsrcConsumerId: [{ key: rtxSsrc, value: consumer.id }],
    });
  });

  it('gives a direct transport reports about what it sends, and asks it for key frames', async () => {
    const { producer, consumer } = await oneStream();
    const names: string[] = [];
    const observed: Buffer[] = [];
    sending.on('rtcp', (packet) => void names.push(...rtp.readRtcp(packet).map(({ name }) => name)));
    sending.observer.on('rtcp', (packet) => void observed.push(packet));
    const packets = received(consumer);
    sendVideo(producer, 3);
    await until(() => packets.length === 3 && names.includes('rr'));

    await consumer.requestKeyFrame();
    await until(() => names.includes('pli'));

    expect(observed.length).toBeGreaterThan(0);
    expect((await producer.getStats())[0]?.pliCount).toBeGreaterThan(0);
  });

  it('takes RTCP: a lost packet is sent again, a picture is asked for', async () => {
    const { producer, consumer } = await oneStream();
    const packets = received(consumer);
    sendVideo(producer, 3);
    await until(() => packets.length === 3);

    receiving.sendRtcp(rtp.nack(packets[0]!.ssrc, packets[1]!.sequence));
    receiving.sendRtcp(rtp.pli(packets[0]!.ssrc));
    receiving.sendRtcp(rtp.fir(packets[0]!.ssrc));
    await until(() => packets.length === 4);

    const repaired = packets[3]!;
    expect(repaired).toMatchObject({
      ssrc: consumer.rtpParameters.encodings?.[0]?.rtx?.ssrc,
      payloadType: 102,
      timestamp: packets[1]!.timestamp,
    });
    // RFC 4588, 4: the original sequence number comes first.
    expect(repaired.payload.readUInt16BE(0)).toBe(packets[1]!.sequence);
    expect((await consumer.getStats())[0]).toMatchObject({
      nackCount: 1,
      nackPacketCount: 1,
      packetsRetransmitted: 1,
      pliCount: 1,
      firCount: 1,
    });
    expect((await receiving.getStats())[0]?.rtxBytesSent).toBeGreaterThan(0);
  });

  it('tells its observer of what is made on it', async () => {
    const heard: unknown[] = [];
    for (const event of ['newproducer', 'newconsumer', 'newdataproducer', 'newdataconsumer'] as const) {
      for (const transport of [sending, receiving]) {
        transport.observer.on(event, (made: unknown) => void heard.push([event, made]));
      }
    }

    const { producer, consumer } = await oneStream();
    const dataProducer = await sending.produceData();
    const dataConsumer = await receiving.consumeData({ dataProducerId: dataProducer.id });

    expect(heard).toEqual([
      ['newproducer', producer],
      ['newconsumer', consumer],
      ['newdataproducer', dataProducer],
      ['newdataconsumer', dataConsumer],
    ]);
  });

  it('has no bitrates to set, and is connected', async () => {
    await sending.connect();

    await expect(sending.setMaxIncomingBitrate()).rejects.toBeInstanceOf(core.UnsupportedError);
    await expect(sending.setMaxOutgoingBitrate()).rejects.toBeInstanceOf(core.UnsupportedError);
    await expect(sending.setMinOutgoingBitrate()).rejects.toBeInstanceOf(core.UnsupportedError);
  });
});

describe('pausing', () => {
  it('the producer stops all, the consumer itself; who resumes needs a key frame', async () => {
    const { producer, consumer } = await oneStream();
    const packets = received(consumer);
    const heard: string[] = [];
    note(heard, 'producer’s observer', producer.observer, ['pause', 'resume']);
    note(heard, 'consumer', consumer, ['producerpause', 'producerresume']);
    note(heard, 'consumer’s observer', consumer.observer, ['pause', 'resume']);
    sendVideo(producer, 2);
    await until(() => packets.length === 2);

    await producer.pause();
    sendVideo(producer, 2, { sequence: 3 });
    await producer.resume();
    await consumer.pause();
    sendVideo(producer, 2, { sequence: 5 });
    await consumer.resume();
    sendVideo(producer, 2, { sequence: 7 });
    await until(() => packets.length === 4);

    expect(packets.map(({ sequence }) => (sequence - packets[0]!.sequence) & 0xffff)).toEqual([0, 1, 2, 3]);
    expect(heard).toEqual([
      'consumer producerpause',
      'consumer’s observer pause',
      'producer’s observer pause',
      'consumer producerresume',
      'consumer’s observer resume',
      'producer’s observer resume',
      'consumer’s observer pause',
      'consumer’s observer resume',
    ]);
  });

  it('is an option of both', async () => {
    const producer = await sending.produce({
      kind: 'video',
      rtpParameters: vp8Parameters(),
      paused: true,
      id: 'mine',
      appData: { camera: 1 },
    });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({
      producerId: 'mine',
      rtpCapabilities,
      paused: true,
      mid: 'seven',
      enableRtx: false,
      appData: { screen: 2 },
    });

    expect(producer).toMatchObject({ id: 'mine', paused: true, appData: { camera: 1 } });
    expect(consumer).toMatchObject({ paused: true, producerPaused: true, appData: { screen: 2 } });
    expect(consumer.rtpParameters.mid).toBe('seven');
    expect(consumer.rtpParameters.codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8']);
    await expect(
      sending.produce({ kind: 'audio', rtpParameters: opusParameters(), id: 'mine' }),
    ).rejects.toThrow(new TypeError("id 'mine' is in use"));
  });
});

describe('the worker tells', () => {
  it('how a camera is held, the producer and its observer', async () => {
    const { producer } = await oneStream();
    const told = next(producer, 'videoorientationchange');
    const observed = next(producer.observer, 'videoorientationchange');

    // 3GPP TS 26.114, 7.4.5: camera to the back, no flip, 270 degrees.
    sendVideo(producer, 1, { extensions: { 4: Buffer.of(0b1011) } });

    expect(await told).toEqual([{ camera: true, flip: false, rotation: 270 }]);
    expect(await observed).toEqual(await told);
  });

  it('scores, when they change', async () => {
    const { producer, consumer } = await oneStream();
    const told = next(producer, 'score');
    const observed = next(producer.observer, 'score');
    const packets = received(consumer);
    sendVideo(producer, 3);
    await until(() => packets.length === 3);

    expect(await told).toEqual([[{ encodingIdx: 0, ssrc: 1000, score: 10 }]]);
    expect(await observed).toEqual(await told);
    expect(producer.score).toEqual([{ encodingIdx: 0, ssrc: 1000, score: 10 }]);
    await until(() => consumer.score.producerScore === 10);

    const worse = next(consumer, 'score');
    const worseToo = next(consumer.observer, 'score');
    receiving.sendRtcp(
      rtp.receiverReport({
        ssrc: packets[0]!.ssrc,
        fractionLost: 170,
        lost: 2,
        highest: packets[2]!.sequence,
      }),
    );
    const [score] = await worse;
    expect(score).toEqual({ score: anyNumber, producerScore: 10, producerScores: [10] });
    expect(score.score).toBeLessThan(5);
    expect(await worseToo).toEqual([score]);
    expect(consumer.score).toEqual(score);
    expect((await consumer.getStats())[0]).toMatchObject({ packetsLost: 2, fractionLost: 170 });
  });

  it('round trips, once a report was answered', async () => {
    const { producer, consumer } = await oneStream();
    const packets = received(consumer);
    sending.sendRtcp(rtp.senderReport({ ssrc: 1000, timestamp: 3000 }));
    let lastReport = 0;
    receiving.on('rtcp', (compound) => {
      const report = rtp.readRtcp(compound).find(({ name }) => name === 'sr');
      if (report) lastReport = report.body.readUInt32BE(6);
    });
    sendVideo(producer, 3);
    sending.sendRtcp(rtp.senderReport({ ssrc: 1000, timestamp: 3000 }));
    await until(() => packets.length === 3 && lastReport !== 0);

    receiving.sendRtcp(rtp.receiverReport({ ssrc: packets[0]!.ssrc, lastReport, jitter: 90 }));
    const [stats] = await consumer.getStats();

    expect(stats).toMatchObject({ jitter: 90, roundTripTime: anyNumber });
  });
});

describe('layers', () => {
  async function simulcast() {
    const producer = await sending.produce({ kind: 'video', rtpParameters: vp8Parameters(3) });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({
      producerId: producer.id,
      rtpCapabilities,
      preferredLayers: { spatialLayer: 0, temporalLayer: 1 },
    });
    return { producer, consumer };
  }

  it('are those that are preferred, and told when they change', async () => {
    const { producer, consumer } = await simulcast();
    expect(consumer).toMatchObject({
      type: 'simulcast',
      preferredLayers: { spatialLayer: 0, temporalLayer: 1 },
      currentLayers: undefined,
    });
    const [low, lowObserved] = [next(consumer, 'layerschange'), next(consumer.observer, 'layerschange')];
    for (const ssrc of [1000, 1001, 1002]) sendVideo(producer, 2, { ssrc });

    expect(await low).toEqual([{ spatialLayer: 0, temporalLayer: 1 }]);
    expect(await lowObserved).toEqual([{ spatialLayer: 0, temporalLayer: 1 }]);
    expect(consumer.currentLayers).toEqual({ spatialLayer: 0, temporalLayer: 1 });

    await consumer.setPreferredLayers({ spatialLayer: 2 });
    const high = next(consumer, 'layerschange');
    sendVideo(producer, 2, { ssrc: 1002, sequence: 3 });
    expect(await high).toEqual([{ spatialLayer: 2, temporalLayer: 2 }]);
    expect(consumer.preferredLayers).toEqual({ spatialLayer: 2, temporalLayer: 2 });
    expect(await consumer.dump()).toMatchObject({
      preferredSpatialLayer: 2,
      preferredTemporalLayer: 2,
      targetSpatialLayer: 2,
      targetTemporalLayer: 2,
      currentSpatialLayer: 2,
      currentTemporalLayer: 2,
    });

    const none = next(consumer, 'layerschange');
    await consumer.pause();
    expect(await none).toEqual([undefined]);
    expect(consumer.currentLayers).toBeUndefined();
  });

  it('are as many streams to who consumes with pipe', async () => {
    const { producer } = await simulcast();
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities, pipe: true });
    const packets = received(consumer);

    for (const ssrc of [1000, 1001, 1002]) sendVideo(producer, 1, { ssrc });
    await until(() => packets.length === 3);

    expect(consumer).toMatchObject({ type: 'pipe', preferredLayers: undefined });
    expect(packets.map(({ ssrc }) => ssrc)).toEqual(
      consumer.rtpParameters.encodings?.map(({ ssrc }) => ssrc),
    );
    const dump = await consumer.dump();
    expect(dump.rtpStreams).toHaveLength(3);
    expect(dump.rtpStream).toBeUndefined();
    expect((await consumer.getStats()).map(({ type }) => type)).toEqual(Array(3).fill('outbound-rtp'));
  });

  it('of one encoding with layers is svc', async () => {
    const rtpParameters = vp8Parameters();
    rtpParameters.encodings = [{ ssrc: 1000, scalabilityMode: 'L1T3' }];
    const producer = await sending.produce({ kind: 'video', rtpParameters });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });

    expect([producer.type, consumer.type]).toEqual(['svc', 'svc']);
  });

  it('have priorities', async () => {
    const { consumer } = await simulcast();

    await consumer.setPriority(255);
    expect(consumer.priority).toBe(255);
    await consumer.unsetPriority();
    expect(consumer.priority).toBe(1);
    expect((await consumer.dump()).priority).toBe(1);
  });

  it('are allocated as an option says, until it is said otherwise', async () => {
    const { producer } = await simulcast();
    const minLayers = { spatialLayer: 1, temporalLayer: 0 };
    const { rtpCapabilities } = router;
    const options = { producerId: producer.id, rtpCapabilities, allocation: { tier: 255, minLayers } };
    const consumer = await receiving.consume(options);
    const first = { tier: 255, weight: 1, minLayers, whenStarved: 'keep' };
    expect(consumer.allocation).toEqual(first);
    expect((await consumer.dump()).allocation).toEqual(first);

    await consumer.setAllocation({ maxLayers: { spatialLayer: 0 } });

    expect((await consumer.dump()).allocation).toEqual({
      tier: 0,
      weight: 1,
      maxLayers: { spatialLayer: 0 },
      whenStarved: 'keep',
    });
  });
});

describe('options of media', () => {
  it('enableMediasoupPacketIdHeaderExtension numbers the packets', async () => {
    const producer = await sending.produce({
      kind: 'video',
      rtpParameters: vp8Parameters(),
      enableMediasoupPacketIdHeaderExtension: true,
    });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
    const { id } = consumer.rtpParameters.headerExtensions!.find(({ uri }) => uri === PACKET_ID)!;
    const packets = received(consumer);

    sendVideo(producer, 3);
    await until(() => packets.length === 3);

    const ids = packets.map(({ extensions }) => extensions[id]?.readUIntBE(0, extensions[id].length));
    expect(ids).toEqual([ids[0], ids[0]! + 1, ids[0]! + 2]);
  });

  it('keyFrameRequestDelay makes key frame requests rare', async () => {
    const producer = await sending.produce({
      kind: 'video',
      rtpParameters: vp8Parameters(),
      keyFrameRequestDelay: 60_000,
    });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
    const packets = received(consumer);
    sendVideo(producer, 1);
    await until(() => packets.length === 1);

    for (let i = 0; i < 5; i++) await consumer.requestKeyFrame();

    expect((await producer.getStats())[0]?.pliCount).toBeLessThanOrEqual(1);
  });

  it('ignoreDtx leaves out what is sent in silence', async () => {
    const producer = await sending.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    const options = { producerId: producer.id, rtpCapabilities };
    const all = received(await receiving.consume(options));
    const spoken = received(await receiving.consume({ ...options, ignoreDtx: true }));
    const speech = Buffer.alloc(60, 0x7c);
    // RFC 7587, 3.1.3: what a sender says in silence has one byte, or two.
    const silence = Buffer.of(0x78);

    [speech, silence, speech].forEach((payload, sequence) => {
      producer.send(
        rtp.writeRtp({ payloadType: 111, ssrc: 1111, sequence, timestamp: 960 * sequence, payload }),
      );
    });
    await until(() => all.length === 3 && spoken.length === 2);

    expect(spoken.map(({ payload }) => payload.length)).toEqual([60, 60]);
  });

  it('the header extension of audio levels comes through', async () => {
    const rtpParameters = opusParameters();
    rtpParameters.headerExtensions = [{ uri: AUDIO_LEVEL, id: 6 }];
    const producer = await sending.produce({ kind: 'audio', rtpParameters });
    const { rtpCapabilities } = router;
    const consumer = await receiving.consume({ producerId: producer.id, rtpCapabilities });
    const { id } = consumer.rtpParameters.headerExtensions!.find(({ uri }) => uri === AUDIO_LEVEL)!;
    const packets = received(consumer);

    producer.send(rtp.writeRtp({ payloadType: 111, ssrc: 1111, extensions: { 6: Buffer.of(0x80 | 20) } }));
    await until(() => packets.length === 1);

    expect(packets[0]!.extensions[id]).toEqual(Buffer.of(0x80 | 20));
  });
});
