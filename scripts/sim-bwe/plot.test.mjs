import { plotOf, stepOf, thinned } from './plot.mjs';

/** Numbers that look random, the same each time. */
function* noise() {
  for (let state = 1; ; state = (state * 48271) % 2147483647) yield state / 2147483647;
}

function resultOf({ flows = 1, seconds = 60, estimate = (i) => 900 + i } = {}) {
  const random = noise();
  const bins = (of) => Array.from({ length: seconds * 10 }, (_, i) => of(i));
  return {
    title: 'a <title>',
    length: seconds * 1000,
    bin: 100,
    forward: [
      { at: 0, rate: 1000 },
      { at: 10_000, rate: 2000 },
    ],
    backward: null,
    tcp: [],
    flows: Array.from({ length: flows }, () => ({
      backward: false,
      sent: bins(() => Math.floor(2000 * random.next().value)),
      estimate: bins(estimate),
      wait: bins(() => Math.floor(300 * random.next().value)),
      layers: [
        [
          [0, 0, 0],
          [5000, 2, 2],
          [7000, -1, -1],
        ],
      ],
    })),
  };
}

const curves = (svg) =>
  [...svg.matchAll(/<path d="([^"]*)" stroke="(#\w+)"/g)].map(([, d, colour]) => ({ d, colour }));

describe('thinning', () => {
  const longest = (values) => Math.max(...values);

  it('makes one value of several', () => {
    expect(thinned([1, 5, 2, 3, 9], 2, longest)).toEqual([5, 3, 9]);
  });

  it('knows nothing where nothing was known', () => {
    expect(thinned([null, null, 4, null], 2, longest)).toEqual([null, 4]);
  });
});

test.each([
  [100, 5, 20],
  [2700, 5, 1000],
  [60, 12, 5],
  [0.9, 3, 0.5],
])('a scale to %d in at most %d steps has steps of %d', (range, count, step) => {
  expect(stepOf(range, count)).toBeCloseTo(step);
});

describe('a plot', () => {
  it('draws the capacity as it is scheduled', () => {
    const [capacity] = curves(plotOf(resultOf())).filter(({ colour }) => colour === '#222');
    // 10 s of 60 s, then the double: half as far from the top of the frame as before from its bottom.
    expect(capacity.d).toMatch(/^M60 (\d+)H197V(\d+)H884$/);
    const [, low, high] = capacity.d.match(/^M60 (\d+)H197V(\d+)/).map(Number);
    expect(266 - high).toBeCloseTo(2 * (266 - low), -1);
  });

  it('has a dashed estimate only where there was one', () => {
    expect(plotOf(resultOf())).toContain('estimate');
    expect(plotOf(resultOf({ estimate: () => null }))).not.toContain('estimate');
  });

  it('has a colour for each transport', () => {
    const colours = new Set(curves(plotOf(resultOf({ flows: 3 }))).map(({ colour }) => colour));
    for (const colour of ['#0b62a4', '#d1495b', '#2e933c']) expect(colours).toContain(colour);
  });

  it('shows layers as stairs: encodings, temporal layers between them, and nothing', () => {
    const stairs = curves(plotOf(resultOf())).at(-1).d;
    expect(stairs).toMatch(/^M60 \d+H129V430H156V514H884$/);
  });

  it('stays small with many transports for a long time', () => {
    const random = noise();
    const estimate = () => Math.floor(2000 * random.next().value);
    expect(plotOf(resultOf({ flows: 8, seconds: 300, estimate })).length).toBeLessThan(60_000);
  });

  it('is well-formed, whatever the title', () => {
    const svg = plotOf(resultOf());
    expect(svg).toContain('a &lt;title&gt;');
    expect(svg).not.toMatch(/NaN|undefined|null/);
  });
});
