import type { EventEmitter } from 'node:events';
import { fakeCall, produce } from '../../../test/harness/fake-rooms.js';
import { settle } from '../../../test/harness/room-client.js';

/** A call in which Bob receives, and everything that is told from now on. */
async function call() {
  const parts = await fakeCall();
  const { alice, bob, audio, video } = parts;
  await bob.enable(audio, 'r');
  await bob.enable(video, 'r');
  const events: unknown[] = [];
  const { peers, room, server } = parts;
  const watch = (what: string, object: EventEmitter) =>
    object.on('close', (...args: unknown[]) => events.push([what, ...args]));
  watch('room', room);
  watch('server', server);
  watch('alice', peers.alice);
  watch('bob', peers.bob);
  watch('t', peers.alice.transports[0]!);
  watch('r', peers.bob.transports[0]!);
  watch('a', peers.alice.producers[0]!);
  watch('v', peers.alice.producers[1]!);
  watch('audio', audio);
  watch('video', video);
  video.on('unhandled', () => events.push(['video unhandled']));
  audio.on('unhandled', () => events.push(['audio unhandled']));
  alice.news();
  bob.news();
  const [sending, receiving] = [peers.alice.transports[0]!, peers.bob.transports[0]!];
  return { ...parts, events, sending, receiving, producer: peers.alice.producers[1]! };
}

const ALL_LOCAL = [
  ['alice', 'local', 'bye'],
  ['a', 'local', undefined],
  ['audio', 'source', undefined],
  ['v', 'local', undefined],
  ['video', 'source', undefined],
  ['t', 'local', undefined],
];

test('server.close closes rooms and peers, and tells every client why', async () => {
  const { server, events, alice, bob, worker } = await call();
  await server.close();
  await settle();
  expect(events.slice(0, 2)).toEqual([['server'], ['room', 'server closed', undefined]]);
  expect(events).toEqual(
    expect.arrayContaining([
      ['alice', 'local', undefined],
      ['bob', 'local', undefined],
    ]),
  );
  for (const client of [alice, bob]) {
    expect(client.told).toEqual([
      { type: 'notification', method: 'closed', data: { reason: 'server closed' } },
    ]);
    expect(client.session.closed).toBe(true);
  }
  expect(worker.closed).toBe(true);
});

test('room.close closes its peers, and each client hears only that', async () => {
  const { room, server, events, alice, bob, router } = await call();
  room.close('bye');
  await settle();
  expect(events[0]).toEqual(['room', 'room closed', 'bye']);
  expect(events).toEqual(expect.arrayContaining([...ALL_LOCAL.slice(0, 1), ['bob', 'local', 'bye']]));
  for (const client of [alice, bob]) {
    expect(client.told).toEqual([
      { type: 'notification', method: 'closed', data: { reason: 'room closed', appData: 'bye' } },
    ]);
    expect(client.session.closed).toBe(true);
  }
  expect([room.peers, server.rooms, router.closed]).toEqual([[], [], true]);
});

test('peer.close closes all it had; its client hears closed, the others one peerClosed', async () => {
  const { room, events, alice, bob, peers } = await call();
  peers.alice.close('bye');
  await settle();
  expect(events).toEqual(ALL_LOCAL);
  expect(alice.told.map(({ method, data }) => [method, data])).toEqual([
    ['closed', { reason: 'removed', appData: 'bye' }],
  ]);
  expect(alice.session.closed).toBe(true);
  expect(bob.told.map(({ method, data }) => [method, data])).toEqual([
    ['peerClosed', { name: 'alice', appData: 'bye' }],
  ]);
  expect(room.peers).toEqual([peers.bob]);
  expect(peers.bob.consumers).toEqual([]);
});

