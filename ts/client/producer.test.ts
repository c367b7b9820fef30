import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeRoomServer, settle } from '../../test/harness/fake-room-server.js';
import { FakePeerConnection, FakeTrack, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError } from '../shared/errors.js';
import { ForbiddenError } from '../shared/signalling/errors.js';
import type { Producer, ProducerOptions } from './producer.js';
import { Room } from './room.js';
import type { SendTransport } from './send-transport.js';

let server: FakeRoomServer;
let room: Room;
let transport: SendTransport;
let uninstall: () => void;

const fakeOf = (track: MediaStreamTrack) => track as unknown as FakeTrack;

function produce(kind: 'audio' | 'video', options?: ProducerOptions): Producer {
  return room.createProducer(new FakeTrack(kind) as unknown as MediaStreamTrack, options);
}

async function sent(kind: 'audio' | 'video', options?: ProducerOptions): Promise<Producer> {
  const producer = produce(kind, options);
  await producer.send(transport);
  return producer;
}

function connection(): FakePeerConnection {
  return FakePeerConnection.all.at(-1)!;
}

function answered(): string[] {
  return FakePeerConnection.sectionsOf(connection().remoteDescription);
}

function eventsOf(producer: Producer): string[] {
  const events: string[] = [];
  producer.on('close', (...args) => events.push(`close ${args.filter(Boolean).join(' ')}`));
  producer.on('pause', (...args) => events.push(`pause ${args.filter(Boolean).join(' ')}`));
  producer.on('resume', (...args) => events.push(`resume ${args.filter(Boolean).join(' ')}`));
  producer.on('trackended', () => events.push('trackended'));
  producer.on('handled', () => events.push('handled'));
  producer.on('unhandled', () => events.push('unhandled'));
  return events;
}

beforeEach(async () => {
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  room = new Room(server.connect);
  await room.join('me');
  server.requests.length = 0;
  transport = room.createTransport('send', { for: 'test' });
});

afterEach(async () => {
  await room.leave();
  uninstall();
});

describe('sending', () => {
  it('creates the transport with its first producer', async () => {
    expect(server.methods()).toEqual([]);
    const producer = await sent('audio', { appData: { source: 'mic' } });

    expect(server.methods()).toEqual(['createTransport', 'connectTransport', 'createProducer']);
    expect(server.asked('createTransport')[0]).toEqual({
      id: transport.id,
      direction: 'send',
      appData: { for: 'test' },
    });
    expect(server.asked('connectTransport')[0]?.dtlsParameters.role).toBe('client');
    expect(server.asked('createProducer')[0]).toMatchObject({
      id: producer.id,
      transportId: transport.id,
      kind: 'audio',
      paused: false,
      appData: { source: 'mic' },
      rtpParameters: { mid: '0' },
    });
    expect(producer.transport).toBe(transport);
    expect(producer.rtpParameters?.mid).toBe('0');
  });

  it('is one exchange after the other, on one transport', async () => {
    await Promise.all([sent('audio'), sent('video')]);

    expect(server.asked('createTransport')).toHaveLength(1);
    expect(server.asked('connectTransport')).toHaveLength(1);
    expect(connection().log).toEqual(['offer', 'remote answer', 'offer', 'remote answer']);
    expect(answered()).toEqual(['0 recvonly', '2 recvonly']);
  });

  it('sends a clone: the track of the application is its own', async () => {
    const producer = await sent('audio');
    producer.close();

    expect(producer.originalTrack.readyState).toBe('live');
    expect(producer.track.readyState).toBe('ended');
  });

  it('sends simulcast if asked', async () => {
    await sent('video', { simulcast: true });

    const { encodings } = server.asked('createProducer')[0]!.rtpParameters;
    expect(encodings?.map(({ rid }) => rid)).toEqual(['q', 'h', 'f']);
    expect(connection().remoteDescription?.sdp).toContain('a=simulcast:recv q;h;f');
  });

  it('is not possible twice, nor on what is closed, nor on what receives', async () => {
    const producer = await sent('audio');
    await expect(producer.send(transport)).rejects.toThrow(InvalidStateError);
    producer.close();
    await expect(producer.send(transport)).rejects.toThrow(InvalidStateError);
    await expect(produce('audio').send(room.createTransport('recv') as never)).rejects.toThrow(TypeError);
    transport.close();
    await expect(produce('audio').send(transport)).rejects.toThrow(InvalidStateError);
  });

  it('leaves the transport usable when the server refuses', async () => {
    await sent('audio');
    server.answers.createProducer = () => {
      throw new ForbiddenError('not you');
    };
    const refused = produce('video');
    await expect(refused.send(transport)).rejects.toThrow(ForbiddenError);
    delete server.answers.createProducer;

    expect(refused.transport).toBeUndefined();
    expect(answered()).toEqual(['0 recvonly', '2 rejected']);
    await refused.send(transport);
    expect(answered()).toEqual(['0 recvonly', '3 recvonly']);
  });

  it('closes the transport when an exchange fails, and says why', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);
    connection().failure = new Error('bad description');

    await expect(produce('video').send(transport)).rejects.toThrow('bad description');
    expect(transport.closed).toBe(true);
    expect(events).toEqual(['unhandled']);
    await settle();
    expect(server.asked('closeTransport')).toHaveLength(1);
  });

  it('ends with the transport, even if the server never answers', async () => {
    server.answers.createTransport = () => new Promise(() => {});
    const producer = produce('audio');
    const sending = producer.send(transport);
    await settle();
    transport.close();

    await expect(sending).rejects.toThrow(InvalidStateError);
    expect(producer.closed).toBe(false);
  });

  it('creates nothing for a producer that closed meanwhile', async () => {
    const producer = produce('audio');
    const sending = producer.send(transport);
    producer.close();

    await expect(sending).rejects.toThrow(InvalidStateError);
    await settle();
    expect(server.asked('createProducer')).toEqual([]);
    expect(server.asked('closeProducer')).toEqual([]);
  });
});

