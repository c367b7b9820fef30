import type { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { createServer, type Room, type Server, type ServerOptions } from '../../ts/server/index.js';
import { RoomClient } from '../harness/room-client.js';
import { opusParameters, simulcastParameters } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
const dtlsParameters = {
  role: 'client' as const,
  fingerprints: [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }],
};

let workers: core.Worker[] = [];
let routers: core.Router[] = [];
let server: Server;

function watchWorker(worker: core.Worker): void {
  workers.push(worker);
  worker.observer.on('newrouter', (router) => routers.push(router));
}

async function serve(options: ServerOptions = {}): Promise<Server> {
  server = await createServer({ numWorkers: 1, listenInfos, ...options });
  return server;
}

function produce(client: RoomClient, id: string, kind: 'audio' | 'video') {
  const rtpParameters = kind === 'audio' ? opusParameters() : simulcastParameters();
  return client.session.request('createProducer', { id, transportId: 't', kind, rtpParameters });
}

/** Alice sends audio 'a' and video 'v' on 't'; Bob receives both on 'r'. */
async function call() {
  const room = await server.createRoom();
  const [alice, bob] = [RoomClient.of(room), RoomClient.of(room)];
  await alice.join('alice', { appData: 'A' });
  await alice.session.request('createTransport', { id: 't', direction: 'send' });
  await produce(alice, 'a', 'audio');
  await produce(alice, 'v', 'video');
  await alice.session.request('connectTransport', { id: 't', dtlsParameters });
  const consumers = (await bob.join('bob')).flatMap((peer) => peer.consumers);
  await Promise.all([
    bob.session.request('createTransport', { id: 'r', direction: 'recv' }),
    bob.session.request('enableConsumers', {
      consumers: consumers.map(({ id }) => ({ id, transportId: 'r' })),
    }),
    bob.session.request('connectTransport', { id: 'r', dtlsParameters }),
    bob.session.request('startConsumers', { ids: consumers.map(({ id }) => id) }),
  ]);
  const peers = { alice: room.getPeerByName('alice')!, bob: room.getPeerByName('bob')! };
  const events = watch(room);
  alice.news();
  bob.news();
  return { room, alice, bob, peers, events, router: routers.at(-1)! };
}

/** Every 'close' and 'unhandled' of the room and all in it. */
function watch(room: Room): unknown[] {
  const events: unknown[] = [];
  const on = (what: string, emitter: EventEmitter) => {
    emitter.on('close', (...args: unknown[]) => events.push([what, ...args]));
    emitter.on('unhandled', () => events.push([`${what} unhandled`]));
  };
  on('room', room);
  for (const peer of room.peers) {
    on(peer.name, peer);
    for (const { id } of peer.transports) on(id, peer.getTransportById(id)!);
    for (const { id } of peer.producers) on(id, peer.getProducerById(id)!);
    for (const consumer of peer.consumers) on(`${consumer.source.id} at ${peer.name}`, consumer);
  }
  return events;
}

/** The worker's own view, once all that was asked of it is done. */
async function inWorker(router: core.Router) {
  const { transportIds, mapProducerIdConsumerIds } = await router.dump();
  const consumers = mapProducerIdConsumerIds.flatMap(({ values }) => values);
  return [transportIds.length, mapProducerIdConsumerIds.length, consumers.length];
}

beforeEach(() => {
  workers = [];
  routers = [];
  core.observer.on('newworker', watchWorker);
});

afterEach(async () => {
  core.observer.off('newworker', watchWorker);
  await server.close();
  expect(workers.map(({ subprocessClosed }) => subprocessClosed)).toEqual(workers.map(() => true));
});

describe.each(['process', 'thread'] as const)('rooms over a worker %s', (workerMode) => {
  beforeEach(() => serve({ workerMode }));

  test('a call has in the worker what it has here', async () => {
    const { peers, router, bob } = await call();
    expect(await inWorker(router)).toEqual([2, 2, 2]);
    expect(peers.bob.consumers.map(({ paused, enabled }) => [paused, enabled])).toEqual([
      [false, true],
      [false, true],
    ]);
    const { stats } = await bob.session.request('getStats', { of: 'transport', id: 'r' });
    expect(stats[0]).toMatchObject({ type: 'webrtc-transport' });
  });

  test('pausing reaches the worker, whoever wants it', async () => {
    const { peers, alice, bob, router } = await call();
    const consumer = peers.bob.consumers[1]!;
    await bob.session.request('pauseConsumer', { id: consumer.id });
    await alice.session.request('pauseProducer', { id: 'v' });
    consumer.pause();
    consumer.resume();
    await bob.hear('consumerPaused');
    await bob.session.request('resumeConsumer', { id: consumer.id });
    await bob.session.request('setConsumerPreferredProfile', { id: consumer.id, profile: 'low' });
    expect([consumer.paused, consumer.sourcePaused]).toEqual([true, true]);
    expect(await inWorker(router)).toEqual([2, 2, 2]);
  });
});

