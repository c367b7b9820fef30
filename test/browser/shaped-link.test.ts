/** Who receives over a link that becomes narrow gets a smaller picture in time, and the large one when it is wide again. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { ProducerOptions } from '../../ts/client/index.js';
import type { Consumer, EffectiveProfile } from '../../ts/server/index.js';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import type { LinkTraits } from '../harness/link.js';
import { type UdpRelay, udpRelay } from '../harness/relay.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { freePortPair } from '../harness/udp-ports.js';

jest.setTimeout(120_000);

// Three layers take about 1 Mbit/s, 350 and 120 kbit/s, two thirds of that with half the frames. Each link has room
// for all frames of its layer, and not for half of the next one's.
const camera = { size: { width: 960, height: 540 }, fps: 15, noise: 0.1 };
const wide = { rate: 3_000_000, queue: 150_000, delay: 20, jitter: 0 };
const middling = { rate: 430_000, queue: 16_000 };
const narrow = { rate: 150_000, queue: 6_000 };

let browser: TestBrowser<Page>;
let conference: Conference;
let relay: UdpRelay;
let sender: Tab;
let receiver: Tab;
let consumer: Consumer;
/** As the server told them. */
let profiles: EffectiveProfile[];

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
type Shown = keyof typeof widths;

/** Until the picture is this one for `hold` milliseconds, at both ends. */
async function shows(profile: Shown, hold: number): Promise<void> {
  const wanted = { profile, width: widths[profile] };
  await receiver.evaluate(([wanted, hold]) => participant.settle(wanted, { hold, timeout: 30_000 }), [
    wanted,
    hold,
  ] as const);
  expect(consumer.effectiveProfile).toBe(profile);
}

/** It comes to this on the changed link, and frames are decoded all the while. */
async function followsTo(profile: Shown, link: Partial<LinkTraits>): Promise<void> {
  relay.down.set(link);
  await shows(profile, 2500);
  const seen = await receiver.evaluate(() => participant.lap());
  expect(seen.framesDecoded / seen.seconds).toBeGreaterThan(3);
  // Chromium itself asks for a key frame after three seconds.
  expect(seen.longestGap).toBeLessThan(3);
  expect(seen.freezes / seen.seconds).toBeLessThan(1);
  expect(seen.frozen / seen.seconds).toBeLessThan(0.6);
  expect(seen.looks).toBeGreaterThan(seen.seconds);
  expect(seen.wrong).toBe(0);
}

test.each([
  ['three VP8 streams', { simulcast: true, codec: 'VP8' }],
  ['VP9 with key-frame dependent layers', { svc: 'L3T3_KEY', codec: 'VP9' }],
  ['AV1 with key-frame dependent layers', { svc: 'L3T3_KEY', codec: 'AV1' }],
] as [string, ProducerOptions][])(
  'of %s, what is shown follows the link down and up, and never stands still',
  async (_, options) => {
    await call(options);
    await shows('high', 2500);
    await receiver.evaluate(() => participant.lap());
    profiles = [];
    await followsTo('medium', middling);
    await followsTo('low', narrow);
    await followsTo('high', wide);
    expect(profiles.length).toBeLessThan(12);
  },
);
