import { countLayers, layerOf, profileOf, wish } from './profiles.js';

test.each([
  [{ codecs: [] }, 1],
  [{ codecs: [], encodings: [{ ssrc: 1 }] }, 1],
  [{ codecs: [], encodings: [{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }] }, 3],
  [{ codecs: [], encodings: [{ scalabilityMode: 'L3T3_KEY' }] }, 3],
  [{ codecs: [], encodings: [{ scalabilityMode: 'L1T3' }] }, 1],
])('%j has %d layers', (parameters, count) => {
  expect(countLayers(parameters)).toBe(count);
});

test.each([
  ['default', [0, 1, 2, 3]],
  ['high', [0, 1, 2, 3]],
  ['medium', [0, 0, 1, 2]],
  ['low', [0, 0, 0, 1]],
] as const)('the profile %s is counted from the top', (profile, layers) => {
  expect([1, 2, 3, 4].map((count) => layerOf(profile, count))).toEqual(layers);
});

test.each([
  [1, ['default', 'default']],
  [2, ['none', 'medium', 'high']],
  [3, ['none', 'low', 'medium', 'high']],
  [4, ['none', 'low', 'low', 'medium', 'high']],
])('of %d layers, each has a name', (count, names) => {
  const layers = [undefined, 0, 1, 2, 3].slice(0, count + 1);
  expect(layers.map((layer) => profileOf(layer, count))).toEqual(names);
});

test("a consumer's own wish goes first", () => {
  expect([wish('low', 'high'), wish('default', 'medium'), wish('default', 'default')]).toEqual([
    'low',
    'medium',
    'default',
  ]);
});
