import { bulkTable, latencyTable, percentile, throughputTable, trafficTable } from './control-report.mjs';

const slice = (perSecond, both, extra = {}) => ({
  perSecond,
  micros: [10, 20, 30, 400],
  cpu: { node: both / 2, worker: both / 2, both },
  traffic: { messagesOut: 2, bytesOut: 60, messagesIn: 2, bytesIn: 100 },
  ...extra,
});
const row = (name, inFlight, slices, more = {}) => ({ name, inFlight, slices, ...more });
const cellsOf = (table) =>
  table
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

test('a percentile is the value below which that share lies', () => {
  const values = Array.from({ length: 100 }, (_, i) => 99 - i);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile([7], 0.99)).toBe(7);
});

test('thread and process are compared slice by slice, so that a drifting machine cancels out', () => {
  const slices = {
    process: [slice(1000, 50), slice(100, 500), slice(10, 5000)],
    thread: [slice(2000, 25), slice(200, 250), slice(20, 2500)],
  };
  expect(cellsOf(throughputTable([row('produce', 16, slices)]))).toEqual([
    ['produce', '16', '100', '200', '×2.00', '250 + 925', '250', '×0.50'],
  ]);
});

test('latency and traffic are of calls that were alone', () => {
  const slices = {
    process: [slice(1, 1)],
    thread: [slice(1, 1, { micros: [5, 10, 15, 100] })],
  };
  const rows = [row('consume', 1, slices), row('consume', 256, slices)];
  expect(cellsOf(latencyTable(rows))).toEqual([['consume', '30', '15', '×0.50', '400', '100', '×0.25']]);
  expect(cellsOf(trafficTable(rows))).toEqual([['consume', '2', '30', '50']]);
});

test('a call for all is compared with one for each', () => {
  const of = (perSecond, both) => ({ process: [slice(perSecond, both)], thread: [slice(perSecond, both)] });
  const rows = [
    row('getStats of one object', 1, of(1000, 20)),
    row('getStats of the worker', 1, of(500, 100), { objects: 10 }),
  ];
  expect(cellsOf(bulkTable(rows))[0]).toEqual(['process', '1', '×5.00', '×2.00']);
});
