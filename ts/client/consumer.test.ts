import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { consumerData, FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { FakePeerConnection, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError, UnsupportedError } from '../shared/errors.js';
import type { Consumer } from './consumer.js';
import type { RecvTransport } from './recv-transport.js';
import { Room } from './room.js';

let server: FakeRoomServer;
let room: Room;
let transport: RecvTransport;
let uninstall: () => void;

function consumer(id: string): Consumer {
  const [found] = room.peers.flatMap((peer) => peer.getConsumerById(id) ?? []);
  return found!;
}

function receive(...ids: string[]): Promise<MediaStreamTrack[]> {
  return Promise.all(ids.map((id) => consumer(id).receive(transport)));
}

function connection(): FakePeerConnection {
  return FakePeerConnection.all.at(-1)!;
}

function offered(): string[] {
  return FakePeerConnection.sectionsOf(connection().remoteDescription);
}

function eventsOf(one: Consumer): string[] {
  const events: string[] = [];
  one.on('close', (...args) => events.push(`close ${args.filter(Boolean).join(' ')}`));
  one.on('pause', (...args) => events.push(`pause ${args.filter(Boolean).join(' ')}`));
  one.on('resume', (...args) => events.push(`resume ${args.filter(Boolean).join(' ')}`));
  one.on('effectiveprofilechange', (profile) => events.push(profile));
  one.on('handled', () => events.push('handled'));
  one.on('unhandled', () => events.push('unhandled'));
  return events;
}

beforeEach(async () => {
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  server.peers = [peerData('alice', 'audio1', 'video1'), peerData('bob', 'audio2', 'video2')];
  room = new Room(server.connect);
  await room.join('me');
  server.requests.length = 0;
  transport = room.createTransport('recv');
});

afterEach(async () => {
  await room.leave();
  uninstall();
});

describe('receiving', () => {
  it('many is one request and one exchange', async () => {
    const tracks = await receive('audio1', 'video1', 'audio2', 'video2');

    await settle();

    expect(tracks.map(({ kind }) => kind)).toEqual(['audio', 'video', 'audio', 'video']);
    expect(server.methods()).toEqual([
      'createTransport',
      'enableConsumers',
      'connectTransport',
      'startConsumers',
    ]);
    expect(server.asked('startConsumers')[0]?.ids).toEqual(['audio1', 'video1', 'audio2', 'video2']);
    expect(connection().log).toEqual(['remote offer', 'answer']);
    expect(server.asked('connectTransport')[0]?.dtlsParameters.role).toBe('client');
  });

  it('gathers what is asked for while an exchange is under way', async () => {
    const first = receive('audio1');
    await settle();
    await Promise.all([first, receive('video1'), receive('audio2')]);

    expect(server.asked('enableConsumers').map(({ consumers }) => consumers.length)).toEqual([1, 2]);
    expect(server.asked('connectTransport')).toHaveLength(1);
    expect(offered()).toEqual(['0 sendonly', '1 sendonly', '2 sendonly']);
  });

  it('starts only what the browser has accepted', async () => {
    let released = () => {};
    server.answers.startConsumers = () => {
      expect(connection().signalingState).toBe('stable');
      released();
      return {};
    };
    const started = new Promise<void>((resolve) => {
      released = resolve;
    });
    await receive('audio1');
    await started;
  });

  it('sets the consumer', async () => {
    const one = consumer('video1');
    const events = eventsOf(one);
    one.setPreferredProfile('low');
    const track = await one.receive(transport);

    expect(one.track).toBe(track);
    expect(one.transport).toBe(transport);
    expect(one.rtpParameters?.mid).toBe('0');
    expect(server.asked('enableConsumers')[0]?.consumers).toEqual([
      { id: 'video1', transportId: transport.id, paused: false, preferredProfile: 'low' },
    ]);
    expect(events).toEqual(['default', 'handled']);
  });

  it('fails for some without failing for others', async () => {
    server.answers.enableConsumers = () => ({
      consumers: [
        { id: 'audio1', ok: false, error: { name: 'NotFoundError', message: 'gone' } },
        {
          id: 'video1',
          ok: true,
          paused: false,
          preferredProfile: 'default',
          effectiveProfile: 'default',
          rtpParameters: {
            mid: '7',
            codecs: [{ mimeType: 'video/VP8', payloadType: 101, clockRate: 90000 }],
            encodings: [{ ssrc: 1 }],
          },
        },
      ],
    });
    const [audio, video] = await Promise.allSettled([
      consumer('audio1').receive(transport),
      consumer('video1').receive(transport),
    ]);

    expect(audio).toMatchObject({ status: 'rejected', reason: { name: 'NotFoundError' } });
    expect(video.status).toBe('fulfilled');
    expect(consumer('audio1').transport).toBeUndefined();
    expect(offered()).toEqual(['7 sendonly']);
  });

  it('is not possible twice, nor without a codec, nor on what sends', async () => {
    server.tell('newConsumer', consumerData('alice', 'video9', { supported: false }));
    await receive('audio1');
    await settle();

    await expect(receive('audio1')).rejects.toThrow(InvalidStateError);
    await expect(receive('video9')).rejects.toThrow(UnsupportedError);
    await expect(consumer('video1').receive(room.createTransport('send') as never)).rejects.toThrow(
      TypeError,
    );
    transport.close();
    await expect(receive('video1')).rejects.toThrow(InvalidStateError);
  });

  it('closes the transport when an exchange fails, and says why', async () => {
    await receive('audio1');
    connection().failure = new Error('bad description');

    await expect(receive('video1')).rejects.toThrow('bad description');
    expect(transport.closed).toBe(true);
    expect(consumer('audio1').transport).toBeUndefined();
  });

  it('ends with the transport, even if the server never answers', async () => {
    server.answers.enableConsumers = () => new Promise(() => {});
    const receiving = receive('audio1');
    await settle();
    transport.close();

    await expect(receiving).rejects.toThrow(InvalidStateError);
    expect(consumer('audio1').closed).toBe(false);
  });

  it('asks for nothing that closed meanwhile', async () => {
    const closed = consumer('audio1').receive(transport);
    const other = receive('video1');
    consumer('audio1').end('remote');

    await expect(closed).rejects.toThrow(InvalidStateError);
    await other;
    expect(server.asked('enableConsumers')[0]?.consumers.map(({ id }) => id)).toEqual(['video1']);
  });

  it('shows nothing that closed before the answer', async () => {
    server.answers.enableConsumers = async () => {
      server.tell('consumerClosed', { id: 'audio1', peerName: 'alice' });
      await settle();
      return { consumers: [enabled('audio1', '0'), enabled('video1', '1')] };
    };
    const [audio, video] = await Promise.allSettled([
      consumer('audio1').receive(transport),
      consumer('video1').receive(transport),
    ]);

    expect([audio.status, video.status]).toEqual(['rejected', 'fulfilled']);
    expect(offered()).toEqual(['1 sendonly']);
    await settle();
    expect(server.asked('startConsumers')[0]?.ids).toEqual(['video1']);
  });
});

function enabled(id: string, mid: string) {
  const codec = { mimeType: 'video/VP8', payloadType: 101, clockRate: 90000 };
  const rtpParameters = { mid, codecs: [codec], encodings: [{ ssrc: 1 + Number(mid) }] };
  return {
    id,
    ok: true,
    rtpParameters,
    paused: false,
    preferredProfile: 'default',
    effectiveProfile: 'none',
  };
}

describe('closing', () => {
  it('rejects the sections of all that left, in one exchange', async () => {
    await receive('audio1', 'video1', 'audio2', 'video2');
    const tracks = ['audio2', 'video2'].map((id) => consumer(id).track!);
    server.tell('peerClosed', { name: 'bob' });
    await settle();

    expect(offered()).toEqual(['0 sendonly', '1 sendonly', '2 rejected', '3 rejected']);
    expect(connection().log).toEqual(['remote offer', 'answer', 'remote offer', 'answer']);
    expect(tracks.map(({ readyState }) => readyState)).toEqual(['ended', 'ended']);
  });

  it('leaves the sections to others', async () => {
    await receive('audio1', 'video1', 'audio2');
    server.tell('consumerClosed', { id: 'video1', peerName: 'alice' });
    await settle();
    await receive('video2');

    expect(offered()).toEqual(['0 sendonly', '3 sendonly', '2 sendonly']);
    expect(consumer('video2').track?.readyState).toBe('live');
  });

  it('is part of the exchange that adds others', async () => {
    await receive('audio1', 'video1');
    const other = receive('video2');
    server.tell('consumerClosed', { id: 'video1', peerName: 'alice' });
    await other;
    await settle();

    expect(offered()).toEqual(['0 sendonly', '1 rejected', '2 sendonly']);
    expect(connection().log.filter((entry) => entry === 'answer').length).toBeLessThanOrEqual(3);
  });

  it('tells why', async () => {
    const one = consumer('video1');
    const events = eventsOf(one);
    server.tell('consumerClosed', { id: 'video1', peerName: 'alice', appData: 'no more' });
    await settle();

    expect(events).toEqual(['close remote no more']);
  });
});

describe('pausing', () => {
  it('tells the server, and silences the track', async () => {
    const one = consumer('video1');
    await receive('video1');
    const events = eventsOf(one);

    expect(one.pause('a')).toBe(true);
    expect(one.track?.enabled).toBe(false);
    expect(one.resume('b')).toBe(true);
    expect(one.track?.enabled).toBe(true);
    await settle();

    expect(server.asked('pauseConsumer')).toEqual([{ id: 'video1', appData: 'a' }]);
    expect(server.asked('resumeConsumer')).toEqual([{ id: 'video1', appData: 'b' }]);
    expect(events).toEqual(['pause local a', 'resume local b']);
  });

  it('before it is received is told with it', async () => {
    consumer('video1').pause();
    await receive('video1');

    expect(server.asked('enableConsumers')[0]?.consumers[0]?.paused).toBe(true);
    expect(server.asked('pauseConsumer')).toEqual([]);
    expect(consumer('video1').track?.enabled).toBe(false);
  });

  it('by both sides needs both to resume', async () => {
    const one = consumer('video1');
    await receive('video1');
    const events = eventsOf(one);
    server.tell('consumerPaused', { id: 'video1', peerName: 'alice', appData: 'x' });
    await settle();
    one.pause();
    server.tell('consumerResumed', { id: 'video1', peerName: 'alice' });
    await settle();

    expect([one.locallyPaused, one.remotelyPaused, one.paused]).toEqual([true, false, true]);
    expect(events).toEqual(['pause remote x', 'pause local', 'resume remote']);
  });
});

describe('profiles', () => {
  it('are wished by this side or the server, and told by the server', async () => {
    const one = consumer('video1');
    await receive('video1');
    const events = eventsOf(one);
    one.setPreferredProfile('medium');
    server.tell('consumerEffectiveProfileChanged', { id: 'video1', peerName: 'alice', profile: 'medium' });
    server.tell('consumerEffectiveProfileChanged', { id: 'video1', peerName: 'alice', profile: 'medium' });
    server.tell('consumerPreferredProfileSet', { id: 'video1', peerName: 'alice', profile: 'low' });
    await settle();

    expect(server.asked('setConsumerPreferredProfile')).toEqual([{ id: 'video1', profile: 'medium' }]);
    expect(events).toEqual(['medium']);
    expect([one.preferredProfile, one.effectiveProfile]).toEqual(['low', 'medium']);
    expect(() => one.setPreferredProfile('best' as never)).toThrow(TypeError);
  });

  it('asks for a key frame only of what is received', async () => {
    consumer('video1').requestKeyFrame();
    await receive('video1');
    consumer('video1').requestKeyFrame();
    await settle();

    expect(server.asked('requestKeyFrame')).toEqual([{ id: 'video1' }]);
  });
});

describe('a closed transport', () => {
  it('leaves the consumers to be received on another', async () => {
    const one = consumer('video1');
    await receive('video1');
    const events = eventsOf(one);
    server.tell('transportClosed', { id: transport.id });
    await settle();
    expect(one.track).toBeUndefined();

    transport = room.createTransport('recv');
    await receive('video1');
    expect(events).toEqual(['unhandled', 'default', 'handled']);
    expect(server.asked('enableConsumers')).toHaveLength(2);
  });
});

describe('restarting ICE', () => {
  it("offers the server's new credentials", async () => {
    await receive('video1');
    await room.restartIce();

    expect(connection().remoteDescription?.sdp).toContain('a=ice-ufrag:restarted');
    expect(connection().log).toEqual(['remote offer', 'answer', 'remote offer', 'answer']);
  });
});
