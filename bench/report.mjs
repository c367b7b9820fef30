// Figures of worker/bench/forward_bench.cpp and adaptation_bench.cpp as tables: medians with their range, and ratios.

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** How many times as much `of` costs: the median over the repeats, each compared within itself. */
export const ratio = (of, than) => median(of.map((value, i) => value / than[i]));

// 1000 ns a packet are one second per million packets.
const seconds = (nanoseconds) => (nanoseconds / 1000).toFixed(2);
const spread = (times) =>
  `${seconds(median(times))} (${seconds(Math.min(...times))}–${seconds(Math.max(...times))})`;
const times = (of, than) => (of && than ? `×${ratio(of, than).toFixed(2)}` : '–');

const head = ['profile', 'receivers', 'burst', 'worker', 'naive', 'best', 'naive ÷ worker', 'worker ÷ best'];

function cellsOf({ profile, receivers, burst, nanoseconds: { worker, naive, best } }) {
  return [
    profile,
    receivers,
    String(burst),
    spread(worker),
    spread(naive),
    best ? spread(best) : '–',
    times(naive, worker),
    times(worker, best),
  ];
}

export function markdown(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

export const forwardingTable = (rows) => markdown([head, ...rows.map(cellsOf)]);

const bytes = (count) => Math.round(count).toLocaleString('en-US');

export const memoryTable = (memory) =>
  markdown([
    ['what', 'bytes of heap', 'sizeof'],
    ['a transport before its first datagram', bytes(memory.newTransport), bytes(memory.sizeofTransport)],
    [
      'a connected transport, with SRTP keys, without OpenSSL’s',
      bytes(memory.readyTransport - memory.openssl),
      '',
    ],
    ['what OpenSSL holds of a connected transport', bytes(memory.openssl), ''],
    ['a consumer', bytes(memory.newConsumer), bytes(memory.sizeofConsumer)],
    ['a consumer that forwards', bytes(memory.flowingConsumer), ''],
    ['a packet in a producer’s history, for all its consumers', '', bytes(memory.sizeofPacket)],
  ]);

const megabits = (bps) => (bps / 1e6).toFixed(2);
const middle = (slices, read) => median(slices.map(read));
const range = (values) =>
  `×${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;

function adaptationCells({ load, bitrate, leastEstimate, on, off }) {
  const nanoseconds = (slices) => slices.map((slice) => slice.nanoseconds);
  const ratios = on.map((slice, i) => slice.nanoseconds / off[i].nanoseconds);
  const both = (show) => [on, off].map(show).join(' / ');
  return [
    load,
    megabits(bitrate),
    megabits(leastEstimate),
    spread(nanoseconds(on)),
    spread(nanoseconds(off)),
    range(ratios),
    both((slices) => (1 / middle(slices, ({ messages }) => messages)).toFixed(1)),
    both((slices) => (1000 * middle(slices, ({ turns }) => turns)).toFixed(0)),
  ];
}

export const adaptationTable = (loads) =>
  markdown([
    [
      'load',
      'Mbit/s',
      'least estimate',
      'with',
      'without',
      'with ÷ without',
      'datagrams a message',
      'turns per 1000 packets',
    ],
    ...loads.map(adaptationCells),
  ]);

const burstRows = [
  ['sent in one turn', 'turns'],
  ['arrived within 1 ms of each other', 'arrivals'],
  ['arrived within any 5 ms', 'windows'],
];

export const burstTable = (bursts) =>
  markdown([
    ['packets', 'bursts', 'beyond', 'p50', 'p99', 'max'],
    ...burstRows.map(([what, name]) => {
      const { count, beyond, p50, p99, max } = bursts[name];
      return [what, bytes(count), bytes(beyond), ...[p50, p99, max].map((share) => share.toFixed(2))];
    }),
  ]);
