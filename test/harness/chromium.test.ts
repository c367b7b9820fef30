import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from './chromium.js';
import { writeGreyVideo, writeTone } from './media-files.js';
import { isAlive } from './process.js';
import type { Tab, TestBrowser } from './tab.js';
import { waitUntil } from './wait.js';
import { pageOf, serve, serveMedia, type Web } from './web.js';

const faultyScript = `console.error('first'); console.log('fine'); setTimeout(() => { throw new Error('second') })`;

jest.setTimeout(30_000);

let web: Web;
let browser: TestBrowser<Page>;
let tab: Tab<Page>;
beforeAll(async () => {
  web = await serveMedia();
  browser = await launchChromium();
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

  test('its fake camera and microphone need no permission', async () => {
    const kinds = await tab.evaluate(async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      return stream
        .getTracks()
        .map((track) => track.kind)
        .sort();
    });
    expect(kinds).toEqual(['audio', 'video']);
  });

  test('it gathers loopback candidates, under their addresses', async () => {
    const addresses = await tab.evaluate(async () => {
      const { sender, close } = await media.loopback([media.testPicture({ colour: 'red' })]);
      const all = [...sender.localDescription!.sdp.matchAll(/^a=candidate:\S+ 1 \S+ \d+ (\S+)/gm)].map(
        (match) => match[1],
      );
      close();
      return all;
    });
    expect(addresses).toContain('127.0.0.1');
  });

  test('closing ends it even when it hangs', async () => {
    const hung = await launchChromium();
    process.kill(-hung.pid, 'SIGSTOP');
    await hung.close();
    expect(isAlive(hung.pid)).toBe(false);
  });

  test('its field trials, switched-off features and arguments are in force', async () => {
    const describeBrowser = async () => {
      const connection = new RTCPeerConnection();
      connection.addTransceiver('video');
      const { sdp } = await connection.createOffer();
      connection.close();
      return {
        ccfb: sdp!.includes('ack ccfb'),
        transform: 'RTCRtpScriptTransform' in window,
        special: navigator.userAgent === 'special',
      };
    };
    const special = await launchChromium({
      fieldTrials: 'WebRTC-RFC8888CongestionControlFeedback/Enabled,offer:true/',
      disableFeatures: ['RTCRtpScriptTransform'],
      args: ['--user-agent=special'],
    });
    const seen = await (await special.newPage(web.url)).evaluate(describeBrowser);
    await special.close();
    expect(seen).toEqual({ ccfb: true, transform: false, special: true });
    expect(await tab.evaluate(describeBrowser)).toEqual({ ccfb: false, transform: true, special: false });
  });

  test('its camera and microphone play the given files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'media-'));
    const [videoFile, audioFile] = [join(folder, 'grey.y4m'), join(folder, 'tone.wav')];
    await Promise.all([writeGreyVideo(videoFile, 100), writeTone(audioFile, 440)]);
    const recorded = await launchChromium({ videoFile, audioFile });
    const seen = await (await recorded.newPage(web.url)).evaluate(async () => {
      await media.waitForTone(await media.microphone(), 440);
      const camera = (await navigator.mediaDevices.getUserMedia({ video: true })).getVideoTracks()[0]!;
      const { colours } = await media.readPicture(camera);
      const { width, height } = camera.getSettings();
      return { colours, width, height };
    });
    await recorded.close();
    await rm(folder, { recursive: true });
    expect(seen).toMatchObject({ width: 320, height: 180 });
    expect(seen.colours.every((colour) => !colour)).toBe(true);
  });
});

