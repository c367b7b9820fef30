/** A room on two workers: what is published at the first is watched at the second, through a pipe. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  createWorker,
  type DirectTransport,
  type PipeToRouterOptions,
  type Router,
  type Worker,
} from '../../ts/server/core/index.js';
import { launchChromium } from '../harness/chromium.js';
import { joinRouter, type Member, serveMediasoup } from '../harness/mediasoup-tab.js';
import { mediaCodecs } from '../harness/rtp-options.js';
import type { TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';
import type { Web } from '../harness/web.js';

jest.setTimeout(60_000);

let workers: Worker[];
let near: Router;
let far: Router;
let browser: TestBrowser<Page>;
let web: Web;

beforeAll(async () => {
  workers = await Promise.all([createWorker(), createWorker()]);
  browser = await launchChromium({ fieldTrials: 'WebRTC-LegacySimulcastLayerLimit/Disabled/' });
  web = await serveMediasoup();
});

afterAll(async () => {
  await browser?.close();
  await web?.close();
  for (const worker of workers) worker.close();
});

beforeEach(async () => {
  [near, far] = (await Promise.all(workers.map((worker) => worker.createRouter({ mediaCodecs })))) as [
    Router,
    Router,
  ];
});

afterEach(() => {
  near.close();
  far.close();
});

declare const client: typeof import('../harness/mediasoup-page.js');
declare const media: typeof import('../harness/media-page.js');

const publish = ({ tab }: Member) =>
  tab.evaluate(async () => {
    const encodings = [4, 2, 1].map((scaleResolutionDownBy, index) => ({
      rid: `r${index}`,
      scaleResolutionDownBy,
      scalabilityMode: 'L1T3',
    }));
    const picture = media.testPicture({ colour: 'red', size: { width: 640, height: 360 } });
    return [
      await client.produce({ track: picture, encodings }),
      await client.produce({ track: await media.tone({ hz: 700 }) }),
    ] as const;
  });

async function waitForWidth({ tab }: Member, id: string, width: number): Promise<void> {
  await waitUntil(
    async () =>
      (await tab.evaluate(async (id: string) => (await media.readPicture(client.trackOf(id))).width, id)) ===
      width,
    15_000,
    () => `the picture is not ${width} wide`,
  );
}

const pipes: Partial<PipeToRouterOptions>[] = [
  {},
  { enableSrtp: true },
  { enableRtx: true, enableSrtp: true },
];

test.each(pipes)('picture, layers, tone, pause and end come through a pipe: %j', async (options) => {
  const alice = await joinRouter(browser, web, near);
  const bob = await joinRouter(browser, web, far);
  const [video, audio] = await publish(alice);
  for (const producerId of [video, audio]) {
    const { pipeConsumer, pipeProducer } = await near.pipeToRouter({ producerId, router: far, ...options });
    expect(pipeConsumer).toMatchObject({ producerId, type: 'pipe' });
    expect(pipeProducer).toMatchObject({ id: producerId, paused: false });
  }

  await bob.tab.evaluate(
    async ([videoId, audioId]) => {
      const [picture, sound] = await client.receive([videoId, audioId]);
      await media.waitForPicture(picture!, 'red', 10_000);
      await media.waitForTone(sound!, 700, 10_000);
    },
    [video, audio] as const,
  );

  const consumer = bob.consumers.get(video)!;
  expect(consumer).toMatchObject({ type: 'simulcast' });
  await consumer.setPreferredLayers({ spatialLayer: 0 });
  await waitForWidth(bob, video, 160);
  await consumer.setPreferredLayers({ spatialLayer: 2 });
  await waitForWidth(bob, video, 640);

  const heard: string[] = [];
  consumer.on('producerpause', () => heard.push('pause'));
  consumer.on('producerresume', () => heard.push('resume'));
  consumer.on('producerclose', () => heard.push('close'));
  await alice.producers.get(video)!.pause();
  await bob.tab.evaluate((id: string) => media.waitForStill(client.trackOf(id), 500), video);
  await alice.producers.get(video)!.resume();
  await bob.tab.evaluate((id: string) => media.waitForPicture(client.trackOf(id), 'red'), video);
  alice.producers.get(video)!.close();
  await bob.tab.evaluate((id: string) => media.waitForStill(client.trackOf(id), 500), video);
  await bob.tab.evaluate((id: string) => media.waitForTone(client.trackOf(id), 700), audio);

  expect(heard).toEqual(['pause', 'resume', 'close']);
  expect(consumer.closed).toBe(true);
  for (const { tab } of [alice, bob]) {
    expect(tab.errors).toEqual([]);
    await tab.close();
  }
});

test('messages of a browser come through a pipe', async () => {
  const alice = await joinRouter(browser, web, near);
  const bob = await joinRouter(browser, web, far);
  const dataProducerId = await alice.tab.evaluate(async () => {
    const out = await client.produceData({ label: 'chat' });
    Object.assign(globalThis, { out });
    return out.id;
  });
  await near.pipeToRouter({ dataProducerId, router: far });
  await bob.tab.evaluate(async (id: string) => {
    const back = await client.consumeData(id);
    const received: unknown[] = [];
    Object.assign(globalThis, { received });
    back.on('message', (message) =>
      received.push(typeof message === 'string' ? message : (message as ArrayBuffer).byteLength),
    );
  }, dataProducerId);

  await alice.tab.evaluate(() => {
    for (const message of ['first', new Uint8Array(262_144), '', 'last']) out.send(message);
  });

  await waitUntil(
    async () => (await bob.tab.evaluate(() => received.length)) === 4,
    10_000,
    () => 'not all messages arrived',
  );
  expect(await bob.tab.evaluate(() => received)).toEqual(['first', 262_144, '', 'last']);
  for (const { tab } of [alice, bob]) await tab.close();
});

declare const out: { send(message: string | Uint8Array): void };
declare const received: unknown[];

test('who has a subchannel gets what is sent to it, on the other worker as on this', async () => {
  const [here, there] = [await near.createDirectTransport(), await far.createDirectTransport()];
  const producer = await here.produceData({ label: 'rooms' });
  await near.pipeToRouter({ dataProducerId: producer.id, router: far });
  const listen = async (transport: DirectTransport, subchannels: number[]): Promise<string[]> => {
    const messages: string[] = [];
    const consumer = await transport.consumeData({ dataProducerId: producer.id, subchannels });
    consumer.on('message', (message) => messages.push(message.toString()));
    return messages;
  };
  const all = [
    await listen(here, [1]),
    await listen(there, [1]),
    await listen(there, [2]),
    await listen(there, [1, 2]),
    await listen(there, []),
  ];

  producer.send('to everybody');
  producer.send('to one', undefined, [1]);
  producer.send('to both', undefined, [1, 2]);
  producer.send('to one, but only of two', undefined, [1], 2);
  producer.send('to one, without two', undefined, [1], undefined, 2);
  producer.send('the end');

  await waitUntil(
    () => all.every((messages) => messages.at(-1) === 'the end'),
    5000,
    () => JSON.stringify(all),
  );
  const [ones, , twos, both, nobody] = all;
  expect(all[1]).toEqual(ones);
  expect(ones).toEqual(['to everybody', 'to one', 'to both', 'to one, without two', 'the end']);
  expect(twos).toEqual(['to everybody', 'to both', 'the end']);
  expect(both).toEqual(['to everybody', 'to one', 'to both', 'to one, but only of two', 'the end']);
  expect(nobody).toEqual(['to everybody', 'the end']);
});
