import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Emitter } from './emitter.js';

type Events = { ring: [times: number]; stop: [] };

const reported = jest.fn();

beforeEach(() => {
  reported.mockClear();
  globalThis.reportError = reported;
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, 'reportError');
});

describe('Emitter', () => {
  it('calls listeners in order, with the arguments', () => {
    const emitter = new Emitter<Events>();
    const heard: string[] = [];
    emitter.on('ring', (times) => heard.push(`a${times}`)).on('ring', (times) => heard.push(`b${times}`));

    emitter.emit('ring', 2);

    expect(heard).toEqual(['a2', 'b2']);
  });

  it('calls a once-listener once, and a removed one never', () => {
    const emitter = new Emitter<Events>();
    const once = jest.fn();
    const removed = jest.fn();
    emitter.once('stop', once).on('stop', removed).off('stop', removed);

    emitter.emit('stop');
    emitter.emit('stop');

    expect(once).toHaveBeenCalledTimes(1);
    expect(removed).not.toHaveBeenCalled();
  });

  it('reports what a listener throws or rejects with, and calls the others', async () => {
    const emitter = new Emitter<Events>();
    const last = jest.fn();
    emitter
      .on('stop', () => {
        throw new Error('thrown');
      })
      .on('stop', async () => {
        throw new Error('rejected');
      })
      .on('stop', last);

    emitter.emit('stop');
    await Promise.resolve();

    expect(last).toHaveBeenCalled();
    expect(reported.mock.calls.map(([error]) => String(error))).toEqual(['Error: thrown', 'Error: rejected']);
  });

  it('may be changed by its listeners', () => {
    const emitter = new Emitter<Events>();
    const added = jest.fn();
    emitter.on('stop', () => emitter.on('stop', added));

    emitter.emit('stop');

    expect(added).not.toHaveBeenCalled();
  });
});
