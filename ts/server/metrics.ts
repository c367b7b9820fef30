/** `consomme/metrics`: what the workers do, for Prometheus. docs/metrics.md lists all metrics. */
import { Counter, Gauge, Registry } from 'prom-client';
import { asObject, asString } from '../shared/rtp/fields.js';
import type { RtpStreamStat } from './core/stats.js';
import type { TransportStat } from './core/transport.js';
import type { Worker } from './core/worker.js';
import { type Labels, Sums, Totals } from './metric-sums.js';

/** A worker of the core, or what stands for one. */
export type MeasuredWorker = Pick<Worker, 'pid' | 'getStats' | 'getResourceUsage' | 'dump'>;

export type MetricsOptions = {
  /** A function is asked each time, so that workers may come and go. */
  workers: Iterable<MeasuredWorker> | (() => Iterable<MeasuredWorker>);
  /** What the names of all metrics begin with. Default 'consomme_'. */
  prefix?: string;
};

export type Metrics = {
  /** Asks the workers, and writes what they say in Prometheus' text format. */
  text(): Promise<string>;
  /** The HTTP header that goes with `text()`. */
  readonly contentType: string;
  /** Of prom-client, to be merged with others: it asks the workers whenever it is read. */
  readonly registry: Registry;
};

type Spec = { type: 'counter' | 'gauge'; help: string; labels: string[] };

const gauge = (help: string, ...labels: string[]): Spec => ({ type: 'gauge', help, labels });
const counter = (help: string, ...labels: string[]): Spec => ({ type: 'counter', help, labels });

/** Besides its own labels every metric has `worker`, the place in the list, and `pid`. */
const METRICS = {
  worker_up: gauge('Whether the worker answered: 1 or 0'),
  routers: gauge('Routers that are open'),
  transports: gauge('Transports that are open', 'type'),
  producers: gauge('Producers that are open'),
  consumers: gauge('Consumers that are open'),
  data_producers: gauge('Data producers that are open'),
  data_consumers: gauge('Data consumers that are open'),

  bytes_total: counter('Bytes that transports received (in) and sent (out)', 'direction'),
  rtp_bytes_total: counter('Bytes of RTP, without retransmission streams', 'direction'),
  rtx_bytes_total: counter('Bytes of retransmission streams', 'direction'),
  probation_bytes_total: counter('Bytes sent to find out what an endpoint can get', 'direction'),
  bits_per_second: gauge('Bitrate of all transports', 'direction'),
  rtp_bits_per_second: gauge('Bitrate of RTP, without retransmission streams', 'direction'),
  rtx_bits_per_second: gauge('Bitrate of retransmission streams', 'direction'),
  probation_bits_per_second: gauge('Bitrate sent to find out what an endpoint can get', 'direction'),

  rtp_packets_total: counter('RTP packets of producers (in) and consumers (out)', 'direction', 'kind'),
  rtp_packets_lost_total: counter('RTP packets that did not arrive', 'direction', 'kind'),
  rtp_packets_discarded_total: counter('RTP packets that came too late or twice', 'direction', 'kind'),
  rtp_packets_retransmitted_total: counter('RTP packets that were sent again', 'direction', 'kind'),
  rtp_packets_repaired_total: counter('RTP packets that were lost and came again', 'direction', 'kind'),
  rtx_packets_discarded_total: counter('Retransmissions of what was there already', 'direction', 'kind'),
  nacks_total: counter('NACKs, to producers (in) and from consumers (out)', 'direction', 'kind'),
  nack_packets_total: counter('Packets that were asked for by NACKs', 'direction', 'kind'),
  plis_total: counter('Key frames asked for by PLI', 'direction', 'kind'),
  firs_total: counter('Key frames asked for by FIR', 'direction', 'kind'),

  data_messages_total: counter('Messages of data producers (in) and data consumers (out)', 'direction'),
  data_bytes_total: counter('Bytes of messages of data producers (in) and data consumers (out)', 'direction'),
  data_buffered_bytes: gauge('Bytes of messages that wait to be sent'),

  drops_total: counter('Packets that were dropped', 'reason'),
  worker_packets_in_use: gauge('Packets that the worker keeps in memory'),
  worker_cpu_seconds_total: counter('Processor time of the worker', 'mode'),
  worker_max_resident_memory_bytes: gauge('The most memory that the worker had'),
  worker_page_faults_total: counter('Page faults of the worker', 'type'),
  worker_context_switches_total: counter('Context switches of the worker', 'type'),
} satisfies Record<string, Spec>;