test('a client that leaves closes its peer remotely, with all it had', async () => {
  const { events, alice, bob } = await call();
  await alice.session.request('leave', { appData: 'bye' });
  await settle();
  expect(events).toEqual([
    ['alice', 'remote', 'bye'],
    ['a', 'remote', undefined],
    ['audio', 'source', undefined],
    ['v', 'remote', undefined],
    ['video', 'source', undefined],
    ['t', 'remote', undefined],
  ]);
  expect(alice.told).toEqual([]);
  expect(alice.session.closed).toBe(true);
  expect(bob.heard('peerClosed')).toEqual([{ name: 'alice', appData: 'bye' }]);
  expect(bob.told).toHaveLength(1);
});

test('a client whose port closes has left', async () => {
  const { events, alice, bob, room } = await call();
  alice.port.close();
  await settle();
  expect(events[0]).toEqual(['alice', 'remote', undefined]);
  expect(bob.news()).toEqual(['peerClosed']);
  expect(room.getPeerByName('alice')).toBeUndefined();
});

test('transport.close closes its producers locally, with consumerClosed for the others', async () => {
  const { events, alice, bob, sending } = await call();
  sending.close('bye');
  await settle();
  expect(events).toEqual([
    ['t', 'local', 'bye'],
    ['a', 'local', undefined],
    ['audio', 'source', undefined],
    ['v', 'local', undefined],
    ['video', 'source', undefined],
  ]);
  expect(alice.told.map(({ method, data }) => [method, data])).toEqual([
    ['transportClosed', { id: 't', appData: 'bye' }],
  ]);
  expect(bob.news()).toEqual(['consumerClosed', 'consumerClosed']);
});

test('transport.close leaves its consumers unhandled, to be enabled on another one', async () => {
  const { events, bob, receiving, video } = await call();
  receiving.close();
  await settle();
  expect(events).toEqual([['r', 'local', undefined], ['audio unhandled'], ['video unhandled']]);
  expect(bob.news()).toEqual(['transportClosed']);
  expect([video.closed, video.enabled, video.transport, video.effectiveProfile]).toEqual([
    false,
    false,
    undefined,
    'none',
  ]);
  await bob.session.request('createTransport', { id: 'r', direction: 'recv' });
  expect(await bob.enable(video, 'r')).toMatchObject({ ok: true });
});

test('a client may close its transports too, and is not told', async () => {
  const { events, alice, bob } = await call();
  await alice.session.request('closeTransport', { id: 't', appData: 'bye' });
  await bob.session.request('closeTransport', { id: 'r' });
  await settle();
  expect(events).toEqual([
    ['t', 'remote', 'bye'],
    ['a', 'local', undefined],
    ['audio', 'source', undefined],
    ['v', 'local', undefined],
    ['video', 'source', undefined],
    ['r', 'remote', undefined],
  ]);
  expect([alice.news(), bob.news()]).toEqual([[], ['consumerClosed', 'consumerClosed']]);
});

test('producer.close closes its consumers, and tells both sides', async () => {
  const { events, alice, bob, producer, video, peers } = await call();
  producer.close('bye');
  await settle();
  expect(events).toEqual([
    ['v', 'local', 'bye'],
    ['video', 'source', 'bye'],
  ]);
  expect(alice.heard('producerClosed')).toEqual([{ id: 'v', appData: 'bye' }]);
  expect(bob.heard('consumerClosed')).toEqual([{ id: video.id, peerName: 'alice', appData: 'bye' }]);
  expect([alice.told.length, bob.told.length]).toEqual([1, 1]);
  expect(peers.alice.producers).toHaveLength(1);
  expect(peers.bob.consumers).toHaveLength(1);
});

test('a producer closed by its client is told to the others', async () => {
  const { events, alice, bob, video } = await call();
  await alice.session.request('closeProducer', { id: 'v', appData: 'bye' });
  await settle();
  expect(events).toEqual([
    ['v', 'remote', 'bye'],
    ['video', 'source', 'bye'],
  ]);
  expect(alice.told).toEqual([]);
  expect(bob.heard('consumerClosed')).toEqual([{ id: video.id, peerName: 'alice', appData: 'bye' }]);
});

