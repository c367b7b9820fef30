import { adaptationTable, burstTable, forwardingTable, median, memoryTable, ratio } from './report.mjs';

test('the median is the middle one, whatever the order', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([10, 9, 1])).toBe(9);
});

test('a ratio compares each repeat with its own, so that a drifting machine cancels out', () => {
  expect(ratio([2, 20, 200], [1, 10, 100])).toBe(2);
});

const row = {
  profile: 'AEAD_AES_128_GCM',
  receivers: 'idle',
  burst: 3,
  nanoseconds: { worker: [1000, 1500, 1250], naive: [4000, 6000, 5000], best: [800, 1200, 1000] },
};

test('a row has CPU seconds per million packets with their range, and both ratios', () => {
  const [, , line] = forwardingTable([row]).split('\n');
  expect(line.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'AEAD_AES_128_GCM',
    'idle',
    '3',
    '1.25 (1.00–1.50)',
    '5.00 (4.00–6.00)',
    '1.00 (0.80–1.20)',
    '×4.00',
    '×1.25',
    '',
  ]);
});

test('without intel-ipsec-mb there is no best loop to compare with', () => {
  const { best: _, ...nanoseconds } = row.nanoseconds;
  expect(forwardingTable([{ ...row, nanoseconds }])).toMatch(/\| – +\| ×4\.00 +\| – +\|$/);
});

test('memory is told per transport and per consumer', () => {
  const table = memoryTable({
    newTransport: 12345.6,
    readyTransport: 30_000,
    openssl: 10_500,
    newConsumer: 2,
    flowingConsumer: 3,
    sizeofTransport: 4,
    sizeofConsumer: 5,
    sizeofPacket: 6,
  });
  for (const figure of ['12,346', '19,500', '10,500']) expect(table).toContain(figure);
  expect(table.split('\n')).toHaveLength(8);
});

test('adaptation is compared slice by slice, and what it does to batches is told beside', () => {
  const slice = (nanoseconds, turns, messages) => ({ nanoseconds, turns, messages });
  const load = {
    load: '3 packets a frame',
    bitrate: 864_000,
    leastEstimate: 1_500_000,
    on: [slice(1100, 0.02, 0.5), slice(2400, 0.04, 0.25), slice(3900, 0.03, 0.4)],
    off: [slice(1000, 0.01, 0.2), slice(2000, 0.01, 0.2), slice(3000, 0.01, 0.25)],
  };
  const [, , line] = adaptationTable([load]).split('\n');
  expect(line.split('|').map((cell) => cell.trim())).toEqual([
    '',
    '3 packets a frame',
    '0.86',
    '1.50',
    '2.40 (1.10–3.90)',
    '2.00 (1.00–3.00)',
    '×1.20 (1.10–1.30)',
    '2.5 / 5.0',
    '30 / 10',
    '',
  ]);
});

test('bursts are told as shares of a slot', () => {
  const burst = (max) => ({ count: 1234, beyond: 5, p50: 0.5, p99: 1, max });
  const table = burstTable({ turns: burst(1), arrivals: burst(1.5), windows: burst(2) });
  const [, , , line] = table.split('\n');
  expect(line.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'arrived within 1 ms of each other',
    '1,234',
    '5',
    '0.50',
    '1.00',
    '1.50',
    '',
  ]);
});