type Name = keyof typeof METRICS;

const KIBIBYTE = 1024;

/**
 * Metrics of any number of workers, summed up for each worker, however many objects it has.
 *
 * @example
 * const metrics = createMetrics({ workers: [worker] });
 * http.createServer(async (_, response) => {
 *   response.setHeader('Content-Type', metrics.contentType).end(await metrics.text());
 * });
 *
 * @throws TypeError naming the option
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { workers, prefix } = readOptions(options);
  const registry = new Registry();
  const totals = new WeakMap<MeasuredWorker, Totals<Name>>();
  let reading: Promise<void> | undefined;
  // All metrics are collected at once, from one reading.
  const collect = () => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const metrics = Object.entries(METRICS).map(([name, spec]) => ({
    name: name as Name,
    metric: makeMetric(spec, { name: prefix + name, registers: [registry], collect }),
  }));
  const read = async () => {
    const sums = await Promise.all(
      Array.from(workers(), (worker, i) => readWorker(worker, i, totalsOf(worker))),
    );
    for (const { name, metric } of metrics) {
      metric.reset();
      for (const { labels, value } of sums.flatMap((sum) => sum.of(name))) metric.inc(labels, value);
    }
  };
  const totalsOf = (worker: MeasuredWorker) => {
    const known = totals.get(worker) ?? new Totals<Name>();
    totals.set(worker, known);
    return known;
  };
  return { text: () => registry.metrics(), contentType: registry.contentType, registry };
}

function makeMetric(
  { type, help, labels }: Spec,
  rest: { name: string; registers: Registry[]; collect: () => Promise<void> },
): Counter | Gauge {
  const configuration = { ...rest, help, labelNames: ['worker', 'pid', ...labels] };
  return type === 'counter' ? new Counter(configuration) : new Gauge(configuration);
}

async function readWorker(worker: MeasuredWorker, index: number, totals: Totals<Name>): Promise<Sums<Name>> {
  const sums = new Sums<Name>({ worker: `${index}`, pid: `${worker.pid}` });
  const answers = Promise.all([worker.getStats(), worker.getResourceUsage(), worker.dump()]);
  const answered = await answers.catch(() => undefined);
  sums.add('worker_up', {}, answered ? 1 : 0);
  if (!answered) return sums;
  const [stats, usage, dump] = answered;
  addObjects(sums, stats, dump.routerIds.length);
  addUsage(sums, usage);
  for (const { reason, count } of dump.drops) sums.add('drops_total', { reason }, count);
  sums.add('worker_packets_in_use', {}, dump.packetsInUse);
  countAll(totals, stats);
  totals.addTo(sums);
  return sums;
}

type Stats = Awaited<ReturnType<MeasuredWorker['getStats']>>;

function addObjects(sums: Sums<Name>, stats: Stats, routers: number): void {
  sums.add('routers', {}, routers);
  sums.add('producers', {}, stats.producers.length);
  sums.add('consumers', {}, stats.consumers.length);
  sums.add('data_producers', {}, stats.dataProducers.length);
  sums.add('data_consumers', {}, stats.dataConsumers.length);
  for (const transport of stats.transports.flatMap((one) => one.stats)) {
    sums.add('transports', { type: transport.type }, 1);
    addBitrates(sums, transport);
  }
  sums.add('data_buffered_bytes', {}, 0);
  for (const { bufferedAmount } of stats.dataConsumers.flatMap((one) => one.stats)) {
    sums.add('data_buffered_bytes', {}, bufferedAmount);
  }
}

function addBitrates(sums: Sums<Name>, transport: TransportStat): void {
  const [received, sent] = [{ direction: 'in' }, { direction: 'out' }];
  sums.add('bits_per_second', received, transport.recvBitrate);
  sums.add('bits_per_second', sent, transport.sendBitrate);
  sums.add('rtp_bits_per_second', received, transport.rtpRecvBitrate);
  sums.add('rtp_bits_per_second', sent, transport.rtpSendBitrate);
  sums.add('rtx_bits_per_second', received, transport.rtxRecvBitrate);
  sums.add('rtx_bits_per_second', sent, transport.rtxSendBitrate);
  sums.add('probation_bits_per_second', sent, transport.probationSendBitrate);
}

function addUsage(sums: Sums<Name>, usage: Awaited<ReturnType<MeasuredWorker['getResourceUsage']>>): void {
  sums.add('worker_cpu_seconds_total', { mode: 'user' }, usage.ru_utime / 1000);
  sums.add('worker_cpu_seconds_total', { mode: 'system' }, usage.ru_stime / 1000);
  sums.add('worker_max_resident_memory_bytes', {}, usage.ru_maxrss * KIBIBYTE);
  sums.add('worker_page_faults_total', { type: 'minor' }, usage.ru_minflt);
  sums.add('worker_page_faults_total', { type: 'major' }, usage.ru_majflt);
  sums.add('worker_context_switches_total', { type: 'voluntary' }, usage.ru_nvcsw);
  sums.add('worker_context_switches_total', { type: 'involuntary' }, usage.ru_nivcsw);
}

function countAll(totals: Totals<Name>, stats: Stats): void {
  for (const { id, stats: list } of stats.transports) for (const one of list) countTransport(totals, id, one);
  for (const { id, stats: list } of stats.producers)
    for (const one of list) countStream(totals, id, one, 'in');
  // A consumer tells of its producer's stream too, which is counted there.
  for (const { id, stats: list } of stats.consumers) {
    for (const one of list) if (one.type === 'outbound-rtp') countStream(totals, id, one, 'out');
  }
  for (const { id, stats: list } of stats.dataProducers) {
    for (const { messagesReceived, bytesReceived } of list) {
      countData(totals, id, 'in', messagesReceived, bytesReceived);
    }
  }
  for (const { id, stats: list } of stats.dataConsumers) {
    for (const { messagesSent, bytesSent } of list) countData(totals, id, 'out', messagesSent, bytesSent);
  }
}

function countTransport(totals: Totals<Name>, id: string, transport: TransportStat): void {
  totals.count(
    `${id} in`,
    { direction: 'in' },
    {
      bytes_total: transport.bytesReceived,
      rtp_bytes_total: transport.rtpBytesReceived,
      rtx_bytes_total: transport.rtxBytesReceived,
    },
  );
  totals.count(
    `${id} out`,
    { direction: 'out' },
    {
      bytes_total: transport.bytesSent,
      rtp_bytes_total: transport.rtpBytesSent,
      rtx_bytes_total: transport.rtxBytesSent,
      probation_bytes_total: transport.probationBytesSent,
    },
  );
}

function countStream(totals: Totals<Name>, id: string, stream: RtpStreamStat, direction: 'in' | 'out'): void {
  const labels: Labels = { direction, kind: stream.kind };
  totals.count(`${id} ${stream.ssrc}`, labels, {
    rtp_packets_total: stream.packetCount,
    rtp_packets_lost_total: stream.packetsLost,
    rtp_packets_discarded_total: stream.packetsDiscarded,
    rtp_packets_retransmitted_total: stream.packetsRetransmitted,
    rtp_packets_repaired_total: stream.packetsRepaired,
    rtx_packets_discarded_total: stream.rtxPacketsDiscarded,
    nacks_total: stream.nackCount,
    nack_packets_total: stream.nackPacketCount,
    plis_total: stream.pliCount,
    firs_total: stream.firCount,
  });
}

function countData(
  totals: Totals<Name>,
  id: string,
  direction: 'in' | 'out',
  messages: number,
  bytes: number,
): void {
  totals.count(id, { direction }, { data_messages_total: messages, data_bytes_total: bytes });
}

function readOptions(value: unknown): { workers: () => Iterable<MeasuredWorker>; prefix: string } {
  const { workers, prefix: given } = asObject(value, 'options');
  const prefix = asString(given ?? 'consomme_', 'prefix', 64);
  if (!/^([A-Za-z_:][\w:]*)?$/.test(prefix)) {
    throw new TypeError("prefix must have only letters, digits, '_' and ':', and not begin with a digit");
  }
  if (typeof workers === 'function') return { workers: workers as () => Iterable<MeasuredWorker>, prefix };
  const list = workers as Iterable<MeasuredWorker> | undefined;
  if (typeof list !== 'object' || typeof list?.[Symbol.iterator] !== 'function') {
    throw new TypeError('workers must be iterable, or a function');
  }
  return { workers: () => list, prefix };
}
