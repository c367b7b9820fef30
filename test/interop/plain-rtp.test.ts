/** FFmpeg, GStreamer and Chromium over plain transports: whoever receives says what is to be seen and heard. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  createWorker,
  type Producer,
  type Router,
  type SrtpCryptoSuite,
  type Worker,
} from '../../ts/server/core/index.js';
import { launchChromium } from '../harness/chromium.js';
import { ffmpeg } from '../harness/ffmpeg.js';
import { gstreamer } from '../harness/gstreamer.js';
import { joinRouter, serveMediasoup } from '../harness/mediasoup-tab.js';
import { type PlainOptions, plainCodecs, publish, watch } from '../harness/plain-media.js';
import type { Content, RtpTool } from '../harness/plain-streams.js';
import { isAlive } from '../harness/process.js';
import type { Program } from '../harness/program.js';
import type { TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';
import type { Web } from '../harness/web.js';

jest.setTimeout(60_000);

let worker: Worker;
let router: Router;
let programs: Program[] = [];

beforeAll(async () => {
  worker = await createWorker();
});

afterAll(() => worker?.close());

beforeEach(async () => {
  router = await worker.createRouter({ mediaCodecs: plainCodecs });
});

afterEach(async () => {
  router.close();
  await Promise.all(programs.map((program) => program.stop()));
  expect(programs.filter(({ pid }) => isAlive(pid))).toEqual([]);
  programs = [];
});

declare const client: typeof import('../harness/mediasoup-page.js');
declare const media: typeof import('../harness/media-page.js');

const hz = 700;
const frames = 20;
const picture = (codec: 'VP8' | 'H264'): Content => ({ codec, colour: 'red', keyFrameEvery: 15 });
const tone: Content = { codec: 'opus', hz };

async function publishFrom(tool: RtpTool, contents: Content[], options?: PlainOptions) {
  const published = await publish(router, tool, contents, options);
  programs.push(published.program);
  return published;
}

async function watchWith(tool: RtpTool, producers: Pick<Producer, 'id'>[], options?: PlainOptions) {
  const watched = await watch(router, tool, producers, options);
  programs.push(watched.program);
  return watched;
}

type Way = [from: RtpTool, codec: 'VP8' | 'H264', to: RtpTool, options: PlainOptions];
const ways: Way[] = [
  [ffmpeg, 'VP8', gstreamer, { rtcpMux: false }],
  [ffmpeg, 'H264', ffmpeg, { rtcpMux: true }],
  [gstreamer, 'VP8', ffmpeg, { rtcpMux: true }],
  [gstreamer, 'H264', gstreamer, { rtcpMux: false, comedia: false }],
];

test.each(ways.map(([from, codec, to, options]) => [from.name, codec, to.name, options, from, to] as const))(
  '%s publishes %s and Opus, %s shows and plays them: %j',
  async (_from, codec, _to, options, from, to) => {
    const { producers, transports } = await publishFrom(from, [picture(codec), tone], options);

    const { player } = await watchWith(to, producers, options);

    await player.waitForPictures('red', frames);
    await player.waitForTone(hz);
    for (const { tuple } of transports) expect(tuple).toMatchObject({ remoteIp: '127.0.0.1' });
  },
);

// Each suite each way, by each program that has it; what comes in by one suite goes out by another.
type SecureWay = [from: RtpTool, sent: SrtpCryptoSuite, to: RtpTool, received: SrtpCryptoSuite];
const secureWays: SecureWay[] = [
  [ffmpeg, 'AES_CM_128_HMAC_SHA1_80', gstreamer, 'AEAD_AES_256_GCM'],
  [ffmpeg, 'AES_CM_128_HMAC_SHA1_32', gstreamer, 'AES_CM_128_HMAC_SHA1_80'],
  [gstreamer, 'AES_CM_128_HMAC_SHA1_80', gstreamer, 'AES_CM_128_HMAC_SHA1_32'],
  [gstreamer, 'AES_CM_128_HMAC_SHA1_32', gstreamer, 'AEAD_AES_128_GCM'],
  [gstreamer, 'AEAD_AES_128_GCM', ffmpeg, 'AES_CM_128_HMAC_SHA1_32'],
  [gstreamer, 'AEAD_AES_256_GCM', ffmpeg, 'AES_CM_128_HMAC_SHA1_80'],
];

test.each(
  secureWays.map(([from, sent, to, received]) => [from.name, sent, to.name, received, from, to] as const),
)(
  '%s publishes by SRTP with %s, %s shows and plays with %s',
  async (_from, sent, _to, received, from, to) => {
    const { producers } = await publishFrom(from, [picture('VP8'), tone], { suite: sent });

    const { player } = await watchWith(to, producers, { suite: received });

    await player.waitForPictures('red', frames);
    await player.waitForTone(hz);
  },
);

test('who comes late gets a key frame from a publisher that makes none by itself', async () => {
  const never = { ...picture('VP8'), keyFrameEvery: 100_000 };
  const options = { rtcpMux: false, comedia: false };
  const { producers, program } = await publishFrom(gstreamer, [never], options);
  const isHeard = async () => ((await producers[0]!.getStats())[0]?.packetCount ?? 0) > 100;
  await waitUntil(isHeard, 10_000, program.state);

  for (const tool of [gstreamer, ffmpeg]) {
    const { player } = await watchWith(tool, producers);
    await player.waitForPictures('red', frames);
  }
});

describe('Chromium', () => {
  let browser: TestBrowser<Page>;
  let web: Web;

  beforeAll(async () => {
    browser = await launchChromium();
    web = await serveMediasoup();
  });

  afterAll(async () => {
    await browser?.close();
    await web?.close();
  });

  test.each([
    [ffmpeg.name, 'VP8', ffmpeg],
    [gstreamer.name, 'H264', gstreamer],
  ] as const)('shows and plays what %s publishes as %s', async (_, codec, tool) => {
    const { producers } = await publishFrom(tool, [picture(codec), tone]);
    const viewer = await joinRouter(browser, web, router);

    await viewer.tab.evaluate(
      async ([ids, pitch]) => {
        const [video, audio] = await client.receive(ids);
        await media.waitForPicture(video!, 'red', 10_000);
        await media.waitForTone(audio!, pitch, 10_000);
      },
      [producers.map(({ id }) => id), hz] as const,
    );

    expect(viewer.tab.errors).toEqual([]);
    await viewer.tab.close();
  });

  test.each([ffmpeg, gstreamer])('publishes what $name shows and plays', async (tool) => {
    const publisher = await joinRouter(browser, web, router);
    const ids = await publisher.tab.evaluate(
      async (pitch) => client.send([media.testPicture({ colour: 'red' }), await media.tone({ hz: pitch })]),
      hz,
    );

    const { player } = await watchWith(
      tool,
      ids.map((id) => ({ id })),
    );

    await player.waitForPictures('red', frames);
    await player.waitForTone(hz);
    await publisher.tab.close();
  });
});
