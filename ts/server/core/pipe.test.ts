import { Duplex } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { frame } from '../../shared/channel/frames.js';
import { StreamPipe } from './pipe.js';

/** A stream whose other side is the test. */
function stream(highWaterMark = 16) {
  const written: Buffer[] = [];
  const releases: (() => void)[] = [];
  const duplex = new Duplex({
    writableHighWaterMark: highWaterMark,
    read: () => {},
    write: (chunk, _encoding, done) => {
      written.push(chunk);
      releases.push(done);
    },
  });
  return { duplex, written, releases };
}

const closing = (pipe: StreamPipe) =>
  new Promise<Error | undefined>((resolve) => {
    pipe.onClose = resolve;
  });

describe('StreamPipe', () => {
  it('brings whole messages, however the bytes come', async () => {
    const { duplex } = stream();
    const pipe = new StreamPipe(duplex);
    const messages: Uint8Array[] = [];
    const two = new Promise<void>((resolve) => {
      pipe.onMessage = (message) => {
        if (messages.push(message) === 2) resolve();
      };
    });

    const bytes = [...frame(new Uint8Array([1, 2])), ...frame(new Uint8Array([3]))];
    for (const byte of bytes) duplex.push(Buffer.from([byte]));
    await two;

    expect(messages.map((message) => [...message])).toEqual([[1, 2], [3]]);
  });

  it('says when it is full, and when it is not any more', async () => {
    const { duplex, written, releases } = stream();
    const pipe = new StreamPipe(duplex);
    const drained = new Promise<void>((resolve) => {
      pipe.onDrain = resolve;
    });

    expect(pipe.send(new Uint8Array(4))).toBe(true);
    expect(pipe.send(new Uint8Array(40))).toBe(false);
    expect(written).toHaveLength(1);
    releases[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    releases[1]?.();
    await drained;

    expect(written.map(({ length }) => length)).toEqual([8, 44]);
  });

  it('tells once that it is closed, whoever did it', async () => {
    const mine = new StreamPipe(stream().duplex);
    const { duplex } = stream();
    const theirs = new StreamPipe(duplex);
    const closed = [closing(mine), closing(theirs)];

    mine.close();
    duplex.push(null);
    duplex.end();
    duplex.destroy();

    expect(await Promise.all(closed)).toEqual([undefined, undefined]);
  });

  it('ends with an error when the other end sends a frame that cannot be', async () => {
    const { duplex } = stream();
    const pipe = new StreamPipe(duplex);
    const closed = closing(pipe);

    duplex.push(Buffer.from([255, 255, 255, 255]));

    expect(await closed).toBeInstanceOf(RangeError);
  });

  it('ends with an error when a message means nothing to the one who gets it', async () => {
    const { duplex } = stream();
    const pipe = new StreamPipe(duplex);
    const closed = closing(pipe);
    pipe.onMessage = () => {
      throw new RangeError('no message');
    };

    duplex.push(frame(new Uint8Array([7])));

    expect(await closed).toEqual(new RangeError('no message'));
  });
});
