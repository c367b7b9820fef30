import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker } from '../../../test/harness/scripted-worker.js';
import * as messages from '../../shared/channel/messages.gen.js';

const streamStats = (type: messages.StreamDirection): messages.StreamStats => ({
  ...messages.decodeStreamStats(new Uint8Array()),
  type,
  ssrc: 1111,
  packetCount: 5,
  bitrateByLayer: type === 'inboundRtp' ? { '0.0': '100' } : {},
});
const transportStats: messages.TransportStats = {
  ...messages.decodeTransportStats(new Uint8Array()),
  bytesReceived: 77,
  iceState: 'completed',
};
const dataProducerStats = { messagesReceived: 1, bytesReceived: 2 };
const dataConsumerStats = { messagesSent: 3, bytesSent: 4, bufferedAmount: 5 };

/** Handles: router 1, transports 2 to 5, producer 6, consumer 7, data producer 8, data consumer 9. */
async function call() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
  const webrtc = await router.createWebRtcTransport({ listenInfos: [listenInfo] });
  const plain = await router.createPlainTransport({ listenInfo });
  const pipe = await router.createPipeTransport({ listenInfo });
  const direct = await router.createDirectTransport();
  const producer = await webrtc.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const { rtpCapabilities } = router;
  const consumer = await webrtc.consume({ producerId: producer.id, rtpCapabilities });
  const dataProducer = await direct.produceData({ label: 'chat' });
  const dataConsumer = await direct.consumeData({ dataProducerId: dataProducer.id });
  Object.assign(script.answers, {
    getAllStats: () => ({
      transports: [2, 3, 4, 5, 99].map((transport) => ({ transport, stats: transportStats })),
      producers: [{ target: 6, streams: [streamStats('inboundRtp')] }],
      consumers: [{ target: 7, streams: [streamStats('outboundRtp'), streamStats('inboundRtp')] }],
      dataProducers: [{ dataProducer: 8, stats: dataProducerStats }],
      dataConsumers: [{ dataConsumer: 9, stats: dataConsumerStats }],
    }),
    getTransportStats: () => transportStats,
    getProducerStats: () => ({ streams: [streamStats('inboundRtp')] }),
    getConsumerStats: () => ({ streams: [streamStats('outboundRtp'), streamStats('inboundRtp')] }),
    getDataProducerStats: () => dataProducerStats,
    getDataConsumerStats: () => dataConsumerStats,
  });
  const transports = [webrtc, plain, pipe, direct];
  return { worker, script, router, transports, producer, consumer, dataProducer, dataConsumer };
}

/** Times differ from one call to the next. */
const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (key, field) => (key === 'timestamp' ? 0 : field)));

describe.each([
  ['router', 1],
  ['worker', 0],
] as const)('%s.getStats', (which, handle) => {
  it('gives by one request what getStats of each object gives', async () => {
    const all = await call();
    const { producer, consumer, dataProducer, dataConsumer, script } = all;

    const stats = await all[which].getStats();

    expect(script.asked('getAllStats')).toEqual([{ router: handle }]);
    expect(script.requests.at(-1)?.method).toBe('getAllStats');
    const one = async (entity: { id: string; getStats(): Promise<unknown> }) => ({
      id: entity.id,
      stats: await entity.getStats(),
    });
    expect(timeless(stats)).toEqual(
      timeless({
        transports: await Promise.all(all.transports.map(one)),
        producers: [await one(producer)],
        consumers: [await one(consumer)],
        dataProducers: [await one(dataProducer)],
        dataConsumers: [await one(dataConsumer)],
      }),
    );
    expect(stats.transports.map(({ stats: [transport] }) => transport?.type)).toEqual([
      'webrtc-transport',
      'plain-rtp-transport',
      'pipe-transport',
      'direct-transport',
    ]);
    expect(stats.transports[0]?.stats[0]).toMatchObject({ bytesReceived: 77, iceState: 'completed' });
  });

  it('leaves out what was closed meanwhile', async () => {
    const all = await call();
    const asking = all[which].getStats();

    all.producer.close();
    all.dataConsumer.close();

    const stats = await asking;
    expect([stats.producers, stats.consumers, stats.dataConsumers]).toEqual([[], [], []]);
    expect(stats.transports).toHaveLength(4);
    expect(stats.dataProducers).toHaveLength(1);
  });
});