describe('the known picture', () => {
  test('is read as it was sent: colours, size, and a frame number that grows', async () => {
    const { first, second, local } = await tab.evaluate(async () => {
      const sent = media.testPicture({ colour: 'red', size: { width: 320, height: 180 } });
      const { received, close } = await media.loopback([sent]);
      await media.waitForPicture(received[0]!, 'red');
      const first = await media.readPicture(received[0]!);
      await media.waitForPicture(received[0]!, 'red');
      const second = await media.readPicture(received[0]!);
      const local = await media.readPicture(sent);
      close();
      return { first, second, local };
    });
    expect(first).toMatchObject({ width: 320, height: 180, colours: ['red', 'yellow', 'green', 'cyan'] });
    expect(second.advancing).toBe(true);
    expect(second.frame! - first.frame!).toBeGreaterThan(0);
    expect(local.frame! - second.frame!).toBeGreaterThanOrEqual(0);
    expect(local.frame! - second.frame!).toBeLessThan(15);
  });

  test('of one sender is not taken for that of another', async () => {
    const verdict = await tab.evaluate(async () => {
      const { received, close } = await media.loopback([
        media.testPicture({ colour: ['red', 'yellow', 'green', 'blue'] }),
      ]);
      await media.waitForPicture(received[0]!, ['red', 'yellow', 'green', 'blue']);
      const verdict = await media.waitForPicture(received[0]!, 'red', 500).catch(String);
      close();
      return verdict;
    });
    expect(verdict).toMatch('not within 500 ms: wanted red,yellow,green,cyan, saw {');
    expect(verdict).toMatch('"colours":["red","yellow","green","blue"]');
  });

  test('is found after the sender has changed', async () => {
    const elapsed = await tab.evaluate(async () => {
      const { sender, received, close } = await media.loopback([media.testPicture({ colour: 'green' })]);
      await media.waitForPicture(received[0]!, 'green');
      const found = media.waitForPicture(received[0]!, 'blue');
      setTimeout(() => void sender.getSenders()[0]!.replaceTrack(media.testPicture({ colour: 'blue' })), 300);
      const elapsed = await found;
      close();
      return elapsed;
    });
    expect(elapsed).toBeGreaterThan(300);
  });

  test('of a paused track is still, and no longer still when it resumes', async () => {
    const seen = await tab.evaluate(async () => {
      const { sender, receiver, received, close } = await media.loopback([
        media.testPicture({ colour: 'cyan' }),
      ]);
      const track = received[0]!;
      const activate = (active: boolean): Promise<void> => {
        const [rtp] = sender.getSenders();
        const parameters = rtp!.getParameters();
        parameters.encodings[0]!.active = active;
        return rtp!.setParameters(parameters);
      };
      await media.waitForPicture(track, 'cyan');
      const moving = await media.waitForStill(track, 300, 500).catch(String);
      await activate(false);
      await media.waitForStill(track, 300);
      await media.readPicture(track);
      const stale = await media.waitForPicture(track, 'cyan', 300).catch(String);
      const paused = await media.readPicture(track);
      await activate(true);
      await media.waitForPicture(track, 'cyan');
      const resumed = await media.readPicture(track);
      const statistics = await media.inboundVideo(receiver, track);
      close();
      return { moving, stale, paused, resumed, statistics };
    });
    expect(seen.moving).toMatch('still moving');
    expect(seen.stale).toMatch('saw no new frame');
    expect(seen.paused.advancing).toBe(false);
    expect(seen.resumed.advancing).toBe(true);
    expect(seen.statistics!.freezeCount).toBeGreaterThan(0);
    expect(seen.statistics!.totalFreezesDuration).toBeGreaterThan(0.5);
  });

  test('is legible under noise, which takes many times its bitrate', async () => {
    const [plain, noisy] = await tab.evaluate(async () => {
      const size = { width: 320, height: 180 };
      const tracks = [
        media.testPicture({ colour: 'magenta', size }),
        media.noisePicture({ colour: 'magenta', size }),
      ];
      const { receiver, received, close } = await media.loopback(tracks);
      const bytes = async (): Promise<number[]> =>
        Promise.all(
          received.map(async (track) => (await media.inboundVideo(receiver, track))!.bytesReceived),
        );
      const noiseFrame = async (number: number): Promise<void> => {
        while ((await media.readPicture(received[1]!)).frame! < number)
          await media.waitForPicture(received[1]!, 'magenta');
      };
      await media.waitForPicture(received[0]!, 'magenta');
      // The first frames are key frames, and the bandwidth estimate is still low.
      await noiseFrame(20);
      const before = await bytes();
      await noiseFrame(40);
      const after = await bytes();
      close();
      return after.map((count, index) => count - before[index]!);
    });
    expect(noisy! / plain!).toBeGreaterThan(4);
  });

  test('without a first frame is a failure, not a picture', async () => {
    const verdict = await tab.evaluate(async () => {
      const connection = new RTCPeerConnection();
      const { track } = connection.addTransceiver('video').receiver;
      const verdict = await media.readPicture(track, 200).catch(String);
      connection.close();
      return verdict;
    });
    expect(verdict).toMatch('no frame');
  });
});