describe('closing', () => {
  it('by this side tells the server, once', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);
    producer.close('enough');
    producer.close();
    await settle();

    expect(server.asked('closeProducer')).toEqual([{ id: producer.id, appData: 'enough' }]);
    expect(events).toEqual(['close local enough']);
    expect(room.producers).toEqual([]);
  });

  it('by the server is not told back', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);
    server.tell('producerClosed', { id: producer.id, appData: 'no' });
    await settle();

    expect(events).toEqual(['close remote no']);
    expect(server.asked('closeProducer')).toEqual([]);
    expect(producer.track.readyState).toBe('ended');
  });

  it('of the first keeps its section, for the next of its kind', async () => {
    const first = await sent('video');
    await sent('audio');
    first.close();
    await settle();
    expect(answered()).toEqual(['0 inactive', '2 recvonly']);

    await sent('video');
    expect(answered()).toEqual(['0 recvonly', '2 recvonly']);
  });

  it('of the first leaves its section to no simulcast', async () => {
    const first = await sent('video');
    first.close();
    await sent('video', { simulcast: true });

    expect(answered()).toEqual(['0 inactive', '2 recvonly']);
  });

  it('of another gives its section to the next', async () => {
    await sent('audio');
    const video = await sent('video');
    video.close();
    await sent('audio');

    expect(answered()).toEqual(['0 recvonly', '3 recvonly']);
  });
});

describe('pausing', () => {
  it('silences the track and tells the server', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);

    expect(producer.pause('a')).toBe(true);
    expect(producer.track.enabled).toBe(false);
    expect(producer.resume('b')).toBe(true);
    expect(producer.track.enabled).toBe(true);
    await settle();

    expect(events).toEqual(['pause local a', 'resume local b']);
    expect(server.asked('pauseProducer')).toEqual([{ id: producer.id, appData: 'a' }]);
    expect(server.asked('resumeProducer')).toEqual([{ id: producer.id, appData: 'b' }]);
  });

  it('twice is pausing once', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);
    producer.pause();
    producer.pause();

    expect(events).toEqual(['pause local']);
  });

  it('before it is sent is told with it', async () => {
    const producer = produce('audio');
    producer.pause();
    await producer.send(transport);

    expect(server.asked('createProducer')[0]?.paused).toBe(true);
    expect(server.asked('pauseProducer')).toEqual([]);
  });

  it('begins as the track is', () => {
    const track = Object.assign(new FakeTrack('audio'), { enabled: false });

    expect(room.createProducer(track as never).locallyPaused).toBe(true);
  });

  it('by both sides needs both to resume', async () => {
    const producer = await sent('audio');
    const events = eventsOf(producer);
    server.tell('producerPaused', { id: producer.id, appData: 'hush' });
    await settle();
    producer.pause();
    expect(producer.resume()).toBe(false);
    expect(producer.track.enabled).toBe(false);
    server.tell('producerResumed', { id: producer.id });
    await settle();

    expect(producer.paused).toBe(false);
    expect(producer.track.enabled).toBe(true);
    expect(events).toEqual(['pause remote hush', 'pause local', 'resume local', 'resume remote']);
  });
});

