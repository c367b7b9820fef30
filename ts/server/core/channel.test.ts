import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ScriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { Control } from '../../shared/channel/messages.gen.js';
import { NotFoundError, TimeoutError, UnsupportedError, WorkerClosedError } from '../../shared/errors.js';
import { Channel, type EventBody } from './channel.js';

function connected(timeout?: number) {
  const script = new ScriptedWorker();
  const channel = new Channel(script, timeout);
  const control = new Control(
    (method, body) => channel.request(method, body),
    (method, body) => channel.post(method, body),
  );
  return { script, channel, control };
}

describe('Channel', () => {
  it('resolves each request with its own reply', async () => {
    const { control, script } = connected();
    script.answers.listen = ({ ip }) => ({ socket: 1, ip, port: 5 });
    const listen = (ip: string) =>
      control.listen({
        protocol: 'udp',
        ip,
        port: 5,
        minPort: 0,
        maxPort: 0,
        ipv6Only: false,
        reusePort: false,
        sendBufferSize: 0,
        receiveBufferSize: 0,
        exclusive: false,
      });

    const replies = await Promise.all([
      listen('127.0.0.1'),
      control.createRouter({ router: 1 }),
      listen('::1'),
    ]);

    expect(replies).toEqual([{ socket: 1, ip: '127.0.0.1', port: 5 }, {}, { socket: 1, ip: '::1', port: 5 }]);
    expect(script.requests.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  it.each([
    ['error', Error, 'Error'],
    ['type', TypeError, 'TypeError'],
    ['notFound', NotFoundError, 'NotFoundError'],
    ['unsupported', UnsupportedError, 'UnsupportedError'],
  ] as const)("turns the failure '%s' into its class", async (code, ErrorClass, name) => {
    const { control, script } = connected();
    script.answers.createRouter = () => ({ code, message: 'why' });

    const error = await control.createRouter({ router: 1 }).catch((reason) => reason);

    expect(error).toBeInstanceOf(ErrorClass);
    expect([error.name, error.message]).toEqual([name, 'why']);
  });

  it('refuses a request that no frame can hold, and goes on', async () => {
    const { control, script } = connected();
    const certificate = 'x'.repeat(4 * 1024 * 1024);

    await expect(control.useCertificate({ certificate, privateKey: '' })).rejects.toThrow(
      /^the request 'useCertificate' of \d+ bytes is too long$/,
    );

    await control.createRouter({ router: 1 });
    expect(script.requests).toHaveLength(1);
  });

  it('keeps requests in order while the pipe is full, and loses none', async () => {
    const { control, script } = connected();
    script.hasRoom = false;
    const replies = [1, 2, 3, 4].map((router) => control.createRouter({ router }));
    await settled();
    expect(script.asked('createRouter')).toEqual([{ router: 1 }]);

    script.onDrain();
    expect(script.asked('createRouter')).toEqual([{ router: 1 }, { router: 2 }]);
    script.hasRoom = true;
    script.onDrain();
    const last = control.createRouter({ router: 5 });

    await Promise.all([...replies, last]);
    expect(script.asked('createRouter').map(({ router }) => router)).toEqual([1, 2, 3, 4, 5]);
  });

  it('brings events to the listener of their object only', async () => {
    const { channel, script } = connected();
    const events: [number, EventBody][] = [];
    for (const target of [1, 2]) channel.listen(target, (event) => events.push([target, event]));
    channel.unlisten(2);

    for (const target of [2, 1, 3]) script.tell(target, { type: 'layersChange' });
    await settled();

    expect(events).toEqual([[1, { type: 'layersChange' }]]);
  });

  it('lets the one who awaits a reply add listeners before a later event comes', async () => {
    const { channel, control, script } = connected();
    const heard: string[] = [];
    const request = (async () => {
      await control.createRouter({ router: 7 });
      await Promise.resolve();
      channel.listen(7, ({ type }) => heard.push(type));
    })();
    script.tell(7, { type: 'iceStateChange', state: 'connected', reason: 'none' });

    await request;
    await settled();

    expect(heard).toEqual(['iceStateChange']);
  });

  it('rejects what is pending when the pipe closes, and what comes after', async () => {
    const { channel, control, script } = connected();
    const onClose = jest.fn();
    channel.onClose = onClose;
    script.held.add('createRouter');
    const pending = control.createRouter({ router: 1 });

    script.onClose();

    await expect(pending).rejects.toThrow(new WorkerClosedError('the worker is gone'));
    await expect(pending).rejects.toBeInstanceOf(WorkerClosedError);
    await expect(control.createRouter({ router: 2 })).rejects.toBeInstanceOf(WorkerClosedError);
    expect(onClose).toHaveBeenCalledTimes(1);
  });

  it('still takes the replies that came before the pipe closed', async () => {
    const { control, script } = connected();
    const early = control.createRouter({ router: 1 });
    await settled();
    script.onClose();

    expect(await early).toEqual({});
  });

  it('names the error when the other end spoke nonsense', async () => {
    const { control, script } = connected();
    script.held.add('createRouter');
    const pending = control.createRouter({ router: 1 });

    script.onClose(new RangeError('a frame of 9 bytes is too long'));

    await expect(pending).rejects.toThrow('the channel to the worker broke: a frame of 9 bytes is too long');
  });

  it('closes once, and its own closing rejects what is pending', async () => {
    const { channel, control, script } = connected();
    script.held.add('createRouter');
    const pending = control.createRouter({ router: 1 });

    channel.close();
    channel.close();

    await expect(pending).rejects.toThrow(new WorkerClosedError('the worker is closed'));
  });

  describe('with a worker that does not answer', () => {
    beforeEach(() => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    });

    afterEach(() => {
      jest.useRealTimers();
    });

    it('rejects after the timeout, by the name of the request', async () => {
      const { control, script } = connected(300);
      script.held.add('createRouter').add('closeConsumer');
      const requests = [control.createRouter({ router: 1 }), control.closeConsumer({ consumer: 2 })];
      const outcomes = Promise.allSettled(requests);

      jest.advanceTimersByTime(299);
      await settled();
      jest.advanceTimersByTime(1);

      expect(await outcomes).toEqual([
        {
          status: 'rejected',
          reason: new TimeoutError("the worker did not answer 'createRouter' within 300 ms"),
        },
        {
          status: 'rejected',
          reason: new TimeoutError("the worker did not answer 'closeConsumer' within 300 ms"),
        },
      ]);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('does not mind an answer that comes too late, and waits 20 seconds by default', async () => {
      const { control, script } = connected();
      script.held.add('createRouter');
      const request = control.createRouter({ router: 1 });
      jest.advanceTimersByTime(19_999);
      await settled();
      jest.advanceTimersByTime(1);
      await expect(request).rejects.toBeInstanceOf(TimeoutError);

      script.release('createRouter');
      script.held.clear();

      expect(await control.createRouter({ router: 2 })).toEqual({});
    });

    it('leaves no timer behind when it is answered or closed', async () => {
      const { channel, control, script } = connected();
      await control.createRouter({ router: 1 });
      script.held.add('createRouter');
      const pending = control.createRouter({ router: 2 });
      channel.close();

      await expect(pending).rejects.toBeInstanceOf(WorkerClosedError);
      expect(jest.getTimerCount()).toBe(0);
    });
  });
});
