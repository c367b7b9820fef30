import { describe, expect, it } from '@jest/globals';
import { FrameReader, frame, kMaxFrame } from './frames.js';

const messages = [new Uint8Array(), new Uint8Array([1]), new Uint8Array(300).fill(2), new Uint8Array([3, 4])];
const stream = new Uint8Array(messages.flatMap((message) => [...frame(message)]));

describe('FrameReader', () => {
  it.each([1, 2, 3, 5, 64, 1000])('finds the same frames in chunks of %d bytes', (size) => {
    const reader = new FrameReader();
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size)
      found.push(...reader.push(stream.subarray(at, at + size)));
    expect(found).toEqual(messages);
  });

  it('waits for the rest of a frame', () => {
    const reader = new FrameReader();
    expect(reader.push(frame(new Uint8Array(5)).subarray(0, 8))).toEqual([]);
    expect(reader.push(new Uint8Array())).toEqual([]);
    expect(reader.push(new Uint8Array(1))).toEqual([new Uint8Array(5)]);
  });

  it('takes the longest frame and refuses a longer one', () => {
    expect(new FrameReader().push(frame(new Uint8Array(kMaxFrame)))[0]?.length).toBe(kMaxFrame);
    expect(() => new FrameReader().push(new Uint8Array([1, 0, 64, 0]))).toThrow(RangeError);
    expect(() => frame(new Uint8Array(kMaxFrame + 1))).toThrow(RangeError);
  });

  it('writes the length with the lowest byte first', () => {
    expect([...frame(new Uint8Array(0x0102)).subarray(0, 5)]).toEqual([2, 1, 0, 0, 0]);
  });
});
