import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import type { WebRtcTransportOptions } from './webrtc-transport.js';

const info = { protocol: 'udp' as const, ip: '127.0.0.1' };
const tcp = { protocol: 'tcp' as const, ip: '127.0.0.1' };
const fingerprint = { algorithm: 'sha-256' as const, value: 'AB:CD' };
const tuple = {
  localAddress: '127.0.0.1',
  localPort: 40000,
  remoteAddress: '127.0.0.9',
  remotePort: 5000,
  protocol: 'udp' as const,
};
const publicTuple = {
  localAddress: '127.0.0.1',
  localIp: '127.0.0.1',
  localPort: 40000,
  remoteIp: '127.0.0.9',
  remotePort: 5000,
  protocol: 'udp',
};

const pickPrefer = ({ preferTcp, preferUdp }: WebRtcTransportOptions) => ({
  ...(preferTcp && { preferTcp }),
  ...(preferUdp && { preferUdp }),
});

async function routed() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  return { worker, script, router };
}

async function connecting() {
  const all = await routed();
  return { ...all, transport: await all.router.createWebRtcTransport({ listenInfos: [info] }) };
}

describe('router.createWebRtcTransport', () => {
  it('asks the worker with every default filled in', async () => {
    const { router, script } = await routed();
    const heard: unknown[] = [];
    router.observer.on('newtransport', (transport) => heard.push(transport));

    const transport = await router.createWebRtcTransport({ listenInfos: [info], appData: { a: 1 } });

    expect(script.asked('createWebRtcTransport')).toEqual([
      {
        router: 1,
        transport: 2,
        addresses: [{ socket: 1, protocol: 'udp', address: '127.0.0.1', port: 40000 }],
        preferUdp: false,
        preferTcp: false,
        iceConsentTimeout: 30,
        initialAvailableOutgoingBitrate: 600000,
      },
    ]);
    expect(heard).toEqual([transport]);
    expect(transport).toMatchObject({
      type: 'webrtc',
      closed: false,
      appData: { a: 1 },
      iceRole: 'controlled',
      iceState: 'new',
      iceSelectedTuple: undefined,
      iceParameters: { usernameFragment: 'ufrag', password: 'password', iceLite: true },
      iceCandidates: [{ address: '127.0.0.1', ip: '127.0.0.1', port: 40000, protocol: 'udp', type: 'host' }],
      dtlsState: 'new',
      dtlsParameters: { role: 'auto', fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }] },
      dtlsRemoteCert: undefined,
    });
  });

  it.each([
    [0, 0],
    [1, 10],
    [45, 45],
    [61, 60],
  ])('makes of a consent timeout of %d seconds %d', async (iceConsentTimeout, expected) => {
    const { router, script } = await routed();

    await router.createWebRtcTransport({ listenInfos: [info], iceConsentTimeout });

    expect(script.asked('createWebRtcTransport')[0].iceConsentTimeout).toBe(expected);
  });

  it('takes the old listenIps', async () => {
    const { router, script } = await routed();

    await router.createWebRtcTransport({
      listenIps: ['127.0.0.1', { ip: '127.0.0.2', announcedIp: 'a' }],
      port: 5,
    });

    expect(script.asked('createWebRtcTransport')[0].addresses).toEqual([
      { socket: 1, protocol: 'udp', address: '127.0.0.1', port: 5 },
      { socket: 2, protocol: 'udp', address: 'a', port: 5 },
    ]);
  });

  it.each([
    ['as its listen infos say', { listenInfos: [tcp, info] }, ['tcp', 'udp']],
    ['on TCP alone', { listenInfos: [tcp] }, ['tcp']],
    ['without UDP', { listenInfos: [tcp, info], enableUdp: false }, ['tcp']],
    ['without TCP', { listenInfos: [tcp, info], enableTcp: false }, ['udp']],
    ['of the old form on UDP', { listenIps: ['127.0.0.1'] }, ['udp']],
    ['of the old form on both', { listenIps: ['127.0.0.1'], enableTcp: true }, ['udp', 'tcp']],
    ['of the old form on TCP', { listenIps: ['::1'], enableTcp: true, enableUdp: false }, ['tcp']],
    [
      'of the old form with TCP first',
      { listenIps: ['::1'], enableTcp: true, preferTcp: true },
      ['tcp', 'udp'],
    ],
    [
      'of the old form with UDP first',
      { listenIps: ['::1'], enableTcp: true, preferTcp: true, preferUdp: true },
      ['udp', 'tcp'],
    ],
  ] as [string, WebRtcTransportOptions, string[]][])('listens %s', async (_, options, protocols) => {
    const { router, script } = await routed();

    await router.createWebRtcTransport(options);

    const [{ addresses, preferTcp, preferUdp }] = script.asked('createWebRtcTransport');
    expect(addresses.map(({ protocol }: { protocol: string }) => protocol)).toEqual(protocols);
    expect(script.asked('listen').map(({ protocol }) => protocol)).toEqual(protocols);
    expect({ preferTcp, preferUdp }).toEqual({ preferTcp: false, preferUdp: false, ...pickPrefer(options) });
  });

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'options must have exactly one of webRtcServer, listenInfos, listenIps'],
    [
      { listenInfos: [info], listenIps: ['::1'] },
      'options must have exactly one of webRtcServer, listenInfos, listenIps',
    ],
    [
      { listenInfos: [info], webRtcServer: {} },
      'options must have exactly one of webRtcServer, listenInfos, listenIps',
    ],
    [{ webRtcServer: 7 }, 'webRtcServer must be an object'],
    [{ webRtcServer: {} }, 'webRtcServer must be a WebRtcServer'],
    [{ listenInfos: [info], enableTcp: 1 }, 'enableTcp must be a boolean'],
    [{ listenInfos: [] }, 'listenInfos must not be empty'],
    [{ listenInfos: [info], enableUdp: 1 }, 'enableUdp must be a boolean'],
    [
      { listenInfos: [info], enableUdp: false, enableTcp: false },
      'enableUdp and enableTcp must not both be false',
    ],
    [{ listenIps: ['::1'], enableUdp: false }, 'enableUdp and enableTcp must not both be false'],
    [{ listenInfos: [info], enableUdp: false }, 'enableUdp must not be false: listenInfos has nothing else'],
    [{ listenInfos: [tcp], enableTcp: false }, 'enableTcp must not be false: listenInfos has nothing else'],
    [{ listenInfos: [info], enableSctp: 1 }, 'enableSctp must be a boolean'],
    [{ listenInfos: [info], preferUdp: 1 }, 'preferUdp must be a boolean'],
    [{ listenInfos: [info], preferTcp: 1 }, 'preferTcp must be a boolean'],
    [
      { listenInfos: [info], iceConsentTimeout: -1 },
      'iceConsentTimeout must be an integer from 0 to 4294967295',
    ],
    [
      { listenInfos: [info], initialAvailableOutgoingBitrate: 0.5 },
      'initialAvailableOutgoingBitrate must be an integer from 0 to 4294967295',
    ],
    [{ listenInfos: [info], appData: 7 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { router, script } = await routed();

    await expect(router.createWebRtcTransport(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('listen')).toEqual([]);
  });

  it('frees its port when the worker refuses, and when it closes', async () => {
    const { router, script } = await routed();
    const listenInfos = [{ ...info, port: 5004 }];
    script.answers.createWebRtcTransport = () => ({ code: 'error', message: 'no' });
    await expect(router.createWebRtcTransport({ listenInfos })).rejects.toThrow('no');
    expect(script.asked('unlisten')).toHaveLength(1);

    const { script: other, router: otherRouter } = await routed();
    (await otherRouter.createWebRtcTransport({ listenInfos })).close();
    expect(other.requests.slice(-2).map(({ method }) => method)).toEqual(['closeTransport', 'unlisten']);
  });

  it('frees its port when the router closes while it listens', async () => {
    const { router, script } = await routed();
    script.held.add('listen');
    const transport = router.createWebRtcTransport({ listenInfos: [{ ...info, port: 5004 }] });
    const outcome = expect(transport).rejects.toThrow('the router is closed');

    router.close();
    script.release('listen');
    await outcome;

    expect(script.asked('unlisten')).toEqual([{ socket: 1 }]);
    expect(script.asked('createWebRtcTransport')).toEqual([]);
  });
});

