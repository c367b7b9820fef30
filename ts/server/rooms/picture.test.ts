import { layerFor, layerSizes } from './picture.js';

const hd = layerSizes({ width: 1280, height: 720 }, 3);
const view = (width: number, height: number, cover = false) => ({ width, height, cover });

test('each layer is half of the next, unless the client says otherwise', () => {
  expect(hd.map(({ width }) => width)).toEqual([320, 640, 1280]);
  expect(layerSizes({ width: 1280, height: 720 }, 2, [3, 1])[0]).toEqual({ width: 1280 / 3, height: 240 });
  expect(layerSizes({ width: 640, height: 480 }, 1)).toEqual([{ width: 640, height: 480 }]);
});

test.each([
  [1, 1, 0],
  [320, 180, 0],
  [321, 181, 1],
  [640, 360, 1],
  [641, 361, 2],
  [1280, 720, 2],
  [3840, 2160, 2],
])('an element of %d×%d gets the layer that is not smaller', (width, height, layer) => {
  expect(layerFor(view(width, height), hd)).toBe(layer);
});

test.each([
  ['a little larger: it stays', 360, 203, 0, 0],
  ['much larger: it changes', 370, 209, 0, 1],
  ['smaller, but not enough: it stays', 330, 186, 1, 1],
  ['small enough: it changes', 320, 180, 1, 0],
  ['the highest, whatever the element', 5000, 3000, 2, 2],
])('an element becomes %s', (_what, width, height, current, layer) => {
  expect(layerFor(view(width, height), hd, current)).toBe(layer);
});

test('a picture that is cut must fill both sides, one that fits inside only one', () => {
  const upright = layerSizes({ width: 720, height: 1280 }, 3);
  expect(layerFor(view(640, 360, false), upright)).toBe(1);
  expect(layerFor(view(640, 360, true), upright)).toBe(2);
  expect(layerFor(view(180, 320, true), upright)).toBe(0);
});
