/** Who speaks, and how loud: by the levels that packets tell (RFC 6464). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { next, note } from '../harness/core-events.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs, opusParameters, simulcastParameters } from '../harness/rtp-options.js';

let worker: core.Worker;
let router: core.Router;
let transport: core.DirectTransport;
let speakers: core.Producer[];
let talking: NodeJS.Timeout | undefined;

beforeAll(async () => {
  worker = await core.createWorker();
});

afterAll(() => worker.close());

beforeEach(async () => {
  router = await worker.createRouter({ mediaCodecs });
  transport = await router.createDirectTransport();
  speakers = await Promise.all(
    [0, 1, 2].map((number) => {
      const rtpParameters = opusParameters(`${number}`, 100 + number);
      rtpParameters.headerExtensions = [{ uri: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level', id: 6 }];
      return transport.produce({ kind: 'audio', rtpParameters });
    }),
  );
});

afterEach(() => {
  clearInterval(talking);
  router.close();
});

/** What each of the speakers says from now on, in -dBov, a packet every 20 ms. */
function talk(levels: number[]): void {
  clearInterval(talking);
  let packets = 0;
  talking = setInterval(() => {
    packets++;
    levels.forEach((level, number) => {
      const extensions = { 6: Buffer.of(level) };
      const numbers = { sequence: packets, timestamp: 960 * packets };
      speakers[number]!.send(rtp.writeRtp({ payloadType: 111, ssrc: 100 + number, extensions, ...numbers }));
    });
  }, 20);
}

describe('AudioLevelObserver', () => {
  it('tells the loudest first, as many as it is asked for, and silence', async () => {
    const observer = await router.createAudioLevelObserver({ maxEntries: 2, threshold: -60, interval: 250 });
    for (const { id: producerId } of speakers) await observer.addProducer({ producerId });
    const observed = next(observer.observer, 'volumes');
    talk([50, 20, 30]);

    const [volumes] = await next(observer, 'volumes');
    expect(volumes).toEqual([
      { producer: speakers[1], volume: -20 },
      { producer: speakers[2], volume: -30 },
    ]);
    expect(await observed).toEqual([volumes]);

    talk([127, 127, 127]);
    await Promise.all([next(observer, 'silence'), next(observer.observer, 'silence')]);
  });

  it('has defaults: it tells of one, and of nobody below -80 dBov', async () => {
    const observer = await router.createAudioLevelObserver();
    for (const { id: producerId } of speakers) await observer.addProducer({ producerId });
    talk([79, 100, 90]);

    const [volumes] = await next(observer, 'volumes');

    expect(volumes).toEqual([{ producer: speakers[0], volume: -79 }]);
    expect(observer).toMatchObject({ type: 'audiolevel', paused: false, closed: false, appData: {} });
  });
});

describe('ActiveSpeakerObserver', () => {
  it('tells who speaks, and who does so after him', async () => {
    const observer = await router.createActiveSpeakerObserver({ interval: 100, appData: { hall: 1 } });
    expect(observer).toMatchObject({
      type: 'activespeaker',
      paused: false,
      closed: false,
      appData: { hall: 1 },
    });
    for (const { id: producerId } of speakers) await observer.addProducer({ producerId });
    const observed = next(observer.observer, 'dominantspeaker');
    talk([127, 10, 127]);

    expect(await next(observer, 'dominantspeaker')).toEqual([{ producer: speakers[1] }]);
    expect(await observed).toEqual([{ producer: speakers[1] }]);

    talk([10, 127, 127]);
    expect(await next(observer, 'dominantspeaker')).toEqual([{ producer: speakers[0] }]);
  });
});

describe('every observer', () => {
  it('hears nobody while it is paused', async () => {
    const observer = await router.createAudioLevelObserver({ interval: 250 });
    const other = await router.createAudioLevelObserver({ interval: 250 });
    const heard: string[] = [];
    note(heard, 'observer', observer, ['volumes']);
    note(heard, 'its observer', observer.observer, ['pause', 'resume', 'addproducer', 'removeproducer']);
    const [{ id: producerId }] = speakers as [core.Producer];
    for (const one of [observer, other]) await one.addProducer({ producerId });

    await observer.pause();
    talk([20]);
    await next(other, 'volumes');
    await next(other, 'volumes');
    expect(observer.paused).toBe(true);
    await observer.removeProducer({ producerId });
    expect(heard).toEqual(['its observer addproducer', 'its observer pause', 'its observer removeproducer']);

    await observer.resume();
    await observer.addProducer({ producerId });
    await next(observer, 'volumes');
    expect(observer.paused).toBe(false);
    expect(heard.slice(3)).toEqual(['its observer resume', 'its observer addproducer', 'observer volumes']);
  });

  it('is told who is added, and refuses who cannot be heard', async () => {
    const observer = await router.createActiveSpeakerObserver();
    const added = next(observer.observer, 'addproducer');
    const [{ id: producerId }] = speakers as [core.Producer];
    const video = await transport.produce({ kind: 'video', rtpParameters: simulcastParameters('v') });

    await observer.addProducer({ producerId });
    expect(await added).toEqual([speakers[0]]);
    const removed = next(observer.observer, 'removeproducer');
    await observer.removeProducer({ producerId });
    expect(await removed).toEqual([speakers[0]]);

    await expect(observer.addProducer({ producerId: video.id })).rejects.toBeInstanceOf(TypeError);
    await expect(observer.addProducer({ producerId: 'nobody' })).rejects.toBeInstanceOf(core.NotFoundError);
  });
});
