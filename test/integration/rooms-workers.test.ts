/** A Room on two workers, as the workers see it. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { createServer, type Room, type Server } from '../../ts/server/index.js';
import { RoomClient, settle } from '../harness/room-client.js';
import { opusParameters, simulcastParameters } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];

let workers: core.Worker[] = [];
let routers: core.Router[] = [];
let server: Server;
let room: Room;

const workerOf = new WeakMap<core.Router, core.Worker>();

function watchWorker(worker: core.Worker): void {
  workers.push(worker);
  worker.observer.on('newrouter', (router) => {
    routers.push(router);
    workerOf.set(router, worker);
  });
}

async function enter(name: string): Promise<RoomClient> {
  const client = RoomClient.of(room);
  await client.join(name);
  await client.session.request('createTransport', { id: 't', direction: 'send' });
  await client.session.request('createTransport', { id: 'r', direction: 'recv' });
  return client;
}

/** Alice, on one worker, sends audio, simulcast video and messages; Bob and Dave, on the other, receive them. */
async function call() {
  const [alice, bob] = [await enter('alice'), await enter('bob')];
  const produce = (id: string, kind: 'audio' | 'video') => {
    const rtpParameters = kind === 'audio' ? opusParameters() : simulcastParameters();
    return alice.session.request('createProducer', { id, transportId: 't', kind, rtpParameters });
  };
  await produce('a', 'audio');
  await produce('v', 'video');
  const dave = await enter('dave');
  await alice.session.request('createDataProducer', {
    id: 'd',
    transportId: 't',
    streamId: 1,
    reliable: true,
  });
  await bob.hear('newDataConsumer');
  await receive(bob, bob.heard('newConsumer'));
  await receive(dave, room.getPeerByName('dave')!.consumers);
  return { alice, bob, dave };
}

async function receive(client: RoomClient, consumers: { id: string }[]): Promise<void> {
  const asked = consumers.map(({ id }) => ({ id, transportId: 'r' }));
  const enabled = await client.session.request('enableConsumers', { consumers: asked });
  expect(enabled.consumers.map(({ ok }) => ok)).toEqual([true, true]);
  await client.session.request('startConsumers', { ids: consumers.map(({ id }) => id) });
  const data = client.heard('newDataConsumer').map(({ id }) => ({ id, transportId: 'r' }));
  const outcomes = await client.session.request('enableDataConsumers', { consumers: data });
  expect(outcomes.consumers).toEqual(data.map(({ id }) => ({ id, ok: true, streamId: expect.any(Number) })));
  await client.session.request('startDataConsumers', { ids: data.map(({ id }) => id) });
}

/** Of each router: its transports, producers, consumers, data producers and data consumers. */
function inWorkers() {
  return Promise.all(
    routers
      .filter(({ closed }) => !closed)
      .map(async (router) => {
        const dump = await router.dump();
        const count = (entries: { values: string[] }[]) => entries.flatMap(({ values }) => values).length;
        const [media, data] = [dump.mapProducerIdConsumerIds, dump.mapDataProducerIdDataConsumerIds];
        return [dump.transportIds.length, media.length, count(media), data.length, count(data)];
      }),
  );
}

beforeEach(async () => {
  workers = [];
  routers = [];
  core.observer.on('newworker', watchWorker);
  server = await createServer({ numWorkers: 2, listenInfos });
  room = await server.createRoom();
});

afterEach(async () => {
  core.observer.off('newworker', watchWorker);
  await server.close();
});

test('what is sent is piped once, and consumed by many', async () => {
  await call();
  // Alice: two transports and the pipe, three pipe consumers. Bob and Dave: four transports and the pipe.
  expect(await inWorkers()).toEqual([
    [3, 2, 2, 1, 1],
    [5, 2, 4, 1, 2],
  ]);
});

test('pauses and ends cross', async () => {
  const { alice, bob } = await call();
  await alice.session.request('closeProducer', { id: 'v' });
  await alice.session.request('closeDataProducer', { id: 'd' });
  await bob.hear('dataConsumerClosed');
  await waitUntil(
    async () => JSON.stringify(await inWorkers()) === '[[3,1,1,0,0],[5,1,2,0,0]]',
    5_000,
    () => 'still there',
  );
});

test('who goes leaves nothing behind, nor does the last one a router', async () => {
  const { alice, bob, dave } = await call();
  await alice.session.request('leave', {});
  await bob.hear('peerClosed');
  await waitUntil(
    async () => JSON.stringify(await inWorkers()) === '[[4,0,0,0,0]]',
    5_000,
    () => 'still there',
  );
  for (const client of [bob, dave]) await client.session.request('leave', {});
  await settle();
  expect(
    (await Promise.all(workers.map((worker) => worker.dump()))).map(({ routerIds }) => routerIds),
  ).toEqual([[], []]);
});

test('a worker that dies takes its peers, and what they sent is gone at the other', async () => {
  const { alice, bob, dave } = await call();
  process.kill(workerOf.get(routers[0]!)!.pid, 'SIGKILL');
  expect(await alice.hear('closed')).toEqual({ reason: 'worker died' });
  expect(await bob.hear('peerClosed')).toMatchObject({ name: 'alice' });
  expect(room.peers.map(({ name }) => name)).toEqual(['bob', 'dave']);
  await waitUntil(
    async () => JSON.stringify(await inWorkers()) === '[[4,0,0,0,0]]',
    5_000,
    () => 'still there',
  );
  expect(dave.heard('closed')).toEqual([]);
  const again = await enter('alice');
  expect(room.peers).toHaveLength(3);
  expect(again.session.closed).toBe(false);
});

test('its dump and its log level are those of all workers', async () => {
  expect((await server.dump()).map((dump) => (dump as { pid: number }).pid)).toEqual(
    workers.map(({ pid }) => pid),
  );
  await server.updateSettings({ logLevel: 'warn' });
  await expect(server.updateSettings({ logLevel: 'loud' as 'warn' })).rejects.toThrow(TypeError);
});
