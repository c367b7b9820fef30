import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { FakeConsumer, FakeTransport } from '../../../test/harness/fake-core.js';
import { fakeCall, fakeServer, produce } from '../../../test/harness/fake-rooms.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import { simulcastParameters } from '../../../test/harness/rtp-options.js';
import { NotFoundError } from '../../shared/errors.js';
import { BadRequestError } from '../../shared/signalling/errors.js';
import type { ServerNotifications, Size, View } from '../../shared/signalling/messages.js';
import type { RoomOptions } from './server.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});

afterEach(() => {
  jest.useRealTimers();
});

async function pass(seconds: number): Promise<void> {
  jest.advanceTimersByTime(seconds * 1000);
  await settle();
}

/** Bob receives Alice's audio and her video, in three layers, of this size if any. */
async function call(size: Size | undefined = undefined, options: RoomOptions = {}) {
  const parts = await fakeCall(options);
  const { alice, bob, audio, video, router } = parts;
  await alice.session.request('setProducerSize', { id: 'v', ...(size && { size }) });
  for (const consumer of [audio, video]) await bob.enable(consumer, 'r');
  await bob.session.request('startConsumers', { ids: [audio.id, video.id] });
  await settle();
  alice.news();
  bob.news();
  const [aliceCore, bobCore] = [router.transports[1]!, router.transports[0]!];
  const [coreAudio, coreVideo] = bobCore.consumers as [FakeConsumer, FakeConsumer];
  return { ...parts, aliceCore, bobCore, coreAudio, coreVideo };
}

const HD = { width: 1280, height: 720 };

function see(bob: RoomClient, id: string, view?: View) {
  return bob.session.request('setConsumerViews', { views: [{ id, ...(view && { view }) }] });
}

const shown = (width: number, height: number) => ({ width, height, cover: true });

/** Another peer with three layers of video, 'v' of its transport 't'. */
async function join(room: Parameters<typeof RoomClient.of>[0], name: string): Promise<RoomClient> {
  const client = RoomClient.of(room);
  await client.join(name);
  await client.session.request('createTransport', { id: 't', direction: 'send' });
  await client.session.request('createTransport', { id: 'r', direction: 'recv' });
  await produce(client, 'v', 'video');
  await settle();
  return client;
}

describe('the effective profile', () => {
  test('of a single stream is none while it is paused by anybody, and its client is told', async () => {
    const { peers, audio, bob } = await call();
    const producer = peers.alice.getProducerById('a')!;
    expect(audio.effectiveProfile).toBe('default');
    audio.pause();
    audio.resume();
    producer.pause();
    producer.resume();
    await bob.session.request('pauseConsumer', { id: audio.id });
    await settle();

    const told = bob.heard('consumerEffectiveProfileChanged').map(({ profile }) => profile);
    expect(told).toEqual(['none', 'default', 'none', 'default', 'none']);
  });

  test('is none while the connection is lost', async () => {
    const { audio, video, bobCore, coreVideo } = await call();
    coreVideo.emit('layerschange', { spatialLayer: 2 });
    const profiles: string[] = [];
    audio.on('effectiveprofilechange', (profile) => profiles.push(`audio ${profile}`));
    video.on('effectiveprofilechange', (profile) => profiles.push(`video ${profile}`));
    become(bobCore, 'disconnected');
    become(bobCore, 'connected');

    expect(profiles).toEqual(['audio none', 'video none', 'audio default', 'video high']);
  });

  test('of one SVC stream follows its spatial layers', async () => {
    const { alice, bob, peers } = await call();
    const [encoding] = simulcastParameters('s').encodings!;
    const encodings = [{ ...encoding, scalabilityMode: 'L3T3_KEY' }];
    const rtpParameters = { ...simulcastParameters('s'), encodings };
    await alice.session.request('createProducer', {
      id: 's',
      transportId: 't',
      kind: 'video',
      rtpParameters,
    });
    await settle();
    const svc = peers.bob.consumers[2]!;
    await bob.enable(svc, 'r');
    svc.setPreferredProfile('medium');
    const core = svc.transport!.core as unknown as FakeTransport;
    core.consumers[2]!.emit('layerschange', { spatialLayer: 1, temporalLayer: 2 });

    expect(core.consumers[2]!.spatialLayer).toBe(1);
    expect(svc.effectiveProfile).toBe('medium');
  });
});

