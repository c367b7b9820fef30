import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { mediaCodecs, opusParameters } from '../../test/harness/rtp-options.js';
import { scriptedWorker } from '../../test/harness/scripted-worker.js';
import * as messages from '../shared/channel/messages.gen.js';
import { createMetrics } from './metrics.js';

const transportStats = {
  ...messages.decodeTransportStats(new Uint8Array()),
  bytesReceived: 1000,
  bytesSent: 10,
};
const stream = (type: messages.StreamDirection, packetCount: number): messages.StreamStats => ({
  ...messages.decodeStreamStats(new Uint8Array()),
  type,
  ssrc: 1111,
  packetCount,
  nackCount: 2,
});

/** Handles: router 1, transport 2, producer 3, consumer 4, direct transport 5, data producer 6, data consumer 7. */
async function call() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const { rtpCapabilities } = router;
  const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
  const direct = await router.createDirectTransport();
  const dataProducer = await direct.produceData();
  await direct.consumeData({ dataProducerId: dataProducer.id });
  const all = {
    transports: [
      { transport: 2, stats: { ...transportStats, sendBitrate: 500, probationBytesSent: 3 } },
      { transport: 5, stats: transportStats },
    ],
    producers: [{ target: 3, streams: [stream('inboundRtp', 100)] }],
    consumers: [{ target: 4, streams: [stream('outboundRtp', 90), stream('inboundRtp', 100)] }],
    dataProducers: [{ dataProducer: 6, stats: { messagesReceived: 1, bytesReceived: 2 } }],
    dataConsumers: [{ dataConsumer: 7, stats: { messagesSent: 3, bytesSent: 4, bufferedAmount: 5 } }],
  };
  script.answers.getAllStats = () => all;
  script.answers.dumpWorker = () => ({
    routers: [1],
    drops: [{ reason: 'replayed', count: 7 }],
    packetsInUse: 12,
  });
  script.answers.getResourceUsage = () => ({
    ruUtime: 1500,
    ruStime: 250,
    ruMaxrss: 2,
    ruMinflt: 3,
    ruMajflt: 4,
    ruNvcsw: 5,
    ruNivcsw: 6,
  });
  return { worker, script, all, producer, consumer };
}

/** The samples of a text, by name and labels without `worker` and `pid`. */
function samplesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, series = '', value] = /^(.*) (\S+)$/.exec(line) ?? [];
      return [series.replace(/worker="\d+",pid="\d+",?/, '').replace('{}', ''), Number(value)];
    }),
  );
}

