/** Messages in a Room, between browsers and with the application, over the worker's data channels. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import { launchFirefox } from '../harness/firefox.js';
import type { Tab, TestBrowser } from '../harness/tab.js';

jest.setTimeout(60_000);

let chromium: TestBrowser<Page>;
let conference: Conference;
let tabs: Tab[] = [];

beforeAll(async () => {
  chromium = await launchChromium();
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
  await chromium?.close();
});

async function enter(name: string, browser: Pick<TestBrowser<Page>, 'newPage'> = chromium): Promise<Tab> {
  const tab = await browser.newPage(conference.page);
  tabs.push(tab);
  await tab.evaluate(([socket, who]) => participant.join(socket!, who!), [conference.socket, name]);
  return tab;
}

const hears = (tab: Tab, message: string) =>
  tab.evaluate((wanted) => participant.event(wanted, 10_000), `message ${message}`);
const messages = (tab: Tab) =>
  tab.evaluate(() => participant.events.filter((event) => event.startsWith('message')));

test('text, 200 KiB of bytes and lossy messages reach everybody else, one-to-one nobody else', async () => {
  const [alice, bob, carol] = [await enter('alice'), await enter('bob'), await enter('carol')];
  expect(conference.room.peers.map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
  const size = 200 * 1024;
  const sum = await alice.evaluate(async (length) => {
    const room = participant.theRoom();
    await room.send('hello');
    await room.send('');
    await room.send(participant.bytes(length));
    await room.send('after');
    return participant.sum(participant.bytes(length));
  }, size);
  const reliable = ['hello', '', `${size} bytes, sum ${sum}`, 'after'].map(
    (text) => `message alice undefined true ${text}`,
  );
  for (const tab of [bob, carol]) {
    await hears(tab, 'alice undefined true after');
    expect(await messages(tab)).toEqual(reliable);
  }
  await bob.evaluate(() => participant.theRoom().getPeerByName('alice')!.send('psst'));
  await hears(alice, 'bob alice true psst');
  await carol.evaluate(async () => {
    await participant.theRoom().send('quick', { reliable: false });
    await participant.theRoom().getPeerByName('bob')!.send('quick too', { reliable: false });
  });
  await hears(alice, 'carol undefined false quick');
  await hears(bob, 'carol undefined false quick');
  await hears(bob, 'carol bob false quick too');
  // What comes after shows that nothing else did before.
  await carol.evaluate(() => participant.theRoom().send('end'));
  for (const tab of [alice, bob]) await hears(tab, 'carol undefined true end');
  expect(await messages(alice)).toHaveLength(3);
  expect(await messages(bob)).toHaveLength(reliable.length + 3);
  expect(await messages(carol)).toEqual(reliable);
  for (const tab of tabs) expect(tab.errors).toEqual([]);
});

test('the application speaks with all, with one, and hears what is said', async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  const heard: unknown[] = [];
  for (const peer of conference.room.peers) {
    peer.on('message', (data, info) => heard.push([peer.name, data, info]));
  }
  await conference.room.send('to all');
  await conference.room.getPeerByName('bob')!.send(new Uint8Array([1, 2, 3]));
  await hears(alice, 'undefined undefined true to all');
  await hears(bob, 'undefined bob true 3 bytes, sum 209563');
  await alice.evaluate(async () => {
    await participant.theRoom().send('to the room');
    await participant.theRoom().send('to bob', { to: 'bob' });
    await participant.theRoom().send(new Uint8Array([9, 8]));
  });
  await hears(bob, 'alice undefined true 2 bytes, sum 7014');
  await hears(bob, 'alice bob true to bob');
  expect(heard).toEqual(
    expect.arrayContaining([
      ['alice', 'to the room', { to: undefined, reliable: true }],
      ['alice', 'to bob', { to: 'bob', reliable: true }],
      ['alice', Buffer.from([9, 8]), { to: undefined, reliable: true }],
    ]),
  );
  expect((await messages(alice)).filter((text) => text.includes('bytes'))).toEqual([]);
});

test('a late joiner gets what is sent from then on', async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  await alice.evaluate(() => participant.theRoom().send('early'));
  await hears(bob, 'alice undefined true early');
  const carol = await enter('carol');
  await carol.evaluate(() => participant.theRoom().send('I am here'));
  await hears(alice, 'carol undefined true I am here');
  await alice.evaluate(() => participant.theRoom().send('welcome', { to: 'carol' }));
  await alice.evaluate(() => participant.theRoom().send('late'));
  await hears(carol, 'alice carol true welcome');
  await hears(carol, 'alice undefined true late');
  expect(await messages(carol)).toHaveLength(2);
});

test('many come, speak and go; streams are used again', async () => {
  const alice = await enter('alice');
  for (let round = 0; round < 4; round += 1) {
    const guest = await enter('guest');
    await guest.evaluate((text) => participant.theRoom().send(text), `round ${round}`);
    await hears(alice, `guest undefined true round ${round}`);
    await alice.evaluate((text) => participant.theRoom().send(text, { to: 'guest' }), `answer ${round}`);
    await hears(guest, `alice guest true answer ${round}`);
    await guest.evaluate(() => participant.theRoom().leave());
    await alice.evaluate(() => participant.event('guest close remote undefined'));
  }
  expect((await messages(alice)).length).toBe(4);
});

test('2 MB are sent without filling the browser, whole and in order', async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  await alice.evaluate(async () => {
    for (let part = 0; part < 20; part += 1)
      await participant.theRoom().send(participant.bytes(100_000 + part));
    await participant.theRoom().send('done');
  });
  await hears(bob, 'alice undefined true done');
  const sizes = (await messages(bob)).map((text) => /(\d+) bytes/.exec(text)?.[1]);
  expect(sizes.slice(0, -1)).toEqual(Array.from({ length: 20 }, (_, part) => String(100_000 + part)));
});

test('Firefox and Chromium speak with each other, before and after there is media', async () => {
  const firefox = await launchFirefox({ microphone: 800 });
  try {
    const fox = await firefox.newPage(conference.page);
    // Firefox offers loopback candidates only after the microphone was granted.
    await fox.evaluate(async (socket) => {
      await media.microphone();
      await participant.join(socket, 'fox');
    }, conference.socket);
    const chrome = await enter('chrome');
    await fox.evaluate(() => participant.theRoom().send('from the fox'));
    await hears(chrome, 'fox undefined true from the fox');
    await chrome.evaluate(() => participant.theRoom().send(participant.bytes(204_800)));
    await fox.evaluate((wanted) => participant.event(wanted, 10_000), await sized(204_800, 'chrome'));
    await fox.evaluate(() => participant.publish([media.testPicture({ colour: 'red' })]));
    await chrome.evaluate(async () =>
      media.waitForPicture(await participant.track('fox', 'video'), 'red', 10_000),
    );
    await fox.evaluate(async () => {
      await participant.theRoom().send(participant.bytes(204_800));
      await participant.theRoom().send('quick', { to: 'chrome', reliable: false });
    });
    await chrome.evaluate((wanted) => participant.event(wanted, 10_000), await sized(204_800, 'fox'));
    await hears(chrome, 'fox chrome false quick');
    expect(await fox.evaluate(() => participant.failures)).toEqual([]);
  } finally {
    await firefox.close();
  }

  async function sized(size: number, from: string): Promise<string> {
    const sum = await tabs[0]!.evaluate((length) => participant.sum(participant.bytes(length)), size);
    return `message ${from} undefined true ${size} bytes, sum ${sum}`;
  }
});