function become(core: FakeTransport, iceState: 'connected' | 'disconnected'): void {
  core.iceState = iceState;
  core.emit('icestatechange', iceState);
}

describe('a view', () => {
  test.each<[View | undefined, number]>([
    [shown(320, 180), 0],
    [shown(640, 360), 1],
    [shown(1280, 720), 2],
  ])('%j is the layer that is large enough', async (view, layer) => {
    const { bob, video, coreVideo } = await call(HD);
    await see(bob, video.id, shown(1, 1));
    await see(bob, video.id, view);
    expect(coreVideo.spatialLayer).toBe(layer);
  });

  test('is at most the preferred profile', async () => {
    const { bob, video, coreVideo } = await call(HD);
    video.setPreferredProfile('medium');
    await see(bob, video.id, shown(1280, 720));
    expect(coreVideo.spatialLayer).toBe(1);
    await see(bob, video.id, shown(160, 90));
    expect(coreVideo.spatialLayer).toBe(0);
    expect(video.preferredProfile).toBe('medium');
  });

  test('of nothing in particular is as large as there is', async () => {
    const { bob, video, coreVideo } = await call(HD);
    await see(bob, video.id, shown(160, 90));
    await see(bob, video.id);
    expect(coreVideo.spatialLayer).toBe(2);
  });

  test('means nothing while the size of the picture is unknown', async () => {
    const { alice, bob, video, coreVideo } = await call();
    await see(bob, video.id, shown(160, 90));
    expect(coreVideo.spatialLayer).toBeUndefined();
    await alice.session.request('setProducerSize', { id: 'v', size: HD });
    expect(coreVideo.spatialLayer).toBe(0);
    await alice.session.request('setProducerSize', { id: 'v', size: { width: 320, height: 180 } });
    expect(coreVideo.spatialLayer).toBe(1);
  });

  test('that is hidden stops it, which is no pause', async () => {
    const { bob, video, coreVideo } = await call(HD);
    coreVideo.emit('layerschange', { spatialLayer: 2 });
    await see(bob, video.id, 'hidden');
    expect([coreVideo.paused, video.hidden, video.paused, video.effectiveProfile]).toEqual([
      true,
      true,
      false,
      'none',
    ]);
    video.pause();
    await see(bob, video.id, shown(320, 180));
    expect([coreVideo.paused, video.hidden]).toEqual([true, false]);
    video.resume();
    expect([coreVideo.paused, coreVideo.spatialLayer]).toEqual([false, 0]);
    await settle();
    expect(bob.news().filter((method) => method.startsWith('consumerP'))).toEqual(['consumerPaused']);
  });

  test('may come with enabling', async () => {
    const { room } = await call(HD);
    const carol = RoomClient.of(room);
    const peers = await carol.join('carol');
    const { id } = peers.flatMap(({ consumers }) => consumers).find(({ kind }) => kind === 'video')!;
    await carol.session.request('createTransport', { id: 'r', direction: 'recv' });
    const asked = { id, transportId: 'r', view: shown(640, 360) };
    await carol.session.request('enableConsumers', { consumers: [asked] });
    const consumer = room.getPeerByName('carol')!.getConsumerById(id)!;
    const { consumers } = consumer.transport!.core as unknown as FakeTransport;
    expect(consumers[0]!.spatialLayer).toBe(1);
  });

  test('of what is closed by now is passed over', async () => {
    const { bob, video, coreVideo } = await call(HD);
    const views = [
      { id: 'nobody', view: 'hidden' as const },
      { id: video.id, view: shown(1, 1) },
    ];
    await bob.session.request('setConsumerViews', { views });
    expect(coreVideo.spatialLayer).toBe(0);
  });
});

