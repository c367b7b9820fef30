/** A Room as its participants see and hear it: pixels are compared, tones are measured. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import type { Colour } from '../harness/picture.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';

jest.setTimeout(60_000);

let browser: TestBrowser<Page>;
let conference: Conference;
let tabs: Tab<Page>[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

beforeEach(async () => {
  conference = await startConference();
});

afterEach(async () => {
  for (const tab of tabs) await tab.close();
  tabs = [];
  await conference.close();
});

afterAll(async () => {
  await browser?.close();
});

type Person = { name: string; colour: Colour; hz: number };
const alice: Person = { name: 'alice', colour: 'red', hz: 600 };
const bob: Person = { name: 'bob', colour: 'green', hz: 900 };
const carol: Person = { name: 'carol', colour: 'blue', hz: 1300 };

async function enter({ name }: Person): Promise<Tab<Page>> {
  const tab = await browser.newPage(conference.page);
  tabs.push(tab);
  await tab.evaluate(([socket, who]) => participant.join(socket!, who!), [conference.socket, name]);
  return tab;
}

async function publish(tab: Tab, { colour, hz }: Person): Promise<void> {
  await tab.evaluate(
    async ({ colour, hz }) => participant.publish([media.testPicture({ colour }), await media.tone({ hz })]),
    { colour, hz },
  );
}

async function call(...people: Person[]): Promise<Tab<Page>[]> {
  const all: Tab<Page>[] = [];
  for (const person of people) {
    const tab = await enter(person);
    await publish(tab, person);
    all.push(tab);
  }
  return all;
}

/** Resolves when `tab` has that person's picture and tone; with the tone's level in dBFS. */
function seesAndHears(tab: Tab, { name, colour, hz }: Person): Promise<number> {
  return tab.evaluate(
    async ({ name, colour, hz }) => {
      const audio = await participant.track(name, 'audio');
      await media.waitForPicture(await participant.track(name, 'video'), colour, 10_000);
      await media.waitForTone(audio, hz, 10_000);
      return (await media.readTone(audio)).level;
    },
    { name, colour, hz },
  );
}

test('of three peers each sees and hears the two others', async () => {
  const people = [alice, bob, carol];
  const all = await call(...people);
  for (const [i, tab] of all.entries())
    for (const other of people.filter((_, j) => j !== i)) {
      const level = await seesAndHears(tab, other);
      expect(level).toBeGreaterThan(-30);
      expect(level).toBeLessThan(0);
    }
  expect(conference.room.peers.map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
  for (const tab of all) {
    expect(tab.errors).toEqual([]);
    expect(await tab.evaluate(() => participant.failures)).toEqual([]);
  }
});

test('a late joiner has a picture within one second', async () => {
  await call(alice, bob);
  await waitUntil(
    () => conference.room.peers.every((peer) => peer.consumers.every((consumer) => consumer.enabled)),
    10_000,
    () => 'consumers not enabled',
  );
  const late = await browser.newPage(conference.page);
  tabs.push(late);
  const ms = await late.evaluate(async (socket) => {
    const start = performance.now();
    await participant.join(socket, 'carol');
    await media.waitForPicture(await participant.track('alice', 'video'), 'red', 5000);
    await media.waitForPicture(await participant.track('bob', 'video'), 'green', 5000);
    return performance.now() - start;
  }, conference.socket);
  expect(ms).toBeLessThan(1000);
});

test('pause and resume by the sender stop and start what others get, and tell them', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  await a!.evaluate(() => participant.producer('video').pause({ why: 'break' }));
  await b!.evaluate(async () => {
    await participant.event('alice video pause remote {"why":"break"}');
    await media.waitForStill(await participant.track('alice', 'video'), 1000);
  });
  await a!.evaluate(() => participant.producer('video').resume({ why: 'back' }));
  await b!.evaluate(async () => {
    await participant.event('alice video resume remote {"why":"back"}');
    await media.waitForPicture(await participant.track('alice', 'video'), 'red');
  });
});

test('a muted microphone is silent for others, and is heard again', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  await a!.evaluate(() => participant.producer('audio').pause());
  await b!.evaluate(async () => media.waitForSilence(await participant.track('alice', 'audio'), 5000));
  await a!.evaluate(() => participant.producer('audio').resume());
  await b!.evaluate(async () => media.waitForTone(await participant.track('alice', 'audio'), 600, 5000));
});

