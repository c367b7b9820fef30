// Figures of worker/bench/forward_bench.cpp as a table: medians with their range, and ratios.

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
    ['a connected transport, with DTLS and SRTP keys', bytes(memory.readyTransport), ''],
    ['a consumer', bytes(memory.newConsumer), bytes(memory.sizeofConsumer)],
    ['a consumer that forwards', bytes(memory.flowingConsumer), ''],
    ['a packet in a producer’s history, for all its consumers', '', bytes(memory.sizeofPacket)],
  ]);