describe('a layout', () => {
  /** Bob receives Alice's video and Carol's. */
  async function three() {
    const parts = await call();
    const { room, bob, peers, bobCore } = parts;
    const carol = await join(room, 'carol');
    const hers = peers.bob.consumers[2]!;
    await bob.enable(hers, 'r');
    bob.news();
    const state = () =>
      bobCore.consumers.slice(1).map(({ tier, spatialLayer = 2 }) => `${tier}/${spatialLayer}`);
    return { ...parts, carol, hers, state };
  }

  test('puts sound before everything, and begins with tiles: all pictures alike', async () => {
    const { coreAudio, state, peers } = await three();
    expect(coreAudio.tier).toBe(255);
    expect([peers.bob.layout.layout, ...state()]).toEqual(['tiles', '0/2', '0/2']);
  });

  test('stage serves one peer first, and the others get no more than low', async () => {
    const { bob, state, peers, coreAudio } = await three();
    await bob.session.request('setLayout', { layout: 'stage', peerName: 'carol' });
    expect([peers.bob.layout.layout, ...state()]).toEqual(['stage', '0/0', '1/2']);
    expect(coreAudio.tier).toBe(255);
    await bob.session.request('setLayout', { layout: 'stage', peerName: 'alice', producerId: 'v' });
    expect(state()).toEqual(['1/2', '0/0']);
    await bob.session.request('setLayout', { layout: 'tiles' });
    expect(state()).toEqual(['0/2', '0/2']);
  });

  test('stage respects the preferred profile of who is on it', async () => {
    const { bob, state, hers } = await three();
    hers.setPreferredProfile('medium');
    await bob.session.request('setLayout', { layout: 'stage', peerName: 'carol' });
    expect(state()).toEqual(['0/0', '1/1']);
  });

  test('stage is as tiles while nobody is on it, and holds for who comes later', async () => {
    const { room, bob, carol, state, peers, bobCore } = await three();
    await bob.session.request('setLayout', { layout: 'stage', peerName: 'carol' });
    carol.session.close();
    await settle();
    expect(state()[0]).toBe('0/2');

    await join(room, 'carol');
    expect(state()[0]).toBe('0/0');
    const again = peers.bob.consumers.at(-1)!;
    await bob.enable(again, 'r');
    expect(bobCore.consumers.at(-1)!.tier).toBe(1);
    const dave = await join(room, 'dave');
    await bob.enable(peers.bob.consumers.at(-1)!, 'r');
    expect([bobCore.consumers.at(-1)!.tier, bobCore.consumers.at(-1)!.spatialLayer]).toEqual([0, 0]);
    dave.session.close();
  });

  test('may be set by the application, and the client hears of it', async () => {
    const { bob, state, peers, hers, room } = await three();
    peers.bob.setLayout('stage', { peer: peers.alice });
    expect(state()).toEqual(['1/2', '0/0']);
    peers.bob.setLayout('stage', { consumer: hers });
    expect(state()).toEqual(['0/0', '1/2']);
    peers.bob.setLayout('tiles');
    await settle();
    expect(bob.heard('layoutSet')).toEqual([
      { layout: 'stage', peerName: 'alice' },
      { layout: 'stage', peerName: 'carol', producerId: 'v' },
      { layout: 'tiles' },
    ]);

    const set =
      (...args: unknown[]) =>
      () =>
        peers.bob.setLayout(...(args as ['tiles']));
    expect(set('heap')).toThrow(new TypeError('layout must be one of tiles, stage'));
    expect(set('stage')).toThrow(new TypeError('onStage must be an object'));
    expect(set('stage', {})).toThrow(new TypeError('onStage must have a peer or a consumer'));
    const others = room.getPeerByName('carol')!.consumers[0];
    expect(set('stage', { consumer: others })).toThrow(NotFoundError);
  });

  test.each([{ layout: 'heap' }, { layout: 'stage' }, { layout: 'stage', peerName: '' }, {}])(
    'of a client must be one: not %j',
    async (data) => {
      const { bob } = await call();
      await expect(bob.session.request('setLayout', data as never)).rejects.toThrow(BadRequestError);
    },
  );
});

