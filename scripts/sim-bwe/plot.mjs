// One scenario's curves: rates, queueing delay, and the layers that the first transport's pictures are sent in.
import { curve, element, image, line, staircase, text } from './svg.mjs';

const width = 900;
const left = 60;
const right = 16;
const inner = width - left - right;
const panels = {
  rates: { top: 46, height: 220 },
  waits: { top: 300, height: 90 },
  layers: { top: 424, height: 90 },
};
const height = 548;
const colours = ['#0b62a4', '#d1495b', '#2e933c', '#8a4fbf', '#c77d0a', '#148f9e', '#8c564b', '#5f6b73'];
const maxPoints = { few: 400, many: 220 };

const colourOf = (i) => colours[i % colours.length];
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One value for each `size` bins, by `combine`; null where there was none. */
export function thinned(values, size, combine) {
  const out = [];
  for (let i = 0; i < values.length; i += size) {
    const known = values.slice(i, i + size).filter((value) => value !== null);
    out.push(known.length > 0 ? combine(known) : null);
  }
  return out;
}

/** A number of the form 1, 2 or 5 times a power of ten, so that at most `count` steps of it come to `range`. */
export function stepOf(range, count) {
  const power = 10 ** Math.floor(Math.log10(range / count));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => range / step <= count);
}

class Panel {
  constructor({ top, height }, seconds, max) {
    Object.assign(this, { top, height, seconds, max });
  }
  x(seconds) {
    return left + (seconds / this.seconds) * inner;
  }
  y(value) {
    return this.top + this.height * (1 - Math.min(Math.max(value / this.max, 0), 1));
  }
  frame(title, unit, format = String) {
    const step = stepOf(this.max, 5);
    const grid = [];
    for (let value = 0; value <= this.max * 1.0001; value += step) {
      const y = Math.round(this.y(value));
      grid.push(line(left, y, width - right, y, { stroke: '#e3e3e3' }));
      grid.push(text(left - 6, y + 4, format(value), { 'text-anchor': 'end' }));
    }
    return [text(left, this.top - 8, `${title}, ${unit}`, { style: 'font-weight:bold' }), ...grid].join('');
  }
  curve(values, interval, attributes) {
    const points = values.map((value, i) => value !== null && [this.x((i + 0.5) * interval), this.y(value)]);
    return element('path', { d: curve(points.map((point) => point || null)), ...attributes });
  }
  staircase(changes, attributes) {
    const points = changes.map(([seconds, value]) => [
      this.x(seconds),
      value === null ? null : this.y(value),
    ]);
    return element('path', { d: staircase(points, width - right), ...attributes });
  }
}

const capacityOf = (steps) => steps.map(({ at, rate }) => [at / 1000, rate]);

function timeAxis(panel) {
  const step = stepOf(panel.seconds, 12);
  const words = [];
  for (let at = 0; at <= panel.seconds; at += step)
    words.push(
      text(Math.round(panel.x(at)), panel.top + panel.height + 16, `${at} s`, { 'text-anchor': 'middle' }),
    );
  return words.join('');
}

/** What the curves are, in their colours, from the right edge to the left. */
function legend(entries) {
  let x = width - right;
  return entries
    .map(([words, colour, dashed]) => {
      x -= 7 * words.length + 34;
      const stroke = { stroke: colour, 'stroke-width': 2, ...(dashed && { 'stroke-dasharray': '5 3' }) };
      return line(x, 34, x + 18, 34, stroke) + text(x + 22, 38, words);
    })
    .join('');
}

function ratesOf(result, bins, interval) {
  const { flows, tcp, forward, backward } = result;
  const most = Math.max(
    ...[...forward, ...(backward ?? [])].map(({ rate }) => Math.min(rate, 6000 * flows.length)),
  );
  const panel = new Panel(panels.rates, result.length / 1000, most * 1.35);
  const estimates = flows.some(({ estimate }) => estimate.some((value) => value !== null));
  const showsBackward = flows.some((flow) => flow.backward);
  const parts = [panel.frame('rate', 'kbit/s')];
  parts.push(panel.staircase(capacityOf(forward), { stroke: '#222', 'stroke-width': 2 }));
  if (showsBackward)
    parts.push(
      panel.staircase(capacityOf(backward), { stroke: '#999', 'stroke-width': 2, 'stroke-dasharray': '2 2' }),
    );
  flows.forEach(({ sent, estimate }, i) => {
    parts.push(panel.curve(thinned(sent, bins, mean), interval, { stroke: colourOf(i) }));
    const dashes = { stroke: colourOf(i), 'stroke-dasharray': '5 3' };
    if (estimates) parts.push(panel.curve(thinned(estimate, bins, mean), interval, dashes));
  });
  const cross = tcp.length > 0 && tcp[0].map((_, i) => tcp.reduce((sum, flow) => sum + flow[i], 0));
  if (cross) parts.push(panel.curve(thinned(cross, bins, mean), interval, { stroke: '#aaa' }));
  const entries = [
    ['capacity', '#222'],
    ...(showsBackward ? [['capacity back', '#999', true]] : []),
    [flows.length > 1 ? 'sent, by transport' : 'sent', colourOf(0)],
    ...(estimates ? [['estimate', colourOf(0), true]] : []),
    ...(cross ? [['TCP', '#aaa']] : []),
  ];
  return parts.join('') + legend(entries.reverse());
}

function waitsOf({ flows, length }, bins, interval) {
  const curves = flows.map(({ wait }) => thinned(wait, bins, (values) => Math.max(...values)));
  const panel = new Panel(panels.waits, length / 1000, Math.max(60, ...curves.flat()) * 1.1);
  const drawn = curves.map((values, i) => panel.curve(values, interval, { stroke: colourOf(i) }));
  return panel.frame('longest wait in the queue', 'ms') + drawn.join('');
}

// A temporal layer is a third of a spatial one; -1: nothing is sent.
const levelOf = ([at, spatial, temporal]) => [
  at / 1000,
  spatial < 0 ? 0 : spatial + 1 + (temporal < 0 ? 0 : (temporal - 2) / 3),
];

function layersOf({ flows: [{ layers }], length }) {
  const panel = new Panel(panels.layers, length / 1000, 3.2);
  const names = ['none', 'low', 'middle', 'high'];
  const drawn = layers.map((changes, i) => panel.staircase(changes.map(levelOf), { stroke: colourOf(i) }));
  return (
    panel.frame(
      'layer of each picture (first transport)',
      'a third of a step: a temporal layer',
      (value) => names[value] ?? '',
    ) +
    drawn.join('') +
    timeAxis(panel)
  );
}

export function plotOf(result) {
  const { length, bin, flows, title } = result;
  const points = flows.length > 4 ? maxPoints.many : maxPoints.few;
  const bins = Math.ceil(length / bin / points);
  const interval = (bins * bin) / 1000;
  return image(
    width,
    height,
    title,
    element('style', {}, 'text{font:11px sans-serif;fill:#333}path{fill:none}'),
    element('rect', { width, height, fill: '#fff' }),
    text(left, 18, title, { style: 'font-size:14px;font-weight:bold' }),
    ratesOf(result, bins, interval),
    waitsOf(result, bins, interval),
    layersOf(result),
  );
}
