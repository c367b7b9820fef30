import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { FakePeerConnection, FakeTrack, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { InvalidStateError, UnsupportedError } from '../shared/errors.js';
import type { Encoding } from './encodings.js';
import type { ProducerOptions } from './producer.js';
import { Room } from './room.js';
import type { SendTransport } from './send-transport.js';

let server: FakeRoomServer;
let room: Room;
let uninstall: () => void;

beforeEach(async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance'] });
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  server.peers = [peerData('alice', 'video1'), peerData('bob')];
  room = new Room(server.connect);
  await room.join('me');
});

afterEach(async () => {
  await room.leave();
  uninstall();
  jest.useRealTimers();
});

const HD = { width: 1280, height: 720 };

function track(settings: MediaTrackSettings = HD): MediaStreamTrack {
  return new FakeTrack('video', settings) as unknown as MediaStreamTrack;
}

async function sent(options: ProducerOptions, settings?: MediaTrackSettings) {
  const producer = room.createProducer(track(settings), options);
  await producer.send((room.transports[0] as SendTransport) ?? room.createTransport('send'));
  return producer;
}

/** Of what is sent last. */
function encodings(): Encoding[] {
  return FakePeerConnection.all.at(-1)!.getTransceivers().at(-1)!.encodings;
}

const active = () => encodings().map((encoding) => encoding.active);

async function want(id: string, layers: number): Promise<void> {
  server.tell('producerLayersWanted', { id, layers });
  await settle();
}