describe('layers that nobody wants', () => {
  const told = (client: RoomClient) =>
    client.heard('producerLayersWanted').map(({ id, layers }) => `${id} ${layers}`);

  test('are told to their publisher after five seconds, and at once when one is wanted again', async () => {
    const { alice, video } = await call();
    video.setPreferredProfile('low');
    await pass(4.9);
    expect(told(alice)).toEqual([]);
    await pass(0.1);
    expect(told(alice)).toEqual(['v 1']);
    video.setPreferredProfile('default');
    await settle();
    expect(told(alice)).toEqual(['v 1', 'v 3']);
  });

  test('are all, when nobody watches; sound goes on', async () => {
    const { alice, audio, video } = await call();
    audio.pause();
    video.pause();
    await pass(5);
    expect(told(alice)).toEqual(['v 0']);
  });

  test.each<[string, (parts: Awaited<ReturnType<typeof call>>) => unknown, number]>([
    ['pauses it', ({ bob, video }) => bob.session.request('pauseConsumer', { id: video.id }), 0],
    ['does not see it', ({ bob, video }) => see(bob, video.id, 'hidden'), 0],
    ['sees it small', ({ bob, video }) => see(bob, video.id, shown(600, 300)), 2],
    ['is gone', ({ bob }) => bob.session.close(), 0],
    ['closed the transport', ({ bob }) => bob.session.request('closeTransport', { id: 'r' }), 0],
    ['may not have more', ({ peers }) => peers.alice.producers[1]!.setPreferredProfile('low'), 1],
  ])('are those of an audience that %s', async (_what, act, layers) => {
    const parts = await call(HD);
    await act(parts);
    await settle();
    await pass(5);
    expect(told(parts.alice)).toEqual([`v ${layers}`]);
  });

  test('are not those that a bad link withholds', async () => {
    const { alice, coreVideo } = await call();
    coreVideo.emit('layerschange', { spatialLayer: 0 });
    coreVideo.emit('layerschange', undefined);
    await pass(60);
    expect(told(alice)).toEqual([]);
  });

  test('are those that nobody wants at any worker', async () => {
    const { server } = await fakeServer({ numWorkers: 3 });
    const room = await server.createRoom();
    const [alice, bob, carol] = [await join(room, 'a'), await join(room, 'b'), await join(room, 'c')];
    const watched: (() => void)[] = [];
    for (const [name, client] of [
      ['b', bob],
      ['c', carol],
    ] as const) {
      const consumer = room.getPeerByName(name)!.consumers.find(({ peer }) => peer.name === 'a')!;
      await client.enable(consumer, 'r');
      watched.push(() => consumer.setPreferredProfile('low'));
    }
    expect(new Set(room.peers.map(({ seat }) => seat.site)).size).toBe(3);
    watched[0]!();
    await pass(10);
    expect(told(alice)).toEqual([]);
    watched[1]!();
    await pass(5);
    expect(told(alice)).toEqual(['v 1']);
    await server.close();
  });

  test('are sent all the same if the room is to do without', async () => {
    const { alice, video } = await call(undefined, { dynacast: false });
    video.pause();
    await pass(60);
    expect(told(alice)).toEqual([]);
  });

  test('the switch for it must be a boolean', async () => {
    await expect(fakeServer({ dynacast: 'no' as never })).rejects.toThrow(
      new TypeError('dynacast must be a boolean'),
    );
    await expect(fakeCall({ dynacast: 1 as never })).rejects.toThrow(TypeError);
  });
});

