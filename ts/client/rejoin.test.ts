import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { FakePeerConnection, FakeTrack, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError } from '../shared/errors.js';
import { DuplicatePeerError } from '../shared/signalling/errors.js';
import { Room } from './room.js';

let server: FakeRoomServer;
let room: Room;
let events: string[];
let uninstall: () => void;

const track = (kind: 'audio' | 'video') => new FakeTrack(kind) as unknown as MediaStreamTrack;

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  server.peers = [peerData('alice', 'audio1'), peerData('bob', 'audio2')];
  room = new Room(server.connect);
  events = [];
  await room.join('me', 'my data');
  room.on('close', (...how) => events.push(`close ${how.filter(Boolean).join(' ')}`));
  room.on('newpeer', ({ name }) => events.push(`newpeer ${name}`));
  room.on('connectionstatechange', (state) => events.push(state));
  for (const peer of room.peers) {
    peer.on('close', (originator) => events.push(`${peer.name} close ${originator}`));
    peer.on('newconsumer', ({ id }) => events.push(`${peer.name} newconsumer ${id}`));
    for (const consumer of peer.consumers)
      consumer.on('close', (by) => events.push(`${consumer.id} close ${by}`));
  }
});

afterEach(async () => {
  await room.leave();
  uninstall();
  jest.useRealTimers();
});

/** The server's worker dies; the attempts to join again after `delay` milliseconds have been made. */
async function die(delay = 0): Promise<void> {
  const { session } = server;
  server.tell('closed', { reason: 'worker died' });
  await settle();
  session.close();
  await pass(delay);
}

/** Milliseconds: what happens at one time needs turns of the event loop. */
const STEP = 500;

async function pass(milliseconds: number): Promise<void> {
  for (let passed = 0; passed <= milliseconds; passed += STEP) {
    await jest.advanceTimersByTimeAsync(Math.min(STEP, milliseconds - passed));
    await settle();
  }
}

