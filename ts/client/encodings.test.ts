import { describe, expect, it, test } from '@jest/globals';
import {
  bitrateOf,
  type Encoding,
  encodingsOf,
  type Layering,
  requireLayering,
  type Source,
  scalesOf,
} from './encodings.js';

const camera = (more: Partial<Source> = {}): Source => ({
  kind: 'video',
  codec: 'VP8',
  size: { width: 1280, height: 720 },
  screen: false,
  scalable: true,
  ...more,
});
const simulcast = (value: Layering['simulcast'] = true) => ({ simulcast: value, svc: false as const });
const svc = (value: Layering['svc'] = true) => ({ simulcast: false as const, svc: value });
const sized = (width: number, height: number) => camera({ size: { width, height } });

describe('without layers', () => {
  it.each(['audio', 'video'])('%s is as the browser would have it', (kind) => {
    expect(encodingsOf({ simulcast: false, svc: false }, camera({ kind }))).toBeUndefined();
  });
});

describe('simulcast', () => {
  it('is three encodings from the lowest to the highest', () => {
    expect(encodingsOf(simulcast(), camera())).toEqual([
      { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 190_000, scalabilityMode: 'L1T3' },
      { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 530_000, scalabilityMode: 'L1T3' },
      { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_500_000, scalabilityMode: 'L1T3' },
    ]);
  });

  it.each([
    [1920, 1080, ['q', 'h', 'f']],
    [960, 540, ['q', 'h', 'f']],
    [720, 1280, ['q', 'h', 'f']],
    [959, 539, ['h', 'f']],
    [480, 270, ['h', 'f']],
    [479, 269, [undefined]],
  ])('of %d×%d has the encodings %j', (width, height, rids) => {
    expect(encodingsOf(simulcast(), sized(width, height))?.map(({ rid }) => rid)).toEqual(rids);
  });

  it('of an unknown size is that of a good camera', () => {
    expect(encodingsOf(simulcast(), camera({ size: undefined }))).toEqual(encodingsOf(simulcast(), camera()));
  });

  it('has no scalability modes where the browser has none, or the codec cannot', () => {
    for (const source of [camera({ scalable: false }), camera({ codec: 'H265' })]) {
      expect(encodingsOf(simulcast(), source)?.map((encoding) => encoding.scalabilityMode)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('of a screen is two, and few pictures a second', () => {
    const screen = camera({ screen: true, size: { width: 1920, height: 1080 } });
    expect(encodingsOf(simulcast(), screen)).toMatchObject([
      { rid: 'h', scaleResolutionDownBy: 2, maxFramerate: 15 },
      { rid: 'f', scaleResolutionDownBy: 1, maxFramerate: 15 },
    ]);
  });

  it('may be listed: it names those that have no rid', () => {
    expect(encodingsOf(simulcast([{ maxBitrate: 1 }, { maxBitrate: 2, rid: 'high' }]), camera())).toEqual([
      { rid: 'r0', maxBitrate: 1 },
      { rid: 'high', maxBitrate: 2 },
    ]);
  });

  it('leaves a single one without a rid', () => {
    expect(encodingsOf(simulcast([{ maxBitrate: 1 }]), camera())).toEqual([{ maxBitrate: 1 }]);
  });
});

describe('SVC', () => {
  it.each([
    [1280, 720, 'L3T3_KEY'],
    [640, 360, 'L2T3_KEY'],
    [320, 180, 'L1T3'],
  ])('of %d×%d is %s', (width, height, mode) => {
    expect(encodingsOf(svc(), { ...sized(width, height), codec: 'VP9' })).toMatchObject([
      { scalabilityMode: mode },
    ]);
  });

  it('has the bits of all its layers in one encoding', () => {
    const [encoding] = encodingsOf(svc(), camera({ codec: 'AV1' })) ?? [];
    expect(encoding).toEqual({ scalabilityMode: 'L3T3_KEY', maxBitrate: 120_000 + 340_000 + 980_000 });
  });

  it('may be given by its mode', () => {
    expect(encodingsOf(svc('L2T1'), camera({ codec: 'VP9' }))).toMatchObject([{ scalabilityMode: 'L2T1' }]);
  });

  it('is simulcast where the browser has no scalability modes', () => {
    const source = camera({ codec: 'VP9', scalable: false });
    expect(encodingsOf(svc(), source)).toEqual(encodingsOf(simulcast(), source));
  });
});

test.each<[Partial<Layering>, string]>([
  [{ simulcast: [] }, 'simulcast'],
  [{ simulcast: 'yes' as never }, 'simulcast'],
  [{ simulcast: null as never }, 'simulcast'],
  [{ svc: 'best' }, 'svc'],
  [{ svc: 'L9T9' }, 'svc'],
  [{ svc: 'L1T3_KEY' }, 'svc'],
  [{ svc: 3 as never }, 'svc'],
  [{ simulcast: true, svc: true }, 'svc must not be given with simulcast'],
])('%j is refused', (layering, field) => {
  const given = { simulcast: false, svc: false, ...layering };
  expect(() => requireLayering(given, 'video')).toThrow(TypeError);
  expect(() => requireLayering(given, 'video')).toThrow(field);
});

test.each(['simulcast', 'svc'])('%s of audio is refused', (what) => {
  const given = { simulcast: false, svc: false, [what]: true };
  expect(() => requireLayering(given, 'video')).not.toThrow();
  expect(() => requireLayering(given, 'audio')).toThrow(`${what}: kind must be one of video`);
});

test.each([
  ['VP8', 640, 360, 530_000],
  ['H264', 1280, 720, 1_500_000],
  ['VP8', 1920, 1080, 2_760_000],
  ['VP9', 1280, 720, 1_130_000],
  ['AV1', 1280, 720, 980_000],
  ['VP8', 16, 16, 50_000],
])('%s of %d×%d is worth %d bits per second', (codec, width, height, bitrate) => {
  expect(bitrateOf({ width, height }, codec)).toBe(bitrate);
});

test.each<[Encoding[], number[]]>([
  [[{}], [1]],
  [[{ scalabilityMode: 'L3T3_KEY' }], [4, 2, 1]],
  [[{ scalabilityMode: 'L2T1', scaleResolutionDownBy: 1.5 }], [3, 1.5]],
  [
    [{ rid: 'a' }, { rid: 'b' }, { rid: 'c' }],
    [4, 2, 1],
  ],
  [
    [{ rid: 'a', scaleResolutionDownBy: 3 }, { rid: 'b' }],
    [3, 1],
  ],
])('the layers of %j are smaller by %j', (encodings, scales) => {
  expect(scalesOf(encodings)).toEqual(scales);
});
