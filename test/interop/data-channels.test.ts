/** Data channels of Chromium and libdatachannel: this program echoes every message, which comes back as it was. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import nodeDataChannel from 'node-datachannel';
import type { Page } from 'playwright-core';
import { createWorker, type Router, type Worker } from '../../ts/server/core/index.js';
import { launchChromium } from '../harness/chromium.js';
import { dataAnswer, fingerprintIn } from '../harness/data-sdp.js';
import { cleanUp, hold } from '../harness/libdatachannel.js';
import { joinRouter, type MemberOptions, serveMediasoup } from '../harness/mediasoup-tab.js';
import { type UdpRelay, udpRelay } from '../harness/relay.js';
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
  browser = await launchChromium();
  web = await serveMediasoup();
});

afterAll(async () => {
  await browser?.close();
  await web?.close();
  worker?.close();
  cleanUp();
});

declare const client: typeof import('../harness/mediasoup-page.js');

const join = (options?: MemberOptions) => joinRouter(browser, web, router, options);
const inOrder = (count: number) => Array.from({ length: count }, (_, number) => number);

test('a thousand messages from one byte to 256 KiB come back whole and in order', async () => {
  const { tab } = await join();

  const { came, bytes } = await tab.evaluate(async () => {
    const out = await client.produceData({ label: 'reliable' });
    const back = await client.echoOf(out.id);
    return client.echo(out, back, {
      seed: 1,
      count: 1000,
      smallest: 1,
      largest: 262_144,
      inFlight: 1_000_000,
    });
  });

  expect(came).toEqual(inOrder(1000));
  expect(bytes).toBeGreaterThan(10_000_000);
  expect(tab.errors).toEqual([]);
  await tab.close();
});

test('text, bytes and nothing keep their kind', async () => {
  const { tab, dataProducers } = await join();

  const came = await tab.evaluate(async () => {
    const out = await client.produceData({ label: 'kinds', protocol: 'test' });
    const back = await client.echoOf(out.id);
    const received: (string | ArrayBuffer)[] = [];
    back.on('message', (message) => received.push(message));
    const sent = ['', 'ä€😀', new Uint8Array(), new Uint8Array([0, 255]), 'x', ''];
    for (const message of sent) out.send(message);
    while (received.length < sent.length) await new Promise((resolve) => back.once('message', resolve));
    return received.map((message) => (typeof message === 'string' ? message : [...new Uint8Array(message)]));
  });

  expect(came).toEqual(['', 'ä€😀', [], [0, 255], 'x', '']);
  const [producer] = dataProducers.values();
  expect(producer).toMatchObject({ label: 'kinds', protocol: 'test', type: 'sctp' });
  expect(await producer!.getStats()).toMatchObject([{ messagesReceived: 6, label: 'kinds' }]);
  await tab.close();
});

test('through a link that loses datagrams: all of the reliable ones, and whole what comes of the others', async () => {
  const port = await freePort();
  const relay = await udpRelay({ to: { address: '127.0.0.1', port }, seed: 3 });
  const { tab } = await join(behind(relay, port));
  try {
    // Connecting is not what is tested.
    await tab.evaluate(async () => client.echoOf((await client.produceData({ label: 'first' })).id));
    for (const link of [relay.up, relay.down]) link.set({ loss: 0.05, delay: 5 });

    const { reliable, unreliable } = await tab.evaluate(async () => {
      const safe = await client.produceData({ label: 'safe' });
      const lossy = await client.produceData({ label: 'lossy', ordered: false, maxRetransmits: 0 });
      const [safeBack, lossyBack] = [await client.echoOf(safe.id), await client.echoOf(lossy.id)];
      const sizes = { smallest: 20, largest: 3000 };
      const [reliable, unreliable] = await Promise.all([
        client.echo(safe, safeBack, { seed: 4, count: 300, ...sizes }),
        client.echo(lossy, lossyBack, { seed: 5, count: 300, ...sizes, quiet: 3000 }),
      ]);
      return { reliable: reliable!.came, unreliable: unreliable!.came };
    });

    expect(reliable).toEqual(inOrder(300));
    expect(unreliable).not.toContain(-1);
    expect(new Set(unreliable).size).toBe(unreliable.length);
    expect(unreliable.length).toBeGreaterThan(150);
    expect(unreliable.length).toBeLessThan(300);
    expect(relay.up.counts.lost).toBeGreaterThan(0);
  } finally {
    await tab.close();
    await relay.close();
  }
});

/** The page is told of the relay's port in place of the worker's. */
function behind(relay: UdpRelay, port: number): MemberOptions {
  return {
    transport: { listenInfos: [{ protocol: 'udp', ip: '127.0.0.1', port }], enableSctp: true },
    candidates: (all) => all.map((candidate) => ({ ...candidate, port: relay.port })),
  };
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  const closed = once(socket, 'close');
  socket.close();
  await closed;
  return port;
}

test('libdatachannel, which has no media, and so offers no SRTP', async () => {
  const transport = await router.createWebRtcTransport({
    listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    enableSctp: true,
  });
  const peer = new nodeDataChannel.PeerConnection('client', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    maxMessageSize: 262_144,
  });
  try {
    const description = new Promise<string>((resolve) => peer.onLocalDescription((sdp) => resolve(sdp)));
    const channel = hold(peer.createDataChannel('both ways', { negotiated: true, id: 0 }));
    const offer = await description;
    peer.setRemoteDescription(dataAnswer(transport), 'answer');
    await transport.connect({ dtlsParameters: { role: 'client', fingerprints: [fingerprintIn(offer)] } });
    await waitUntil(
      () => channel.isOpen() && transport.sctpState === 'connected',
      10_000,
      () => `ICE ${transport.iceState}, DTLS ${transport.dtlsState}, SCTP ${transport.sctpState}`,
    );
    const direct = await router.createDirectTransport();
    const producer = await transport.produceData({ sctpStreamParameters: { streamId: 0, ordered: true } });
    const incoming = await direct.consumeData({ dataProducerId: producer.id });
    const outgoing = await direct.produceData();
    incoming.on('message', (message, ppid) => outgoing.send(message, ppid));
    const consumer = await transport.consumeData({ dataProducerId: outgoing.id });
    // The streams of a data channel have one id (RFC 8831, 6.4): each direction counts by itself.
    expect(consumer.sctpStreamParameters).toMatchObject({ streamId: 0 });
    const received: (string | Buffer)[] = [];
    channel.onMessage((message) => received.push(message as string | Buffer));

    const sent = ['text', Buffer.from([1, 2, 3]), Buffer.alloc(262_144, 7)];
    for (const message of sent) {
      if (typeof message === 'string') channel.sendMessage(message);
      else channel.sendMessageBinary(message);
    }
    await waitUntil(
      () => received.length === sent.length,
      10_000,
      () => `${received.length} of ${sent.length} came back`,
    );

    expect(received).toEqual(sent);
  } finally {
    peer.close();
    transport.close();
  }
});