describe('transport.connect', () => {
  it('tells the worker who comes, and knows its own role then', async () => {
    const { transport, script } = await connecting();

    await transport.connect({ dtlsParameters: { role: 'server', fingerprints: [fingerprint] } });

    expect(script.asked('connectWebRtcTransport')).toEqual([
      { transport: 2, role: 'server', fingerprints: [fingerprint] },
    ]);
    expect(transport.dtlsParameters.role).toBe('client');
  });

  it.each([
    [undefined, 'dtlsParameters must be an object'],
    [{}, 'dtlsParameters.fingerprints must be an array'],
    [{ fingerprints: [] }, 'dtlsParameters.fingerprints must not be empty'],
    [
      { fingerprints: [{ algorithm: 'md5', value: 'AB' }] },
      'dtlsParameters.fingerprints[0].algorithm must be one of sha-1, sha-224, sha-256, sha-384, sha-512',
    ],
    [
      { fingerprints: [{ algorithm: 'sha-1' }] },
      'dtlsParameters.fingerprints[0].value must be a string of at most 191 characters',
    ],
    [
      { role: 'both', fingerprints: [fingerprint] },
      'dtlsParameters.role must be one of auto, client, server',
    ],
  ])('refuses %j by a TypeError', async (dtlsParameters, message) => {
    const { transport, script } = await connecting();

    await expect(transport.connect({ dtlsParameters: dtlsParameters as never })).rejects.toThrow(
      new TypeError(message),
    );
    expect(script.asked('connectWebRtcTransport')).toEqual([]);
  });

  it('without anything is a TypeError too', async () => {
    const { transport } = await connecting();

    await expect(transport.connect(undefined as never)).rejects.toBeInstanceOf(TypeError);
  });
});

