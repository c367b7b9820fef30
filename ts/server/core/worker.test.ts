import { describe, expect, it, jest } from '@jest/globals';
import { mediaCodecs } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { UnsupportedError } from '../../shared/errors.js';
import { setLogEventListeners } from './logger.js';
import { diedError } from './worker.js';

describe('Worker', () => {
  it('makes routers, numbered', async () => {
    const { worker, script } = scriptedWorker();
    const heard: unknown[] = [];
    worker.observer.on('newrouter', (router) => heard.push(router));

    const routers = [
      await worker.createRouter({ mediaCodecs, appData: { a: 1 } }),
      await worker.createRouter(),
    ];

    expect(script.asked('createRouter')).toEqual([{ router: 1 }, { router: 2 }]);
    expect(heard).toEqual(routers);
    expect(routers.map(({ appData }) => appData)).toEqual([{ a: 1 }, {}]);
    expect(routers.map(({ rtpCapabilities }) => rtpCapabilities.codecs.length)).toEqual([3, 0]);
  });

  it.each([
    [7, new TypeError('options must be an object')],
    [{ mediaCodecs: 7 }, new TypeError('mediaCodecs must be an array')],
    [{ appData: 7 }, new TypeError('appData must be an object')],
    [
      { mediaCodecs: [{ kind: 'audio', mimeType: 'audio/nothing', clockRate: 1 }] },
      new UnsupportedError('codec audio/nothing (clock rate 1) is not supported'),
    ],
  ])('refuses a router of %j', async (options, error) => {
    const { worker, script } = scriptedWorker();

    await expect(worker.createRouter(options as never)).rejects.toThrow(error);

    expect(script.requests).toEqual([]);
  });

  it('changes the codecs of a router', async () => {
    const { worker } = scriptedWorker();
    const router = await worker.createRouter();

    router.updateMediaCodecs(mediaCodecs);

    expect(router.rtpCapabilities.codecs).toHaveLength(3);
    expect(() => router.updateMediaCodecs(7 as never)).toThrow(new TypeError('mediaCodecs must be an array'));
  });

  it('sets the log level, and takes the worker’s logs to the application', async () => {
    const { worker, script } = scriptedWorker();
    const [ondebug, onwarn, onerror] = [jest.fn(), jest.fn(), jest.fn()];
    setLogEventListeners({ ondebug, onwarn, onerror });

    await worker.updateSettings({ logLevel: 'debug', logTags: ['ice', 'dtls'] });
    await worker.updateSettings();
    for (const level of ['debug', 'warn', 'error'] as const)
      script.tell(0, { type: 'log', level, text: level });
    await settled();
    setLogEventListeners();

    expect(script.asked('setLogLevel')).toEqual([{ level: 'debug' }]);
    expect(ondebug.mock.calls).toEqual([['worker 4242', 'debug']]);
    expect(onwarn.mock.calls).toEqual([['worker 4242', 'warn']]);
    expect(onerror.mock.calls).toEqual([['worker 4242', 'error', undefined]]);
    await expect(worker.updateSettings({ logLevel: 'loud' as never })).rejects.toThrow(
      new TypeError('logLevel must be one of none, error, warn, debug'),
    );
  });

  it('tells what it uses by the names of getrusage', async () => {
    const { worker, script } = scriptedWorker();
    script.answers.getResourceUsage = () => ({ ruUtime: 1, ruMaxrss: 2, ruNivcsw: 3 });

    expect(await worker.getResourceUsage()).toEqual({
      ru_utime: 1,
      ru_stime: 0,
      ru_maxrss: 2,
      ru_ixrss: 0,
      ru_idrss: 0,
      ru_isrss: 0,
      ru_minflt: 0,
      ru_majflt: 0,
      ru_nswap: 0,
      ru_inblock: 0,
      ru_oublock: 0,
      ru_msgsnd: 0,
      ru_msgrcv: 0,
      ru_nsignals: 0,
      ru_nvcsw: 0,
      ru_nivcsw: 3,
    });
  });

  it('is killed when it does not end by itself', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'queueMicrotask', 'nextTick'] });
    const { worker, kills } = scriptedWorker();

    worker.close();
    jest.advanceTimersByTime(4_999);
    const before = kills();
    jest.advanceTimersByTime(1);
    jest.useRealTimers();
    await settled();

    expect([before, kills(), worker.subprocessClosed, worker.died]).toEqual([0, 1, true, false]);
  });
});

describe('diedError', () => {
  it.each([
    [{ code: 3 }, 'worker 7 died: exit code 3'],
    [{ signal: 'SIGKILL' as const }, 'worker 7 died: signal SIGKILL'],
    [{ error: new Error('spawn ENOENT') }, 'worker 7 died: spawn ENOENT'],
    [{}, 'worker 7 died: its thread ended'],
  ])('says of %j why', (exit, message) => {
    const { error: _, ...fields } = exit as { error?: Error };

    expect(diedError(7, exit)).toMatchObject({ message, ...fields });
  });
});
