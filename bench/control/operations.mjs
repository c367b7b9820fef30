// What is asked of the workers, over the public API.
import { audio, mediaCodecs } from '../../scripts/cycles/entities.mjs';

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' };
const listenInfos = [listenInfo];
const dtlsParameters = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array(32).fill('AB').join(':') }],
};

const TRANSPORTS = 32;

/** A conference of transports with a producer and a consumer each. */
export async function makeStage(worker) {
  const router = await worker.createRouter({ mediaCodecs });
  const { rtpCapabilities } = router;
  const transports = [];
  const objects = [];
  let before;
  for (let number = 0; number < TRANSPORTS; number++) {
    const transport = await router.createWebRtcTransport({ listenInfos });
    const producer = await transport.produce(audio(number));
    const consumer = await transport.consume({ producerId: (before ?? producer).id, rtpCapabilities });
    transports.push(transport);
    objects.push(transport, producer, consumer);
    before = producer;
  }
  const next = (list) => {
    let at = 0;
    return () => list[at++ % list.length];
  };
  let streams = TRANSPORTS;
  return {
    worker,
    router,
    rtpCapabilities,
    producerId: before.id,
    objects,
    nextTransport: next(transports),
    nextObject: next(objects),
    nextStream: () => ++streams,
  };
}

const many = (count, make) => Array.from({ length: count }, make);
const closeAll = (objects) => {
  for (const object of objects) object.close();
};

/** `prepare` and `clean` are not measured. */
const plain = { prepare: (_, count) => many(count, () => undefined), clean: () => {} };

export const operations = [
  {
    ...plain,
    name: 'create and close a WebRTC transport',
    run: async ({ router }) => (await router.createWebRtcTransport({ listenInfos })).close(),
  },
  {
    ...plain,
    name: 'create and close a plain transport',
    run: async ({ router }) => (await router.createPlainTransport({ listenInfo })).close(),
  },
  {
    ...plain,
    name: 'create and close a direct transport',
    run: async ({ router }) => (await router.createDirectTransport()).close(),
  },
  {
    name: 'connect',
    prepare: ({ router }, count) =>
      Promise.all(many(count, () => router.createWebRtcTransport({ listenInfos }))),
    run: async (_, transport) => {
      await transport.connect({ dtlsParameters });
      return transport;
    },
    clean: closeAll,
  },
  {
    name: 'produce',
    prepare: ({ nextTransport, nextStream }, count) =>
      many(count, () => ({ transport: nextTransport(), options: audio(nextStream()) })),
    run: (_, { transport, options }) => transport.produce(options),
    clean: closeAll,
  },
  {
    name: 'consume',
    prepare: ({ nextTransport, producerId, rtpCapabilities }, count) =>
      many(count, () => ({ transport: nextTransport(), options: { producerId, rtpCapabilities } })),
    run: (_, { transport, options }) => transport.consume(options),
    clean: closeAll,
  },
  {
    name: 'getStats of one object',
    prepare: ({ nextObject }, count) => many(count, nextObject),
    run: (_, object) => object.getStats(),
    clean: () => {},
  },
  {
    ...plain,
    name: 'getStats of the worker',
    run: ({ worker }) => worker.getStats(),
    /** How many objects one answer tells of; it has their share of the others' calls. */
    objects: 3 * TRANSPORTS,
  },
];