describe('WebRtcTransport', () => {
  it('restarts ICE', async () => {
    const { transport } = await connecting();

    const parameters = await transport.restartIce();

    expect(parameters).toEqual({ usernameFragment: 'ufrag2', password: 'password2', iceLite: true });
    expect(transport.iceParameters).toEqual(parameters);
  });

  it('limits what comes in', async () => {
    const { transport, script } = await connecting();

    await transport.setMaxIncomingBitrate(500_000);

    expect(script.asked('setMaxIncomingBitrate')).toEqual([{ transport: 2, bitrate: 500_000 }]);
    await expect(transport.setMaxIncomingBitrate(-1)).rejects.toThrow(
      new TypeError('bitrate must be an integer from 0 to 4294967295'),
    );
  });

  it('clamps what it takes the way to be able to', async () => {
    const { transport, script } = await connecting();

    await Promise.all([transport.setMaxOutgoingBitrate(500_000), transport.setMinOutgoingBitrate(30_000)]);
    await transport.setMaxOutgoingBitrate(30_000);
    await transport.setMinOutgoingBitrate(0);
    await transport.setMaxOutgoingBitrate(0);

    expect(script.asked('setOutgoingBitrates')).toEqual([
      { transport: 2, max: 500_000, min: 0 },
      { transport: 2, max: 500_000, min: 30_000 },
      { transport: 2, max: 30_000, min: 30_000 },
      { transport: 2, max: 30_000, min: 0 },
      { transport: 2, max: 0, min: 0 },
    ]);
  });

  it('refuses clamps that are too low or cross each other', async () => {
    const { transport, script } = await connecting();
    const range = new TypeError('bitrate must be an integer from 30000 to 4294967295');

    for (const bitrate of [29_999, -1, 30_000.5, '30000', Number.NaN]) {
      await expect(transport.setMaxOutgoingBitrate(bitrate as never)).rejects.toThrow(range);
      await expect(transport.setMinOutgoingBitrate(bitrate as never)).rejects.toThrow(range);
    }
    expect(script.asked('setOutgoingBitrates')).toEqual([]);
    await transport.setMinOutgoingBitrate(100_000);
    await expect(transport.setMaxOutgoingBitrate(99_999)).rejects.toThrow(
      new TypeError('bitrate must not be below the minimum, which is 100000'),
    );
    await transport.setMaxOutgoingBitrate(200_000);
    await expect(transport.setMinOutgoingBitrate(200_001)).rejects.toThrow(
      new TypeError('bitrate must not be above the maximum, which is 200000'),
    );
  });

  it('mirrors what the worker tells', async () => {
    const { transport, script } = await connecting();
    const heard: unknown[][] = [];
    const observed: unknown[][] = [];
    for (const [emitter, list] of [
      [transport, heard],
      [transport.observer, observed],
    ] as [typeof transport, unknown[][]][]) {
      emitter.on('icestatechange', (...args) => list.push(args));
      emitter.on('iceselectedtuplechange', (...args) => list.push(args));
      emitter.on('dtlsstatechange', (...args) => list.push(args));
    }

    script.tell(2, { type: 'iceSelectedTupleChange', tuple });
    script.tell(2, { type: 'iceStateChange', state: 'completed', reason: 'none' });
    script.tell(2, { type: 'dtlsStateChange', state: 'connected', remoteCert: 'PEM' });
    await settled();
    expect(transport).toMatchObject({
      iceState: 'completed',
      iceSelectedTuple: publicTuple,
      dtlsState: 'connected',
      dtlsRemoteCert: 'PEM',
    });
    script.tell(2, { type: 'iceSelectedTupleChange' });
    script.tell(2, { type: 'iceStateChange', state: 'disconnected', reason: 'consentExpired' });
    script.tell(2, { type: 'dtlsStateChange', state: 'closed', reason: 'close_notify' });
    await settled();

    expect(heard).toEqual([
      [publicTuple],
      ['completed'],
      ['connected'],
      [undefined],
      ['disconnected', 'consentExpired'],
      ['closed', 'close_notify'],
    ]);
    expect(observed).toEqual(heard);
    expect(transport).toMatchObject({ closed: false, iceSelectedTuple: undefined, dtlsRemoteCert: 'PEM' });
  });

  it.each([
    ['consentExpired', ['disconnected', 'consentExpired']],
    ['tcpClosed', ['disconnected', 'tcpClosed']],
    ['none', ['disconnected']],
  ] as const)('says why ICE is disconnected: %s', async (reason, args) => {
    const { transport, script } = await connecting();
    const heard: unknown[] = [];
    transport.on('icestatechange', (...given) => heard.push(given));

    script.tell(2, { type: 'iceStateChange', state: 'disconnected', reason });
    await settled();

    expect(heard).toEqual([args]);
  });

  it('gives statistics', async () => {
    const { transport, script } = await connecting();
    script.answers.getTransportStats = () => ({
      bytesReceived: 5,
      availableOutgoingBitrate: 1,
      availableIncomingBitrate: 2,
      maxIncomingBitrate: 3,
      maxOutgoingBitrate: 4,
      minOutgoingBitrate: 5,
      rtpPacketLossReceived: 0.5,
      rtpPacketLossSent: 0.25,
      sctpState: 'connected',
      iceState: 'completed',
      iceSelectedTuple: tuple,
      dtlsState: 'connected',
    });
    const before = Date.now();

    const stats = await transport.getStats();

    expect(stats).toEqual([
      {
        type: 'webrtc-transport',
        transportId: transport.id,
        timestamp: expect.any(Number),
        bytesReceived: 5,
        recvBitrate: 0,
        bytesSent: 0,
        sendBitrate: 0,
        rtpBytesReceived: 0,
        rtpRecvBitrate: 0,
        rtpBytesSent: 0,
        rtpSendBitrate: 0,
        rtxBytesReceived: 0,
        rtxRecvBitrate: 0,
        rtxBytesSent: 0,
        rtxSendBitrate: 0,
        probationBytesSent: 0,
        probationSendBitrate: 0,
        availableOutgoingBitrate: 1,
        availableIncomingBitrate: 2,
        maxIncomingBitrate: 3,
        maxOutgoingBitrate: 4,
        minOutgoingBitrate: 5,
        rtpPacketLossReceived: 0.5,
        rtpPacketLossSent: 0.25,
        sctpState: 'connected',
        iceRole: 'controlled',
        iceState: 'completed',
        iceSelectedTuple: publicTuple,
        dtlsState: 'connected',
      },
    ]);
    expect(stats[0]?.timestamp).toBeGreaterThanOrEqual(before);
  });
});

