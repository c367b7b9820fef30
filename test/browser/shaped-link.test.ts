/** Who receives over a link that becomes narrow gets a smaller picture in time, and the large one when it is wide again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { ProducerOptions } from '../../ts/client/index.js';
import type { Consumer, EffectiveProfile } from '../../ts/server/index.js';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import type { LinkTraits } from '../harness/link.js';
import type { Lap } from '../harness/picture-watch.js';
import { type UdpRelay, udpRelay } from '../harness/relay.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { freePortPair } from '../harness/udp-ports.js';

jest.setTimeout(90_000);

// Three layers take about 1 Mbit/s, 350 and 120 kbit/s.
const camera = { size: { width: 960, height: 540 }, fps: 15, noise: 0.1 };
const wide = { rate: 3_000_000, queue: 150_000, delay: 20, jitter: 0 };
const middling = { rate: 650_000, queue: 40_000 };
const narrow = { rate: 180_000, queue: 12_000 };
const tooNarrow = { rate: 64_000, queue: 6_000 };

const simulcast: ProducerOptions = { simulcast: true, codec: 'VP8' };

let browser: TestBrowser<Page>;
let conference: Conference;
let relay: UdpRelay;
let sender: Tab;
let receiver: Tab;
/** As the server told them. */
let profiles: EffectiveProfile[];
let consumer: Consumer;

beforeAll(async () => {
  browser = await launchChromium();
});

beforeEach(async () => {
  const port = await freePortPair();
  relay = await udpRelay({ to: { address: '127.0.0.1', port }, down: wide, seed: 3 });
  conference = await startConference({ listenInfos: [{ protocol: 'udp', ip: '127.0.0.1', port }] });
  sender = await browser.newPage(conference.page);
  receiver = await browser.newPage(conference.page);
  await receiver.evaluate(([from, to]) => participant.detour(from!, to!), [port, relay.port]);
});

afterEach(async () => {
  await sender?.close();
  await receiver?.close();
  await conference?.close();
  await relay?.close();
});

afterAll(async () => {
  await browser?.close();
});

/** Alice, who sends to the worker directly, and Bob, who sees her through the relay. */
async function call(options: ProducerOptions): Promise<void> {
  for (const [tab, name] of [[sender, 'alice'] as const, [receiver, 'bob'] as const])
    await tab.evaluate(([socket, name]) => participant.join(socket!, name!), [conference.socket, name]);
  await sender.evaluate(
    ({ camera, options }) =>
      participant.publish([media.noisePicture({ colour: 'red', ...camera })], undefined, options),
    { camera, options },
  );
  consumer = conference.room.getPeerByName('bob')!.consumers[0]!;
  profiles = [];
  consumer.on('effectiveprofilechange', (profile) => profiles.push(profile));
  await receiver.evaluate(() => participant.watch('alice', 'red'));
}

const widths = { high: 960, medium: 480, low: 240 };

/** Until the picture is this one for three seconds, at both ends. */
async function settlesAt(profile: keyof typeof widths, timeout: number): Promise<void> {
  await receiver.evaluate(({ timeout, ...wanted }) => participant.settle(wanted, { hold: 3000, timeout }), {
    profile,
    width: widths[profile],
    timeout,
  });
  expect(consumer.effectiveProfile).toBe(profile);
}

async function lap(what: string): Promise<Lap> {
  const lap = await receiver.evaluate(() => participant.lap());
  console.log(what, JSON.stringify(lap), profiles.join(), JSON.stringify(relay.down.counts));
  return lap;
}

/** What came from the change of the link on until the picture has settled. */
async function onceThe(
  link: Partial<LinkTraits>,
  { shows, within }: { shows: keyof typeof widths; within: number },
): Promise<Lap> {
  relay.down.set(link);
  await settlesAt(shows, within);
  return lap(shows);
}

function expectMoving(lap: Lap): void {
  expect(lap.framesDecoded / lap.seconds).toBeGreaterThan(5);
  expect(lap.longestGap).toBeLessThan(1.5);
  expect(lap.frozen / lap.seconds).toBeLessThan(0.25);
  expect(lap.looks).toBeGreaterThan(lap.seconds * 2);
  expect(lap.wrong).toBe(0);
}

test.each([
  ['three VP8 streams', simulcast],
  ['VP9 with key-frame dependent layers', { svc: 'L3T3_KEY', codec: 'VP9' }],
  ['AV1 with layers', { svc: 'L3T3', codec: 'AV1' }],
] as [string, ProducerOptions][])(
  'of %s, what is shown follows the link down and up, and never stands still',
  async (_, options) => {
    await call(options);
    await settlesAt('high', 20_000);
    await lap('start');
    profiles = [];
    expectMoving(await onceThe(middling, { shows: 'medium', within: 10_000 }));
    expectMoving(await onceThe(narrow, { shows: 'low', within: 10_000 }));
    expectMoving(await onceThe(wide, { shows: 'high', within: 20_000 }));
    expect(profiles.length).toBeLessThan(9);
  },
);

test('with less than the lowest layer takes there is still a picture', async () => {
  await call(simulcast);
  await settlesAt('high', 20_000);
  relay.down.set(tooNarrow);
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  await lap('fall');
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const seen = await lap('below');
  expect(seen.framesDecoded / seen.seconds).toBeGreaterThan(1);
  expect(seen.longestGap).toBeLessThan(3);
  expect(seen.wrong).toBe(0);
});

test('jitter of 200 ms does not starve', async () => {
  await call(simulcast);
  await settlesAt('high', 20_000);
  await lap('start');
  relay.down.set({ jitter: 200 });
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const seen = await lap('jitter');
  expect(seen.framesDecoded / seen.seconds).toBeGreaterThan(5);
  expect(['medium', 'high']).toContain(consumer.effectiveProfile);
});
