/** Chromium where only TCP gets through (RFC 6544), alone and through a WebRtcServer. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  createWorker,
  type Router,
  type WebRtcServer,
  type WebRtcTransportOptions,
  type Worker,
} from '../../ts/server/core/index.js';
import { launchChromium } from '../harness/chromium.js';
import { joinRouter, type Member, serveMediasoup } from '../harness/mediasoup-tab.js';
import { mediaCodecs } from '../harness/rtp-options.js';
import type { TestBrowser } from '../harness/tab.js';
import { waitUntil } from '../harness/wait.js';
import type { Web } from '../harness/web.js';

jest.setTimeout(60_000);

const ip = '127.0.0.1';
let worker: Worker;
let router: Router;
let webRtcServer: WebRtcServer;
let browser: TestBrowser<Page>;
let web: Web;

beforeAll(async () => {
  worker = await createWorker();
  router = await worker.createRouter({ mediaCodecs });
  webRtcServer = await worker.createWebRtcServer({
    listenInfos: [
      { protocol: 'udp', ip },
      { protocol: 'tcp', ip },
    ],
  });
  browser = await launchChromium();
  web = await serveMediasoup();
});

afterAll(async () => {
  await browser?.close();
  await web?.close();
  worker?.close();
});

declare const client: typeof import('../harness/mediasoup-page.js');
declare const media: typeof import('../harness/media-page.js');

const join = (transport: WebRtcTransportOptions) => joinRouter(browser, web, router, { transport });
const publish = ({ tab }: Member) =>
  tab.evaluate(async () =>
    client.send([media.testPicture({ colour: 'red' }), await media.tone({ hz: 700 })]),
  );
const watch = ({ tab }: Member, ids: string[]) =>
  tab.evaluate(async (producerIds) => {
    const [video, audio] = await client.receive(producerIds);
    await media.waitForPicture(video!, 'red', 10_000);
    await media.waitForTone(audio!, 700, 10_000);
  }, ids);

const overTcp: [string, () => WebRtcTransportOptions][] = [
  [
    'a TCP port of its own',
    () => ({ listenInfos: [{ protocol: 'tcp', ip }], enableUdp: false, enableTcp: true }),
  ],
  ['the TCP port of a WebRtcServer', () => ({ webRtcServer, enableUdp: false, enableTcp: true })],
];

test.each(overTcp)('picture and tone come and go through %s', async (_, options) => {
  const [alice, bob] = [await join(options()), await join(options())];

  await watch(bob, await publish(alice));

  const transports = [alice.transports.get('send')!, bob.transports.get('recv')!];
  for (const transport of transports) {
    const { iceCandidates, iceSelectedTuple } = transport;
    expect(iceCandidates).toMatchObject([{ protocol: 'tcp', tcpType: 'passive', port: expect.any(Number) }]);
    expect(iceSelectedTuple).toMatchObject({ protocol: 'tcp', localPort: iceCandidates[0]!.port });
  }

  await alice.tab.close();
  await bob.tab.close();

  await waitUntil(
    () => transports.every(({ iceState }) => iceState === 'disconnected'),
    5000,
    () => transports.map(({ iceState }) => iceState).join(),
  );
});

test('one WebRtcServer serves some by UDP and others by TCP, on one port each', async () => {
  const alice = await join({ webRtcServer, enableUdp: true, enableTcp: false });
  const bob = await join({ webRtcServer, enableUdp: false, enableTcp: true });
  const carol = await join({ webRtcServer, enableUdp: true, enableTcp: true, preferTcp: true });

  const ids = await publish(alice);
  await Promise.all([watch(bob, ids), watch(carol, ids)]);

  const { udpSockets, tcpServers } = await webRtcServer.dump();
  expect([udpSockets, tcpServers]).toMatchObject([[{ ip }], [{ ip }]]);
  expect(alice.transports.get('send')!.iceSelectedTuple).toMatchObject({
    protocol: 'udp',
    localPort: udpSockets[0]!.port,
  });
  expect(bob.transports.get('recv')!.iceSelectedTuple).toMatchObject({
    protocol: 'tcp',
    localPort: tcpServers[0]!.port,
  });
  expect(
    carol.transports
      .get('recv')!
      .iceCandidates.map(({ protocol }) => protocol)
      .sort(),
  ).toEqual(['tcp', 'udp']);
  for (const { tab } of [alice, bob, carol]) await tab.close();
});