describe('a producer of video', () => {
  it('tells the server its size, and by how much its layers are smaller', async () => {
    await sent({ simulcast: true });
    await sent({}, {});
    await sent({ simulcast: [{ scaleResolutionDownBy: 3 }, {}] });

    expect(server.asked('createProducer').map(({ size, scales }) => [size, scales])).toEqual([
      [HD, [4, 2, 1]],
      [undefined, [1]],
      [HD, [3, 1]],
    ]);
  });

  it('tells it of another track', async () => {
    const producer = await sent({ simulcast: true });
    await producer.replaceTrack(track({ width: 640, height: 360 }));
    await producer.replaceTrack(track({}));
    await settle();

    expect(server.asked('setProducerSize')).toEqual([
      { id: producer.id, size: { width: 640, height: 360 } },
      { id: producer.id },
    ]);
  });

  it('has as many encodings as its size is worth', async () => {
    await sent({ simulcast: true }, { width: 640, height: 360 });
    expect(encodings().map(({ rid }) => rid)).toEqual(['h', 'f']);
    expect(server.asked('createProducer')[0]!.rtpParameters.encodings).toMatchObject([
      { rid: 'h', scalabilityMode: 'L1T3' },
      { rid: 'f', scalabilityMode: 'L1T3' },
    ]);
  });

  it('of a screen is meant to be sharp', async () => {
    const told = await sent({ simulcast: true }, { ...HD, displaySurface: 'monitor' } as never);
    expect(told.track.contentHint).toBe('detail');
    expect(told.originalTrack.contentHint).toBe('');
    expect(encodings()).toMatchObject([{ maxFramerate: 15 }, { maxFramerate: 15 }]);
    expect((await sent({ screen: true })).track.contentHint).toBe('detail');
    expect((await sent({})).track.contentHint).toBe('');
  });

  it('needs a codec that both sides have', async () => {
    expect(() => room.createProducer(track(), { codec: 'VP9' })).toThrow(UnsupportedError);
    expect(() => room.createProducer(track(), { codec: 'VP9' })).toThrow('VP9 cannot be sent');
    expect(() => room.createProducer(track(), { svc: true })).toThrow('VP9 or AV1 cannot be sent');
    expect(() => room.createProducer(track(), { codec: '' })).toThrow(TypeError);
    await sent({ codec: 'vp8' });
    expect(server.asked('createProducer')[0]!.rtpParameters.codecs[0]!.mimeType).toBe('video/VP8');
  });

  it.each([
    [{ simulcast: 'yes' }, 'simulcast'],
    [{ svc: 'best' }, 'svc'],
    [{ screen: 1 }, 'screen'],
    [{ codec: 7 }, 'codec'],
    [7, 'options'],
  ])('refuses %j by a TypeError', (options, field) => {
    expect(() => room.createProducer(track(), options as never)).toThrow(TypeError);
    expect(() => room.createProducer(track(), options as never)).toThrow(field);
  });

  it('goes without scalability modes if an encoder has none', async () => {
    const { addTransceiver } = FakePeerConnection.prototype;
    const refusing = jest.spyOn(FakePeerConnection.prototype, 'addTransceiver');
    refusing.mockImplementation(function (this: FakePeerConnection, what, init) {
      const modes = (init?.sendEncodings as Encoding[] | undefined)?.map((each) => each.scalabilityMode);
      if (modes?.includes('L1T3')) throw new Error('OperationError');
      return addTransceiver.call(this, what, init);
    });
    await sent({ simulcast: true });
    refusing.mockRestore();

    expect(encodings().map(({ scalabilityMode }) => scalabilityMode)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    const told = server.asked('createProducer')[0]!.rtpParameters.encodings!;
    expect(told.some((encoding) => 'scalabilityMode' in encoding)).toBe(false);
  });
});

describe('layers that nobody watches', () => {
  it('are not sent, until somebody does', async () => {
    const { id } = await sent({ simulcast: true });
    await want(id, 1);
    expect(active()).toEqual([true, false, false]);
    await want(id, 0);
    expect(active()).toEqual([false, false, false]);
    await want(id, 3);
    expect(active()).toEqual([true, true, true]);
  });

  it('are as they were said last, however fast that was', async () => {
    const { id } = await sent({ simulcast: true });
    for (const layers of [0, 2, 1]) server.tell('producerLayersWanted', { id, layers });
    await settle();
    expect(active()).toEqual([true, false, false]);
  });

  it('are all sent on another transport, where the server has not said anything yet', async () => {
    const producer = await sent({});
    await want(producer.id, 0);
    expect(active()).toEqual([false]);
    room.transports[0]!.close();
    await producer.send(room.createTransport('send'));
    await settle();
    expect(active()).toEqual([true]);
  });

  it('leave nothing silent for who takes over their section', async () => {
    const first = await sent({});
    await want(first.id, 0);
    first.close();
    await sent({});
    await settle();
    expect(active()).toEqual([true]);
  });

  it('are sent all the same if this client is to do without', async () => {
    await room.leave();
    room = new Room(server.connect, { dynacast: false });
    await room.join('me');
    const { id } = await sent({ simulcast: true });
    await want(id, 0);
    expect(active()).toEqual([true, true, true]);
  });

  it.each([7, 'no', null])('cannot be switched by %p', (dynacast) => {
    const make = () => new Room(server.connect, { dynacast } as never);
    if (dynacast === null) expect(make).not.toThrow();
    else expect(make).toThrow(new TypeError('options.dynacast must be a boolean'));
  });

  it('of a browser that refuses go on', async () => {
    const { id } = await sent({ simulcast: true });
    const { sender } = FakePeerConnection.all.at(-1)!.getTransceivers()[0]!;
    sender.setParameters = () => Promise.reject(new Error('InvalidStateError'));
    await want(id, 1);
    expect(active()).toEqual([true, true, true]);
  });
});

describe('a layout', () => {
  it('is told to the server', async () => {
    const [alice] = room.peers;
    expect(room.layout).toEqual({ layout: 'tiles' });
    room.setLayout('stage', { peer: alice! });
    room.setLayout('stage', { consumer: alice!.consumers[0]! });
    room.setLayout('tiles');
    await settle();

    expect(server.asked('setLayout')).toEqual([
      { layout: 'stage', peerName: 'alice' },
      { layout: 'stage', peerName: 'alice', producerId: 'of video1' },
      { layout: 'tiles' },
    ]);
  });

  it('holds when the room is joined again', async () => {
    room.setLayout('stage', { peer: room.peers[0]! });
    await settle();
    const { session } = server;
    server.tell('closed', { reason: 'worker died' });
    await settle();
    session.close();
    await jest.advanceTimersByTimeAsync(0);
    await settle();

    expect(room.layout).toEqual({ layout: 'stage', peerName: 'alice' });
    expect(server.methods().slice(-3)).toEqual(['queryRoom', 'join', 'setLayout']);
  });

  it('may be set by the server', async () => {
    const heard = jest.fn();
    room.on('layoutchange', heard);
    server.tell('layoutSet', { layout: 'stage', peerName: 'bob' });
    await settle();

    expect(heard).toHaveBeenCalledWith({ layout: 'stage', peerName: 'bob' });
    expect(room.layout).toEqual({ layout: 'stage', peerName: 'bob' });
  });

  it('must be one, of somebody who is there', async () => {
    const [alice] = room.peers;
    const set =
      (...args: unknown[]) =>
      () =>
        room.setLayout(...(args as ['tiles']));
    expect(set('heap')).toThrow(new TypeError('layout must be one of tiles, stage'));
    expect(set('stage')).toThrow(new TypeError('onStage must be an object'));
    expect(set('stage', { peer: 'alice' })).toThrow(new TypeError('onStage must have a peer or a consumer'));
    server.tell('peerClosed', { name: 'alice' });
    await settle();
    expect(set('stage', { peer: alice })).toThrow(InvalidStateError);
    await room.leave();
    expect(set('tiles')).toThrow(InvalidStateError);
    expect(server.asked('setLayout')).toEqual([]);
  });
});

describe('quality', () => {
  it('is heard of all others, and of this client itself', async () => {
    const events: string[] = [];
    room.on('qualitychange', (quality) => events.push(`own ${quality}`));
    for (const peer of room.peers)
      peer.on('qualitychange', (quality) => events.push(`${peer.name} ${quality}`));
    expect([room.quality, room.peers[0]!.quality]).toEqual(['excellent', 'excellent']);
    const peers = [
      { name: 'alice', quality: 'poor' as const },
      { name: 'me', quality: 'good' as const },
      { name: 'nobody', quality: 'lost' as const },
      { name: 'bob', quality: 'excellent' as const },
    ];
    server.tell('peerQualities', { peers });
    await settle();

    expect(events).toEqual(['alice poor', 'own good']);
    expect([room.quality, room.peers[0]!.quality]).toEqual(['good', 'poor']);
  });

  it('is lost while the room is being joined again', async () => {
    const events: string[] = [];
    room.on('qualitychange', (quality) => events.push(quality));
    server.peers = [{ ...peerData('alice'), quality: 'good' }];
    const [alice] = room.peers;
    const { session } = server;
    server.tell('closed', { reason: 'worker died' });
    await settle();
    session.close();
    await jest.advanceTimersByTimeAsync(0);
    await settle();

    expect(events).toEqual(['lost', 'excellent']);
    expect(alice!.quality).toBe('good');
  });
});
