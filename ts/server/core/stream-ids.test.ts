import { describe, expect, it } from '@jest/globals';
import { StreamIds } from './stream-ids.js';

describe('StreamIds', () => {
  it('gives the lowest that is free', () => {
    const ids = new StreamIds();
    expect([ids.take(9), ids.take(9), ids.take(9)]).toEqual([0, 1, 2]);

    ids.free(1);

    expect([ids.take(9), ids.take(9)]).toEqual([1, 3]);
  });

  it('says when there is none', () => {
    const ids = new StreamIds();
    ids.take(2);
    ids.take(2);

    expect(() => ids.take(2)).toThrow(new Error('no sctpStreamId available'));
    expect(() => new StreamIds().take(0)).toThrow(new Error('no sctpStreamId available'));
    ids.free(0);
    expect(ids.take(2)).toBe(0);
  });
});
