import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { createWorker, type Router, type WebRtcTransport, type Worker } from '../../ts/server/core/index.js';
import type { MediaKind, RtpCapabilities, RtpParameters } from '../../ts/shared/rtp/rtp-parameters.js';
import type { DtlsParameters } from '../../ts/shared/transport-parameters.js';
import { launchChromium } from '../harness/chromium.js';
import type { Tab, TestBrowser } from '../harness/tab.js';
import { bundle, pageOf, serveMedia } from '../harness/web.js';

jest.setTimeout(60_000);

const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
] as const;

let worker: Worker;
let router: Router;
let browser: TestBrowser<Page>;
let web: { url: string; close(): Promise<void> };
const tabs: Tab[] = [];

/** All that requests may carry. */
type Asked = {
  id: string;
  transportId: string;
  producerId: string;
  kind: MediaKind;
  dtlsParameters: DtlsParameters;
  rtpParameters: RtpParameters;
  rtpCapabilities: RtpCapabilities;
};

/** What the page asks for by `server(method, data)`, done with the core API as an application would. */
async function serve(tab: Tab): Promise<void> {
  const transports = new Map<string, WebRtcTransport>();
  const consumers = new Map<string, { resume(): Promise<void> }>();
  const requests: Record<string, (data: Asked) => Promise<unknown>> = {
    capabilities: async () => router.rtpCapabilities,
    async createTransport() {
      const transport = await router.createWebRtcTransport({
        listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
      });
      transports.set(transport.id, transport);
      const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
      return { id, iceParameters, iceCandidates, dtlsParameters };
    },
    connect: ({ id, dtlsParameters }) => transports.get(id)!.connect({ dtlsParameters }),
    async produce({ transportId, kind, rtpParameters }) {
      const producer = await transports.get(transportId)!.produce({ kind, rtpParameters });
      return { id: producer.id };
    },
    async consume({ transportId, producerId, rtpCapabilities }) {
      const consumer = await transports
        .get(transportId)!
        .consume({ producerId, rtpCapabilities, paused: true });
      consumers.set(consumer.id, consumer);
      const { id, kind, rtpParameters } = consumer;
      return { id, producerId, kind, rtpParameters };
    },
    resume: ({ id }) => consumers.get(id)!.resume(),
  };
  await (tab.page as Page).exposeFunction('server', (method: string, data: Asked) => requests[method]!(data));
}

beforeAll(async () => {
  worker = await createWorker();
  router = await worker.createRouter({ mediaCodecs: [...mediaCodecs] });
  browser = await launchChromium();
  web = await serveMedia({
    '/call': pageOf('/media.js', '/client.js'),
    '/client.js': await bundle(new URL('./mediasoup-page.ts', import.meta.url).pathname, 'client'),
  });
});

afterAll(async () => {
  await browser?.close();
  await web?.close();
  worker?.close();
});

async function open(): Promise<Tab> {
  const tab = await browser.newPage(`${web.url}call`);
  tabs.push(tab);
  await serve(tab);
  await tab.evaluate(() => client.load());
  return tab;
}

declare const client: typeof import('./mediasoup-page.js');
declare const media: typeof import('../harness/media-page.js');

test('mediasoup-client sends and receives audio and video over our core', async () => {
  const alice = await open();
  const bob = await open();
  const producerIds = await alice.evaluate(async () =>
    client.send([media.testPicture({ colour: 'red' }), await media.tone({ hz: 1000 })]),
  );
  expect(producerIds).toHaveLength(2);
  const seen = await bob.evaluate(async (ids: string[]) => {
    const [video, audio] = await client.receive(ids);
    const picture = await media.waitForPicture(video!, 'red', 10_000);
    const tone = await media.waitForTone(audio!, 1000, 10_000);
    return { picture, tone, states: client.states() };
  }, producerIds);
  expect(seen.states).toEqual(['connected']);
  expect(alice.errors).toEqual([]);
  expect(bob.errors).toEqual([]);
});