describe('quality', () => {
  const heard = (client: RoomClient) =>
    client
      .heard('peerQualities')
      .map(({ peers }: ServerNotifications['peerQualities']) =>
        peers.map(({ name, quality }) => `${name} ${quality}`).join(', '),
      );

  const score = (value: number) => ({ score: value, producerScores: [10, 10, 10] });

  test('is excellent until something else is measured', async () => {
    const { peers, bob } = await call();
    await pass(60);
    expect([peers.bob.quality, ...heard(bob)]).toEqual(['excellent']);
  });

  test('of a bad way up is that of who sends', async () => {
    const { peers, alice, bob, aliceCore } = await call();
    const changes: string[] = [];
    peers.alice.on('qualitychange', (quality) => changes.push(quality));
    aliceCore.producers[1]!.emit('score', [{ score: 6 }, { score: 4 }, { score: 0 }]);
    await pass(4);
    aliceCore.producers[0]!.emit('score', [{ score: 1 }]);
    await pass(4);

    expect(changes).toEqual(['good', 'poor']);
    expect(heard(alice)).toEqual(['alice good', 'alice poor']);
    expect(heard(bob)).toEqual(['alice good', 'alice poor']);
    expect(peers.bob.quality).toBe('excellent');
  });

  test('of a bad way down is that of who receives', async () => {
    const { bob, coreAudio, coreVideo } = await call();
    coreVideo.emit('layerschange', { spatialLayer: 2 });
    coreVideo.emit('score', score(2));
    coreAudio.emit('score', { score: 4, producerScores: [10] });
    await pass(4);
    coreVideo.emit('score', score(10));
    coreAudio.emit('score', { score: 10, producerScores: [10] });
    await pass(8);

    expect(heard(bob)).toEqual(['bob poor', 'bob excellent']);
  });

  test.each<[string, { spatialLayer: number } | undefined, string[]]>([
    ['less than is wanted is good', { spatialLayer: 1 }, ['bob good']],
    ['nothing of what is wanted is poor', undefined, ['bob poor']],
    ['what is wanted is excellent', { spatialLayer: 2 }, []],
  ])('%s', async (_what, layers, expected) => {
    const { bob, coreVideo } = await call();
    coreVideo.emit('score', score(10));
    coreVideo.emit('layerschange', layers);
    await pass(4);
    expect(heard(bob)).toEqual(expected);
  });

  test('does not suffer from what nobody wants, or sends', async () => {
    const { bob, video, coreVideo, aliceCore, peers } = await call();
    coreVideo.emit('layerschange', { spatialLayer: 0 });
    coreVideo.emit('score', { score: 10, producerScores: [10, 0, 0] });
    await pass(4);
    coreVideo.emit('score', score(0));
    video.pause();
    await pass(6);
    aliceCore.producers[1]!.emit('score', [{ score: 0 }]);
    peers.alice.producers[0]!.pause();
    aliceCore.producers[0]!.emit('score', [{ score: 0 }]);
    await pass(10);
    expect(heard(bob)).toEqual([]);
  });

  test('is lost with the connection, at once, and everybody hears of all in one message', async () => {
    const { room, alice, bob, aliceCore, bobCore } = await call();
    become(aliceCore, 'disconnected');
    become(bobCore, 'disconnected');
    await pass(1);
    expect(heard(alice)).toEqual(['bob lost, alice lost']);
    expect(heard(bob)).toEqual(['bob lost, alice lost']);
    const carol = RoomClient.of(room);
    expect((await carol.join('carol')).map(({ quality }) => quality)).toEqual(['lost', 'lost']);
    become(bobCore, 'connected');
    await pass(1);
    expect(heard(bob).at(-1)).toBe('bob excellent');
  });

  test('of a spy is the spy’s own', async () => {
    const { room, alice } = await call(undefined, { policy: () => true });
    const spy = RoomClient.of(room);
    await spy.join('spy', { spy: true });
    await spy.session.request('createTransport', { id: 'r', direction: 'recv' });
    become(room.getPeerByName('spy')!.transports[0]!.core as unknown as FakeTransport, 'disconnected');
    await pass(1);
    expect(heard(spy)).toEqual(['spy lost']);
    expect(heard(alice)).toEqual([]);
  });

  test('is not measured any more in an empty room', async () => {
    const { alice, bob } = await call();
    alice.session.close();
    bob.session.close();
    await settle();
    expect(jest.getTimerCount()).toBe(0);
  });
});
