/** Plain transports, and a program at their other end that has nothing but a UDP socket. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs, opusParameters } from '../harness/rtp-options.js';
import { freePortPair } from '../harness/udp-ports.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);
const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
const key = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');

let worker: core.Worker;
let router: core.Router;
let sockets: Socket[] = [];

beforeAll(async () => {
  worker = await core.createWorker();
  router = await worker.createRouter({ mediaCodecs });
});

afterAll(() => worker.close());

afterEach(() => {
  for (const socket of sockets) socket.close();
  sockets = [];
});

/** A program's socket, what came to it, and a way to send. */
async function program() {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const received: Buffer[] = [];
  socket.on('message', (bytes: Buffer, _from: RemoteInfo) => void received.push(bytes));
  const { port } = socket.address();
  const send = (bytes: Buffer, to: number) => socket.send(bytes, to, '127.0.0.1');
  return { port, received, send };
}

const until = (done: () => boolean) => waitUntil(done, 5_000, () => done.toString());

const opus = (sequence: number, ssrc = 1111) =>
  rtp.writeRtp({ payloadType: 111, ssrc, sequence, timestamp: 960 * sequence, payload: Buffer.alloc(80, 3) });

describe('a plain transport', () => {
  it('has defaults', async () => {
    const transport = await router.createPlainTransport({ listenInfo });

    expect(transport).toMatchObject({
      type: 'plain',
      closed: false,
      rtcpTuple: undefined,
      srtpParameters: undefined,
      sctpParameters: undefined,
      sctpState: undefined,
      sctpNegotiatedCapabilities: undefined,
      appData: {},
    });
    expect(transport.tuple).toEqual({
      localAddress: '127.0.0.1',
      localIp: '127.0.0.1',
      localPort: anyNumber,
      protocol: 'udp',
    });
    expect(transport.tuple.localPort).toBeGreaterThanOrEqual(10000);
    expect(transport.tuple.localPort).toBeLessThanOrEqual(59999);
  });

  it('listens where it is told to', async () => {
    const port = await freePortPair();
    const given = await router.createPlainTransport({
      listenInfo: { ...listenInfo, port, announcedAddress: '203.0.113.7', sendBufferSize: 100_000 },
    });
    const ranged = await router.createPlainTransport({
      listenInfo: { ...listenInfo, portRange: { min: 43000, max: 43099 }, recvBufferSize: 100_000 },
    });
    const old = await router.createPlainTransport({ listenIp: '127.0.0.1', port: port + 1 });

    expect(given.tuple).toMatchObject({ localAddress: '203.0.113.7', localPort: port });
    expect(ranged.tuple.localPort).toBeGreaterThanOrEqual(43000);
    expect(ranged.tuple.localPort).toBeLessThanOrEqual(43099);
    expect(old.tuple.localPort).toBe(port + 1);
    for (const transport of [given, ranged, old]) transport.close();
  });

  it('may share a port with others of the machine if it is told to, and have IPv6 to itself', async () => {
    const port = await freePortPair();
    const info = { ...listenInfo, port, flags: { udpReusePort: true } };
    const transports = [
      await router.createPlainTransport({ listenInfo: info }),
      await router.createPlainTransport({ listenInfo: info }),
      await router.createPlainTransport({
        listenInfo: { ...listenInfo, ip: '::1', port, flags: { ipv6Only: true } },
      }),
    ];

    expect(transports.map(({ tuple }) => tuple.localPort)).toEqual([port, port, port]);
    for (const transport of transports) transport.close();
  });

  it('takes media from where it is told, and no other', async () => {
    const [sender, stranger] = [await program(), await program()];
    const transport = await router.createPlainTransport({ listenInfo });
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    await transport.connect({ ip: '127.0.0.1', port: sender.port });
    expect(transport.tuple).toMatchObject({ remoteIp: '127.0.0.1', remotePort: sender.port });
    const direct = await router.createDirectTransport();
    const { rtpCapabilities } = router;
    const consumer = await direct.consume({ producerId: producer.id, rtpCapabilities });
    const packets: Buffer[] = [];
    consumer.on('rtp', (packet) => void packets.push(packet));

    stranger.send(opus(1), transport.tuple.localPort);
    for (const sequence of [2, 3, 4]) sender.send(opus(sequence), transport.tuple.localPort);
    await until(() => packets.length === 3);

    const [stats] = await transport.getStats();
    expect(stats).toEqual({
      type: 'plain-rtp-transport',
      transportId: transport.id,
      timestamp: anyNumber,
      rtcpMux: true,
      comedia: false,
      tuple: transport.tuple,
      bytesReceived: 4 * 92,
      recvBitrate: anyNumber,
      bytesSent: anyNumber,
      sendBitrate: anyNumber,
      rtpBytesReceived: 3 * 92,
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
    expect(stats?.rtpRecvBitrate).toBeGreaterThan(0);
  });

  it('sends media where it is told', async () => {
    const receiver = await program();
    const source = await router.createDirectTransport();
    const producer = await source.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const transport = await router.createPlainTransport({ listenInfo });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    await transport.connect({ ip: '127.0.0.1', port: receiver.port });

    for (const sequence of [1, 2, 3]) producer.send(opus(sequence));
    await until(() => receiver.received.filter((bytes) => !rtp.isRtcp(bytes)).length === 3);

    const packet = rtp.readRtp(receiver.received.find((bytes) => !rtp.isRtcp(bytes))!);
    expect(packet).toMatchObject({ ssrc: consumer.rtpParameters.encodings?.[0]?.ssrc, payloadType: 100 });
    expect(packet.payload).toEqual(Buffer.alloc(80, 3));
    const [stats] = await transport.getStats();
    expect(stats?.rtpBytesSent).toBeGreaterThanOrEqual(3 * 92);
    expect(stats?.bytesSent).toBeGreaterThanOrEqual(stats?.rtpBytesSent ?? 0);
    await expect(transport.connect({ ip: '127.0.0.1', port: 1 })).rejects.toBeInstanceOf(
      core.InvalidStateError,
    );
  });

  it('limits its remote by REMB, and takes its REMB for what can be sent, within what is allowed', async () => {
    const remote = await program();
    const transport = await router.createPlainTransport({ listenInfo });
    await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    await transport.connect({ ip: '127.0.0.1', port: remote.port });
    await transport.enableTraceEvent(['bwe']);
    const traced = next(transport, 'trace');
    const observed = next(transport.observer, 'trace');

    await transport.setMaxIncomingBitrate(500_000);
    await transport.setMinOutgoingBitrate(40_000);
    await transport.setMaxOutgoingBitrate(300_000);
    await until(() =>
      remote.received.some((bytes) => rtp.readRtcp(bytes).some(({ name }) => name === 'remb')),
    );
    remote.send(rtp.remb(1111, 1_000_000), transport.tuple.localPort);

    const [trace] = await traced;
    expect(trace).toEqual({
      type: 'bwe',
      timestamp: anyNumber,
      direction: 'in',
      info: {
        type: 'remb',
        desiredBitrate: 0,
        effectiveDesiredBitrate: 0,
        minBitrate: 40_000,
        maxBitrate: 300_000,
        startBitrate: 0,
        maxPaddingBitrate: 0,
        availableBitrate: 300_000,
      },
    });
    expect(await observed).toEqual([trace]);
    expect((await transport.getStats())[0]).toMatchObject({
      maxIncomingBitrate: 500_000,
      minOutgoingBitrate: 40_000,
      maxOutgoingBitrate: 300_000,
      availableOutgoingBitrate: 300_000,
    });
    await transport.setMaxIncomingBitrate(0);
    expect((await transport.getStats())[0]).not.toHaveProperty('maxIncomingBitrate');
    await expect(transport.setMinOutgoingBitrate(300_001)).rejects.toBeInstanceOf(TypeError);
    expect((await transport.dump()).traceEventTypes).toEqual(['bwe']);
  });
});

describe('comedia', () => {
  it('finds its remote by the first packet, and says so', async () => {
    const remote = await program();
    const transport = await router.createPlainTransport({ listenInfo, comedia: true });
    await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const told = next(transport, 'tuple');
    const observed = next(transport.observer, 'tuple');

    remote.send(opus(1), transport.tuple.localPort);

    const [tuple] = await told;
    expect(tuple).toEqual({
      localAddress: '127.0.0.1',
      localIp: '127.0.0.1',
      localPort: transport.tuple.localPort,
      remoteIp: '127.0.0.1',
      remotePort: remote.port,
      protocol: 'udp',
    });
    expect(await observed).toEqual([tuple]);
    expect(transport.tuple).toEqual(tuple);
    await expect(transport.connect({ ip: '127.0.0.1', port: 5 })).rejects.toBeInstanceOf(TypeError);
  });

  it('without rtcpMux finds where RTCP comes from too', async () => {
    const [remote, rtcpRemote] = [await program(), await program()];
    const transport = await router.createPlainTransport({ listenInfo, comedia: true, rtcpMux: false });
    await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const [told, observed] = [next(transport, 'rtcptuple'), next(transport.observer, 'rtcptuple')];
    expect(transport.rtcpTuple?.localPort).not.toBe(transport.tuple.localPort);

    remote.send(opus(1), transport.tuple.localPort);
    rtcpRemote.send(rtp.senderReport({ ssrc: 1111 }), transport.rtcpTuple!.localPort);

    const [tuple] = await told;
    expect(tuple).toMatchObject({ remoteIp: '127.0.0.1', remotePort: rtcpRemote.port });
    expect(await observed).toEqual([tuple]);
    await until(() => rtcpRemote.received.some(rtp.isRtcp));
    expect(remote.received.filter(rtp.isRtcp)).toEqual([]);
    expect((await transport.getStats())[0]).toMatchObject({
      rtcpMux: false,
      comedia: true,
      tuple: transport.tuple,
      rtcpTuple: tuple,
    });
  });
});

describe('rtcpMux', () => {
  it('false takes the remote’s port for RTCP, and may listen elsewhere for it', async () => {
    const [remote, rtcpRemote] = [await program(), await program()];
    const port = await freePortPair();
    const transport = await router.createPlainTransport({
      listenInfo,
      rtcpMux: false,
      rtcpListenInfo: { ...listenInfo, port },
    });

    await transport.connect({ ip: '127.0.0.1', port: remote.port, rtcpPort: rtcpRemote.port });

    expect(transport.rtcpTuple).toMatchObject({ localPort: port, remotePort: rtcpRemote.port });
    expect(transport.tuple).toMatchObject({ remotePort: remote.port });
    transport.close();
  });
});

describe('SRTP', () => {
  it.each([
    ['AEAD_AES_256_GCM', 44],
    ['AEAD_AES_128_GCM', 28],
    ['AES_CM_128_HMAC_SHA1_80', 30],
    ['AES_CM_128_HMAC_SHA1_32', 30],
  ] as const)('with %s has a key of %i bytes, and encrypts', async (srtpCryptoSuite, length) => {
    const remote = await program();
    const transport = await router.createPlainTransport({ listenInfo, enableSrtp: true, srtpCryptoSuite });
    expect(transport.srtpParameters?.cryptoSuite).toBe(srtpCryptoSuite);
    expect(Buffer.from(transport.srtpParameters!.keyBase64, 'base64')).toHaveLength(length);
    const source = await router.createDirectTransport();
    const producer = await source.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    await transport.consume({ producerId: producer.id, rtpCapabilities });

    const srtpParameters = { cryptoSuite: srtpCryptoSuite, keyBase64: key(length) };
    await transport.connect({ ip: '127.0.0.1', port: remote.port, srtpParameters });
    producer.send(opus(1));
    await until(() => remote.received.length > 0);

    // The header is open, the payload is not.
    const packet = rtp.readRtp(remote.received.find((bytes) => !rtp.isRtcp(bytes))!);
    expect(packet.payloadType).toBe(100);
    expect(packet.payload.subarray(0, 80)).not.toEqual(Buffer.alloc(80, 3));
    expect(packet.payload.length).toBeGreaterThan(80);
    expect((await transport.dump()).srtpParameters).toEqual(transport.srtpParameters);
  });

  it('is AES_CM_128_HMAC_SHA1_80 by default; with comedia connect() takes the key alone', async () => {
    const transport = await router.createPlainTransport({ listenInfo, enableSrtp: true, comedia: true });
    const { cryptoSuite } = transport.srtpParameters!;
    expect(cryptoSuite).toBe('AES_CM_128_HMAC_SHA1_80');

    await expect(
      transport.connect({ ip: '127.0.0.1', srtpParameters: { cryptoSuite, keyBase64: key(30) } }),
    ).rejects.toThrow(new TypeError('ip must not be given with comedia'));
    await transport.connect({ srtpParameters: { cryptoSuite, keyBase64: key(30) } });
  });
});

describe('a plain transport with all', () => {
  it('dumps every field', async () => {
    const transport = await router.createPlainTransport({
      listenInfo,
      rtcpMux: false,
      comedia: true,
      enableSctp: true,
      appData: { mine: 1 },
    });
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters('a', 7) });
    const dataProducer = await transport.produceData({ sctpStreamParameters: { streamId: 5 } });

    expect(await transport.dump()).toEqual({
      id: transport.id,
      producerIds: [producer.id],
      consumerIds: [],
      mapSsrcConsumerId: [],
      mapRtxSsrcConsumerId: [],
      recvRtpHeaderExtensions: { mid: 10 },
      rtpListener: {
        ssrcTable: [{ key: 7, value: producer.id }],
        midTable: [{ key: 'a', value: producer.id }],
        ridTable: [],
      },
      dataProducerIds: [dataProducer.id],
      dataConsumerIds: [],
      traceEventTypes: [],
      maxSendMessageSize: 262_144,
      maxReceiveMessageSize: 262_144,
      sctpParameters: transport.sctpParameters,
      sctpState: 'new',
      sctpListener: { streamIdTable: [{ key: 5, value: dataProducer.id }] },
      rtcpMux: false,
      comedia: true,
      tuple: transport.tuple,
      rtcpTuple: transport.rtcpTuple,
    });
    expect(transport.appData).toEqual({ mine: 1 });
    const heard: string[] = [];
    note(heard, 'transport', transport, ['sctpstatechange']);
    transport.close();
    expect(transport.sctpState).toBe('closed');
    expect(heard).toEqual([]);
  });
});