test('a receiver pauses for itself alone', async () => {
  const [, b, c] = await call(alice, bob, carol);
  await seesAndHears(b!, alice);
  await seesAndHears(c!, alice);
  await b!.evaluate(async () => {
    (await participant.consumer('alice', 'video')).pause();
    await media.waitForStill(await participant.track('alice', 'video'), 1000);
  });
  await c!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'red'));
  await b!.evaluate(async () => {
    (await participant.consumer('alice', 'video')).resume();
    await media.waitForPicture(await participant.track('alice', 'video'), 'red');
  });
});

test('the server pauses a producer, and both ends learn who did', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  const producer = conference.room.getPeerByName('alice')!.producers.find(({ kind }) => kind === 'video')!;
  producer.pause({ by: 'host' });
  await a!.evaluate(() => participant.event('own video pause remote {"by":"host"}'));
  await b!.evaluate(async () => {
    await participant.event('alice video pause remote {"by":"host"}');
    await media.waitForStill(await participant.track('alice', 'video'), 1000);
  });
  producer.resume();
  await b!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'red'));
});

test('replaceTrack changes the picture without a new producer', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  await a!.evaluate(async () => {
    await participant.producer('video').replaceTrack(media.testPicture({ colour: 'cyan' }));
  });
  await b!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'cyan'));
  expect(conference.room.getPeerByName('alice')!.producers).toHaveLength(2);
});

test('a closed producer is closed at the far end, and another one takes its place', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  await a!.evaluate(() => participant.producer('video').close({ why: 'camera off' }));
  await b!.evaluate(() => participant.event('alice video close remote {"why":"camera off"}'));
  await a!.evaluate(() => participant.publish([media.testPicture({ colour: 'magenta' })]));
  await b!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'magenta'));
});

test('who leaves is gone for the others, and may come back', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  await a!.evaluate(() => participant.theRoom().leave({ until: 'later' }));
  await b!.evaluate(() => participant.event('alice close remote {"until":"later"}'));
  expect(conference.room.peers.map(({ name }) => name)).toEqual(['bob']);
  await a!.evaluate(async (socket) => {
    await participant.join(socket, 'alice');
    await participant.publish([media.testPicture({ colour: 'yellow' })]);
  }, conference.socket);
  await b!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'yellow'));
});

test('a killed tab is removed', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  const { page } = a!;
  const session = await page.context().newCDPSession(page);
  void session.send('Page.crash').catch(() => {});
  await waitUntil(
    () => conference.room.peers.length === 1,
    5000,
    () => conference.room.peers.map(({ name }) => name).join(),
  );
  await b!.evaluate(() => participant.event('alice close remote undefined'));
});

test('the Room closed by the server is closed for all', async () => {
  const [a, b] = await call(alice, bob);
  conference.room.close({ why: 'over' });
  for (const tab of [a!, b!])
    await tab.evaluate(() => participant.event('room close remote room closed {"why":"over"}'));
});

test('an ICE restart keeps the call', async () => {
  const [a, b] = await call(alice, bob);
  await seesAndHears(b!, alice);
  const ufrag = () =>
    a!.evaluate(
      () => /ice-ufrag:(\S+)/.exec(participant.transports().sending.connection!.remoteDescription!.sdp)![1],
    );
  const before = await ufrag();
  await a!.evaluate(() => participant.theRoom().restartIce());
  await b!.evaluate(() => participant.theRoom().restartIce());
  expect(await ufrag()).not.toBe(before);
  await b!.evaluate(async () => {
    const video = await participant.track('alice', 'video');
    // Long enough for the old path to be given up if the new one did not work.
    for (const end = performance.now() + 3000; performance.now() < end; )
      await media.waitForPicture(video, 'red', 1000);
    await media.waitForTone(await participant.track('alice', 'audio'), 600, 3000);
  });
});

test('a spy sees all and is seen by none', async () => {
  const [a] = await call(alice);
  const spy = await browser.newPage(conference.page);
  tabs.push(spy);
  await spy.evaluate(
    (socket) => participant.join(socket, 'spy', undefined, { spy: true }),
    conference.socket,
  );
  await seesAndHears(spy, alice);
  expect(await a!.evaluate(() => participant.theRoom().peers.length)).toBe(0);
  expect(await a!.evaluate(() => participant.events.filter((event) => event.includes('spy')))).toEqual([]);
  expect(await spy.evaluate(() => participant.theRoom().canSend('audio'))).toBe(false);
});
