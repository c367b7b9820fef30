import { describe, expect, it } from '@jest/globals';
import { encodingsOf } from './simulcast.js';

describe('encodingsOf', () => {
  it('is nothing without simulcast', () => {
    expect(encodingsOf(false, 'video')).toBeUndefined();
    expect(encodingsOf(false, 'audio')).toBeUndefined();
  });

  it('is three encodings from the lowest to the highest', () => {
    const encodings = encodingsOf(true, 'video') ?? [];

    expect(encodings.map(({ rid }) => rid)).toEqual(['q', 'h', 'f']);
    expect(encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy)).toEqual([4, 2, 1]);
  });

  it('names those that have no rid', () => {
    expect(encodingsOf([{ maxBitrate: 1 }, { maxBitrate: 2, rid: 'high' }], 'video')).toEqual([
      { rid: 'r0', maxBitrate: 1 },
      { rid: 'high', maxBitrate: 2 },
    ]);
  });

  it('leaves a single one without a rid', () => {
    expect(encodingsOf([{ maxBitrate: 1 }], 'video')).toEqual([{ maxBitrate: 1 }]);
  });

  it.each([[[]], ['yes'], [null]])('refuses %p', (simulcast) => {
    expect(() => encodingsOf(simulcast as never, 'video')).toThrow(TypeError);
  });

  it('refuses audio', () => {
    expect(() => encodingsOf(true, 'audio')).toThrow('video');
  });
});
