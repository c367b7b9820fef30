// One cycle, from making to closing, of everything that the core has.

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const listenInfos = [listenInfo];
const serverInfos = [listenInfo, { protocol: 'tcp', ip: '127.0.0.1' }];
const dtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
};

export const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
];

const midExtension = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 10 };
const ridExtension = { uri: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id', id: 11 };

/** Producer options for Opus; streams of one transport need their own number. */
export const audio = (number) => ({
  kind: 'audio',
  rtpParameters: {
    mid: `a${number}`,
    codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 }],
    headerExtensions: [midExtension],
    encodings: [{ ssrc: 1_000_000 + number }],
  },
});

/** Producer options for VP8 in three encodings. */
export const video = (number) => ({
  kind: 'video',
  rtpParameters: {
    mid: `v${number}`,
    codecs: [
      {
        mimeType: 'video/VP8',
        payloadType: 96,
        clockRate: 90_000,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
      },
      { mimeType: 'video/rtx', payloadType: 97, clockRate: 90_000, parameters: { apt: 96 } },
    ],
    headerExtensions: [midExtension, ridExtension],
    encodings: ['q', 'h', 'f'].map((rid) => ({ rid, scalabilityMode: 'L1T3' })),
  },
});

/** What the cycles stand on, and what stays when they are over. */
export async function makeStage(worker) {
  const router = await worker.createRouter({ mediaCodecs });
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: serverInfos });
  const sending = await router.createWebRtcTransport({ listenInfos, enableSctp: true });
  const receiving = await router.createWebRtcTransport({ listenInfos, enableSctp: true });
  const pipe = await router.createPipeTransport({ listenInfo });
  const direct = await router.createDirectTransport();
  const producer = await sending.produce(audio(0));
  const layered = await sending.produce(video(0));
  const dataProducer = await direct.produceData({ label: 'cycles' });
  return {
    worker,
    router,
    webRtcServer,
    sending,
    receiving,
    pipe,
    direct,
    producer,
    layered,
    dataProducer,
    rtpCapabilities: router.rtpCapabilities,
  };
}

/** To the other router and back by its end: two transports, and what was piped. */
async function pipeToNewRouter({ worker, router, producer, dataProducer }, what) {
  const other = await worker.createRouter({ mediaCodecs });
  const id =
    what === 'media' ? { producerId: producer.id, enableSctp: false } : { dataProducerId: dataProducer.id };
  await router.pipeToRouter({ ...id, router: other, keepId: false });
  return other;
}

async function observed(observer, { producer }) {
  await observer.addProducer({ producerId: producer.id });
  return observer;
}

async function connected(transport, params) {
  await transport.connect(params);
  return transport;
}

const nobody = { ip: '127.0.0.1', port: 9 };

/** By name: makes the thing on a stage. Closing what it gives closes all that it made. */
export const entities = {
  Router: ({ worker }) => worker.createRouter({ mediaCodecs }),
  WebRtcServer: ({ worker }) => worker.createWebRtcServer({ listenInfos: serverInfos }),
  WebRtcTransport: async ({ router }) =>
    connected(await router.createWebRtcTransport({ listenInfos, enableSctp: true }), { dtlsParameters }),
  'WebRtcTransport of a server': ({ router, webRtcServer }) => router.createWebRtcTransport({ webRtcServer }),
  PlainTransport: async ({ router }) =>
    connected(await router.createPlainTransport({ listenInfo, rtcpMux: false }), { ...nobody, rtcpPort: 9 }),
  PipeTransport: async ({ router }) =>
    connected(await router.createPipeTransport({ listenInfo, enableSctp: true }), nobody),
  DirectTransport: ({ router }) => router.createDirectTransport(),
  'Producer of audio': ({ sending }) => sending.produce(audio(1)),
  'Producer of video': ({ sending }) => sending.produce(video(1)),
  'Consumer of audio': ({ receiving, producer, rtpCapabilities }) =>
    receiving.consume({ producerId: producer.id, rtpCapabilities }),
  'Consumer of video': ({ receiving, layered, rtpCapabilities }) =>
    receiving.consume({ producerId: layered.id, rtpCapabilities }),
  'Consumer of a pipe': ({ pipe, layered }) => pipe.consume({ producerId: layered.id }),
  'Consumer of a direct transport': ({ direct, producer, rtpCapabilities }) =>
    direct.consume({ producerId: producer.id, rtpCapabilities }),
  DataProducer: ({ sending }) => sending.produceData({ sctpStreamParameters: { streamId: 1 } }),
  'DataProducer of a direct transport': ({ direct }) => direct.produceData(),
  DataConsumer: ({ receiving, dataProducer }) =>
    receiving.consumeData({ dataProducerId: dataProducer.id, subchannels: [1, 2] }),
  'DataConsumer of a direct transport': ({ direct, dataProducer }) =>
    direct.consumeData({ dataProducerId: dataProducer.id }),
  AudioLevelObserver: async (stage) => observed(await stage.router.createAudioLevelObserver(), stage),
  ActiveSpeakerObserver: async (stage) => observed(await stage.router.createActiveSpeakerObserver(), stage),
  'pipeToRouter of a producer': (stage) => pipeToNewRouter(stage, 'media'),
  'pipeToRouter of a data producer': (stage) => pipeToNewRouter(stage, 'data'),
};

/** Makes and closes it, over and over. */
export async function cycle(make, stage, times) {
  for (let done = 0; done < times; done++) (await make(stage)).close();
}

/** A worker of its own, until its process or thread is gone. */
export async function workerCycle(core, settings) {
  const worker = await core.createWorker(settings);
  const gone = new Promise((resolve) => worker.once('subprocessclose', resolve));
  worker.close();
  await gone;
}
