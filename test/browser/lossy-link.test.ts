/** A call through a link that loses and delays datagrams: the picture keeps moving. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import { udpRelay } from '../harness/relay.js';
import type { TestBrowser } from '../harness/tab.js';

jest.setTimeout(90_000);

const BEHIND = 46_000;
let conference: Conference;
let relay: Awaited<ReturnType<typeof udpRelay>>;
let browser: TestBrowser<Page>;

beforeAll(async () => {
  relay = await udpRelay({ to: { address: '127.0.0.1', port: BEHIND }, seed: 5 });
  // The worker listens behind the relay and announces the relay's port: clients reach it only through the link.
  conference = await startConference({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1', port: BEHIND }],
  });
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await conference?.close();
  await relay?.close();
});

test('with 5 % loss and 60 ms delay each way the picture keeps moving and the tone is heard', async () => {
  const a = await browser.newPage(conference.page);
  const b = await browser.newPage(conference.page);
  for (const tab of [a, b])
    await tab.evaluate(([from, to]) => participant.detour(from!, to!), [BEHIND, relay.port]);
  await a.evaluate(async (socket) => {
    await participant.join(socket, 'alice');
    await participant.publish([media.testPicture({ colour: 'red' }), await media.tone({ hz: 700 })]);
  }, conference.socket);
  await b.evaluate(async (socket) => {
    await participant.join(socket, 'bob');
    await media.waitForPicture(await participant.track('alice', 'video'), 'red', 10_000);
  }, conference.socket);

  for (const link of [relay.up, relay.down]) link.set({ loss: 0.05, delay: 60 });
  const seen = await b.evaluate(async () => {
    const video = await participant.track('alice', 'video');
    const stats = () => media.inboundVideo(participant.receivingConnection(), video);
    const before = await stats();
    const start = performance.now();
    while (performance.now() - start < 15_000) await media.waitForPicture(video, 'red', 3000);
    await media.waitForTone(await participant.track('alice', 'audio'), 700, 5000);
    const after = await stats();
    return {
      seconds: (performance.now() - start) / 1000,
      frames: after!.framesDecoded - before!.framesDecoded,
      freezes: after!.freezeCount! - before!.freezeCount!,
      frozen: after!.totalFreezesDuration! - before!.totalFreezesDuration!,
    };
  });
  console.log(`${seen.frames} frames, ${seen.freezes} freezes of ${seen.frozen.toFixed(2)} s in all`);
  expect(relay.up.counts.lost + relay.down.counts.lost).toBeGreaterThan(50);
  expect(seen.frames / seen.seconds).toBeGreaterThan(12); // of 15
  // A repair takes a round trip of each of the two links, which getStats counts as a short freeze.
  expect(seen.frozen / seen.seconds).toBeLessThan(0.5);
  expect(seen.frozen / Math.max(seen.freezes, 1)).toBeLessThan(0.5);
});
