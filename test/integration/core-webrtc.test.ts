/** WebRTC transports, and libdatachannel at their other end. */
import { X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import nodeDataChannel, { type DataChannel, type PeerConnection } from 'node-datachannel';
import * as core from '../../ts/server/core/index.js';
import { dataAnswer, fingerprintIn } from '../harness/data-sdp.js';
import { cleanUp, hold } from '../harness/libdatachannel.js';
import { mediaCodecs, opusParameters, simulcastParameters } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);
const anyString = expect.any(String);
const udp = { protocol: 'udp' as const, ip: '127.0.0.1' };
const tcp = { protocol: 'tcp' as const, ip: '127.0.0.1' };

let worker: core.Worker;
let router: core.Router;
let peers: PeerConnection[] = [];

beforeAll(async () => {
  worker = await core.createWorker({ rtcMinPort: 44000, rtcMaxPort: 44999 });
  router = await worker.createRouter({ mediaCodecs });
});

afterEach(() => {
  for (const peer of peers) peer.close();
  peers = [];
});

afterAll(() => {
  worker.close();
  cleanUp();
});

const until = (done: () => boolean) => waitUntil(done, 10_000, () => done.toString());

/** Connects libdatachannel; its channel is open in the end. */
async function connect(transport: core.WebRtcTransport): Promise<DataChannel> {
  const peer = new nodeDataChannel.PeerConnection('client', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    maxMessageSize: 262_144,
  });
  peers.push(peer);
  const description = new Promise<string>((resolve) => peer.onLocalDescription((sdp) => resolve(sdp)));
  const channel = hold(peer.createDataChannel('both ways', { negotiated: true, id: 0 }));
  const offer = await description;
  peer.setRemoteDescription(dataAnswer(transport), 'answer');
  await transport.connect({ dtlsParameters: { role: 'client', fingerprints: [fingerprintIn(offer)] } });
  await until(() => channel.isOpen() && transport.sctpState === 'connected');
  return channel;
}

