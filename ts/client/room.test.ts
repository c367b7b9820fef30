import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { consumerData, FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { FakePeerConnection, FakeTrack, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError, UnsupportedError } from '../shared/errors.js';
import { DuplicatePeerError, PortClosedError } from '../shared/signalling/errors.js';
import { Room } from './room.js';

let server: FakeRoomServer;
let room: Room;
let events: string[];
let uninstall: () => void;

const track = (kind: 'audio' | 'video') => new FakeTrack(kind) as unknown as MediaStreamTrack;

beforeEach(() => {
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  room = new Room(server.connect);
  events = [];
  room.on('newpeer', ({ name }) => events.push(`newpeer ${name}`));
  room.on('close', (...args) => events.push(`close ${args.filter(Boolean).join(' ')}`));
  room.on('connectionstatechange', (state) => events.push(state));
});

afterEach(async () => {
  await room.leave();
  uninstall();
});

describe('joining', () => {
  it("asks for the room's capabilities and answers with the common ones", async () => {
    await room.join('me', { colour: 'red' });

    expect(server.methods()).toEqual(['queryRoom', 'join']);
    const [join] = server.asked('join');
    expect(join).toMatchObject({ name: 'me', spy: false, appData: { colour: 'red' } });
    expect(join?.rtpCapabilities.codecs?.map(({ mimeType }) => mimeType)).toEqual([
      'audio/opus',
      'video/VP8',
      'video/rtx',
    ]);
    expect(room.name).toBe('me');
    expect(events).toEqual(['connecting', 'connected']);
  });

  it('leaves no RTCPeerConnection open', async () => {
    await room.join('me');

    expect(FakePeerConnection.all.map(({ signalingState }) => signalingState)).toEqual(['closed']);
  });

  it('resolves with everybody and what they send', async () => {
    server.peers = [peerData('alice', 'audio1', 'video1'), peerData('bob')];

    const peers = await room.join('me');

    expect(peers.map(({ name, appData }) => [name, appData])).toEqual([
      ['alice', { is: 'alice' }],
      ['bob', { is: 'bob' }],
    ]);
    expect(peers[0]?.consumers.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'audio1 audio',
      'video1 video',
    ]);
    expect(events).toEqual(['connecting', 'connected']);
  });

  it('does not lose what is told right after the answer', async () => {
    server.peers = [peerData('alice')];
    server.answers.join = async () => {
      queueMicrotask(() => {
        server.tell('newPeer', peerData('bob'));
        server.tell('newConsumer', consumerData('alice', 'video1'));
      });
      return { peers: server.peers, dataConsumers: [] };
    };

    const peers = await room.join('me');
    await settle();

    expect(peers.map(({ name }) => name)).toEqual(['alice']);
    expect(room.peers.map(({ name }) => name)).toEqual(['alice', 'bob']);
    expect(room.getPeerByName('alice')?.consumers).toHaveLength(1);
  });

  it("rejects with the server's error, and may be tried again", async () => {
    server.answers.join = () => {
      throw new DuplicatePeerError('there is an alice');
    };
    await expect(room.join('alice')).rejects.toThrow(DuplicatePeerError);
    expect(room.connectionState).toBe('new');
    delete server.answers.join;

    await room.join('alice2');

    expect(room.joined).toBe(true);
  });

  it('rejects when the port closes meanwhile', async () => {
    server.answers.join = () => server.session.close();

    await expect(room.join('me')).rejects.toThrow(PortClosedError);
    expect(room.connectionState).toBe('new');
  });

  it('rejects when it is left meanwhile', async () => {
    const joining = room.join('me');
    await room.leave();

    await expect(joining).rejects.toThrow(PortClosedError);
    expect(room.joined).toBe(false);
    expect(events).toEqual(['connecting', 'new']);
  });

  it('is not possible twice at once', async () => {
    const joining = room.join('me');

    await expect(room.join('me')).rejects.toThrow(InvalidStateError);
    await joining;
    await expect(room.join('me')).rejects.toThrow(InvalidStateError);
  });

  it('refuses a bad name and an old browser', async () => {
    await expect(room.join('')).rejects.toThrow(TypeError);
    Reflect.deleteProperty(globalThis, 'RTCPeerConnection');
    await expect(room.join('me')).rejects.toThrow(UnsupportedError);
  });
});

