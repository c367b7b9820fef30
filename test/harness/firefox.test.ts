import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'puppeteer-core';
import { launchFirefox } from './firefox.js';
import { isAlive } from './process.js';
import type { Tab, TestBrowser } from './tab.js';
import { waitUntil } from './wait.js';
import { pageOf, serve, serveMedia, type Web } from './web.js';

const faultyScript = `console.error('first'); console.log('fine'); setTimeout(() => { throw new Error('second') })`;

jest.setTimeout(60_000);

let web: Web;
let browser: TestBrowser<Page>;
let tab: Tab<Page>;
beforeAll(async () => {
  web = await serveMedia();
  browser = await launchFirefox({ microphone: 800 });
  tab = await browser.newPage(web.url);
});
afterAll(async () => {
  await browser.close();
  await web.close();
});

describe('the browser', () => {
  test('its page reports uncaught exceptions and console errors', async () => {
    const page = await serve({ '/': pageOf('/faulty.js'), '/faulty.js': faultyScript });
    const faulty = await browser.newPage(page.url);
    await waitUntil(
      () => faulty.errors.length === 2,
      2000,
      () => faulty.errors.join(),
    );
    await faulty.close();
    await page.close();
    expect(faulty.errors).toEqual(['first', 'Error: second']);
  });

  test('it gathers loopback candidates once the microphone was granted', async () => {
    const addresses = await tab.evaluate(async () => {
      const { sender, close } = await media.loopback([await media.microphone()]);
      const all = [...sender.localDescription!.sdp.matchAll(/^a=candidate:\S+ 1 \S+ \d+ (\S+)/gm)].map(
        (match) => match[1],
      );
      close();
      return all;
    });
    expect(addresses).toContain('127.0.0.1');
  });
});

describe('the known picture', () => {
  test('is read as it was sent, and not taken for another', async () => {
    const { first, second, wrong } = await tab.evaluate(async () => {
      const { received, close } = await media.loopback([
        media.testPicture({ colour: 'red', size: { width: 320, height: 180 } }),
      ]);
      await media.waitForPicture(received[0]!, 'red');
      const first = await media.readPicture(received[0]!);
      const wrong = await media.waitForPicture(received[0]!, 'blue', 500).catch(String);
      const second = await media.readPicture(received[0]!);
      close();
      return { first, second, wrong };
    });
    expect(first).toMatchObject({ width: 320, height: 180, colours: ['red', 'yellow', 'green', 'cyan'] });
    expect(wrong).toMatch('not within 500 ms: wanted blue,magenta,red,yellow, saw {');
    expect(second.frame! - first.frame!).toBeGreaterThan(0);
  });

  test('of a paused track is still', async () => {
    const { moving, stale } = await tab.evaluate(async () => {
      const { sender, received, close } = await media.loopback([media.testPicture({ colour: 'cyan' })]);
      await media.waitForPicture(received[0]!, 'cyan');
      const moving = await media.waitForStill(received[0]!, 300, 500).catch(String);
      await sender.getSenders()[0]!.replaceTrack(null);
      await media.waitForStill(received[0]!, 300);
      const stale = await media.waitForPicture(received[0]!, 'cyan', 300).catch(String);
      close();
      return { moving, stale };
    });
    expect(moving).toMatch('still moving');
    expect(stale).toMatch('saw no new frame');
  });

  test('is legible under noise', async () => {
    const elapsed = await tab.evaluate(async () => {
      const { received, close } = await media.loopback([
        media.noisePicture({ colour: 'magenta', size: { width: 320, height: 180 } }),
      ]);
      const elapsed = await media.waitForPicture(received[0]!, 'magenta');
      close();
      return elapsed;
    });
    expect(elapsed).toBeGreaterThan(0);
  });
});

describe('the microphone', () => {
  test('is heard by statistics, and so is its silence', async () => {
    const seen = await tab.evaluate(async () => {
      const { sender, receiver, received, close } = await media.loopback([await media.microphone()]);
      const track = received[0]!;
      await media.waitForSound(receiver, track);
      const audio = await media.inboundAudio(receiver, track);
      const loud = await media.waitForNoSound(receiver, track, 300).catch(String);
      sender.getSenders()[0]!.track!.enabled = false;
      await media.waitForNoSound(receiver, track);
      const silent = await media.waitForSound(receiver, track, 300).catch(String);
      close();
      return { audio, loud, silent };
    });
    expect(seen.audio!.totalAudioEnergy).toBeGreaterThan(0);
    expect(seen.loud).toMatch(/heard -\d+ dB/);
    expect(seen.silent).toMatch(/heard -\d+ dB/);
  });
});

test('the statistics tell what was received, by which way', async () => {
  const { video, outbound, pair } = await tab.evaluate(async () => {
    const track = media.testPicture({ colour: 'red', size: { width: 320, height: 180 } });
    const { sender, receiver, received, close } = await media.loopback([track]);
    await media.waitForPicture(received[0]!, 'red');
    const video = await media.inboundVideo(receiver, received[0]!);
    const [outbound, pair] = [await media.outboundVideo(sender, track), await media.selectedPair(sender)];
    close();
    return { video, outbound, pair };
  });
  expect(video).toMatchObject({ frameWidth: 320, frameHeight: 180, packetsLost: 0 });
  expect(video!.framesDecoded).toBeGreaterThan(0);
  expect(outbound[0]!.framesEncoded).toBeGreaterThan(0);
  expect(pair!.remote.protocol).toBe('udp');
});

test('nothing of all this was an error', () => {
  expect(tab.errors).toEqual([]);
});

test('closing ends the browser even when it hangs', async () => {
  process.kill(-browser.pid, 'SIGSTOP');
  await browser.close();
  expect(isAlive(browser.pid)).toBe(false);
});
