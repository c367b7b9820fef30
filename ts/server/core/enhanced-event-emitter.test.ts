import { describe, expect, it, jest } from '@jest/globals';
import { EnhancedEventEmitter, enhancedOnce } from './enhanced-event-emitter.js';
import { setLogEventListeners } from './logger.js';

type Events = { ready: [who: string]; listenererror: [event: string, error: Error] };

describe('EnhancedEventEmitter.safeEmit', () => {
  it('calls the listeners in order and tells whether there were any', () => {
    const emitter = new EnhancedEventEmitter<Events>();
    const calls: string[] = [];
    emitter.on('ready', (who) => calls.push(`on ${who}`));
    emitter.once('ready', (who) => calls.push(`once ${who}`));

    expect([emitter.safeEmit('ready', 'a'), emitter.safeEmit('ready', 'b')]).toEqual([true, true]);

    expect(calls).toEqual(['on a', 'once a', 'on b']);
    expect(new EnhancedEventEmitter<Events>().safeEmit('ready', 'a')).toBe(false);
  });

  it('takes what a listener throws to listenererror, and goes on with the next', () => {
    const emitter = new EnhancedEventEmitter<Events>();
    const errors = jest.fn();
    const next = jest.fn();
    emitter.on('listenererror', errors);
    emitter.on('ready', () => {
      throw new Error('mine');
    });
    emitter.on('ready', next);

    emitter.safeEmit('ready', 'a');

    expect(errors).toHaveBeenCalledWith('ready', new Error('mine'));
    expect(next).toHaveBeenCalledWith('a');
  });

  it('takes what an async listener rejects with there too', async () => {
    const emitter = new EnhancedEventEmitter<Events>();
    const error = new Promise((resolve) => emitter.on('listenererror', (...args) => resolve(args)));
    emitter.on('ready', async () => {
      throw new Error('later');
    });

    emitter.safeEmit('ready', 'a');

    expect(await error).toEqual(['ready', new Error('later')]);
  });

  it('survives a listener of listenererror that throws, and logs both', () => {
    const emitter = new EnhancedEventEmitter<Events>();
    const onerror = jest.fn();
    setLogEventListeners({ onerror });
    const fail = () => {
      throw new Error('again');
    };
    emitter.on('ready', fail);
    emitter.on('listenererror', fail);

    emitter.safeEmit('ready', 'a');
    setLogEventListeners();
    emitter.safeEmit('ready', 'a');

    expect(onerror).toHaveBeenCalledTimes(2);
  });
});

describe('EnhancedEventEmitter', () => {
  it('has the methods of Node’s emitter', () => {
    const emitter = new EnhancedEventEmitter<{ state: [state: string] }>();
    const heard: string[] = [];
    const [first, second] = [() => heard.push('first'), () => heard.push('second')];

    emitter.on('state', second).prependListener('state', first).addListener('state', second);
    emitter.once('state', (state) => heard.push(`once ${state}`));
    emitter.prependOnceListener('state', (state) => heard.push(`before ${state}`));
    expect(emitter.listenerCount('state')).toBe(5);
    expect(emitter.emit('state', 'new')).toBe(true);
    expect(heard).toEqual(['before new', 'first', 'second', 'second', 'once new']);

    emitter.off('state', first).removeListener('state', second);
    emitter.emit('state', 'old');
    expect(heard.slice(5)).toEqual(['second']);
    expect(emitter.removeAllListeners('state').emit('state', 'gone')).toBe(false);
  });
});

describe('enhancedOnce', () => {
  it('resolves with what the next event brings', async () => {
    const emitter = new EnhancedEventEmitter<{ state: [state: string, reason: number] }>();
    const next = enhancedOnce(emitter, 'state');

    emitter.safeEmit('state', 'new', 1);
    emitter.safeEmit('state', 'old', 2);

    expect(await next).toEqual(['new', 1]);
    expect(emitter.listenerCount('state')).toBe(0);
  });

  it('rejects when it is aborted, and listens no longer', async () => {
    const emitter = new EnhancedEventEmitter<{ state: [] }>();
    const abort = new AbortController();
    const next = enhancedOnce(emitter, 'state', { signal: abort.signal });

    abort.abort();

    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    expect(emitter.listenerCount('state')).toBe(0);
  });
});
