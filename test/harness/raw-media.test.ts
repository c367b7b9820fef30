import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { palette, quadrantsOf } from './picture.js';
import { Pictures, rawPicture, rawSound, Sound } from './raw-media.js';

const { width, height } = rawPicture;

function frameOf(colour: 'red' | 'blue'): Buffer {
  const quadrants = quadrantsOf(colour);
  const pixels = Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    return palette[quadrants[2 * Number(y >= height / 2) + Number(x >= width / 2)]!];
  });
  return Buffer.from(pixels.flat());
}

const soundOf = (hz: number, seconds: number): Buffer =>
  Buffer.from(
    Int16Array.from(
      { length: seconds * rawSound.rate },
      (_, index) => 8000 * Math.sin((2 * Math.PI * hz * index) / rawSound.rate),
    ).buffer,
  );

/** In pieces that end in the middle of frames and samples. */
function pour(bytes: Buffer): PassThrough {
  const stream = new PassThrough();
  for (let at = 0; at < bytes.length; at += 99) stream.write(bytes.subarray(at, at + 99));
  return stream;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('pictures are counted when they are whole, and the newest is shown', async () => {
  const pictures = new Pictures(
    pour(Buffer.concat([frameOf('blue'), frameOf('red'), frameOf('blue').subarray(1)])),
  );
  await settled();

  expect(pictures.count).toBe(2);
  expect(pictures.colours()).toEqual(['red', 'yellow', 'green', 'cyan']);
  expect([pictures.shows('red'), pictures.shows('blue')]).toEqual([true, false]);
});

test('nothing is shown before the first picture', () => {
  const pictures = new Pictures(new PassThrough());

  expect([pictures.count, pictures.colours(), pictures.shows('red')]).toEqual([0, [], false]);
});

test('a pitch is told from others, from silence, and from too little sound', async () => {
  const sound = new Sound(pour(Buffer.concat([soundOf(700, 1), soundOf(1000, 0.3)])));
  const silence = new Sound(pour(Buffer.alloc(16_000)));
  const short = new Sound(pour(soundOf(700, 0.1)));
  await settled();

  expect(sound.shareOf(1000)).toBeGreaterThan(0.99);
  expect(sound.shareOf(700)).toBeLessThan(0.01);
  expect([silence.shareOf(700), short.shareOf(700)]).toEqual([0, 0]);
});
