/** Workers, WebRtcServers and Routers as a program of this API uses them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import { allOf, mediaCodecs, opusParameters } from '../harness/rtp-options.js';

const anyNumber = expect.any(Number);
const udp = { protocol: 'udp' as const, ip: '127.0.0.1' };
const tcp = { protocol: 'tcp' as const, ip: '127.0.0.1' };

let worker: core.Worker;

beforeAll(async () => {
  worker = await core.createWorker();
});

afterAll(() => worker.close());

describe('Worker', () => {
  it('has defaults', () => {
    expect(worker).toMatchObject({ closed: false, died: false, subprocessClosed: false, appData: {} });
    expect(worker.pid).toBeGreaterThan(0);
  });

  it('dumps what it has, and nothing else', async () => {
    const router = await worker.createRouter();
    const server = await worker.createWebRtcServer({ listenInfos: [udp] });

    expect(await worker.dump()).toEqual({
      pid: worker.pid,
      webRtcServerIds: [server.id],
      routerIds: [router.id],
      channelMessageHandlers: {
        channelRequestHandlers: [router.id, server.id],
        channelNotificationHandlers: [],
      },
      drops: expect.arrayContaining([{ reason: 'unknownSsrc', count: 0 }]),
      srtpBackend: expect.stringMatching(/./),
      packetsInUse: 0,
    });

    router.close();
    server.close();
  });

  it('takes every log level and tag', async () => {
    for (const logLevel of ['debug', 'warn', 'error', 'none'] as const)
      await worker.updateSettings({ logLevel });
    await worker.updateSettings({
      logTags: [
        ...(['info', 'ice', 'dtls', 'rtp', 'srtp', 'rtcp', 'rtx', 'bwe'] as const),
        ...(['score', 'simulcast', 'svc', 'sctp', 'message'] as const),
      ],
    });
    await worker.updateSettings({});

    await expect(worker.updateSettings({ logTags: ['lunch' as never] })).rejects.toBeInstanceOf(TypeError);
  });

  it('makes objects of the classes that the module exports', async () => {
    const server = await worker.createWebRtcServer({ listenInfos: [udp] });
    const router = await worker.createRouter({ mediaCodecs });
    const direct = await router.createDirectTransport();
    const producer = await direct.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    const dataProducer = await direct.produceData();
    const made: [object, unknown[]][] = [
      [worker, [core.Worker]],
      [server, [core.WebRtcServer]],
      [router, [core.Router]],
      [await router.createWebRtcTransport({ webRtcServer: server }), [core.WebRtcTransport, core.Transport]],
      [await router.createPlainTransport({ listenInfo: udp }), [core.PlainTransport, core.Transport]],
      [await router.createPipeTransport({ listenInfo: udp }), [core.PipeTransport, core.Transport]],
      [direct, [core.DirectTransport, core.Transport]],
      [producer, [core.Producer]],
      [await direct.consume({ producerId: producer.id, rtpCapabilities }), [core.Consumer]],
      [dataProducer, [core.DataProducer]],
      [await direct.consumeData({ dataProducerId: dataProducer.id }), [core.DataConsumer]],
      [await router.createAudioLevelObserver(), [core.AudioLevelObserver, core.RtpObserver]],
      [await router.createActiveSpeakerObserver(), [core.ActiveSpeakerObserver, core.RtpObserver]],
    ];

    for (const [object, classes] of made) {
      for (const one of [...classes, core.EnhancedEventEmitter]) expect(object).toBeInstanceOf(one);
    }
    router.close();
    server.close();
  });

  it('tells what it used, in the sixteen fields of getrusage', async () => {
    const usage = await worker.getResourceUsage();

    expect(usage).toEqual({
      ru_utime: anyNumber,
      ru_stime: anyNumber,
      ru_maxrss: anyNumber,
      ru_ixrss: anyNumber,
      ru_idrss: anyNumber,
      ru_isrss: anyNumber,
      ru_minflt: anyNumber,
      ru_majflt: anyNumber,
      ru_nswap: anyNumber,
      ru_inblock: anyNumber,
      ru_oublock: anyNumber,
      ru_msgsnd: anyNumber,
      ru_msgrcv: anyNumber,
      ru_nsignals: anyNumber,
      ru_nvcsw: anyNumber,
      ru_nivcsw: anyNumber,
    });
    expect(usage.ru_maxrss).toBeGreaterThan(1000);
  });

  it('tells its observer of what it makes, and itself nothing', async () => {
    const heard: string[] = [];
    note(heard, 'observer', worker.observer, ['newrouter', 'newwebrtcserver']);

    const made = next(worker.observer, 'newrouter');
    const router = await worker.createRouter();
    const opened = next(worker.observer, 'newwebrtcserver');
    const server = await worker.createWebRtcServer({ listenInfos: [udp] });

    expect(await made).toEqual([router]);
    expect(await opened).toEqual([server]);
    expect(heard).toEqual(['observer newrouter', 'observer newwebrtcserver']);
    router.close();
    server.close();
  });

  it('ends with its process, and says so', async () => {
    const other = await core.createWorker();
    const heard: string[] = [];
    note(heard, 'worker', other, ['died', 'subprocessclose']);
    note(heard, 'observer', other.observer, ['close']);

    other.close();
    await next(other, 'subprocessclose');

    expect(heard).toEqual(['observer close', 'worker subprocessclose']);
    expect(other).toMatchObject({ closed: true, died: false, subprocessClosed: true });
  });

  it('takes what it logs to the application, until it is told otherwise', async () => {
    const logs: unknown[][] = [];
    const router = await worker.createRouter({ mediaCodecs });
    router.observer.on('newtransport', () => {
      throw new Error('mine');
    });

    core.setLogEventListeners({ onerror: (...log) => logs.push(log) });
    await router.createDirectTransport();
    core.setLogEventListeners();
    await router.createDirectTransport();

    expect(logs).toEqual([
      [
        'listener',
        "a listener of the event 'newtransport' threw",
        expect.objectContaining({ message: 'mine' }),
      ],
    ]);
    await worker.updateSettings({ logLevel: 'none', logTags: ['ice', 'dtls'] });
    router.close();
  });
});

describe('WebRtcServer', () => {
  let server: core.WebRtcServer;
  let router: core.Router;

  beforeAll(async () => {
    router = await worker.createRouter({ mediaCodecs });
    const portRange = { min: 42000, max: 42999 };
    server = await worker.createWebRtcServer({
      listenInfos: [
        { ...udp, portRange },
        { ...tcp, portRange },
      ],
      appData: { mine: 1 },
    });
  });

  afterAll(() => router.close());

  it('dumps its sockets, its transports and how their packets are told apart', async () => {
    const handled = next(server.observer, 'webrtctransporthandled');
    const transport = await router.createWebRtcTransport({ webRtcServer: server });

    expect(await handled).toEqual([transport]);
    const dump = await server.dump();
    expect(dump).toEqual({
      id: server.id,
      udpSockets: [{ ip: '127.0.0.1', port: anyNumber }],
      tcpServers: [{ ip: '127.0.0.1', port: anyNumber }],
      webRtcTransportIds: [transport.id],
      localIceUsernameFragments: [
        {
          localIceUsernameFragment: transport.iceParameters.usernameFragment,
          webRtcTransportId: transport.id,
        },
      ],
    });
    const ports = transport.iceCandidates.map(({ protocol, port }) => [protocol, port]);
    expect(ports).toEqual([
      ['udp', dump.udpSockets[0]?.port],
      ['tcp', dump.tcpServers[0]?.port],
    ]);
    for (const [, port] of ports) expect(port).toBeGreaterThanOrEqual(42000);
    expect(server).toMatchObject({ closed: false, appData: { mine: 1 } });

    const unhandled = next(server.observer, 'webrtctransportunhandled');
    transport.close();
    expect(await unhandled).toEqual([transport]);
    expect((await server.dump()).webRtcTransportIds).toEqual([]);
  });

  it('is named by what a port in use says', async () => {
    const { port } = (await server.dump()).udpSockets[0]!;

    await expect(worker.createWebRtcServer({ listenInfos: [{ ...udp, port }] })).rejects.toThrow(
      `listenInfos.port ${port}: no free UDP port on 127.0.0.1`,
    );
  });

  it('closes its transports by listenserverclose, and frees its ports', async () => {
    const { port } = (await server.dump()).udpSockets[0]!;
    const transport = await router.createWebRtcTransport({ webRtcServer: server, enableTcp: false });
    const heard: string[] = [];
    note(heard, 'transport', transport, ['listenserverclose', 'routerclose']);
    note(heard, 'transport’s observer', transport.observer, ['close']);
    note(heard, 'server', server, ['workerclose']);
    note(heard, 'server’s observer', server.observer, ['close', 'webrtctransportunhandled']);

    server.close();

    expect(heard).toEqual([
      'server’s observer webrtctransportunhandled',
      'transport listenserverclose',
      'transport’s observer close',
      'server’s observer close',
    ]);
    expect([server.closed, transport.closed, router.closed]).toEqual([true, true, false]);
    const again = await worker.createWebRtcServer({ listenInfos: [{ ...udp, port }] });
    again.close();
  });
});

describe('Router', () => {
  let router: core.Router;

  afterEach(() => router.close());

  it('has capabilities with a payload type for each codec, and RTX for video', async () => {
    router = await worker.createRouter({ mediaCodecs, appData: { room: 7 } });

    expect(
      router.rtpCapabilities.codecs.map((codec) => [codec.mimeType, codec.preferredPayloadType]),
    ).toEqual([
      ['audio/opus', 100],
      ['video/VP8', 101],
      ['video/rtx', 102],
    ]);
    expect(router).toMatchObject({ closed: false, appData: { room: 7 } });
    expect((await worker.createRouter()).rtpCapabilities.codecs).toEqual([]);
  });

  it('dumps what it has, and nothing else', async () => {
    router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: allOf(router.rtpCapabilities),
    });
    const dataProducer = await transport.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const observer = await router.createAudioLevelObserver();
    await observer.addProducer({ producerId: producer.id });

    expect(await router.dump()).toEqual({
      id: router.id,
      transportIds: [transport.id],
      rtpObserverIds: [observer.id],
      mapProducerIdConsumerIds: [{ key: producer.id, values: [consumer.id] }],
      mapConsumerIdProducerId: [{ key: consumer.id, value: producer.id }],
      mapProducerIdObserverIds: [{ key: producer.id, values: [observer.id] }],
      mapDataProducerIdDataConsumerIds: [{ key: dataProducer.id, values: [dataConsumer.id] }],
      mapDataConsumerIdDataProducerId: [{ key: dataConsumer.id, value: dataProducer.id }],
    });
  });

  it('gives the statistics of all that is in it', async () => {
    router = await worker.createRouter({ mediaCodecs });
    const transport = await router.createDirectTransport();
    const dataProducer = await transport.produceData({ label: 'chat' });
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });

    const stats = await router.getStats();

    expect(stats).toMatchObject({
      transports: [{ id: transport.id, stats: [{ type: 'direct-transport', transportId: transport.id }] }],
      producers: [{ id: producer.id, stats: [] }],
      consumers: [{ id: consumer.id, stats: [{ type: 'outbound-rtp', kind: 'audio' }] }],
      dataProducers: [{ id: dataProducer.id, stats: [{ type: 'data-producer', label: 'chat' }] }],
      dataConsumers: [{ id: dataConsumer.id, stats: [{ type: 'data-consumer', label: 'chat' }] }],
    });
    expect((await worker.getStats()).transports.map(({ id }) => id)).toContain(transport.id);
  });

  it('tells its observer of every transport and observer, and itself nothing', async () => {
    router = await worker.createRouter({ mediaCodecs });
    const heard: unknown[] = [];
    router.observer.on('newtransport', (transport) => heard.push(transport));
    router.observer.on('newrtpobserver', (observer) => heard.push(observer));

    const made = [
      await router.createWebRtcTransport({ listenInfos: [udp] }),
      await router.createPlainTransport({ listenInfo: udp }),
      await router.createPipeTransport({ listenInfo: udp }),
      await router.createDirectTransport(),
      await router.createAudioLevelObserver(),
      await router.createActiveSpeakerObserver(),
    ];

    expect(heard).toEqual(made);
    expect(made.map(({ type }) => type)).toEqual([
      'webrtc',
      'plain',
      'pipe',
      'direct',
      'audiolevel',
      'activespeaker',
    ]);
  });

  it('knows who can consume what, and learns codecs', async () => {
    router = await worker.createRouter({ mediaCodecs: mediaCodecs.slice(0, 1) });
    const transport = await router.createDirectTransport();
    const { id: producerId } = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;

    expect(router.canConsume({ producerId, rtpCapabilities })).toBe(true);
    expect(router.canConsume({ producerId, rtpCapabilities: { codecs: [] } })).toBe(false);
    expect(router.canConsume({ producerId: 'nobody', rtpCapabilities })).toBe(false);
    router.updateMediaCodecs(mediaCodecs);
    expect(router.rtpCapabilities.codecs).toHaveLength(3);
  });
});
