import { FakeWorker } from '../../../test/harness/fake-core.js';
import { fakeServer } from '../../../test/harness/fake-rooms.js';
import { RoomClient } from '../../../test/harness/room-client.js';
import { InvalidStateError, UnsupportedError } from '../../shared/errors.js';
import type { WorkerSettings } from '../core/worker-settings.js';
import { Server, type ServerOptions } from './server.js';

test('a room is found by its id until it closes', async () => {
  const { server } = await fakeServer();
  const rooms: unknown[] = [];
  server.on('newroom', (room) => rooms.push(room));
  const room = await server.createRoom({ id: 'lobby', appData: 7 });
  expect([rooms, server.rooms]).toEqual([[room], [room]]);
  expect([server.getRoomById('lobby'), room.id, room.appData]).toEqual([room, 'lobby', 7]);
  await expect(server.createRoom({ id: 'lobby' })).rejects.toThrow(InvalidStateError);
  room.close();
  expect(server.getRoomById('lobby')).toBeUndefined();
  await server.createRoom({ id: 'lobby' });
});

test('rooms without an id have different ones', async () => {
  const { server } = await fakeServer();
  const [one, other] = [await server.createRoom(), await server.createRoom()];
  expect(one.id).not.toBe(other.id);
});

test('however many open a room at once, there is one', async () => {
  const { server } = await fakeServer();
  const rooms = await Promise.all([1, 2, 3].map((appData) => server.openRoom('lobby', { appData })));
  expect(new Set(rooms).size).toBe(1);
  expect(await server.openRoom('lobby')).toBe(rooms[0]);
  rooms[0]!.close();
  expect(await server.openRoom('lobby')).not.toBe(rooms[0]);
});

test('a room that cannot be made leaves its id free', async () => {
  const { server } = await fakeServer();
  const mediaCodecs = [{ kind: 'video' as const, mimeType: 'video/flipbook', clockRate: 90000 }];
  await expect(server.openRoom('lobby', { mediaCodecs })).rejects.toThrow(UnsupportedError);
  await expect(server.openRoom('lobby')).resolves.toBeDefined();
});

test('by default a room has the codecs of browsers', async () => {
  const { server } = await fakeServer();
  const { rtpCapabilities } = await server.createRoom();
  const names = rtpCapabilities.codecs!.map(({ mimeType }) => mimeType.split('/')[1]!);
  expect(names.filter((name) => name !== 'rtx')).toEqual([
    'opus',
    'VP8',
    'VP9',
    'H264',
    'H264',
    'AV1',
    'H265',
  ]);
});

test('a room may have other codecs', async () => {
  const { server } = await fakeServer();
  const mediaCodecs = [{ kind: 'audio' as const, mimeType: 'audio/PCMA', clockRate: 8000 }];
  const { rtpCapabilities } = await server.createRoom({ mediaCodecs });
  expect(rtpCapabilities.codecs!.map(({ mimeType }) => mimeType)).toEqual(['audio/PCMA']);
});

test('a dead worker is replaced, and who joins waits for that', async () => {
  const { server, workers } = await fakeServer();
  const errors: string[] = [];
  server.on('workerdied', ({ message }) => errors.push(message));
  const room = await server.openRoom('lobby');
  workers[0]!.die();
  expect([room.closed, server.numWorkers, errors]).toEqual([false, 0, ['signal SIGKILL']]);
  await RoomClient.of(room).join('alice');
  expect([server.numWorkers, workers.length, workers[1]!.routers.length]).toEqual([1, 2, 1]);
  await server.close();
});

test('a closed server makes no rooms', async () => {
  const { server } = await fakeServer();
  await server[Symbol.asyncDispose]();
  await expect(server.createRoom()).rejects.toThrow(InvalidStateError);
  expect([server.closed, server.rooms]).toEqual([true, []]);
});

