import { fakeCall, fakeServer, produce } from '../../../test/harness/fake-rooms.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import { setLogEventListeners } from '../core/logger.js';

test('requests are handled in order, without waiting for answers', async () => {
  const { server } = await fakeServer();
  const room = await server.createRoom();
  const { session } = RoomClient.of(room);
  const { rtpCapabilities } = room;
  await Promise.all([
    session.request('join', { name: 'alice', rtpCapabilities }),
    session.request('createTransport', { id: 't', direction: 'send' }),
    session.request('connectTransport', { id: 't', dtlsParameters: { fingerprints: [] } }),
    session.request('closeTransport', { id: 't' }),
    session.request('createTransport', { id: 't', direction: 'send' }),
  ]);
  expect(room.peers[0]!.transports).toHaveLength(1);
});

test('a request that fails does not stop the next one', async () => {
  const { alice } = await fakeCall();
  const outcomes = await Promise.allSettled([
    alice.session.request('closeProducer', { id: 'x' }),
    alice.session.request('closeProducer', { id: 'a' }),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
});

test('who asks too much at once gets LimitErrors, and the rest is answered', async () => {
  const { alice, room } = await fakeCall();
  const asked = Array.from({ length: 300 }, () => alice.session.request('restartTransport', { id: 't' }));
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? outcome.reason.name : []));
  expect(new Set(refused)).toEqual(new Set(['LimitError']));
  expect(refused.length).toBeLessThanOrEqual(300 - 256);
  expect(room.peers).toHaveLength(2);
});

test('a client may have so many transports and producers, and no id twice', async () => {
  const { alice, peers } = await fakeCall();
  const create = (id: string) => alice.session.request('createTransport', { id, direction: 'send' });
  await expect(create('t')).rejects.toThrow('there is already a transport t');
  for (let count = 1; count < 16; count++) await create(`t${count}`);
  await expect(create('t16')).rejects.toHaveProperty('name', 'LimitError');
  await expect(produce(alice, 'a', 'audio')).rejects.toThrow('there is already a producer a');
  for (let count = 2; count < 64; count++) await produce(alice, `a${count}`, 'audio');
  await expect(produce(alice, 'a64', 'audio')).rejects.toHaveProperty('name', 'LimitError');
  expect([peers.alice.transports.length, peers.alice.producers.length]).toEqual([16, 64]);
});

test('an id may be used again after its transport closed', async () => {
  const { alice, peers } = await fakeCall();
  await alice.session.request('closeTransport', { id: 't' });
  await alice.session.request('createTransport', { id: 't', direction: 'send' });
  await produce(alice, 'a', 'audio');
  expect(peers.alice.producers.map(({ id }) => id)).toEqual(['a']);
});

test('sending and receiving need their own transports', async () => {
  const { bob } = await fakeCall();
  await expect(produce(bob, 'b', 'audio', 'r')).rejects.toThrow('transport r is not for sending');
});

test('the room goes on whatever a client sends', async () => {
  const { room, alice, bob, video } = await fakeCall();
  const errors: unknown[] = [];
  setLogEventListeners({ onerror: (_name, log, error) => errors.push([log, error]) });
  const mallory = RoomClient.of(room);
  await mallory.join('mallory');
  const random = lcg(7);
  for (let count = 0; count < 2_000; count++) mallory.port.send(garbage(random));
  mallory.port.send('x'.repeat(2_000_000));
  await settle();
  setLogEventListeners();
  expect(errors).toEqual([]);
  expect(mallory.session.closed).toBe(false);
  await bob.enable(video, 'r');
  await alice.session.request('pauseProducer', { id: 'v' });
  await settle();
  expect(bob.heard('consumerPaused')).toHaveLength(1);
});

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const METHODS = [
  'queryRoom',
  'join',
  'createTransport',
  'createProducer',
  'enableConsumers',
  'leavee',
  '__proto__',
];
const VALUES = [
  null,
  0,
  'x',
  [],
  {},
  { id: 'x' },
  { consumers: [{ id: 'x', transportId: 'y' }] },
  { name: 'm' },
];

function garbage(random: () => number): string {
  const any = <T>(items: T[]): T => items[Math.floor(random() * items.length)]!;
  const type = any(['request', 'request', 'response', 'notification', 'x']);
  const text = JSON.stringify({ type, id: any([1, -1, 'x', null]), method: any(METHODS), data: any(VALUES) });
  return random() < 0.2 ? text.slice(0, Math.floor(random() * text.length)) : text;
}
