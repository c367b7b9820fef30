import { fakeCall, fakeServer, produce } from '../../../test/harness/fake-rooms.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import { InvalidStateError } from '../../shared/errors.js';
import { BadRequestError, DuplicatePeerError, ForbiddenError } from '../../shared/signalling/errors.js';
import type { JoinAsked } from './room.js';
import type { RoomOptions } from './server.js';

async function emptyRoom(options: RoomOptions = {}) {
  const { server } = await fakeServer();
  return server.createRoom(options);
}

test('who joins learns of all others and all they send in one message', async () => {
  const { room } = await fakeCall();
  const carol = RoomClient.of(room);
  const peers = await carol.join('carol');
  expect(peers).toEqual([
    { name: 'bob', quality: 'excellent', consumers: [] },
    {
      name: 'alice',
      appData: 'A',
      quality: 'excellent',
      consumers: ['audio', 'video'].map((kind) => ({
        id: expect.any(String),
        kind,
        peerName: 'alice',
        producerId: kind === 'audio' ? 'a' : 'v',
        supported: true,
        paused: false,
        preferredProfile: 'default',
        effectiveProfile: 'none',
        appData: kind === 'audio' ? 'of a' : 'of v',
      })),
    },
  ]);
  await settle();
  expect(carol.told).toEqual([]);
});

test('the others learn of who joins, before the application does', async () => {
  const room = await emptyRoom();
  const alice = RoomClient.of(room);
  await alice.join('alice');
  room.on('newpeer', (peer) => peer.close('no'));
  const bob = RoomClient.of(room);
  await bob.join('bob', { appData: { color: 'red' } });
  await settle();
  expect(alice.heard('newPeer')).toEqual([
    { name: 'bob', appData: { color: 'red' }, quality: 'excellent', consumers: [] },
  ]);
  expect(alice.news()).toEqual(['newPeer', 'peerClosed']);
  expect(bob.heard('closed')).toEqual([{ reason: 'removed', appData: 'no' }]);
});

test('a new producer is told to all others', async () => {
  const { bob, alice, peers, video } = await fakeCall();
  expect(alice.heard('newConsumer')).toEqual([]);
  expect(bob.heard('newConsumer').map(({ id }) => id)).toEqual(peers.bob.consumers.map(({ id }) => id));
  expect(bob.heard('newConsumer')[1]).toEqual(video.toData());
  expect([video.peer, video.source, video.appData]).toEqual([
    peers.alice,
    peers.alice.getProducerById('v'),
    'of v',
  ]);
});

test('objects are found by id and name', async () => {
  const { room, peers, video } = await fakeCall();
  expect(room.peers).toEqual([peers.bob, peers.alice]);
  expect(peers.alice.getTransportById('t')).toBe(peers.alice.transports[0]);
  expect(peers.bob.getConsumerById(video.id)).toBe(video);
  expect(room.getPeerByName('carol')).toBeUndefined();
  expect(peers.alice.getProducerById('x')).toBeUndefined();
});

test('the application hears of everything new', async () => {
  const room = await emptyRoom();
  const heard: unknown[] = [];
  room.on('newpeer', (peer) => {
    heard.push(peer.name);
    peer.on('newtransport', ({ id, direction }) => heard.push([id, direction]));
    peer.on('newproducer', ({ id, kind }) => heard.push([id, kind]));
    peer.on('newconsumer', ({ kind, peer: { name } }) => heard.push([kind, name]));
  });
  const [alice, bob] = [RoomClient.of(room), RoomClient.of(room)];
  await alice.join('alice');
  await bob.join('bob');
  await alice.session.request('createTransport', { id: 't', direction: 'send' });
  await produce(alice, 'a', 'audio');
  await settle();
  expect(heard).toEqual(['alice', 'bob', ['t', 'send'], ['audio', 'alice'], ['a', 'audio']]);
});

test('a name is taken until its peer closes', async () => {
  const room = await emptyRoom();
  const [first, second] = [RoomClient.of(room), RoomClient.of(room)];
  await first.join('alice');
  await expect(second.join('alice')).rejects.toThrow(DuplicatePeerError);
  await first.session.request('leave', {});
  await expect(second.join('alice')).resolves.toEqual([]);
});

test('of two who want one name while the policy thinks, one gets it', async () => {
  const room = await emptyRoom({ policy: () => new Promise((resolve) => setImmediate(resolve, true)) });
  const clients = [RoomClient.of(room), RoomClient.of(room)];
  const outcomes = await Promise.allSettled(clients.map((client) => client.join('alice')));
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(outcomes[1]).toHaveProperty('reason.name', 'DuplicatePeerError');
  expect(room.peers).toHaveLength(1);
});

test('a client joins once', async () => {
  const room = await emptyRoom();
  const client = RoomClient.of(room);
  await client.join('alice');
  await expect(client.join('bob')).rejects.toThrow(new InvalidStateError('alice has already joined'));
});

