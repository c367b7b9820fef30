/** The demo conference, as `npm start` runs it: two people join by the page and see each other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { launchFirefox } from '../harness/firefox.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';

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
  await bob.page.getByRole('row', { name: /Alice camera .* (low|medium|high) / }).waitFor();

  await tileOf(bob, 'Alice').hover();
  const pin = bob.page.getByRole('button', { name: 'Show Alice large' });
  await pin.click();
  await bob.page.locator('.tile.large', { hasText: 'Alice' }).waitFor();
  expect(await pin.getAttribute('aria-pressed')).toBe('true');
  await tileOf(bob, 'Alice').getByRole('img', { name: 'Connection excellent' }).waitFor();

  await alice.page.getByRole('button', { name: 'Leave' }).click();
  await tileOf(bob, 'Alice').waitFor({ state: 'detached' });
  expect([...alice.errors, ...bob.errors]).toEqual([]);
});

const line = (tab: Tab<Page>, text: string) =>
  tab.page.getByRole('log', { name: 'Messages' }).getByText(text);

async function say(tab: Tab<Page>, text: string, to = 'To everybody'): Promise<void> {
  await tab.page.getByLabel('To', { exact: true }).selectOption(to);
  await tab.page.getByLabel('Message', { exact: true }).fill(text);
  await tab.page.getByRole('button', { name: 'Send' }).click();
}

test('people chat with all and with one; who does not look sees how many there are', async () => {
  const [alice, bob, carol] = [
    await join('Alice', 'chat'),
    await join('Bob', 'chat'),
    await join('Carol', 'chat'),
  ];
  const chatOf = (tab: Tab<Page>) => tab.page.getByRole('button', { name: 'Chat' });
  await chatOf(alice).click();
  await chatOf(bob).click();
  await say(alice, 'Hello, <b>all</b>');
  await line(bob, 'Alice: Hello, <b>all</b>').waitFor();
  await line(alice, 'Alice: Hello, <b>all</b>').waitFor();
  await chatOf(carol).getByText('1', { exact: true }).waitFor();
  await chatOf(carol).click();
  await line(carol, 'Alice: Hello, <b>all</b>').waitFor();
  await say(bob, 'Only you', 'To Alice');
  await line(alice, 'Bob to Alice: Only you').waitFor();
  await line(bob, 'Bob to Alice: Only you').waitFor();
  await say(bob, 'Everybody');
  await line(carol, 'Bob: Everybody').waitFor();
  expect(await line(carol, 'Only you').count()).toBe(0);

  await bob.page.getByRole('button', { name: 'Leave' }).click();
  await tileOf(alice, 'Bob').waitFor({ state: 'detached' });
  expect(await alice.page.getByLabel('To', { exact: true }).locator('option').allTextContents()).toEqual([
    'To everybody',
    'To Carol',
  ]);
  expect([...alice.errors, ...bob.errors, ...carol.errors]).toEqual([]);
});

test('Firefox and Chromium chat', async () => {
  const firefox = await launchFirefox({ microphone: 800 });
  try {
    const chrome = await join('Chrome', 'mixed');
    await chrome.page.getByRole('button', { name: 'Chat' }).click();
    const fox = await firefox.newPage(`${url}?room=mixed`);
    await fox.evaluate(() => {
      const set = (id: string, value: string) => {
        (document.getElementById(id) as HTMLInputElement).value = value;
      };
      (document.getElementById('with-camera') as HTMLInputElement).checked = false;
      set('name', 'Fox');
      document.querySelector<HTMLButtonElement>('#join button')!.click();
    });
    await tileOf(chrome, 'Fox').waitFor();
    await fox.evaluate(() => {
      (document.getElementById('say-text') as HTMLInputElement).value = 'Hi from Firefox';
      document.querySelector<HTMLButtonElement>('#say button')!.click();
    });
    await line(chrome, 'Fox: Hi from Firefox').waitFor();
    await say(chrome, 'Hi from Chromium');
    await waitUntil(
      () =>
        fox.evaluate(() =>
          document.getElementById('messages')!.textContent!.includes('Chrome: Hi from Chromium'),
        ),
      15_000,
      () => 'no answer in Firefox',
    );
  } finally {
    await firefox.close();
  }
});

test('a name that is taken is refused in words', async () => {
  await join('Carol', 'other');
  const tab = await browser.newPage(`${url}?room=other`);
  await tab.page.getByLabel('Your name').fill('Carol');
  await tab.page.getByRole('button', { name: 'Join' }).click();
  await tab.page.getByText('Somebody called Carol is in this room already.').waitFor();
});