test('consumer.close is told to its own client only', async () => {
  const { events, alice, bob, video, producer } = await call();
  video.close('bye');
  await settle();
  expect(events).toEqual([['video', 'local', 'bye']]);
  expect(alice.told).toEqual([]);
  expect(bob.heard('consumerClosed')).toEqual([{ id: video.id, peerName: 'alice', appData: 'bye' }]);
  producer.close();
  await settle();
  expect(bob.told).toHaveLength(1);
});

test('ICE and DTLS that end are told, and close nothing', async () => {
  const { events, alice, peers, router } = await call();
  const states: string[] = [];
  peers.alice.transports[0]!.on('icestatechange', (state) => states.push(state));
  peers.alice.transports[0]!.on('dtlsstatechange', (state) => states.push(state));
  const core = router.transports[1]!;
  core.emit('icestatechange', 'disconnected');
  core.dtlsState = 'closed';
  core.emit('dtlsstatechange', 'closed');
  await settle();
  expect(states).toEqual(['disconnected', 'closed']);
  expect(alice.heard('transportState')).toEqual([
    { id: 't', iceState: 'new', dtlsState: 'new' },
    { id: 't', iceState: 'new', dtlsState: 'closed' },
  ]);
  expect(events).toEqual([]);
});

test('a worker that dies closes its peers, and tells every client why; the room stays', async () => {
  const { events, worker, alice, bob, room, server } = await call();
  worker.die();
  await settle();
  expect(events).toEqual(
    expect.arrayContaining([
      ['alice', 'local', undefined],
      ['bob', 'local', undefined],
    ]),
  );
  for (const client of [alice, bob]) {
    expect(client.told.map(({ method, data }) => [method, data])).toEqual([
      ['closed', { reason: 'worker died' }],
    ]);
    expect(client.session.closed).toBe(true);
  }
  expect([room.peers, room.closed, server.rooms]).toEqual([[], false, [room]]);
});

test('closing twice is closing once, and closed is true when the event comes', async () => {
  const { events, peers, room, server, sending, producer, video } = await call();
  const flags: boolean[] = [];
  const objects = [video, producer, sending, peers.alice, room];
  for (const object of objects) {
    const emitter: EventEmitter = object;
    emitter.on('close', () => flags.push(object.closed));
  }
  server.on('close', () => flags.push(server.closed));
  for (const object of objects) {
    object.close();
    object.close();
    await object[Symbol.asyncDispose]();
  }
  await server.close();
  await server.close();
  expect(flags).toEqual([true, true, true, true, true, true]);
  expect(events.filter((event) => (event as unknown[])[0] === 'room')).toHaveLength(1);
});

test('what a listener throws goes to listenererror and stops nothing', async () => {
  const { peers, bob } = await call();
  const errors: unknown[] = [];
  peers.alice.on('listenererror', (event, error) => errors.push([event, error.message]));
  peers.alice.on('close', () => {
    throw new Error('oops');
  });
  peers.alice.close();
  await settle();
  expect(errors).toEqual([['close', 'oops']]);
  expect(bob.news()).toEqual(['peerClosed']);
});

test('the workers objects close with those of the rooms', async () => {
  const { router, producer, video, sending, alice } = await call();
  const [receivingCore, sendingCore] = router.transports;
  const [audioConsumer, videoConsumer] = receivingCore!.consumers;
  video.close();
  expect([audioConsumer!.closed, videoConsumer!.closed]).toEqual([false, true]);
  producer.close();
  expect(sendingCore!.producers.map(({ closed }) => closed)).toEqual([false, true]);
  sending.close();
  expect(sendingCore!.closed).toBe(true);
  await alice.session.request('createTransport', { id: 't', direction: 'send' });
  await produce(alice, 'a', 'audio');
  await alice.session.request('leave', {});
  expect(router.transports[2]!.closed).toBe(true);
});