describe('the known sound', () => {
  test('is read as it was sent: its pitch and its level', async () => {
    const { loud, soft, elapsed } = await tab.evaluate(async () => {
      const tracks = [await media.tone({ hz: 700, gain: 0.5 }), await media.tone({ hz: 1500, gain: 0.05 })];
      const { received, close } = await media.loopback(tracks);
      const elapsed = await media.waitForTone(received[0]!, 700);
      await media.waitForTone(received[1]!, 1500);
      const [loud, soft] = [await media.readTone(received[0]!), await media.readTone(received[1]!)];
      close();
      return { loud, soft, elapsed };
    });
    expect(elapsed).toBeGreaterThan(0);
    expect(Math.abs(loud.hz - 700)).toBeLessThan(10);
    expect(Math.abs(soft.hz - 1500)).toBeLessThan(10);
    // A sine of gain 0.5 has a power of 1/8: -9 dB.
    expect(Math.abs(loud.level + 9)).toBeLessThanOrEqual(2);
    expect(loud.level - soft.level).toBeGreaterThan(15);
  });

  test('is not taken for another pitch, nor for silence', async () => {
    const { pitch, silence, sound } = await tab.evaluate(async () => {
      const { receiver, received, close } = await media.loopback([await media.tone({ hz: 700 })]);
      await media.waitForTone(received[0]!, 700);
      const pitch = await media.waitForTone(received[0]!, 800, 300).catch(String);
      const silence = await media.waitForSilence(received[0]!, 300).catch(String);
      const sound = await media.waitForNoSound(receiver, received[0]!, 300).catch(String);
      close();
      return { pitch, silence, sound };
    });
    expect(pitch).toMatch(/wanted 800 Hz, heard \{"hz":70\d/);
    expect(silence).toMatch(/heard \{"hz":70\d/);
    expect(sound).toMatch(/heard -\d+ dB/);
  });

  test('that falls silent is noticed, by ear and by statistics', async () => {
    const verdicts = await tab.evaluate(async () => {
      const { sender, receiver, received, close } = await media.loopback([await media.tone({ hz: 500 })]);
      const track = received[0]!;
      await media.waitForTone(track, 500);
      await media.waitForSound(receiver, track);
      sender.getSenders()[0]!.track!.enabled = false;
      await media.waitForSilence(track);
      await media.waitForNoSound(receiver, track);
      const verdicts = [
        await media.waitForTone(track, 500, 300).catch(String),
        await media.waitForSound(receiver, track, 300).catch(String),
      ];
      close();
      return verdicts;
    });
    expect(verdicts[0]).toMatch('wanted 500 Hz');
    expect(verdicts[1]).toMatch(/heard -\d+ dB/);
  });
});

describe('the statistics', () => {
  test('tell what was received, by which way', async () => {
    const seen = await tab.evaluate(async () => {
      const tracks = [
        media.testPicture({ colour: 'red', size: { width: 320, height: 180 } }),
        await media.tone({ hz: 700 }),
      ];
      const { sender, receiver, received, close } = await media.loopback(tracks);
      const nothing = await media.inboundVideo(receiver, tracks[0]!);
      await media.waitForPicture(received[0]!, 'red');
      await media.waitForSound(receiver, received[1]!);
      const [video, audio] = [
        await media.inboundVideo(receiver, received[0]!),
        await media.inboundAudio(receiver, received[1]!),
      ];
      const [outbound, pair] = [
        await media.outboundVideo(sender, tracks[0]!),
        await media.selectedPair(sender),
      ];
      close();
      return { nothing, video, audio, outbound, pair };
    });
    expect(seen.nothing).toBeUndefined();
    expect(seen.video).toMatchObject({
      frameWidth: 320,
      frameHeight: 180,
      packetsLost: 0,
    });
    expect(seen.video!.framesDecoded).toBeGreaterThan(0);
    expect(seen.audio).toMatchObject({ packetsLost: 0 });
    expect(seen.audio!.totalAudioEnergy).toBeGreaterThan(0);
    expect(seen.outbound).toHaveLength(1);
    expect(seen.outbound[0]).toMatchObject({ frameWidth: 320, frameHeight: 180 });
    expect(seen.pair!.currentRoundTripTime).toBeLessThan(0.1);
    expect(seen.pair!.remote.protocol).toBe('udp');
  });
});

test('nothing of all this was an error', () => {
  expect(tab.errors).toEqual([]);
});
