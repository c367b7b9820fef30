/** Firefox in a Room with Chromium: picture and sound both ways. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import { launchFirefox } from '../harness/firefox.js';
import type { Tab, TestBrowser } from '../harness/tab.js';

jest.setTimeout(60_000);

let conference: Conference;
let chromium: TestBrowser<Page>;
let firefox: Awaited<ReturnType<typeof launchFirefox>>;

beforeAll(async () => {
  conference = await startConference();
  [chromium, firefox] = await Promise.all([launchChromium(), launchFirefox({ microphone: 800 })]);
}, 60_000);

afterAll(async () => {
  await chromium?.close();
  await firefox?.close();
  await conference?.close();
});

test('Firefox and Chromium see and hear each other', async () => {
  const f: Tab = await firefox.newPage(conference.page);
  const c: Tab = await chromium.newPage(conference.page);
  // Firefox offers loopback candidates only after the microphone was granted.
  await f.evaluate(async (socket) => {
    const voice = await media.microphone();
    await participant.join(socket, 'fox');
    await participant.publish([voice, media.testPicture({ colour: 'red' })]);
  }, conference.socket);
  await c.evaluate(async (socket) => {
    await participant.join(socket, 'chrome');
    await participant.publish([await media.tone({ hz: 1000 }), media.testPicture({ colour: 'blue' })]);
  }, conference.socket);
  await c.evaluate(async () => {
    await media.waitForPicture(await participant.track('fox', 'video'), 'red', 10_000);
    await media.waitForTone(await participant.track('fox', 'audio'), 800, 10_000);
  });
  await f.evaluate(async () => {
    await media.waitForPicture(await participant.track('chrome', 'video'), 'blue', 10_000);
    const audio = await participant.track('chrome', 'audio');
    await media.waitForSound(participant.receivingConnection(), audio, 10_000);
  });
  expect(c.errors).toEqual([]);
  expect(await f.evaluate(() => participant.failures)).toEqual([]);
});
