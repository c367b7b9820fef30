/** One Room on several workers: who is on different ones see and hear each other, and survive the death of one. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
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
  conference = await startConference({ numWorkers: 2 });
});

afterEach(async () => {
  for (const tab of tabs) await tab.close();
  tabs = [];
  await conference.close();
});

afterAll(async () => {
  await browser?.close();
});

const people = [
  { name: 'alice', colour: 'red', hz: 600 },
  { name: 'bob', colour: 'green', hz: 900 },
  { name: 'carol', colour: 'blue', hz: 1300 },
] as const;
type Person = (typeof people)[number];

async function enter({ name, colour, hz }: Person): Promise<Tab<Page>> {
  const tab = await browser.newPage(conference.page);
  tabs.push(tab);
  await tab.evaluate(
    async ({ socket, name, colour, hz }) => {
      await participant.join(socket, name);
      await participant.publish([media.testPicture({ colour }), await media.tone({ hz })]);
    },
    { socket: conference.socket, name, colour, hz },
  );
  return tab;
}

function seesAndHears(tab: Tab, { name, colour, hz }: Person): Promise<void> {
  return tab.evaluate(
    async ({ name, colour, hz }) => {
      await media.waitForPicture(await participant.track(name, 'video'), colour, 15_000);
      await media.waitForTone(await participant.track(name, 'audio'), hz, 15_000);
    },
    { name, colour, hz },
  );
}

async function allSeeAndHear(): Promise<void> {
  for (const [i, tab] of tabs.entries())
    for (const other of people.filter((_, j) => j !== i && j < tabs.length)) await seesAndHears(tab, other);
}

/** How many of the room's peers each worker has, by the transports that it counts. */
async function spread(): Promise<number[]> {
  const { room } = conference;
  const ports = room.peers.map((peer) => peer.transports[0]?.iceSelectedTuple?.localPort);
  return [...new Set(ports)].map((port) => ports.filter((each) => each === port).length);
}

test('three peers on two workers see and hear each other', async () => {
  for (const person of people) await enter(person);
  await allSeeAndHear();
  expect((await spread()).sort()).toEqual([1, 2]);
  for (const tab of tabs) {
    expect(tab.errors).toEqual([]);
    expect(await tab.evaluate(() => participant.failures)).toEqual([]);
  }
});

test('pause and resume cross', async () => {
  for (const person of people.slice(0, 2)) await enter(person);
  const [alice, bob] = tabs;
  await allSeeAndHear();
  await alice!.evaluate(() => participant.producer('video').pause());
  await bob!.evaluate(async () => {
    await participant.event('alice video pause remote undefined');
    await media.waitForStill(await participant.track('alice', 'video'), 1000);
  });
  await alice!.evaluate(() => participant.producer('video').resume());
  await bob!.evaluate(async () => media.waitForPicture(await participant.track('alice', 'video'), 'red'));
});

test('when one worker dies the others go on, and who was on it is back by itself', async () => {
  for (const person of people) await enter(person);
  await allSeeAndHear();
  const [{ pid }] = (await conference.server.dump()) as [{ pid: number }];
  const peers = new Set(conference.room.peers);
  process.kill(pid, 'SIGKILL');
  await waitUntil(
    () => conference.room.peers.length === 3 && conference.room.peers.some((peer) => !peers.has(peer)),
    20_000,
    () => conference.room.peers.map(({ name }) => name).join(),
  );
  const stayed = conference.room.peers.filter((peer) => peers.has(peer));
  expect(stayed.length).toBeGreaterThan(0);
  await allSeeAndHear();
  await tabs[0]!.evaluate(() => participant.theRoom().send('still here'));
  for (const tab of tabs.slice(1))
    await tab.evaluate(() => participant.event('message alice undefined true still here', 10_000));
  for (const tab of tabs) {
    expect(await tab.evaluate(() => participant.theRoom().connectionState)).toBe('connected');
    expect(
      await tab.evaluate(() => participant.events.filter((event) => event.startsWith('room close'))),
    ).toEqual([]);
  }
});