describe('createMetrics', () => {
  it('sums up what a worker does', async () => {
    const { worker } = await call();

    const text = await createMetrics({ workers: [worker] }).text();

    expect(samplesOf(text)).toEqual({
      consomme_worker_up: 1,
      consomme_routers: 1,
      'consomme_transports{type="webrtc-transport"}': 1,
      'consomme_transports{type="direct-transport"}': 1,
      consomme_producers: 1,
      consomme_consumers: 1,
      consomme_data_producers: 1,
      consomme_data_consumers: 1,
      'consomme_bytes_total{direction="in"}': 2000,
      'consomme_bytes_total{direction="out"}': 20,
      'consomme_rtp_bytes_total{direction="in"}': 0,
      'consomme_rtp_bytes_total{direction="out"}': 0,
      'consomme_rtx_bytes_total{direction="in"}': 0,
      'consomme_rtx_bytes_total{direction="out"}': 0,
      'consomme_probation_bytes_total{direction="out"}': 3,
      'consomme_bits_per_second{direction="in"}': 0,
      'consomme_bits_per_second{direction="out"}': 500,
      'consomme_rtp_bits_per_second{direction="in"}': 0,
      'consomme_rtp_bits_per_second{direction="out"}': 0,
      'consomme_rtx_bits_per_second{direction="in"}': 0,
      'consomme_rtx_bits_per_second{direction="out"}': 0,
      'consomme_probation_bits_per_second{direction="out"}': 0,
      ...Object.fromEntries(
        [
          'rtp_packets_lost',
          'rtp_packets_discarded',
          'rtp_packets_retransmitted',
          'rtp_packets_repaired',
          'rtx_packets_discarded',
          'nack_packets',
          'plis',
          'firs',
        ].flatMap((name) => [
          [`consomme_${name}_total{direction="in",kind="audio"}`, 0],
          [`consomme_${name}_total{direction="out",kind="audio"}`, 0],
        ]),
      ),
      'consomme_rtp_packets_total{direction="in",kind="audio"}': 100,
      'consomme_rtp_packets_total{direction="out",kind="audio"}': 90,
      'consomme_nacks_total{direction="in",kind="audio"}': 2,
      'consomme_nacks_total{direction="out",kind="audio"}': 2,
      'consomme_data_messages_total{direction="in"}': 1,
      'consomme_data_messages_total{direction="out"}': 3,
      'consomme_data_bytes_total{direction="in"}': 2,
      'consomme_data_bytes_total{direction="out"}': 4,
      consomme_data_buffered_bytes: 5,
      'consomme_drops_total{reason="replayed"}': 7,
      consomme_worker_packets_in_use: 12,
      'consomme_worker_cpu_seconds_total{mode="user"}': 1.5,
      'consomme_worker_cpu_seconds_total{mode="system"}': 0.25,
      consomme_worker_max_resident_memory_bytes: 2048,
      'consomme_worker_page_faults_total{type="minor"}': 3,
      'consomme_worker_page_faults_total{type="major"}': 4,
      'consomme_worker_context_switches_total{type="voluntary"}': 5,
      'consomme_worker_context_switches_total{type="involuntary"}': 6,
    });
    expect(text).toContain('# TYPE consomme_bytes_total counter\n');
    expect(text).toContain('# TYPE consomme_routers gauge\n');
    expect(text).toMatch(/consomme_routers\{worker="0",pid="4242"\} 1\n/);
  });

  it('counts on when objects are gone, and shows no more than there is', async () => {
    const { worker, producer, all } = await call();
    const metrics = createMetrics({ workers: [worker] });
    await metrics.text();

    producer.close();
    all.transports = [];
    const samples = samplesOf(await metrics.text());

    expect(samples).toMatchObject({
      consomme_producers: 0,
      consomme_consumers: 0,
      'consomme_rtp_packets_total{direction="in",kind="audio"}': 100,
      'consomme_bytes_total{direction="in"}': 2000,
      'consomme_drops_total{reason="replayed"}': 7,
    });
    expect(samples).not.toHaveProperty(['consomme_transports{type="webrtc-transport"}']);
  });

  it('asks each worker once for all metrics', async () => {
    const { worker, script } = await call();
    const metrics = createMetrics({ workers: new Set([worker]) });

    await Promise.all([metrics.text(), metrics.text()]);

    expect(script.asked('getAllStats')).toHaveLength(1);
    await metrics.text();
    expect(script.asked('getAllStats')).toHaveLength(2);
  });

  it('says which worker does not answer, and asks for the workers each time', async () => {
    const { worker: dead } = await call();
    const { worker } = await call();
    dead.close();
    let workers = [dead, worker];
    const metrics = createMetrics({ workers: () => workers });

    const text = await metrics.text();
    workers = [worker];
    const later = await metrics.text();

    expect(text).toContain('consomme_worker_up{worker="0",pid="4242"} 0\n');
    expect(text).toContain('consomme_worker_up{worker="1",pid="4242"} 1\n');
    expect(text).not.toContain('consomme_routers{worker="0"');
    expect(text).toContain('consomme_routers{worker="1"');
    expect(later).toContain('consomme_worker_up{worker="0",pid="4242"} 1\n');
    expect(later).not.toContain('worker="1"');
  });

  it('can be read through another registry, under another prefix', async () => {
    const { worker } = await call();
    const mine = new Registry();
    new Counter({ name: 'mine_total', help: 'mine', registers: [mine] });
    const metrics = createMetrics({ workers: [worker], prefix: 'sfu:' });

    const text = await Registry.merge([mine, metrics.registry]).metrics();

    expect(text).toContain('mine_total 0');
    expect(text).toContain('sfu:routers{worker="0",pid="4242"} 1');
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'workers must be iterable, or a function'],
    [{ workers: 'w' }, 'workers must be iterable, or a function'],
    [{ workers: {} }, 'workers must be iterable, or a function'],
    [{ workers: [], prefix: 7 }, 'prefix must be a string of at most 64 characters'],
    [
      { workers: [], prefix: '1_' },
      "prefix must have only letters, digits, '_' and ':', and not begin with a digit",
    ],
  ])('refuses %j by a TypeError', (options, message) => {
    expect(() => createMetrics(options as never)).toThrow(new TypeError(message));
  });
});

describe('docs/metrics.md', () => {
  it('lists the metrics that there are, each with its labels', async () => {
    const { registry } = createMetrics({ workers: [] });
    const there = (await registry.getMetricsAsJSON()).map(({ name, type }) => `${name} ${type}`);
    const text = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const [counters = '', gauges = ''] = text.split('## Gauges');
    const listed = (section: string, type: string) =>
      [...section.matchAll(/^\| `(consomme_\w+)`/gm)].map(([, name]) => `${name} ${type}`);

    expect([...listed(counters, 'counter'), ...listed(gauges, 'gauge')].toSorted()).toEqual(there.toSorted());
  });
});
