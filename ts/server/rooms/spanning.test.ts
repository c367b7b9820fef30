import type { FakeRouter, FakeWorker } from '../../../test/harness/fake-core.js';
import { fakeServer, produce } from '../../../test/harness/fake-rooms.js';
import { seededRandom } from '../../../test/harness/random.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import type { Room } from './room.js';
import type { ServerOptions } from './server.js';

async function enter(room: Room, name: string): Promise<RoomClient> {
  const client = RoomClient.of(room);
  await client.join(name);
  await client.session.request('createTransport', { id: 't', direction: 'send' });
  await client.session.request('createTransport', { id: 'r', direction: 'recv' });
  return client;
}

/** As many in one room as named, on two workers in turn unless told otherwise. */
async function call(names: string[], options: ServerOptions = {}) {
  const { server, workers } = await fakeServer({ numWorkers: 2, ...options });
  const room = await server.createRoom();
  const clients: RoomClient[] = [];
  for (const name of names) clients.push(await enter(room, name));
  return { server, workers, room, clients };
}

const routersOf = (workers: FakeWorker[]): FakeRouter[] => workers.flatMap(({ routers }) => routers);
const open = (workers: FakeWorker[]) => routersOf(workers).filter(({ closed }) => !closed).length;
const transports = (workers: FakeWorker[]) => routersOf(workers).map((router) => router.transports.length);

test('each peer is on the worker that is least loaded when it joins', async () => {
  const { workers, clients, room } = await call(['alice', 'bob', 'carol']);
  expect(transports(workers)).toEqual([4, 2]);
  await produce(clients[1]!, 'v', 'video');
  await produce(clients[1]!, 'a', 'audio');
  // Bob with his two producers is now more than Alice and Carol.
  await enter(room, 'dave');
  expect(transports(workers)).toEqual([6, 2]);
});

test('consumers count as load', async () => {
  const { workers, clients, room } = await call(['alice', 'bob']);
  const [alice, bob] = clients as [RoomClient, RoomClient];
  await produce(bob, 'a', 'audio');
  await produce(bob, 'v', 'video');
  await settle();
  for (const consumer of alice.heard('newConsumer')) await alice.enable(consumer, 'r');
  // 1 + 2 consumers here; 1 + 2 producers, each of which is piped, there.
  await enter(room, 'carol');
  expect(transports(workers)).toEqual([4, 2]);
});

test('rooms share the workers by what their peers cost', async () => {
  const { server, workers, room } = await call(['alice'], { maxWorkers: 1 });
  await enter(room, 'bob');
  const other = await server.createRoom();
  await enter(other, 'carol');
  await enter(other, 'dave');
  expect(transports(workers)).toEqual([4, 4]);
});

test('a room is on no more workers than it may', async () => {
  const { server, workers } = await fakeServer({ numWorkers: 3, maxWorkers: 2 });
  const two = await server.createRoom();
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => enter(two, name)));
  expect(routersOf(workers)).toHaveLength(2);
  const one = await server.createRoom({ maxWorkers: 1 });
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => enter(one, name)));
  expect(routersOf(workers)).toHaveLength(3);
});

