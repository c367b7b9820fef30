/** The demo conference, as `npm start` runs it: two people join by the page and see each other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import type { Tab, TestBrowser } from '../harness/tab.js';

jest.setTimeout(60_000);

const server = fileURLToPath(new URL('../../examples/conference/server.mjs', import.meta.url));
let demo: ChildProcess;
let url: string;
let browser: TestBrowser<Page>;

beforeAll(async () => {
  demo = spawn(process.execPath, [server, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: demo.stdout! })) {
    url = /https?:\S+/.exec(line)?.[0] ?? url;
    if (url) break;
  }
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  if (demo.exitCode === null) {
    demo.kill('SIGTERM');
    await once(demo, 'exit');
  }
});

async function join(name: string, room = 'test'): Promise<Tab<Page>> {
  const tab = await browser.newPage(`${url}?room=${room}`);
  await tab.page.getByLabel('Your name').fill(name);
  await tab.page.getByRole('button', { name: 'Join' }).click();
  await tab.page.getByRole('button', { name: 'Leave' }).waitFor();
  return tab;
}

const tileOf = (tab: Tab<Page>, name: string) => tab.page.locator('.tile', { hasText: name });

async function waitForMovingPicture(tab: Tab<Page>, name: string): Promise<void> {
  const video = await tileOf(tab, name).locator('video').elementHandle();
  await tab.page.waitForFunction(
    (element) => {
      const v = element as HTMLVideoElement;
      return v.videoWidth > 0 && v.currentTime > 0.5;
    },
    video,
    { timeout: 15_000 },
  );
}

test('people join by name, see each other, mute, switch their camera off and leave', async () => {
  const alice = await join('Alice');
  const bob = await join('Bob');
  await waitForMovingPicture(alice, 'Bob');
  await waitForMovingPicture(bob, 'Alice');
  await alice.page.getByText('Connected', { exact: true }).waitFor();

  await alice.page.getByRole('button', { name: 'Microphone' }).click();
  await tileOf(bob, 'Alice').locator('.muted').waitFor();
  await alice.page.getByRole('button', { name: 'Microphone' }).click();
  await tileOf(bob, 'Alice').locator('.muted').waitFor({ state: 'hidden' });

  await alice.page.getByRole('button', { name: 'Camera' }).click();
  await tileOf(bob, 'Alice').locator('video:not(.playing)').waitFor({ state: 'attached' });
  await alice.page.getByRole('button', { name: 'Camera' }).click();
  await waitForMovingPicture(bob, 'Alice');

  await bob.page.getByRole('button', { name: 'Statistics' }).click();
  await bob.page.getByRole('row', { name: /Alice camera/ }).waitFor();

  await alice.page.getByRole('button', { name: 'Leave' }).click();
  await tileOf(bob, 'Alice').waitFor({ state: 'detached' });
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

test('a name that is taken is refused in words', async () => {
  await join('Carol', 'other');
  const tab = await browser.newPage(`${url}?room=other`);
  await tab.page.getByLabel('Your name').fill('Carol');
  await tab.page.getByRole('button', { name: 'Join' }).click();
  await tab.page.getByText('Somebody called Carol is in this room already.').waitFor();
});