describe('statistics of streams', () => {
  it('have the public types and names', async () => {
    const { router, transport, script } = await connecting();
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    const stream = {
      ssrc: 1,
      kind: 'audio',
      mimeType: 'audio/opus',
      packetCount: 0,
      byteCount: 0,
      bitrate: 0,
      packetsLost: -1,
      fractionLost: 0,
      jitter: 0.5,
      packetsDiscarded: 0,
      packetsRetransmitted: 0,
      packetsRepaired: 0,
      nackCount: 0,
      nackPacketCount: 0,
      pliCount: 0,
      firCount: 0,
      score: 10,
      rtxPacketsDiscarded: 0,
    };
    const inbound = { ...stream, type: 'inboundRtp', bitrateByLayer: { '0.0': 1000 } };
    const outbound = { ...stream, type: 'outboundRtp', bitrateByLayer: {}, roundTripTime: 12 };
    script.answers.getProducerStats = () => ({ streams: [inbound] });
    script.answers.getConsumerStats = () => ({ streams: [outbound, inbound] });

    const received = {
      ...stream,
      type: 'inbound-rtp',
      timestamp: expect.any(Number),
      bitrateByLayer: { '0.0': 1000 },
    };
    expect(await producer.getStats()).toEqual([received]);
    expect(await consumer.getStats()).toEqual([
      { ...stream, type: 'outbound-rtp', timestamp: expect.any(Number), roundTripTime: 12 },
      received,
    ]);
  });
});