describe('a WebRTC transport', () => {
  it('has defaults', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp] });

    expect(transport).toMatchObject({
      type: 'webrtc',
      closed: false,
      iceRole: 'controlled',
      iceState: 'new',
      iceSelectedTuple: undefined,
      dtlsState: 'new',
      dtlsRemoteCert: undefined,
      sctpParameters: undefined,
      sctpState: undefined,
      sctpNegotiatedCapabilities: undefined,
      appData: {},
    });
    expect(transport.iceParameters).toEqual({
      usernameFragment: anyString,
      password: anyString,
      iceLite: true,
    });
    expect(transport.iceCandidates).toEqual([
      {
        foundation: anyString,
        priority: anyNumber,
        address: '127.0.0.1',
        ip: '127.0.0.1',
        protocol: 'udp',
        port: anyNumber,
        type: 'host',
      },
    ]);
    expect(transport.dtlsParameters.role).toBe('auto');
    expect(transport.dtlsParameters.fingerprints.map(({ algorithm }) => algorithm).sort()).toEqual([
      'sha-1',
      'sha-224',
      'sha-256',
      'sha-384',
      'sha-512',
    ]);
  });

  it('has candidates by its options, the preferred ones first by priority', async () => {
    const listenInfos = [udp, tcp];
    const protocols = async (options: Partial<core.types.WebRtcTransportOptions>) => {
      const { iceCandidates } = await router.createWebRtcTransport({ listenInfos, ...options });
      return [...iceCandidates]
        .sort((one, other) => other.priority - one.priority)
        .map(({ protocol, tcpType }) => [protocol, tcpType].filter(Boolean).join(' '));
    };

    expect(await protocols({})).toEqual(['udp', 'tcp passive']);
    expect(await protocols({ preferTcp: true })).toEqual(['tcp passive', 'udp']);
    expect(await protocols({ preferUdp: true })).toEqual(['udp', 'tcp passive']);
    expect(await protocols({ enableTcp: false })).toEqual(['udp']);
    expect(await protocols({ enableUdp: false })).toEqual(['tcp passive']);
    const listenIps = ['127.0.0.1', { ip: '127.0.0.1', announcedIp: '203.0.113.7' }];
    const old = await router.createWebRtcTransport({ listenIps, enableTcp: true });
    expect(old.iceCandidates.map(({ protocol, address }) => `${protocol} ${address}`).sort()).toEqual([
      'tcp 127.0.0.1',
      'tcp 203.0.113.7',
      'udp 127.0.0.1',
      'udp 203.0.113.7',
    ]);
  });

  it('has every field of statistics', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp], enableSctp: true });

    expect(await transport.getStats()).toEqual([
      {
        type: 'webrtc-transport',
        transportId: transport.id,
        timestamp: anyNumber,
        sctpState: 'new',
        bytesReceived: 0,
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
        rtpPacketLossReceived: 0,
        rtpPacketLossSent: 0,
        iceRole: 'controlled',
        iceState: 'new',
        dtlsState: 'new',
      },
    ]);
  });

  it('dumps every field', async () => {
    const transport = await router.createWebRtcTransport({
      listenInfos: [udp],
      iceConsentTimeout: 10,
      initialAvailableOutgoingBitrate: 1_000_000,
      appData: { peer: 'alice' },
    });
    const audio = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const video = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters() });
    const other = await router.createWebRtcTransport({ listenInfos: [udp] });
    const { rtpCapabilities } = router;
    const consumer = await other.consume({ producerId: video.id, rtpCapabilities });
    await transport.enableTraceEvent(['probation', 'bwe']);

    expect(await transport.dump()).toEqual({
      id: transport.id,
      producerIds: [audio.id, video.id],
      consumerIds: [],
      mapSsrcConsumerId: [],
      mapRtxSsrcConsumerId: [],
      recvRtpHeaderExtensions: { mid: 10, rid: 11 },
      rtpListener: {
        ssrcTable: [{ key: 1111, value: audio.id }],
        midTable: [
          { key: '0', value: audio.id },
          { key: '1', value: video.id },
        ],
        ridTable: ['q', 'h', 'f'].map((key) => ({ key, value: video.id })),
      },
      dataProducerIds: [],
      dataConsumerIds: [],
      traceEventTypes: ['probation', 'bwe'],
      iceRole: 'controlled',
      iceParameters: transport.iceParameters,
      iceCandidates: transport.iceCandidates,
      iceState: 'new',
      dtlsParameters: transport.dtlsParameters,
      dtlsState: 'new',
      srtpProfile: '',
    });
    const [encoding] = consumer.rtpParameters.encodings ?? [];
    expect(await other.dump()).toMatchObject({
      consumerIds: [consumer.id],
      mapSsrcConsumerId: [{ key: encoding?.ssrc, value: consumer.id }],
      mapRtxSsrcConsumerId: [{ key: encoding?.rtx?.ssrc, value: consumer.id }],
    });
    expect(transport.appData).toEqual({ peer: 'alice' });
  });

  it('reads the extensions by which congestion is controlled', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp] });
    const rtpParameters = opusParameters();
    rtpParameters.headerExtensions = [
      { uri: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id', id: 2 },
      { uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time', id: 3 },
      { uri: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01', id: 5 },
    ];
    await transport.produce({ kind: 'audio', rtpParameters });

    expect((await transport.dump()).recvRtpHeaderExtensions).toEqual({
      rrid: 2,
      absSendTime: 3,
      transportWideCc01: 5,
    });
  });
});