describe('the track', () => {
  it('may be replaced: the pause stays, the old clone stops', async () => {
    const producer = await sent('video');
    const before = producer.track;
    producer.pause();
    const next = new FakeTrack('video') as unknown as MediaStreamTrack;
    await producer.replaceTrack(next);

    expect(producer.originalTrack).toBe(next);
    expect(producer.track.enabled).toBe(false);
    expect(before.readyState).toBe('ended');
    expect(connection().getTransceivers()[0]?.sender.track).toBe(producer.track);
    expect(connection().log).toEqual(['offer', 'remote answer']);
  });

  it('may be replaced before it is sent', async () => {
    const producer = produce('audio');
    await producer.replaceTrack(new FakeTrack('audio') as never);
    await producer.send(transport);

    expect(connection().getTransceivers()[0]?.sender.track).toBe(producer.track);
  });

  it('must be of the same kind, and live', async () => {
    const producer = produce('audio');
    const ended = new FakeTrack('audio');
    ended.stop();

    await expect(producer.replaceTrack(new FakeTrack('video') as never)).rejects.toThrow(TypeError);
    await expect(producer.replaceTrack(ended as never)).rejects.toThrow(InvalidStateError);
  });

  it('may end by itself: the producer stays', async () => {
    const producer = await sent('video');
    const events = eventsOf(producer);
    fakeOf(producer.track).unplug();

    expect(events).toEqual(['trackended']);
    expect(producer.closed).toBe(false);
  });

  it('that was replaced ends without an event', async () => {
    const producer = await sent('video');
    const events = eventsOf(producer);
    const before = fakeOf(producer.track);
    await producer.replaceTrack(new FakeTrack('video') as never);
    before.unplug();

    expect(events).toEqual([]);
  });
});

describe('a closed transport', () => {
  it.each(['local', 'remote'] as const)(
    '(%s) leaves the producer to be sent on another',
    async (originator) => {
      const producer = await sent('audio');
      const events = eventsOf(producer);
      const closed = jest.fn();
      transport.on('close', closed);
      if (originator === 'local') transport.close('why');
      else server.tell('transportClosed', { id: transport.id, appData: 'why' });
      await settle();

      expect(closed).toHaveBeenCalledWith(originator, 'why');
      expect(server.asked('closeTransport')).toHaveLength(originator === 'local' ? 1 : 0);
      transport = room.createTransport('send');
      await producer.send(transport);
      expect(events).toEqual(['unhandled', 'handled']);
      expect(server.asked('createProducer').map(({ id }) => id)).toEqual([producer.id, producer.id]);
    },
  );

  it('that was never used is not told to the server', async () => {
    transport.close();
    await settle();

    expect(server.methods()).toEqual([]);
  });
});

describe('restarting ICE', () => {
  it('offers new credentials and answers with those of the server', async () => {
    await sent('audio');
    await transport.restartIce();

    expect(server.asked('restartTransport')).toEqual([{ id: transport.id }]);
    expect(connection().localDescription?.sdp).toContain('a=ice-ufrag:ufrag1');
    expect(connection().remoteDescription?.sdp).toContain('a=ice-ufrag:restarted');
    await sent('video');
    // Audio, data and video.
    expect(connection().remoteDescription?.sdp.match(/a=ice-ufrag:restarted/g)).toHaveLength(3);
  });

  it('does nothing before the first use', async () => {
    await transport.restartIce();

    expect(server.methods()).toEqual([]);
  });

  it('leaves the transport open when the server does not answer well', async () => {
    await sent('audio');
    server.answers.restartTransport = () => {
      throw new ForbiddenError('no');
    };

    await expect(transport.restartIce()).rejects.toThrow(ForbiddenError);
    expect(transport.closed).toBe(false);
  });

  it('happens by itself when the browser gives up', async () => {
    await sent('audio');
    connection().become('failed');
    await settle();
    await settle();

    expect(transport.connectionState).toBe('disconnected');
    expect(server.asked('restartTransport')).toHaveLength(1);
    connection().become('connected');
    expect(transport.connectionState).toBe('connected');
  });
});

describe('statistics', () => {
  it('are empty until it is sent', async () => {
    const producer = produce('audio');
    expect(await producer.getServerStats()).toEqual([]);
    await producer.send(transport);

    expect(await producer.getServerStats()).toEqual([{ of: 'producer', id: producer.id }]);
    expect(await transport.getServerStats()).toEqual([{ of: 'transport', id: transport.id }]);
  });
});