test('a producer is piped once to each worker that needs it, and not before', async () => {
  const { workers, clients } = await call(['alice', 'bob', 'carol', 'dave']);
  const [alice, ...others] = clients as [RoomClient, ...RoomClient[]];
  await produce(alice, 'a', 'audio');
  await settle();
  const [here, there] = routersOf(workers) as [FakeRouter, FakeRouter];
  expect(here.pipes).toEqual([]);
  const enabled = await Promise.all(
    others.map((client) => client.enable(client.heard('newConsumer')[0]!, 'r')),
  );
  expect(enabled.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(here.pipes.map(({ to }) => to)).toEqual([there]);
  expect(there.pipes).toEqual([]);
});

test('whether a peer can receive what is elsewhere is known before it is there', async () => {
  const { workers, clients } = await call(['alice', 'bob']);
  await produce(clients[0]!, 'a', 'audio');
  await settle();
  expect(clients[1]!.heard('newConsumer')).toMatchObject([{ supported: true }]);
  expect(routersOf(workers)[0]!.pipes).toEqual([]);
});

test('what cannot be piped is an error of that consumer, and may be tried again', async () => {
  const { workers, clients } = await call(['alice', 'bob']);
  await produce(clients[0]!, 'a', 'audio');
  await settle();
  const [here] = routersOf(workers) as [FakeRouter];
  const [consumer] = clients[1]!.heard('newConsumer');
  const pipe = here.pipeToRouter;
  here.pipeToRouter = async () => {
    throw new Error('no port');
  };
  expect(await clients[1]!.enable(consumer!, 'r')).toMatchObject({ ok: false });
  here.pipeToRouter = pipe;
  expect(await clients[1]!.enable(consumer!, 'r')).toMatchObject({ ok: true });
});

test('messages go from one worker to the other, those of the application to both', async () => {
  const { workers, clients, room } = await call(['alice', 'bob', 'carol']);
  const [alice, bob, carol] = clients as [RoomClient, RoomClient, RoomClient];
  const data = { id: 'd', transportId: 't', streamId: 1, reliable: true };
  await alice.session.request('createDataProducer', data);
  const sent = room.send('to all');
  await settle();
  for (const client of clients) {
    const consumers = client.heard('newDataConsumer').map(({ id }) => ({ id, transportId: 'r' }));
    await client.session.request('enableDataConsumers', { consumers });
    await client.session.request('startDataConsumers', { ids: consumers.map(({ id }) => id) });
  }
  await sent;
  const [here, there] = routersOf(workers) as [FakeRouter, FakeRouter];
  here.transports[0]!.dataProducers[0]!.receive('from alice');
  const received = (router: FakeRouter) =>
    router.transports.flatMap(({ dataConsumers }) => dataConsumers.flatMap((each) => each.sent));
  expect([received(here), received(there)]).toEqual([
    ['to all', 'from alice', 'to all'],
    ['from alice', 'to all'],
  ]);
  expect(here.pipes).toHaveLength(1);
  expect([bob, carol].map((client) => client.heard('newDataConsumer').length)).toEqual([2, 2]);
});

test('a worker that dies takes its peers with it, and no others', async () => {
  const { workers, clients, room } = await call(['alice', 'bob', 'carol']);
  const [alice, bob, carol] = clients as [RoomClient, RoomClient, RoomClient];
  await produce(alice, 'a', 'audio');
  await settle();
  await bob.enable(bob.heard('newConsumer')[0]!, 'r');
  for (const client of clients) client.news();
  const closed: unknown[] = [];
  for (const peer of room.peers) peer.on('close', (...how) => closed.push([peer.name, ...how]));
  workers[0]!.die();
  await settle();
  expect(closed).toEqual([
    ['alice', 'local', undefined],
    ['carol', 'local', undefined],
  ]);
  for (const client of [alice, carol]) {
    expect(client.told.map(({ data }) => data)).toEqual([{ reason: 'worker died' }]);
  }
  expect(bob.told.map(({ method, data }) => [method, data])).toEqual([
    ['peerClosed', { name: 'alice' }],
    ['peerClosed', { name: 'carol' }],
  ]);
  expect(room.peers.map(({ name, consumers }) => [name, consumers.length])).toEqual([['bob', 0]]);
  const again = RoomClient.of(room);
  expect((await again.join('alice')).map(({ name }) => name)).toEqual(['bob']);
  expect(open(workers)).toBe(1);
});

test('who joins while the worker dies is told so by name, and may ask again', async () => {
  const { server, workers } = await fakeServer({ numWorkers: 1 });
  const room = await server.createRoom();
  const client = RoomClient.of(room);
  await client.session.request('queryRoom', {});
  const joining = client.session.request('join', { name: 'alice', rtpCapabilities: {} });
  const refused = expect(joining).rejects.toHaveProperty('name', 'WorkerClosedError');
  while (workers[0]!.calls.length === 0) await new Promise(setImmediate);
  workers[0]!.die();
  await refused;
  await client.join('alice');
  expect(room.peers).toHaveLength(1);
  await server.close();
});

test('a router closes after the last peer there, and the room goes on', async () => {
  const { workers, clients, room } = await call(['alice', 'bob']);
  expect(open(workers)).toBe(2);
  await clients[0]!.session.request('leave', {});
  await settle();
  expect(open(workers)).toBe(1);
  await clients[1]!.session.request('leave', {});
  await settle();
  expect([open(workers), room.closed]).toEqual([0, false]);
  await enter(room, 'carol');
  expect(open(workers)).toBe(1);
});

test('a refused join leaves no router behind', async () => {
  const { server, workers } = await fakeServer();
  const room = await server.createRoom();
  const clients = [RoomClient.of(room), RoomClient.of(room)];
  // Both are let in by name, and the second finds it taken when it has its worker.
  const joined = await Promise.allSettled(clients.map((client) => client.join('alice')));
  expect(joined.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  room.peers[0]!.close();
  await settle();
  expect(open(workers)).toBe(0);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'whoever comes, sends and goes, in whatever order: nothing is left (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const pick = (count: number) => Math.floor(random() * count);
    const { server, workers } = await fakeServer({ numWorkers: 3 });
    const room = await server.createRoom();
    const clients = new Set<RoomClient>();
    const ignore = () => {};
    let lastId = 0;
    const steps: ((client: RoomClient) => unknown)[] = [
      (client) => client.session.request('leave', {}),
      (client) => client.port.close(),
      (client) => client.session.request('closeTransport', { id: 't' }),
      (client) => client.session.request('closeTransport', { id: 'r' }),
      (client) => client.session.request('createTransport', { id: 'r', direction: 'recv' }),
      (client) => produce(client, `a${++lastId}`, 'audio'),
      (client) =>
        client.session.request('createDataProducer', {
          ...{ id: `d${++lastId}`, transportId: 't', streamId: lastId, reliable: pick(2) === 0 },
          ...(pick(2) && { to: room.peers[pick(room.peers.length)]?.name ?? 'x' }),
        }),
      (client) => {
        const consumers = client.heard('newDataConsumer').map(({ id }) => ({ id, transportId: 'r' }));
        const asked = client.session.request('enableDataConsumers', { consumers });
        return asked.then(() =>
          client.session.request('startDataConsumers', { ids: consumers.map(({ id }) => id) }),
        );
      },
      (client) => Promise.all(client.heard('newConsumer').map((each) => client.enable(each, 'r'))),
      () => room.send('x'),
      () => room.peers[pick(room.peers.length)]?.send('x'),
      () => room.peers[pick(room.peers.length)]?.close(),
      () => random() < 0.2 && workers[pick(workers.length)]!.die(),
    ];
    for (let step = 0; step < 120; step += 1) {
      if (pick(3) === 0) enter(room, `guest ${step}`).then((client) => clients.add(client), ignore);
      const client = [...clients][pick(clients.size)];
      if (client) Promise.resolve(steps[pick(steps.length)]!(client)).catch(ignore);
      if (pick(2)) await new Promise(setImmediate);
    }
    await settle();
    for (const peer of room.peers) peer.close();
    await settle();
    for (const peer of room.peers) peer.close();
    await settle();
    expect([room.peers.length, open(workers)]).toEqual([0, 0]);
    const dataProducers = routersOf(workers).flatMap((router) => [...router.dataProducers.values()]);
    const audiences = dataProducers.flatMap((each) => [...each.audiences]);
    expect(dataProducers.filter(({ closed, streamId }) => !closed && streamId !== undefined)).toEqual([]);
    expect(audiences).toEqual([]);
    await server.close();
  },
);