test('before it joins, a client can only ask about the room', async () => {
  const room = await emptyRoom();
  const client = RoomClient.of(room);
  await expect(client.session.request('createTransport', { id: 't', direction: 'send' })).rejects.toThrow(
    new InvalidStateError('createTransport needs a join first'),
  );
  expect((await client.session.request('queryRoom', {})).rtpCapabilities).toEqual(room.rtpCapabilities);
});

test('a client that is gone before the policy has decided does not join', async () => {
  let decide!: (verdict: boolean) => void;
  const room = await emptyRoom({ policy: () => new Promise((resolve) => (decide = resolve)) });
  const client = RoomClient.of(room);
  const joining = expect(client.join('alice')).rejects.toThrow('closed');
  await settle();
  client.port.close();
  await settle();
  decide(true);
  await settle();
  await joining;
  expect(room.peers).toEqual([]);
});

test('a room that closes in the meantime refuses', async () => {
  let decide!: (verdict: boolean) => void;
  const room = await emptyRoom({ policy: () => new Promise((resolve) => (decide = resolve)) });
  const client = RoomClient.of(room);
  const joining = expect(client.join('alice')).rejects.toThrow();
  await settle();
  room.close('bye');
  decide(true);
  await joining;
  expect(client.heard('closed')).toEqual([{ reason: 'room closed', appData: 'bye' }]);
  expect(() => RoomClient.of(room)).toThrow(InvalidStateError);
});

test('the policy is shown all there is to know', async () => {
  const asked: JoinAsked[] = [];
  const policy = (join: JoinAsked) => {
    asked.push(join);
    return true;
  };
  const room = await emptyRoom({ policy });
  await RoomClient.of(room, { user: 7 }).join('alice', { appData: 'hi', spy: true });
  expect(asked).toEqual([{ room, name: 'alice', appData: 'hi', spy: true, context: { user: 7 } }]);
});

test('the policy may refuse', async () => {
  const room = await emptyRoom({ policy: ({ name }) => name !== 'mallory' });
  await expect(RoomClient.of(room).join('mallory')).rejects.toThrow(ForbiddenError);
  await expect(RoomClient.of(room).join('alice')).resolves.toEqual([]);
});

test('a policy that throws refuses, and keeps its secrets', async () => {
  const room = await emptyRoom({ policy: () => Promise.reject(new Error('database password')) });
  await expect(RoomClient.of(room).join('alice')).rejects.toThrow(new Error('internal error'));
});

test('without a policy nobody may spy', async () => {
  const room = await emptyRoom();
  await expect(RoomClient.of(room).join('eve', { spy: true })).rejects.toThrow(ForbiddenError);
});

test('a spy receives everything, sends nothing, and nobody hears of it', async () => {
  const { room, alice, bob, peers } = await fakeCall({ policy: () => true });
  alice.news();
  bob.news();
  const eve = RoomClient.of(room);
  expect((await eve.join('eve', { spy: true })).map(({ consumers }) => consumers.length)).toEqual([0, 2]);
  await expect(eve.session.request('createTransport', { id: 't', direction: 'send' })).rejects.toThrow(
    ForbiddenError,
  );
  await produce(alice, 'a2', 'audio');
  await settle();
  expect(eve.news()).toEqual(['newConsumer']);
  const late = RoomClient.of(room);
  expect((await late.join('late')).map(({ name }) => name)).toEqual(['bob', 'alice']);
  await eve.session.request('leave', {});
  await settle();
  expect(alice.news()).toEqual(['newPeer']);
  expect(bob.news()).toEqual(['newConsumer', 'newPeer']);
  expect(peers.alice.spy).toBe(false);
});

test('the policy may make a spy of anybody', async () => {
  const room = await emptyRoom({ policy: () => ({ spy: true }) });
  await RoomClient.of(room).join('recorder');
  expect(room.getPeerByName('recorder')!.spy).toBe(true);
});

test.each([
  [false, []],
  [true, ['a', 'v']],
  [({ kind }: { kind: string }) => kind === 'audio', ['a']],
  [async ({ appData }: { appData: unknown }) => appData === 'of v', ['v']],
])('canPublish %p lets these be sent: %j', async (canPublish, allowed) => {
  const room = await emptyRoom({ policy: () => ({ canPublish }) });
  const client = RoomClient.of(room);
  await client.join('alice');
  await client.session.request('createTransport', { id: 't', direction: 'send' });
  const outcomes = await Promise.allSettled([produce(client, 'a', 'audio'), produce(client, 'v', 'video')]);
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? outcome.reason.name : []));
  expect(room.peers[0]!.producers.map(({ id }) => id)).toEqual(allowed);
  expect(errors).toEqual(Array(2 - allowed.length).fill('ForbiddenError'));
});

test("a client's bad parameters are its own mistake", async () => {
  const room = await emptyRoom();
  const client = RoomClient.of(room);
  await client.join('alice');
  await client.session.request('createTransport', { id: 't', direction: 'send' });
  const bad = { id: 'a', transportId: 't', kind: 'audio' as const, rtpParameters: { codecs: [] } };
  await expect(client.session.request('createProducer', bad)).rejects.toThrow(BadRequestError);
});
