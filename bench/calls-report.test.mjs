import { besideTable, callTable, comparison, idleTable, joinTable } from './calls-report.mjs';

const figures = {
  consumers: 50,
  packetsPerSecond: 4500.4,
  bitrate: 42_700_000,
  load: 0.0123,
  generatorLoad: 0.02,
  cost: 2,
  missing: 1,
  repeated: 2,
  corrupt: 3,
  p50: 250,
  p99: 999,
  p999: 1500,
};
const call = { name: 'fan-out-3', title: '1 to 50', burst: 3, figures };
const loops = [
  {
    profile: 'AEAD_AES_128_GCM',
    receivers: 'live',
    burst: 3,
    nanoseconds: { worker: [1100], naive: [4000], best: [1000] },
  },
];
const cells = (table, row = 2) =>
  table
    .split('\n')
    [row].split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test('a call has its load, its cost, its delays in ms, and what went wrong', () => {
  expect(cells(callTable([call, { name: 'idle', title: 'idle', figures: {} }]))).toEqual([
    '1 to 50',
    '50',
    '4,500',
    '42.7',
    '1.2 %',
    '2.0 %',
    '2.00',
    '0.25',
    '1.00',
    '1.50',
    '1',
    '5',
  ]);
});

test('a call is held against the loops of the same run with bursts of its size', () => {
  expect(cells(besideTable([call], loops))).toEqual([
    '1 to 50',
    '3',
    '2.00',
    '4.00',
    '1.00',
    '×2.00',
    '×2.00',
  ]);
  expect(besideTable([{ ...call, burst: 7 }], loops)).toBeUndefined();
  expect(besideTable([call], undefined)).toBeUndefined();
});

test('joins say by how much they delay a call', () => {
  const herd = { ...figures, joinsPerSecond: 300.2, joinsPerCore: 1482, quiet: figures, p99: 1999 };
  expect(cells(joinTable([{ name: 'joins-300', title: '', figures: herd }]))).toEqual([
    'at a fixed rate',
    '300',
    '1,482',
    '1.00',
    '2.00',
    '1.00',
  ]);
  expect(joinTable([call])).toBeUndefined();
});

test('idle transports have their memory', () => {
  const idle = { transports: 1000, bytesPerTransport: 64_820.4, load: 0.013 };
  expect(cells(idleTable([{ name: 'idle', title: '', figures: idle }]))).toEqual([
    '1,000',
    '64,820',
    '1.3 %',
  ]);
  expect(idleTable([call])).toBeUndefined();
});

test('two results are compared figure by figure, where both have it', () => {
  const before = { forwarding: { rows: loops }, calls: [call] };
  const now = { calls: [{ ...call, figures: { ...figures, cost: 3 } }] };
  const table = comparison(before, now);
  expect(cells(table)).toEqual(['1 to 50: cost', '2.00', '3.00', '×1.50']);
  expect(table.split('\n')).toHaveLength(4);
});
