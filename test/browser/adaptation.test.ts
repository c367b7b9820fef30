/** What is sent follows what is looked at, with the encoders and elements of real browsers. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { launchChromium } from '../harness/chromium.js';
import { type Conference, startConference } from '../harness/conference.js';
import { launchFirefox } from '../harness/firefox.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';

jest.setTimeout(90_000);

let browser: TestBrowser<Page>;
let conference: Conference;
let tabs: Tab[] = [];

beforeAll(async () => {
  browser = await launchChromium();
});

beforeEach(async () => {
  conference = await startConference();
});

afterEach(async () => {
  for (const tab of tabs) await tab.close();
  tabs = [];
  await conference.close();
});

afterAll(async () => {
  await browser?.close();
});

async function enter(name: string, of: Pick<TestBrowser, 'newPage'> = browser): Promise<Tab> {
  const tab = await of.newPage(conference.page);
  tabs.push(tab);
  // Firefox offers loopback candidates only after the microphone was granted.
  if (of !== browser) await tab.evaluate(() => media.microphone());
  await tab.evaluate(([socket, who]) => participant.join(socket!, who!), [conference.socket, name]);
  return tab;
}

type Options = { simulcast?: boolean; svc?: boolean | string; codec?: string };

async function publish(tab: Tab, options: Options): Promise<void> {
  await tab.evaluate(async (options) => {
    const picture = media.testPicture({ colour: 'red', size: { width: 1280, height: 720 }, fps: 15 });
    await participant.publish([picture], undefined, options);
  }, options);
}

/** Shows Alice at Bob, 320 pixels wide; later `resize` changes that. */
async function show(tab: Tab): Promise<void> {
  await tab.evaluate(async () => {
    Object.assign(globalThis, { shown: await participant.show('alice', 320, 180) });
  });
}

function resize(tab: Tab, width: number): Promise<void> {
  return tab.evaluate((width) => {
    const { video } = (globalThis as unknown as { shown: { video: HTMLVideoElement } }).shown;
    Object.assign(video.style, { width: `${width}px`, height: `${(width * 9) / 16}px` });
  }, width);
}

function scrollAway(tab: Tab, away: boolean): Promise<void> {
  return tab.evaluate((away) => {
    const { video } = (globalThis as unknown as { shown: { video: HTMLVideoElement } }).shown;
    Object.assign(video.style, { position: 'absolute', top: away ? '10000px' : '0' });
  }, away);
}

const videoOf = () => conference.room.getPeerByName('bob')!.consumers.find(({ kind }) => kind === 'video')!;

/** Until pictures of this width are shown. */
async function waitForWidth(tab: Tab, width: number): Promise<void> {
  let seen = 0;
  await waitUntil(
    async () => {
      seen = await tab.evaluate(() => {
        const { video } = (globalThis as unknown as { shown: { video: HTMLVideoElement } }).shown;
        return video.videoWidth;
      });
      return seen === width;
    },
    20_000,
    () => `pictures are ${seen} wide, the profile is ${videoOf().effectiveProfile}`,
  );
}

/**
 * Until the picture is as wide as what the sender encodes for this rid, and goes on.
 *
 * Firefox's encoder for VP9 has all streams in one. When the first picture after streams were switched on has the lowest
 * alone, it sends the one above in the lowest one's size ever after, though it was configured with twice that.
 */
async function waitForWidthOf(tab: Tab, sender: Tab, rid: string): Promise<void> {
  let seen = {};
  const frames = () => tab.evaluate(() => participant.decoded('alice'));
  const before = await frames();
  await waitUntil(
    async () => {
      const { effectiveProfile } = videoOf();
      const sent = await widthSent(sender, rid);
      const shown = await tab.evaluate(() => {
        const { video } = (globalThis as unknown as { shown: { video: HTMLVideoElement } }).shown;
        return video.videoWidth;
      });
      const decoded = (await frames()) - before;
      seen = { effectiveProfile, sent, shown, decoded };
      return effectiveProfile === 'medium' && shown === sent && decoded > 15;
    },
    20_000,
    () => JSON.stringify(seen),
  );
}

function widthSent(tab: Tab, rid: string): Promise<number | undefined> {
  return tab.evaluate(async (rid) => {
    const stats = [...(await participant.producer('video').rtpSender!.getStats()).values()];
    return stats.find((each) => each.type === 'outbound-rtp' && each.rid === rid)?.frameWidth;
  }, rid);
}

type Sent = { active: boolean[]; modes: (string | undefined)[]; frames: number };

function sending(tab: Tab): Promise<Sent> {
  return tab.evaluate(async () => {
    const sender = participant.producer('video').rtpSender!;
    const encodings = sender.getParameters().encodings as (RTCRtpEncodingParameters & {
      scalabilityMode?: string;
    })[];
    const streams = [...(await sender.getStats()).values()].filter(({ type }) => type === 'outbound-rtp');
    return {
      active: encodings.map(({ active = true }) => active),
      modes: encodings.map(({ scalabilityMode }) => scalabilityMode),
      frames: streams.reduce((sum, { framesEncoded = 0 }) => sum + framesEncoded, 0),
    };
  });
}

async function waitForSending(tab: Tab, wanted: (sent: Sent) => boolean): Promise<void> {
  let sent: Sent | undefined;
  await waitUntil(
    async () => {
      sent = await sending(tab);
      return wanted(sent);
    },
    20_000,
    () => JSON.stringify(sent),
  );
}

