import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Tab, TestBrowser } from './tab.js';

export type ChromiumOptions = {
  /** As `--force-fieldtrials` takes them: `'WebRTC-LegacySimulcastLayerLimit/Disabled/'`. */
  fieldTrials?: string;
  /** A .y4m or .mjpeg file that the fake camera plays in a loop. */
  videoFile?: string;
  /** A 16-bit .wav file that the fake microphone plays in a loop. */
  audioFile?: string;
  /** Such as `'WebRtcPqcForDtls'`. */
  disableFeatures?: string[];
  args?: string[];
};

const hermetic = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];
const awakeInBackground = [
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
];
const media = [
  '--allow-loopback-in-peer-connection',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
];

/** A headless Chromium whose ICE works on loopback alone. The environment variable CHROMIUM names another binary. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<TestBrowser<Page>> {
  const scratch = await mkdtemp(join(tmpdir(), 'chromium-'));
  const server = await chromium.launchServer({
    // A killed Chromium leaves its temporary files behind.
    env: { ...process.env, TMPDIR: scratch },
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    headless: true,
    args: [...hermetic, ...awakeInBackground, ...media, ...chosen(options)],
  });
  const browser = await chromium.connect(server.wsEndpoint());
  return {
    pid: server.process().pid!,
    newPage: async (url) => tabOf(await browser.newPage(), url),
    async close() {
      await server.kill();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

function chosen({
  fieldTrials,
  videoFile,
  audioFile,
  disableFeatures = [],
  args = [],
}: ChromiumOptions): string[] {
  return [
    // Host candidates under mDNS names would need a resolver.
    `--disable-features=${['WebRtcHideLocalIpsWithMdns', ...disableFeatures].join(',')}`,
    ...(fieldTrials ? [`--force-fieldtrials=${fieldTrials}`] : []),
    ...(videoFile ? [`--use-file-for-fake-video-capture=${videoFile}`] : []),
    ...(audioFile ? [`--use-file-for-fake-audio-capture=${audioFile}`] : []),
    ...args,
  ];
}

async function tabOf(page: Page, url: string): Promise<Tab<Page>> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('crash', () => errors.push('The page crashed'));
  await page.goto(url);
  return {
    page,
    errors,
    evaluate: (run: (argument?: unknown) => unknown, argument?: unknown) =>
      page.evaluate(run, argument) as Promise<never>,
    close: () => page.close(),
  };
}