describe('with libdatachannel', () => {
  it('tells of every state on the way, itself and its observer', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp], enableSctp: true });
    const heard: string[] = [];
    const observed: string[] = [];
    transport.on('icestatechange', (state) => heard.push(`ICE ${state}`));
    transport.on('dtlsstatechange', (state) => heard.push(`DTLS ${state}`));
    transport.on('sctpstatechange', (state) => heard.push(`SCTP ${state}`));
    transport.on('iceselectedtuplechange', (tuple) => heard.push(`tuple ${tuple?.remoteIp}`));
    transport.observer.on('icestatechange', (state) => observed.push(`ICE ${state}`));
    transport.observer.on('dtlsstatechange', (state) => observed.push(`DTLS ${state}`));
    transport.observer.on('sctpstatechange', (state) => observed.push(`SCTP ${state}`));
    transport.observer.on('iceselectedtuplechange', (tuple) => observed.push(`tuple ${tuple?.remoteIp}`));

    await connect(transport);

    expect(heard).toEqual(observed);
    const states = (what: string) => heard.filter((event) => event.startsWith(what));
    expect(states('ICE').at(-1)).toMatch(/connected|completed/);
    expect(states('DTLS')).toEqual(['DTLS connecting', 'DTLS connected']);
    expect(states('SCTP')).toEqual(['SCTP connecting', 'SCTP connected']);
    expect(heard.filter((event) => event === 'tuple 127.0.0.1')).toHaveLength(1);
    expect(transport.iceSelectedTuple).toEqual({
      localAddress: '127.0.0.1',
      localIp: '127.0.0.1',
      localPort: transport.iceCandidates[0]?.port,
      remoteIp: '127.0.0.1',
      remotePort: anyNumber,
      protocol: 'udp',
    });
    expect(transport.dtlsParameters.role).toBe('server');
    expect(new X509Certificate(transport.dtlsRemoteCert!).subject).toMatch(/./);
    expect(transport.sctpNegotiatedCapabilities).toEqual({
      negotiatedMaxOutboundStreams: anyNumber,
      negotiatedMaxInboundStreams: anyNumber,
    });
    expect(await transport.dump()).toMatchObject({
      iceState: transport.iceState,
      iceSelectedTuple: transport.iceSelectedTuple,
      dtlsState: 'connected',
      dtlsRemoteCert: transport.dtlsRemoteCert,
      sctpState: 'connected',
    });
    const [stats] = await transport.getStats();
    expect(stats).toMatchObject({ iceSelectedTuple: transport.iceSelectedTuple, dtlsState: 'connected' });
    expect(stats?.bytesReceived).toBeGreaterThan(0);
    await expect(
      transport.connect({ dtlsParameters: { fingerprints: transport.dtlsParameters.fingerprints } }),
    ).rejects.toThrow(Error);

    transport.close();
    expect(transport).toMatchObject({
      iceState: 'closed',
      iceSelectedTuple: undefined,
      dtlsState: 'closed',
      sctpState: 'closed',
    });
  });

  it('takes and gives messages', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp], enableSctp: true });
    const channel = await connect(transport);
    const direct = await router.createDirectTransport();
    const dataProducer = await transport.produceData({ sctpStreamParameters: { streamId: 0 } });
    const sink = await direct.consumeData({ dataProducerId: dataProducer.id });
    const source = await direct.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: source.id });
    const [here, there]: string[][] = [[], []];
    sink.on('message', (message) => here!.push(message.toString()));
    channel.onMessage((message) => there!.push(message.toString()));

    channel.sendMessage('up');
    source.send('down');
    expect(await dataConsumer.send('down to you alone')).toEqual(anyNumber);
    await until(() => here!.length === 1 && there!.length === 2);

    expect([here, there]).toEqual([['up'], ['down', 'down to you alone']]);
    expect(dataProducer.sctpStreamParameters).toEqual({ streamId: 0, ordered: true });
    expect(dataConsumer.sctpStreamParameters).toEqual({ streamId: 0, ordered: true });
    transport.close();
  });

  it('goes on with new credentials after restartIce', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp] });
    const before = transport.iceParameters;

    const after = await transport.restartIce();

    expect(after).toEqual(transport.iceParameters);
    expect(after.usernameFragment).not.toBe(before.usernameFragment);
    expect(after.password).not.toBe(before.password);
  });

  it('says why DTLS failed', async () => {
    const transport = await router.createWebRtcTransport({ listenInfos: [udp], enableSctp: true });
    const states: unknown[][] = [];
    transport.on('dtlsstatechange', (...state) => states.push(state));
    const peer = new nodeDataChannel.PeerConnection('client', { iceServers: [], bindAddress: '127.0.0.1' });
    peers.push(peer);
    const description = new Promise<string>((resolve) => peer.onLocalDescription((sdp) => resolve(sdp)));
    hold(peer.createDataChannel('both ways', { negotiated: true, id: 0 }));
    await description;
    peer.setRemoteDescription(dataAnswer(transport), 'answer');
    const value = Array(32).fill('AB').join(':');
    await transport.connect({
      dtlsParameters: { role: 'client', fingerprints: [{ algorithm: 'sha-256', value }] },
    });

    await until(() => transport.dtlsState === 'failed');

    expect(states.at(-1)).toEqual(['failed', expect.stringMatching(/fingerprint/)]);
    expect(transport.closed).toBe(false);
    transport.close();
  });
});