const isActive =
  (...wanted: boolean[]) =>
  ({ active }: Sent) =>
    String(active) === String(wanted);

test('the layer follows the size of the element; unwatched layers are not encoded', async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  await publish(alice, { simulcast: true });
  await show(bob);
  await waitForWidth(bob, 320);
  expect(videoOf().effectiveProfile).toBe('low');
  await waitForSending(alice, isActive(true, false, false));

  await resize(bob, 640);
  await waitForWidth(bob, 640);
  await resize(bob, 1280);
  await waitForWidth(bob, 1280);
  expect(videoOf().effectiveProfile).toBe('high');
  expect((await sending(alice)).active).toEqual([true, true, true]);
});

test('what cannot be seen is not sent, and when nobody sees it not even encoded', async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  await publish(alice, { simulcast: true });
  await show(bob);
  await waitForWidth(bob, 320);
  await scrollAway(bob, true);
  await waitUntil(
    () => videoOf().hidden && videoOf().effectiveProfile === 'none',
    10_000,
    () => `hidden ${videoOf().hidden}, ${videoOf().effectiveProfile}`,
  );
  expect(videoOf().paused).toBe(false);
  await waitForSending(alice, isActive(false, false, false));

  await scrollAway(bob, false);
  await waitForSending(alice, isActive(true, false, false));
  const { frames } = await sending(alice);
  await waitForSending(alice, (sent) => sent.frames > frames + 5);
  await waitUntil(
    () => videoOf().effectiveProfile === 'low',
    10_000,
    () => videoOf().effectiveProfile,
  );
});

test.each(['VP9', 'AV1'])(
  'of SVC by %s the mode is lowered with the picture, and raised again',
  async (codec) => {
    const [alice, bob] = [await enter('alice'), await enter('bob')];
    await publish(alice, { svc: true, codec });
    const { rtpParameters, layerCount } = conference.room.getPeerByName('alice')!.producers[0]!;
    expect([rtpParameters.codecs[0]!.mimeType, layerCount]).toEqual([`video/${codec}`, 3]);
    await waitForSending(alice, ({ modes }) => modes[0] === 'L3T3_KEY');
    await show(bob);
    await waitForSending(alice, ({ modes }) => modes[0] === 'L1T3');
    await waitForWidth(bob, 320);
    await resize(bob, 1280);
    await waitForSending(alice, ({ modes }) => modes[0] === 'L3T3_KEY');
  },
);

test('Firefox sends simulcast in place of SVC, and only what is watched', async () => {
  const firefox = await launchFirefox({ microphone: 800 });
  try {
    const [alice, bob] = [await enter('alice', firefox), await enter('bob')];
    await publish(alice, { svc: true, codec: 'VP9' });
    const { rtpParameters } = conference.room.getPeerByName('alice')!.producers[0]!;
    expect(rtpParameters.encodings!.map(({ rid, scalabilityMode }) => [rid, scalabilityMode])).toEqual([
      ['q', undefined],
      ['h', undefined],
      ['f', undefined],
    ]);
    await show(bob);
    await waitForWidth(bob, 320);
    await waitForSending(alice, isActive(true, false, false));
    await resize(bob, 640);
    await waitForSending(alice, isActive(true, true, false));
    await waitForWidthOf(bob, alice, 'h');
  } finally {
    await firefox.close();
  }
});

test('a lost connection is heard of by everybody', async () => {
  const [alice] = [await enter('alice'), await enter('bob')];
  await publish(alice, { simulcast: true });
  await show(tabs[1]!);
  await waitForWidth(tabs[1]!, 320);
  const quality = () => tabs[1]!.evaluate(() => participant.theRoom().getPeerByName('alice')!.quality);
  expect(await quality()).toBe('excellent');
  // A browser that is gone without a word would take 30 seconds; this is what its DTLS says at once.
  await alice.evaluate(() => participant.transports().sending.connection!.close());
  await waitUntil(
    async () => (await quality()) === 'lost',
    10_000,
    () => conference.room.getPeerByName('alice')!.quality,
  );
});

test('the server may limit what a client sends, and lift that', async () => {
  const alice = await enter('alice');
  await alice.evaluate(async () => {
    await participant.publish([media.noisePicture({ colour: 'red' })]);
  });
  const bitrate = () =>
    alice.evaluate(async () => {
      const sent = async () => {
        const stats = [...(await participant.producer('video').getStats()).values()];
        return stats.reduce(
          (sum, { bytesSent = 0, type }) => sum + (type === 'outbound-rtp' ? bytesSent : 0),
          0,
        );
      };
      const before = await sent();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return ((await sent()) - before) * 8;
    });
  await enter('bob');
  await show(tabs[1]!);
  let measured = 0;
  const until = (enough: (bits: number) => boolean) =>
    waitUntil(
      async () => {
        measured = await bitrate();
        return enough(measured);
      },
      25_000,
      () => `${measured} bit/s`,
    );
  const transport = conference.room
    .getPeerByName('alice')!
    .transports.find(({ direction }) => direction === 'send')!;
  await until((bits) => bits > 500_000);
  await transport.setMaxBitrate(200_000);
  await until((bits) => bits < 250_000);
  await transport.setMaxBitrate(0);
  await until((bits) => bits > 500_000);
});