test('transports listen where the server does, announced, each worker on its own port', async () => {
  const listenInfos = [
    { protocol: 'udp' as const, ip: '127.0.0.1', port: 40000 },
    { protocol: 'udp' as const, ip: '::1', announcedAddress: 'v6.example.org' },
  ];
  const { server, workers } = await fakeServer({
    numWorkers: 2,
    listenInfos,
    announcedAddress: '203.0.113.7',
  });
  for (const name of ['alice', 'bob']) {
    const client = RoomClient.of(await server.createRoom());
    await client.join(name);
    await client.session.request('createTransport', { id: 't', direction: 'send' });
  }
  expect(workers.map(({ routers }) => routers[0]!.listenInfos[0])).toEqual(
    [40000, 40001].map((port) => [
      { protocol: 'udp', ip: '127.0.0.1', port, announcedAddress: '203.0.113.7' },
      { protocol: 'udp', ip: '::1', announcedAddress: 'v6.example.org' },
    ]),
  );
});

test('workers get the settings they share', async () => {
  const settings: WorkerSettings[] = [];
  const options = { numWorkers: 2, workerMode: 'thread', logLevel: 'warn', rtcMinPort: 40000 } as const;
  await Server.create(options, async (given) => {
    settings.push(given);
    return new FakeWorker();
  });
  expect(settings).toEqual(Array(2).fill({ mode: 'thread', logLevel: 'warn', rtcMinPort: 40000 }));
});

test('settings are updated in all workers, and in those that replace one', async () => {
  const settings: WorkerSettings[] = [];
  const workers: FakeWorker[] = [];
  const server = await Server.create({ numWorkers: 2, logLevel: 'warn' }, async (given) => {
    settings.push(given);
    workers.push(new FakeWorker());
    return workers.at(-1)!;
  });
  await server.updateSettings({ logLevel: 'debug' });
  expect(workers.map((worker) => worker.settings)).toEqual(Array(2).fill([{ logLevel: 'debug' }]));
  workers[0]!.die();
  await RoomClient.of(await server.createRoom({ maxWorkers: 1 })).join('alice');
  workers[1]!.die();
  await RoomClient.of(await server.createRoom()).join('bob');
  expect(settings.slice(2)).toContainEqual({ logLevel: 'debug' });
  await server.close();
  await expect(server.updateSettings({})).rejects.toThrow(InvalidStateError);
});

test('its dump is that of each worker', async () => {
  const { server } = await fakeServer({ numWorkers: 2 });
  await RoomClient.of(await server.createRoom()).join('alice');
  expect(await server.dump()).toEqual([
    { pid: 1, routers: 1 },
    { pid: 1, routers: 0 },
  ]);
});

test.each<[object, string]>([
  [{ numWorkers: 0 }, 'numWorkers'],
  [{ numWorkers: 'many' }, 'numWorkers'],
  [{ listenInfos: [] }, 'listenInfos'],
  [{ listenInfos: [{ protocol: 'udp', ip: 'here' }] }, 'listenInfos[0].ip'],
  [{ numWorkers: 2, listenInfos: [{ protocol: 'udp', ip: '::', port: 65535 }] }, 'listenInfos[0].port'],
  [{ announcedAddress: '' }, 'announcedAddress'],
  [{ policy: 'strict' }, 'policy'],
  [{ maxWorkers: 0 }, 'maxWorkers'],
])('the options %j are refused, naming %s', async (options, field) => {
  await expect(fakeServer(options as ServerOptions)).rejects.toThrow(TypeError);
  await expect(fakeServer(options as ServerOptions)).rejects.toThrow(`${field} must`);
});

test.each<[object, string]>([
  [{ id: '' }, 'id'],
  [{ id: 7 }, 'id'],
  [{ policy: true }, 'policy'],
  [{ maxWorkers: 1.5 }, 'maxWorkers'],
  [{ mediaCodecs: 'all' }, 'mediaCodecs'],
])('the room options %j are refused, naming %s', async (options, field) => {
  const { server } = await fakeServer();
  await expect(server.createRoom(options)).rejects.toThrow(`${field} must`);
});
