import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import puppeteer, { type Page } from 'puppeteer-core';
import type { Tab, TestBrowser } from './tab.js';

export type FirefoxOptions = {
  /** The pitch of the fake microphone, in Hz. */
  microphone?: number;
  prefs?: Record<string, boolean | number | string>;
};

const mediaOnLoopback = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.navigator.permission.fake': true,
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
};
const hermetic = {
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};
const awakeInBackground = {
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
};

/**
 * A headless Firefox ESR whose ICE works on loopback, but only in a page that was granted getUserMedia:
 * call `media.microphone()` first. The environment variable FIREFOX names another binary.
 */
export async function launchFirefox({
  microphone = 1000,
  prefs = {},
}: FirefoxOptions = {}): Promise<TestBrowser<Page>> {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath: process.env['FIREFOX'] ?? '/usr/bin/firefox-esr',
    headless: true,
    extraPrefsFirefox: {
      ...mediaOnLoopback,
      ...hermetic,
      ...awakeInBackground,
      'media.navigator.audio.fake_frequency': microphone,
      ...prefs,
    },
  });
  const process_ = browser.process()!;
  return {
    pid: process_.pid!,
    newPage: async (url) => tabOf(await browser.newPage(), url),
    close: () => killGroup(process_),
  };
}

async function killGroup(leader: ChildProcess): Promise<void> {
  if (leader.exitCode !== null || leader.signalCode !== null) return;
  const gone = once(leader, 'exit');
  process.kill(-leader.pid!, 'SIGKILL');
  await gone;
}

async function tabOf(page: Page, url: string): Promise<Tab<Page>> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push((error as Error).message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(url);
  return {
    page,
    errors,
    evaluate: (run: (argument?: unknown) => unknown, argument?: unknown) =>
      page.evaluate(run, argument) as Promise<never>,
    close: () => page.close(),
  };
}