describe('closing, in the worker and at every side', () => {
  beforeEach(() => serve());

  type Call = Awaited<ReturnType<typeof call>>;
  type Row = {
    close(call: Call): unknown;
    events: unknown[];
    alice: string[];
    bob: string[];
    worker: number[];
  };
  const producersClose = (originator: string) => [
    ['a', originator, undefined],
    ['a at bob', 'source', undefined],
    ['v', originator, undefined],
    ['v at bob', 'source', undefined],
  ];
  const rows: Record<string, Row> = {
    'peer.close': {
      close: ({ peers }) => peers.alice.close('bye'),
      events: [['alice', 'local', 'bye'], ...producersClose('local'), ['t', 'local', undefined]],
      alice: ['closed'],
      bob: ['peerClosed'],
      worker: [1, 0, 0],
    },
    'leave of a client': {
      close: ({ alice }) => alice.session.request('leave', { appData: 'bye' }),
      events: [['alice', 'remote', 'bye'], ...producersClose('remote'), ['t', 'remote', undefined]],
      alice: [],
      bob: ['peerClosed'],
      worker: [1, 0, 0],
    },
    'loss of the signalling': {
      close: ({ alice }) => alice.port.close(),
      events: [['alice', 'remote', undefined], ...producersClose('remote'), ['t', 'remote', undefined]],
      alice: [],
      bob: ['peerClosed'],
      worker: [1, 0, 0],
    },
    'transport.close of who sends': {
      close: ({ peers }) => peers.alice.transports[0]!.close('bye'),
      events: [['t', 'local', 'bye'], ...producersClose('local')],
      alice: ['transportClosed'],
      bob: ['consumerClosed', 'consumerClosed'],
      worker: [1, 0, 0],
    },
    'transport.close of who receives': {
      close: ({ peers }) => peers.bob.transports[0]!.close(),
      events: [['r', 'local', undefined], ['a at bob unhandled'], ['v at bob unhandled']],
      alice: [],
      bob: ['transportClosed'],
      worker: [1, 2, 0],
    },
    'closeTransport of a client': {
      close: ({ alice }) => alice.session.request('closeTransport', { id: 't' }),
      events: [['t', 'remote', undefined], ...producersClose('local')],
      alice: [],
      bob: ['consumerClosed', 'consumerClosed'],
      worker: [1, 0, 0],
    },
    'producer.close': {
      close: ({ peers }) => peers.alice.getProducerById('v')!.close('bye'),
      events: [
        ['v', 'local', 'bye'],
        ['v at bob', 'source', 'bye'],
      ],
      alice: ['producerClosed'],
      bob: ['consumerClosed'],
      worker: [2, 1, 1],
    },
    'closeProducer of a client': {
      close: ({ alice }) => alice.session.request('closeProducer', { id: 'v' }),
      events: [
        ['v', 'remote', undefined],
        ['v at bob', 'source', undefined],
      ],
      alice: [],
      bob: ['consumerClosed'],
      worker: [2, 1, 1],
    },
    'consumer.close': {
      close: ({ peers }) => peers.bob.consumers[0]!.close(),
      events: [['a at bob', 'local', undefined]],
      alice: [],
      bob: ['consumerClosed'],
      worker: [2, 2, 1],
    },
  };

  test.each(Object.entries(rows))('%s', async (_name, row) => {
    const parts = await call();
    await row.close(parts);
    const { events, alice, bob, room, router } = parts;
    const complete = () => alice.told.length >= row.alice.length && bob.told.length >= row.bob.length;
    await waitUntil(
      () => complete() && events.length >= row.events.length,
      5_000,
      () => JSON.stringify(events),
    );
    expect(events).toEqual(row.events);
    expect(await inWorker(router)).toEqual(row.worker);
    expect([alice.news(), bob.news()]).toEqual([row.alice, row.bob]);
    // The room goes on.
    expect((await RoomClient.of(room).join('carol')).at(-1)!.name).toBe('bob');
  });

  test('room.close', async () => {
    const { room, alice, bob, events, router } = await call();
    room.close('bye');
    for (const client of [alice, bob]) {
      expect(await client.hear('closed')).toEqual({ reason: 'room closed', appData: 'bye' });
      expect(client.news()).toEqual(['closed']);
    }
    expect(events[0]).toEqual(['room', 'room closed', 'bye']);
    expect(events).toHaveLength(9);
    expect((await workers[0]!.dump()).routerIds).toEqual([]);
    expect(router.closed).toBe(true);
  });

  test('server.close', async () => {
    const { alice, bob, events } = await call();
    const closing = server.close();
    for (const client of [alice, bob])
      expect(await client.hear('closed')).toEqual({ reason: 'server closed' });
    await closing;
    expect(events[0]).toEqual(['room', 'server closed', undefined]);
  });

  test('the death of a worker; who was on it may join again, on its successor', async () => {
    const { alice, bob, events, room } = await call();
    const died = new Promise<Error>((resolve) => server.once('workerdied', resolve));
    process.kill(workers[0]!.pid, 'SIGKILL');
    for (const client of [alice, bob]) expect(await client.hear('closed')).toEqual({ reason: 'worker died' });
    expect(events).toContainEqual(['alice', 'local', undefined]);
    expect(events).not.toContainEqual(['room', expect.anything(), undefined]);
    expect((await died).message).toContain('SIGKILL');
    expect(await server.openRoom(room.id)).toBe(room);
    expect(await RoomClient.of(room).join('alice')).toEqual([]);
    expect([server.numWorkers, workers.length]).toEqual([1, 2]);
  });

  test('a transport and all on it, while it is being asked', async () => {
    const { peers, bob, router } = await call();
    const asked = Promise.allSettled([
      bob.session.request('getStats', { of: 'transport', id: 'r' }),
      bob.session.request('restartTransport', { id: 'r' }),
      bob.session.request('requestKeyFrame', { id: peers.bob.consumers[1]!.id }),
      bob.session.request('closeTransport', { id: 'r' }),
      bob.session.request('restartTransport', { id: 'r' }),
    ]);
    expect((await asked).map(({ status }) => status)).toEqual([...Array(4).fill('fulfilled'), 'rejected']);
    expect(await inWorker(router)).toEqual([1, 2, 0]);
  });
});

