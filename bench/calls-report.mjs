// Figures of bench/calls.mjs as tables.
import { markdown, median } from './report.mjs';

const whole = (number) => Math.round(number).toLocaleString('en-US');
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const milliseconds = (microseconds) => (microseconds / 1000).toFixed(2);
const known = (value, show) => (value === undefined || value === null ? '–' : show(value));

const CALL = [
  ['call', ({ title }) => title],
  ['consumers', ({ figures }) => whole(figures.consumers)],
  ['packets /s', ({ figures }) => whole(figures.packetsPerSecond)],
  ['Mbit/s', ({ figures }) => (figures.bitrate / 1e6).toFixed(1)],
  ['server', ({ figures }) => percent(figures.load)],
  ['generator', ({ figures }) => percent(figures.generatorLoad)],
  ['µs a packet', ({ figures }) => known(figures.cost, (cost) => cost.toFixed(2))],
  ['p50', ({ figures }) => milliseconds(figures.p50)],
  ['p99', ({ figures }) => milliseconds(figures.p99)],
  ['p99.9', ({ figures }) => milliseconds(figures.p999)],
  ['missing', ({ figures }) => whole(figures.missing)],
  ['wrong', ({ figures }) => whole(figures.corrupt + figures.repeated)],
];

const isCall = ({ figures }) => figures.packetsPerSecond !== undefined;
const table = (columns, rows) =>
  markdown([columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]);

export const callTable = (rows) => table(CALL, rows.filter(isCall));

const byName = (rows, name) => rows.find((row) => row.name === name)?.figures;

/** A herd of clients at a fixed rate and at any rate; undefined if neither was measured. */
export function joinTable(rows) {
  const herds = ['joins-300', 'joins'].map((name) => [name, byName(rows, name)]).filter(([, of]) => of);
  if (herds.length === 0) return undefined;
  const later = ({ quiet, p99 }) => milliseconds(p99 - quiet.p99);
  return markdown([
    ['joins', 'a second', 'a second and processor', 'p99 before', 'p99 meanwhile', 'later by'],
    ...herds.map(([name, figures]) => [
      name === 'joins' ? 'as many as can' : 'at a fixed rate',
      whole(figures.joinsPerSecond),
      whole(figures.joinsPerCore),
      milliseconds(figures.quiet.p99),
      milliseconds(figures.p99),
      later(figures),
    ]),
  ]);
}

export function idleTable(rows) {
  const figures = byName(rows, 'idle');
  if (!figures) return undefined;
  return markdown([
    ['idle transports', 'resident bytes each', 'server'],
    [whole(figures.transports), whole(figures.bytesPerTransport), percent(figures.load)],
  ]);
}

/** What a packet costs beside the loops of the same run, where those were measured with bursts of that size. */
export function besideTable(rows, forwarding) {
  const of = (loop, size) => {
    const row = forwarding?.find(
      ({ profile, receivers, burst }) =>
        profile === 'AEAD_AES_128_GCM' && receivers === 'live' && burst === size,
    );
    return row?.nanoseconds[loop] && median(row.nanoseconds[loop]) / 1000;
  };
  const beside = rows.filter(({ burst, figures }) => burst && of('naive', burst) && isCall({ figures }));
  if (beside.length === 0) return undefined;
  return markdown([
    ['call', 'burst', 'µs a packet', 'naive', 'best', 'naive ÷ call', 'call ÷ best'],
    ...beside.map(({ title, burst, figures: { cost } }) => [
      title,
      String(burst),
      cost.toFixed(2),
      of('naive', burst).toFixed(2),
      of('best', burst).toFixed(2),
      `×${(of('naive', burst) / cost).toFixed(2)}`,
      `×${(cost / of('best', burst)).toFixed(2)}`,
    ]),
  ]);
}

/** Two results beside each other: names, and the numbers of both. */
export function comparison(before, now) {
  const figuresOf = ({ calls = [], forwarding }) => [
    ...(forwarding?.rows ?? []).flatMap(({ profile, receivers, burst, nanoseconds: { worker, best } }) =>
      best
        ? [
            [
              `${profile}, ${receivers}, bursts of ${burst}: worker ÷ best`,
              median(worker.map((w, i) => w / best[i])),
            ],
          ]
        : [],
    ),
    ...calls.flatMap(({ title, figures }) =>
      ['cost', 'p99', 'joinsPerSecond', 'bytesPerTransport'].flatMap((name) =>
        figures[name] ? [[`${title}: ${name}`, figures[name]]] : [],
      ),
    ),
  ];
  const old = new Map(figuresOf(before));
  return markdown([
    ['figure', 'before', 'now', 'now ÷ before'],
    ...figuresOf(now).flatMap(([name, value]) => {
      const was = old.get(name);
      return was ? [[name, was.toPrecision(3), value.toPrecision(3), `×${(value / was).toFixed(2)}`]] : [];
    }),
  ]);
}