const streamDump = {
  encodingIdx: 0,
  payloadType: 101,
  mimeType: 'video/VP8',
  clockRate: 90000,
  useNack: true,
  usePli: true,
  useFir: true,
  useInBandFec: false,
  useDtx: false,
  spatialLayers: 1,
  temporalLayers: 3,
};

describe('dumps', () => {
  it('name objects by their public ids', async () => {
    const { worker, router, transport, script } = await connecting();
    const producer = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters() });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    script.answers.dumpWorker = () => ({ routers: [1, 99], srtpBackend: 'openssl' });
    script.answers.dumpRouter = () => ({
      transports: [2],
      producers: [{ producer: 3, consumers: [4, 98] }],
      rtpObservers: [96],
      dataProducers: [{ producer: 95, consumers: [] }],
      observed: [{ producer: 3, consumers: [96] }],
    });
    script.answers.dumpTransport = () => ({
      producers: [3],
      consumers: [4],
      srtpProfile: 'AEAD_AES_128_GCM',
      ssrcTable: [
        { ssrc: 7, producer: 3 },
        { ssrc: 8, producer: 97 },
      ],
      recvRtpHeaderExtensions: [
        { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 },
        { uri: 'urn:unknown', id: 12 },
      ],
    });
    script.answers.dumpProducer = () => ({
      paused: true,
      streams: [{ ...streamDump, encodingIdx: 2, ssrc: 7, score: 9 }],
    });
    script.answers.dumpConsumer = () => ({
      supportedCodecPayloadTypes: [101],
      streams: [{ ...streamDump, ssrc: 5, score: 8 }],
      preferredLayers: { spatialLayer: 2, temporalLayer: 2 },
      currentLayers: { spatialLayer: 0 },
    });

    expect(await worker.dump()).toEqual({
      pid: 4242,
      routerIds: [router.id],
      webRtcServerIds: [],
      channelMessageHandlers: {
        channelRequestHandlers: [router.id, transport.id, producer.id, consumer.id],
        channelNotificationHandlers: [],
      },
      drops: [],
      srtpBackend: 'openssl',
      packetsInUse: 0,
    });
    expect(await router.dump()).toEqual({
      id: router.id,
      transportIds: [transport.id],
      rtpObserverIds: [],
      mapProducerIdConsumerIds: [{ key: producer.id, values: [consumer.id] }],
      mapConsumerIdProducerId: [{ key: consumer.id, value: producer.id }],
      mapProducerIdObserverIds: [{ key: producer.id, values: [] }],
      mapDataProducerIdDataConsumerIds: [],
      mapDataConsumerIdDataProducerId: [],
    });
    const [encoding] = consumer.rtpParameters.encodings ?? [];
    expect(await transport.dump()).toMatchObject({
      id: transport.id,
      producerIds: [producer.id],
      consumerIds: [consumer.id],
      mapSsrcConsumerId: [{ key: encoding?.ssrc, value: consumer.id }],
      mapRtxSsrcConsumerId: [{ key: encoding?.rtx?.ssrc, value: consumer.id }],
      recvRtpHeaderExtensions: { mid: 10 },
      rtpListener: {
        ssrcTable: [{ key: 7, value: producer.id }],
        midTable: [{ key: '1', value: producer.id }],
        ridTable: ['q', 'h', 'f'].map((key) => ({ key, value: producer.id })),
      },
      iceRole: 'controlled',
      iceState: 'new',
      dtlsState: 'new',
      srtpProfile: 'AEAD_AES_128_GCM',
    });
    expect(await producer.dump()).toMatchObject({
      id: producer.id,
      kind: 'video',
      type: 'simulcast',
      paused: true,
      rtpStreams: [{ params: { encodingIdx: 2, ssrc: 7, cname: 'sender' }, score: 9 }],
    });
    expect(await consumer.dump()).toMatchObject({
      id: consumer.id,
      producerId: producer.id,
      type: 'simulcast',
      supportedCodecPayloadTypes: [101],
      rtpStreams: [{ params: { ssrc: 5 }, score: 8 }],
      preferredSpatialLayer: 2,
      preferredTemporalLayer: 2,
      targetSpatialLayer: -1,
      targetTemporalLayer: -1,
      currentSpatialLayer: 0,
      currentTemporalLayer: -1,
    });
  });
});

describe('consumer', () => {
  it('takes preferred layers as the worker sets them, and asks for key frames', async () => {
    const { router, transport, script } = await connecting();
    const producer = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters() });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    script.answers.setPreferredLayers = () => ({ preferredLayers: { spatialLayer: 2, temporalLayer: 2 } });

    await consumer.setPreferredLayers({ spatialLayer: 9 });
    await consumer.requestKeyFrame();

    expect(consumer.preferredLayers).toEqual({ spatialLayer: 2, temporalLayer: 2 });
    expect(script.asked('requestKeyFrame')).toEqual([{ consumer: 4 }]);
    await expect(consumer.setPreferredLayers({} as never)).rejects.toThrow(
      new TypeError('preferredLayers.spatialLayer must be an integer from 0 to 255'),
    );
  });
});