describe('clients that misbehave', () => {
  beforeEach(() => serve());

  test('get named errors, and the room goes on', async () => {
    const { room, alice, bob, peers, router } = await call();
    const mallory = RoomClient.of(room);
    const fails = (asked: Promise<unknown>, name: string) =>
      expect(asked).rejects.toHaveProperty('name', name);
    await fails(
      mallory.session.request('createTransport', { id: 't', direction: 'send' }),
      'InvalidStateError',
    );
    await fails(mallory.join('alice'), 'DuplicatePeerError');
    await mallory.join('mallory');
    await mallory.session.request('createTransport', { id: 't', direction: 'send' });
    await fails(mallory.session.request('pauseProducer', { id: 'v' }), 'NotFoundError');
    await fails(
      mallory.session.request('requestKeyFrame', { id: peers.bob.consumers[0]!.id }),
      'NotFoundError',
    );
    await fails(mallory.session.request('explode' as never, {} as never), 'UnknownMethodError');
    const duplicate = simulcastParameters();
    await produce(mallory, 'm', 'audio');
    await fails(produce(mallory, 'm2', 'audio'), 'BadRequestError');
    await fails(
      mallory.session.request('createProducer', {
        id: 'm3',
        transportId: 't',
        kind: 'video',
        rtpParameters: {
          ...duplicate,
          codecs: [{ mimeType: 'video/flipbook', payloadType: 96, clockRate: 90000 }],
        },
      }),
      'UnsupportedError',
    );
    await fails(
      mallory.session.request('connectTransport', { id: 't', dtlsParameters: { fingerprints: [] } }),
      'BadRequestError',
    );
    for (const text of ['{', '[]', '{"type":"request","id":1}', 'x'.repeat(1_048_577)])
      mallory.port.send(text);
    mallory.port.close();
    await bob.hear('peerClosed');
    expect(await inWorker(router)).toEqual([2, 2, 2]);
    expect(await alice.session.request('restartTransport', { id: 't' })).toBeDefined();
  });

  test('may come and go a hundred times', async () => {
    const { room, router, alice } = await call();
    await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const client = RoomClient.of(room);
        const consumers = (await client.join(`guest ${index}`)).flatMap((peer) => peer.consumers);
        void client.session.request('createTransport', { id: 'r', direction: 'recv' }).catch(() => {});
        const asked = consumers.map(({ id }) => ({ id, transportId: 'r' }));
        void client.session.request('enableConsumers', { consumers: asked }).catch(() => {});
        if (index % 2) await client.session.request('leave', {});
        client.port.close();
      }),
    );
    await waitUntil(
      () => room.peers.length === 2,
      10_000,
      () => `${room.peers.length} peers`,
    );
    await waitUntil(
      () => alice.heard('peerClosed').length === 100,
      5_000,
      () => `${alice.told.length} told`,
    );
    expect(await inWorker(router)).toEqual([2, 2, 2]);
  });
});