describe('others', () => {
  beforeEach(async () => {
    server.peers = [peerData('alice', 'video1')];
    await room.join('me');
    events.length = 0;
  });

  it('come and go', async () => {
    server.tell('newPeer', peerData('bob'));
    await settle();
    const closed = jest.fn();
    room.getPeerByName('bob')?.on('close', closed);
    server.tell('peerClosed', { name: 'bob', appData: 'bye' });
    await settle();

    expect(events).toEqual(['newpeer bob']);
    expect(closed).toHaveBeenCalledWith('remote', 'bye');
    expect(room.getPeerByName('bob')).toBeUndefined();
  });

  it('take what they send with them', async () => {
    const [consumer] = room.getPeerByName('alice')!.consumers;
    const closed = jest.fn();
    consumer?.on('close', closed);
    server.tell('peerClosed', { name: 'alice' });
    await settle();

    expect(closed).toHaveBeenCalledWith('remote', undefined);
    expect(consumer?.closed).toBe(true);
  });

  it('begin and stop to send', async () => {
    const alice = room.getPeerByName('alice')!;
    const came = jest.fn();
    alice.on('newconsumer', ({ id, peer }) => came(id, peer.name));
    server.tell('newConsumer', consumerData('alice', 'audio1'));
    await settle();
    server.tell('consumerClosed', { id: 'audio1', peerName: 'alice' });
    await settle();

    expect(came).toHaveBeenCalledWith('audio1', 'alice');
    expect(alice.consumers.map(({ id }) => id)).toEqual(['video1']);
  });

  it('may be unknown: what the server tells of them then is passed over', async () => {
    server.tell('consumerPaused', { id: 'nothing', peerName: 'nobody' });
    server.tell('newConsumer', consumerData('nobody', 'video9'));
    server.tell('producerClosed', { id: 'nothing' });
    server.tell('transportClosed', { id: 'nothing' });
    server.tell('somethingNew' as never, {} as never);
    server.tell('toString' as never, {} as never);
    await settle();

    expect(room.joined).toBe(true);
  });
});

describe('closing', () => {
  beforeEach(async () => {
    server.peers = [peerData('alice', 'video1')];
    await room.join('me');
    events.length = 0;
  });

  it('by leaving closes everything at once, and tells the server', async () => {
    const peer = room.getPeerByName('alice')!;
    const producer = room.createProducer(track('audio'));
    const transport = room.createTransport('recv');
    const originators: string[] = [];
    peer.on('close', (originator) => originators.push(`peer ${originator}`));
    producer.on('close', (originator) => originators.push(`producer ${originator}`));
    transport.on('close', (originator) => originators.push(`transport ${originator}`));
    const leaving = room.leave('later');

    expect(events).toEqual(['closed', 'close local left later']);
    expect(originators).toEqual(['producer local', 'peer local', 'transport local']);
    expect([room.closed, room.joined, room.peers]).toEqual([true, false, []]);
    await leaving;
    expect(server.asked('leave')).toEqual([{ appData: 'later' }]);
    await settle();
    expect(server.session.closed).toBe(true);
  });

  it.each(['removed', 'room closed', 'server closed'] as const)('because %s', async (reason) => {
    server.tell('closed', { reason, appData: 'why' });
    await settle();

    expect(events).toEqual(['closed', `close remote ${reason} why`]);
  });

  it('because the port closed', async () => {
    server.session.close();
    await settle();

    expect(events).toEqual(['closed', 'close remote connection lost']);
  });

  it('happens once', async () => {
    server.tell('closed', { reason: 'removed' });
    server.session.close();
    await settle();
    await room.leave();

    expect(events).toEqual(['closed', 'close remote removed']);
  });

  it('is not the end: it can be joined again', async () => {
    await room.leave();
    server.peers = [peerData('bob')];

    const peers = await room.join('me');

    expect(peers.map(({ name }) => name)).toEqual(['bob']);
    expect(room.closed).toBe(false);
    room.createTransport('send');
  });

  it('leaves nothing to be made', async () => {
    await room.leave();

    expect(() => room.createTransport('send')).toThrow(InvalidStateError);
    expect(() => room.createProducer(track('audio'))).toThrow(InvalidStateError);
    expect(room.canSend('audio')).toBe(false);
  });
});

describe('what can be made', () => {
  it('knows what can be sent', async () => {
    server.answers.queryRoom = () => ({
      rtpCapabilities: {
        codecs: [
          { kind: 'audio', mimeType: 'audio/opus', preferredPayloadType: 100, clockRate: 48000, channels: 2 },
        ],
      },
    });
    await room.join('me');

    expect([room.canSend('audio'), room.canSend('video')]).toEqual([true, false]);
    expect(() => room.createProducer(track('video'))).toThrow(UnsupportedError);
    expect(() => room.canSend('text' as never)).toThrow(TypeError);
  });

  it('refuses a track that has ended, and what is no track', async () => {
    await room.join('me');
    const ended = track('audio');
    ended.stop();

    expect(() => room.createProducer(ended)).toThrow(InvalidStateError);
    expect(() => room.createProducer({} as never)).toThrow(TypeError);
    expect(() => room.createTransport('both' as never)).toThrow(TypeError);
  });

  it('is for receiving only, for a spy', async () => {
    room = new Room(server.connect, { spy: true });
    await room.join('me');

    expect(server.asked('join')[0]?.spy).toBe(true);
    expect(room.canSend('audio')).toBe(false);
    expect(() => room.createTransport('send')).toThrow(TypeError);
    expect(() => room.createProducer(track('audio'))).toThrow(UnsupportedError);
    room.createTransport('recv');
  });
});

describe('the connection state', () => {
  it('is the worst of all transports', async () => {
    await room.join('me');
    const send = room.createTransport('send');
    await room.createProducer(track('audio')).send(send);
    const connection = FakePeerConnection.all.at(-1)!;
    events.length = 0;

    connection.become('connecting');
    connection.become('connected');
    connection.become('disconnected');
    send.close();

    expect(events).toEqual(['connecting', 'connected', 'disconnected', 'connected']);
  });
});