describe('when the worker dies', () => {
  it('joins again, under the same name and with the same data; the room stays open', async () => {
    await die();

    expect(server.methods()).toEqual(['queryRoom', 'join', 'queryRoom', 'join']);
    const [first, second] = server.asked('join');
    expect(second).toEqual(first);
    expect(second).toMatchObject({ name: 'me', appData: 'my data' });
    expect([room.joined, room.closed, room.name]).toEqual([true, false, 'me']);
  });

  it('keeps the peers who are there, with other consumers, and tells of the others', async () => {
    const [alice] = room.peers;
    server.peers = [peerData('alice', 'audio3'), peerData('carol')];
    await die();

    expect(events).toEqual([
      'disconnected',
      'audio1 close remote',
      'audio2 close remote',
      'bob close remote',
      'alice newconsumer audio3',
      'newpeer carol',
      'connected',
    ]);
    expect(room.peers.map(({ name }) => name)).toEqual(['alice', 'carol']);
    expect(room.peers[0]).toBe(alice);
    expect(alice!.closed).toBe(false);
  });

  it('does not lose what is told right after the answer', async () => {
    server.answers.join = async () => {
      queueMicrotask(() => server.tell('newPeer', peerData('dave')));
      return { peers: [], dataConsumers: [] };
    };
    await die();

    expect(room.peers.map(({ name }) => name)).toEqual(['dave']);
  });

  it('sends its producers again, on the same transport with another connection', async () => {
    const transport = room.createTransport('send');
    const producer = room.createProducer(track('audio'));
    await producer.send(transport);
    producer.pause();
    await settle();
    const handled: string[] = [];
    producer.on('unhandled', () => handled.push('unhandled')).on('handled', () => handled.push('handled'));
    const before = transport.connection;
    server.requests.length = 0;
    await die();

    expect(handled).toEqual(['unhandled', 'handled']);
    expect([producer.transport, producer.closed, transport.closed]).toEqual([transport, false, false]);
    expect(transport.connection).not.toBe(before);
    expect(before!.signalingState).toBe('closed');
    expect(server.methods()).toEqual([
      ...['queryRoom', 'join', 'createTransport', 'connectTransport', 'createProducer'],
    ]);
    expect(server.asked('createProducer')).toMatchObject([{ id: producer.id, paused: true }]);
  });

  it('receives on the same transport', async () => {
    const transport = room.createTransport('recv');
    await room.peers[0]!.consumers[0]!.receive(transport);
    server.peers = [peerData('alice', 'audio3')];
    await die();
    await room.peers[0]!.consumers[0]!.receive(transport);

    expect(FakePeerConnection.sectionsOf(transport.connection!.remoteDescription)).toEqual(['0 sendonly']);
  });

  it('makes new ways for messages, in both directions', async () => {
    const heard: unknown[] = [];
    room.on('message', (data, { from }) => heard.push([data, from?.name]));
    const first = room.send('lost').catch((error) => error);
    await settle();
    server.dataConsumers = [{ id: 'd1', peerName: 'alice', reliable: true }];
    await die();
    expect(await first).toBeInstanceOf(InvalidStateError);
    const second = room.send('sent');
    await pass(0);
    for (const connection of FakePeerConnection.all) connection.openChannels();
    for (const { id } of server.asked('createDataProducer')) server.tell('dataProducerReady', { id });
    await second;
    await pass(0);
    expect(server.asked('startDataConsumers')).toEqual([{ ids: ['d1'] }]);
    FakePeerConnection.all
      .flatMap(({ channels }) => channels)
      .at(-1)!
      .receive('heard');

    const sent = FakePeerConnection.all.flatMap(({ channels }) =>
      channels.flatMap((channel) => channel.sent),
    );
    expect([sent, heard]).toEqual([['sent'], [['heard', 'alice']]]);
  });

  it('lets requests of the meantime wait', async () => {
    server.answers.join = () => {
      throw new Error('not yet');
    };
    await die();
    expect([room.connectionState, room.joined]).toEqual(['disconnected', true]);
    const transport = room.createTransport('send');
    const producer = room.createProducer(track('audio'));
    const sending = producer.send(transport);
    await settle();
    expect(server.asked('createTransport')).toEqual([]);
    delete server.answers.join;
    await pass(1000);
    await sending;

    expect(producer.transport).toBe(transport);
    expect(room.connectionState).toBe('connected');
  });

  it('tries for half a minute, then it is closed for that', async () => {
    server.answers.join = () => {
      throw new Error('no worker');
    };
    await die();
    const waiting = room.createProducer(track('audio')).send(room.createTransport('send'));
    const rejected = expect(waiting).rejects.toThrow(InvalidStateError);
    await pass(29_000);
    expect([room.joined, room.connectionState]).toEqual([true, 'disconnected']);
    // Each attempt takes one step.
    await pass(6 * STEP);
    await rejected;

    expect(server.asked('join')).toHaveLength(7);
    expect(events.slice(-4)).toEqual([
      ...['closed', 'close remote worker died', 'alice close remote', 'bob close remote'],
    ]);
    server.answers.join = () => ({ peers: [], dataConsumers: [] });
    await room.join('me');
  });

  it('gives up if its name is taken by now', async () => {
    server.answers.join = () => {
      throw new DuplicatePeerError('there is a me');
    };
    await die();

    expect(events).toContain('close remote worker died');
    expect(server.asked('join')).toHaveLength(2);
  });

  it('may be left meanwhile', async () => {
    server.answers.join = () => new Promise(() => {});
    await die();
    await room.leave('enough');
    await pass(60_000);

    expect(events.filter((event) => event.startsWith('close'))).toEqual([
      'closed',
      'close local left enough',
    ]);
    expect(server.session.closed).toBe(true);
    expect(server.asked('join')).toHaveLength(2);
  });

  it('survives it again and again', async () => {
    const producer = room.createProducer(track('audio'));
    await producer.send(room.createTransport('send'));
    for (let death = 0; death < 5; death += 1) await die();

    expect([room.connectionState, producer.transport?.closed]).toEqual(['connected', false]);
    expect(server.asked('createProducer')).toHaveLength(6);
  });
});
