import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import type { AudioLevelObserverVolume } from './audio-level-observer.js';

/** Handles: router 1, transport 2, alice 3, bob 4, screen 5. */
async function conference() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
  });
  const audio = (mid: string, ssrc: number) =>
    transport.produce({ kind: 'audio', rtpParameters: opusParameters(mid, ssrc) });
  const alice = await audio('0', 1);
  const bob = await audio('1', 2);
  const screen = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters('2') });
  return { worker, script, router, transport, alice, bob, screen };
}

describe('router.createAudioLevelObserver', () => {
  it('has defaults', async () => {
    const { router, script } = await conference();
    const heard: unknown[] = [];
    router.observer.on('newrtpobserver', (observer) => heard.push(observer));

    const observer = await router.createAudioLevelObserver();

    expect(observer).toMatchObject({ type: 'audiolevel', paused: false, closed: false, appData: {} });
    expect(heard).toEqual([observer]);
    expect(script.asked('createAudioLevelObserver')).toEqual([
      { router: 1, observer: 6, maxEntries: 1, threshold: -80, interval: 1000 },
    ]);
  });

  it('takes options', async () => {
    const { router, script } = await conference();

    const observer = await router.createAudioLevelObserver({
      maxEntries: 4,
      threshold: -127,
      interval: 250,
      appData: { mine: 1 },
    });

    expect(observer.appData).toEqual({ mine: 1 });
    expect(script.asked('createAudioLevelObserver')).toMatchObject([
      { maxEntries: 4, threshold: -127, interval: 250 },
    ]);
  });

  it.each([
    [7, 'options must be an object'],
    [{ maxEntries: 0 }, 'maxEntries must be an integer from 1 to 65535'],
    [{ threshold: 1 }, 'threshold must be an integer from -127 to 0'],
    [{ threshold: -128 }, 'threshold must be an integer from -127 to 0'],
    [{ interval: 249 }, 'interval must be an integer from 250 to 5000'],
    [{ interval: 5001 }, 'interval must be an integer from 250 to 5000'],
    [{ appData: 1 }, 'appData must be an object'],
  ])('refuses %j by a TypeError, without asking the worker', async (options, message) => {
    const { router, script } = await conference();

    await expect(router.createAudioLevelObserver(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('createAudioLevelObserver')).toEqual([]);
  });

  it('tells volumes, with the producers, and silence', async () => {
    const { router, alice, bob, script } = await conference();
    const observer = await router.createAudioLevelObserver({ maxEntries: 2 });
    const heard: unknown[][] = [];
    const entries = (volumes: AudioLevelObserverVolume[]) =>
      volumes.map(({ producer, volume }) => [producer, volume]);
    observer.on('volumes', (volumes) => heard.push(['app', ...entries(volumes)]));
    observer.on('silence', () => heard.push(['app', 'silence']));
    observer.observer.on('volumes', (volumes) => heard.push(['observer', ...entries(volumes)]));
    observer.observer.on('silence', () => heard.push(['observer', 'silence']));

    script.tell(6, {
      type: 'volumes',
      volumes: [
        { producer: 4, volume: -20 },
        { producer: 3, volume: -45 },
      ],
    });
    script.tell(6, { type: 'volumes', volumes: [] });
    await settled();

    expect(heard).toEqual([
      ['app', [bob, -20], [alice, -45]],
      ['observer', [bob, -20], [alice, -45]],
      ['app', 'silence'],
      ['observer', 'silence'],
    ]);
  });

  it('leaves out a producer that is closed', async () => {
    const { router, alice, bob, script } = await conference();
    const observer = await router.createAudioLevelObserver({ maxEntries: 2 });
    const heard: unknown[] = [];
    observer.on('volumes', (volumes) => heard.push(volumes.map(({ producer }) => producer.id)));
    observer.on('silence', () => heard.push('silence'));
    const volumes = [
      { producer: 3, volume: -20 },
      { producer: 4, volume: -45 },
    ];

    alice.close();
    script.tell(6, { type: 'volumes', volumes });
    await settled();
    bob.close();
    script.tell(6, { type: 'volumes', volumes });
    await settled();

    expect(heard).toEqual([[bob.id]]);
  });
});

describe('router.createActiveSpeakerObserver', () => {
  it('has a default', async () => {
    const { router, script } = await conference();

    const observer = await router.createActiveSpeakerObserver();

    expect(observer).toMatchObject({ type: 'activespeaker', paused: false, closed: false });
    expect(script.asked('createActiveSpeakerObserver')).toEqual([{ router: 1, observer: 6, interval: 300 }]);
  });

  it.each([
    [7, 'options must be an object'],
    [{ interval: 99 }, 'interval must be an integer from 100 to 5000'],
    [{ interval: 5001 }, 'interval must be an integer from 100 to 5000'],
    [{ interval: '300' }, 'interval must be an integer from 100 to 5000'],
    [{ appData: 1 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { router } = await conference();

    await expect(router.createActiveSpeakerObserver(options as never)).rejects.toThrow(
      new TypeError(message),
    );
  });

  it('tells who speaks, unless he is closed', async () => {
    const { router, alice, bob, script } = await conference();
    const observer = await router.createActiveSpeakerObserver({ interval: 100 });
    const heard: unknown[] = [];
    observer.on('dominantspeaker', ({ producer }) => heard.push(producer));
    observer.observer.on('dominantspeaker', ({ producer }) => heard.push(producer));

    script.tell(6, { type: 'dominantSpeaker', producer: 4 });
    await settled();
    alice.close();
    script.tell(6, { type: 'dominantSpeaker', producer: 3 });
    await settled();

    expect(heard).toEqual([bob, bob]);
  });
});

describe('an RTP observer', () => {
  async function watched() {
    const all = await conference();
    const observer = await all.router.createActiveSpeakerObserver();
    const events: unknown[][] = [];
    for (const event of ['pause', 'resume', 'close'] as const)
      observer.observer.on(event, () => events.push([event]));
    for (const event of ['addproducer', 'removeproducer'] as const)
      observer.observer.on(event, (producer) => events.push([event, producer]));
    observer.on('routerclose', () => events.push(['routerclose']));
    return { ...all, observer, events };
  }

  it('adds and removes producers, each once', async () => {
    const { observer, alice, events, script } = await watched();
    const { id: producerId } = alice;

    await observer.addProducer({ producerId });
    await observer.addProducer({ producerId });
    await observer.removeProducer({ producerId });
    await observer.removeProducer({ producerId });
    await observer.addProducer({ producerId });

    expect(events).toEqual([
      ['addproducer', alice],
      ['removeproducer', alice],
      ['addproducer', alice],
    ]);
    expect(script.asked('observeProducer')).toEqual(Array(3).fill({ observer: 6, producer: 3 }));
    expect(script.asked('unobserveProducer')).toEqual(Array(2).fill({ observer: 6, producer: 3 }));
  });

  it('is not observed by a request that overtakes another', async () => {
    const { observer, alice, events } = await watched();
    const { id: producerId } = alice;

    await Promise.all([observer.addProducer({ producerId }), observer.removeProducer({ producerId })]);

    expect(events).toEqual([
      ['addproducer', alice],
      ['removeproducer', alice],
    ]);
  });

  it.each(['addProducer', 'removeProducer'] as const)('%s refuses what it cannot find', async (method) => {
    const { observer, alice } = await watched();
    alice.close();

    await expect(observer[method](undefined as never)).rejects.toThrow(
      new TypeError('options must be an object'),
    );
    await expect(observer[method]({ producerId: 7 as never })).rejects.toThrow(
      new TypeError('producerId must be a string of at most 255 characters'),
    );
    const finding = observer[method]({ producerId: alice.id });
    await expect(finding).rejects.toBeInstanceOf(NotFoundError);
    await expect(finding).rejects.toThrow(`producerId '${alice.id}' is no producer of the router`);
  });

  it('listens to audio only', async () => {
    const { observer, screen } = await watched();

    await expect(observer.addProducer({ producerId: screen.id })).rejects.toThrow(
      new TypeError('producerId must be of an audio producer'),
    );
  });

  it('pauses and resumes, once', async () => {
    const { observer, events, script } = await watched();

    await observer.pause();
    await observer.pause();
    expect(observer.paused).toBe(true);
    await observer.resume();
    await observer.resume();

    expect(observer.paused).toBe(false);
    expect(events).toEqual([['pause'], ['resume']]);
    expect(script.asked('pauseRtpObserver')[0]).toEqual({ observer: 6 });
    expect(script.asked('resumeRtpObserver')[0]).toEqual({ observer: 6 });
  });

  it('closes', async () => {
    const { observer, alice, events, script } = await watched();

    observer.close();
    observer.close();

    expect(events).toEqual([['close']]);
    expect(script.asked('closeRtpObserver')).toEqual([{ observer: 6 }]);
    await expect(observer.addProducer({ producerId: alice.id })).rejects.toThrow(
      new InvalidStateError('the rtpobserver is closed'),
    );
  });

  it('closes with its router', async () => {
    const { observer, router, events, script } = await watched();

    router.close();

    expect(events).toEqual([['routerclose'], ['close']]);
    expect(observer.closed).toBe(true);
    expect(script.asked('closeRtpObserver')).toEqual([]);
  });

  it('is in the dump of its router', async () => {
    const { observer, router, alice, script } = await watched();
    script.answers.dumpRouter = () => ({ rtpObservers: [6], observed: [{ producer: 3, consumers: [6] }] });

    expect(await router.dump()).toMatchObject({
      rtpObserverIds: [observer.id],
      mapProducerIdObserverIds: [{ key: alice.id, values: [observer.id] }],
    });
  });
});
