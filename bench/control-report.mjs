// Figures of bench/control as tables. All ratios are of slices beside each other: see `ratio`.
import { markdown, median, ratio } from './report.mjs';

const MODES = ['process', 'thread'];

const of = (slices, read) => slices.map(read);
const middle = (slices, read) => median(of(slices, read));
const whole = (number) => Math.round(number).toLocaleString('en-US');
const times = (number) => `×${number.toFixed(2)}`;

/** The value below which that share of all lies. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function ratioOf({ slices }, read) {
  return times(ratio(of(slices.thread, read), of(slices.process, read)));
}

const perSecond = (slice) => slice.perSecond;
const cpu = (slice) => slice.cpu.both;

function throughputCells(row) {
  const { process, thread } = row.slices;
  return [
    row.name,
    String(row.inFlight),
    whole(middle(process, perSecond)),
    whole(middle(thread, perSecond)),
    ratioOf(row, perSecond),
    `${whole(middle(process, ({ cpu }) => cpu.node))} + ${whole(mean(process, ({ cpu }) => cpu.worker))}`,
    whole(middle(thread, cpu)),
    ratioOf(row, cpu),
  ];
}

/** The system tells the worker's CPU time in whole milliseconds: only over all slices it is exact. */
function mean(slices, read) {
  return of(slices, read).reduce((sum, value) => sum + value, 0) / slices.length;
}

export const throughputTable = (rows) =>
  markdown([
    [
      'call',
      'in flight',
      'process /s',
      'thread /s',
      'thread ÷ process',
      'CPU process: Node.js + worker',
      'CPU thread',
      'thread ÷ process',
    ],
    ...rows.map(throughputCells),
  ]);

function latencyCells(row) {
  const all = Object.fromEntries(
    MODES.map((mode) => [mode, row.slices[mode].flatMap(({ micros }) => micros)]),
  );
  const cells = [0.5, 0.99].flatMap((share) => {
    const [process, thread] = MODES.map((mode) => percentile(all[mode], share));
    return [whole(process), whole(thread), times(thread / process)];
  });
  return [row.name, ...cells];
}

export const latencyTable = (rows) =>
  markdown([
    [
      'call',
      'p50 process',
      'p50 thread',
      'thread ÷ process',
      'p99 process',
      'p99 thread',
      'thread ÷ process',
    ],
    ...rows.filter(({ inFlight }) => inFlight === 1).map(latencyCells),
  ]);

function trafficCells({ name, slices }) {
  const [{ traffic }] = slices.process;
  return [
    name,
    traffic.messagesOut.toFixed(0),
    whole(traffic.bytesOut / traffic.messagesOut),
    whole(traffic.bytesIn / traffic.messagesIn),
  ];
}

export const trafficTable = (rows) =>
  markdown([
    ['call', 'requests', 'bytes a request', 'bytes a reply'],
    ...rows.filter(({ inFlight }) => inFlight === 1).map(trafficCells),
  ]);

/** What one object's share of the bulk call costs, beside a call for it alone. */
function bulkCells(single, bulk, mode) {
  const gain = (read) =>
    times(median(of(single.slices[mode], read)) / (median(of(bulk.slices[mode], read)) / bulk.objects));
  return [mode, String(single.inFlight), gain((slice) => 1 / slice.perSecond), gain(cpu)];
}

export function bulkTable(rows) {
  const bulks = rows.filter(({ objects }) => objects);
  const singles = bulks.map((bulk) =>
    rows.find((row) => row.name === 'getStats of one object' && row.inFlight === bulk.inFlight),
  );
  return markdown([
    ['worker', 'in flight', 'single ÷ bulk, time an object', 'single ÷ bulk, CPU an object'],
    ...MODES.flatMap((mode) => bulks.map((bulk, index) => bulkCells(singles[index], bulk, mode))),
  ]);
}
