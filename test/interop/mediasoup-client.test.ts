import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createWorker, type Router, type Worker } from '../../ts/server/core/index.js';
import { launchChromium } from '../harness/chromium.js';
import type { Direction } from '../harness/mediasoup-page.js';
import { joinRouter, type Member, serveMediasoup } from '../harness/mediasoup-tab.js';
import { mediaCodecs } from '../harness/rtp-options.js';
import type { TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';
import type { Web } from '../harness/web.js';

jest.setTimeout(60_000);

let worker: Worker;
let router: Router;
let browser: TestBrowser<Page>;
let web: Web;

beforeAll(async () => {
  worker = await createWorker();
  router = await worker.createRouter({ mediaCodecs });
  // Three layers of a small picture: else Chromium sends the smaller ones only from 960x540 on.
  browser = await launchChromium({ fieldTrials: 'WebRTC-LegacySimulcastLayerLimit/Disabled/' });
  web = await serveMediasoup();
});

afterAll(async () => {
  await browser?.close();
  await web?.close();
  worker?.close();
});

declare const client: typeof import('../harness/mediasoup-page.js');
declare const media: typeof import('../harness/media-page.js');

const open = (where = router) => joinRouter(browser, web, where);

test('mediasoup-client sends and receives audio and video over our core', async () => {
  const [alice, bob] = [await open(), await open()];
  const producerIds = await alice.tab.evaluate(async () =>
    client.send([media.testPicture({ colour: 'red' }), await media.tone({ hz: 1000 })]),
  );
  expect(producerIds).toHaveLength(2);
  const states = await bob.tab.evaluate(async (ids: string[]) => {
    const [video, audio] = await client.receive(ids);
    await media.waitForPicture(video!, 'red', 10_000);
    await media.waitForTone(audio!, 1000, 10_000);
    return client.states();
  }, producerIds);
  expect(states).toEqual(['connected']);
  await hangUp(alice, bob);
});

/** A page that publishes, and another that shows it. */
async function call(publish: (member: Member) => Promise<string>, where = router) {
  const [alice, bob] = [await open(where), await open(where)];
  const id = await publish(alice);
  await bob.tab.evaluate(async (producerId: string) => {
    const [video] = await client.receive([producerId]);
    await media.waitForPicture(video!, 'red', 10_000);
  }, id);
  return { alice, bob, id };
}

const onePicture = ({ tab }: Member) =>
  tab.evaluate(() => client.produce({ track: media.testPicture({ colour: 'red' }) }));

const threeLayers = ({ tab }: Member, mimeType = 'video/VP8') =>
  tab.evaluate(
    (mimeType: string) =>
      client.produce({
        track: media.testPicture({ colour: 'red', size: { width: 640, height: 360 } }),
        encodings: [
          { rid: 'q', scaleResolutionDownBy: 4, scalabilityMode: 'L1T3' },
          { rid: 'h', scaleResolutionDownBy: 2, scalabilityMode: 'L1T3' },
          { rid: 'f', scaleResolutionDownBy: 1, scalabilityMode: 'L1T3' },
        ],
        codec: client.codec(mimeType),
      }),
    mimeType,
  );

const routerOf = (mimeType: string) =>
  worker.createRouter({ mediaCodecs: [{ kind: 'video', mimeType, clockRate: 90_000 }] });

async function hangUp(...members: Member[]): Promise<void> {
  for (const { tab } of members) {
    expect(tab.errors).toEqual([]);
    await tab.close();
  }
}

test('the picture goes on when both sides have restarted ICE', async () => {
  const { alice, bob, id } = await call(onePicture);
  const sides = [
    [alice, 'send'],
    [bob, 'recv'],
  ] as const;

  for (const [{ tab, transports }, direction] of sides) {
    const transport = transports.get(direction)!;
    const before = transport.iceParameters.usernameFragment;
    await tab.evaluate((way: Direction) => client.restartIce(way), direction);
    const { usernameFragment } = transport.iceParameters;
    expect(usernameFragment).not.toBe(before);
    // The page really sends its checks, and all else, by the new credentials.
    await waitUntil(
      async () =>
        (await tab.evaluate((way: Direction) => client.remoteUsername(way), direction)) === usernameFragment,
      5000,
      () => `${direction}: still under the old credentials`,
    );
    await bob.tab.evaluate((id: string) => media.waitForPicture(client.trackOf(id), 'red'), id);
  }

  await hangUp(alice, bob);
});

test('who replaces the track is seen with the new one', async () => {
  const { alice, bob, id } = await call(onePicture);

  await alice.tab.evaluate(
    (id: string) => client.producer(id).replaceTrack({ track: media.testPicture({ colour: 'blue' }) }),
    id,
  );

  await bob.tab.evaluate((id: string) => media.waitForPicture(client.trackOf(id), 'blue'), id);
  await hangUp(alice, bob);
});

const widthOf = ({ tab }: Member, id: string) =>
  tab.evaluate(async (id: string) => (await media.readPicture(client.trackOf(id))).width, id);

async function waitForWidth(member: Member, id: string, width: number): Promise<void> {
  let seen = 0;
  const isSeen = async () => {
    seen = await widthOf(member, id);
    return seen === width;
  };
  await waitUntil(isSeen, 15_000, () => `the picture is ${seen} wide, not ${width}`);
  await member.tab.evaluate((id: string) => media.waitForPicture(client.trackOf(id), 'red'), id);
}

test.each(['video/VP8', 'video/VP9', 'video/AV1'])(
  'of three layers each is seen where it is asked for (%s)',
  async (mimeType) => {
    const { alice, bob, id } = await call(
      (member) => threeLayers(member, mimeType),
      await routerOf(mimeType),
    );
    expect(alice.producers.get(id)).toMatchObject({ type: 'simulcast' });
    const consumer = bob.consumers.get(id)!;

    await waitForWidth(bob, id, 640);
    for (const [spatialLayer, width] of [
      [0, 160],
      [1, 320],
      [2, 640],
    ] as const) {
      await consumer.setPreferredLayers({ spatialLayer });
      await waitForWidth(bob, id, width);
      expect(consumer.currentLayers).toMatchObject({ spatialLayer });
    }
    await hangUp(alice, bob);
  },
);

const svc = ({ tab }: Member, mimeType: string, scalabilityMode: string) =>
  tab.evaluate(
    ({ mimeType, scalabilityMode }) =>
      client.produce({
        track: media.testPicture({ colour: 'red', size: { width: 1280, height: 720 } }),
        encodings: [{ scalabilityMode }],
        codec: client.codec(mimeType),
      }),
    { mimeType, scalabilityMode },
  );

test.each([
  ['video/VP9', 'L3T3'],
  ['video/VP9', 'L3T3_KEY'],
  ['video/AV1', 'L3T3'],
  ['video/AV1', 'L3T3_KEY'],
] as const)('of the layers in %s %s each is seen where it is asked for', async (mimeType, mode) => {
  const { alice, bob, id } = await call((member) => svc(member, mimeType, mode), await routerOf(mimeType));
  expect(alice.producers.get(id)).toMatchObject({ type: 'svc' });
  const consumer = bob.consumers.get(id)!;

  await waitForWidth(bob, id, 1280);
  for (const [spatialLayer, width] of [
    [0, 320],
    [1, 640],
    [2, 1280],
    [1, 640],
  ] as const) {
    await consumer.setPreferredLayers({ spatialLayer });
    await waitForWidth(bob, id, width);
    expect(consumer.currentLayers).toMatchObject({ spatialLayer });
  }
  await hangUp(alice, bob);
});

test('what a publisher no longer sends gives way to what it still sends', async () => {
  const { alice, bob, id } = await call((member) => threeLayers(member));
  await waitForWidth(bob, id, 640);

  await alice.tab.evaluate((id: string) => client.producer(id).setMaxSpatialLayer(0), id);
  await waitForWidth(bob, id, 160);

  await alice.tab.evaluate((id: string) => client.producer(id).setMaxSpatialLayer(2), id);
  await waitForWidth(bob, id, 640);
  await hangUp(alice, bob);
});
