import { fakeCall, produce } from '../../../test/harness/fake-rooms.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';

/** A call in which Bob receives Alice's video. */
async function call() {
  const parts = await fakeCall();
  const { bob, alice, video, peers, router } = parts;
  await bob.enable(video, 'r');
  await bob.session.request('startConsumers', { ids: [video.id] });
  await settle();
  const events: unknown[] = [];
  const producer = peers.alice.getProducerById('v')!;
  for (const event of ['pause', 'resume'] as const) {
    producer.on(event, (originator, appData) => events.push(['producer', event, originator, appData]));
    video.on(event, (originator, appData) => events.push(['consumer', event, originator, appData]));
  }
  alice.news();
  bob.news();
  const core = {
    producer: router.transports[1]!.producers[1]!,
    consumer: router.transports[0]!.consumers[0]!,
  };
  return { ...parts, events, producer, core };
}

const ids = (video: { id: string }) => ({ id: video.id, peerName: 'alice' });

test('a consumer is idle until it is enabled', async () => {
  const { video, router, bob } = await fakeCall();
  expect([video.enabled, video.rtpParameters, video.transport, video.effectiveProfile]).toEqual([
    false,
    undefined,
    undefined,
    'none',
  ]);
  expect(await video.getStats()).toEqual([]);
  expect(router.transports[0]!.consumers).toEqual([]);
  const handled: unknown[] = [];
  video.on('handled', () => handled.push(video.transport?.id));
  expect(await bob.enable(video, 'r')).toEqual({
    id: video.id,
    ok: true,
    rtpParameters: expect.objectContaining({ mid: '0' }),
    paused: false,
    preferredProfile: 'default',
    effectiveProfile: 'none',
  });
  expect(handled).toEqual(['r']);
});

test('nothing is sent before the client is ready, which it says once', async () => {
  const { video, router, bob } = await fakeCall();
  await bob.enable(video, 'r');
  const core = router.transports[0]!.consumers[0]!;
  video.resume();
  expect(core.paused).toBe(true);
  await bob.session.request('startConsumers', { ids: [video.id, 'nobody'] });
  await bob.session.request('startConsumers', { ids: [video.id] });
  expect([core.paused, core.calls]).toEqual([false, ['resume']]);
});

test('a consumer may be enabled paused, with a wish', async () => {
  const { video, router, bob } = await fakeCall();
  const asked = { id: video.id, transportId: 'r', paused: true, preferredProfile: 'low' as const };
  await bob.session.request('enableConsumers', { consumers: [asked] });
  await bob.session.request('startConsumers', { ids: [video.id] });
  const core = router.transports[0]!.consumers[0]!;
  expect([core.paused, core.spatialLayer]).toEqual([true, 0]);
  expect([video.remotelyPaused, video.preferredProfile]).toEqual([true, 'low']);
});

test('a batch has one answer each, in order', async () => {
  const { audio, video, bob } = await fakeCall();
  await bob.session.request('createTransport', { id: 's', direction: 'send' });
  const consumers = [
    { id: video.id, transportId: 'r' },
    { id: video.id, transportId: 'r' },
    { id: 'nobody', transportId: 'r' },
    { id: audio.id, transportId: 'nowhere' },
    { id: audio.id, transportId: 's' },
    { id: audio.id, transportId: 'r' },
  ];
  const { consumers: answers } = await bob.session.request('enableConsumers', { consumers });
  expect(answers.map((answer) => (answer.ok ? 'ok' : answer.error.name))).toEqual([
    'ok',
    'InvalidStateError',
    'NotFoundError',
    'NotFoundError',
    'InvalidStateError',
    'ok',
  ]);
  expect(answers.map(({ id }) => id)).toEqual(consumers.map(({ id }) => id));
});

test('a client without a codec is told so, and cannot enable it', async () => {
  const { room } = await fakeCall();
  const deaf = RoomClient.of(room);
  const { codecs } = room.rtpCapabilities;
  const rtpCapabilities = { codecs: codecs!.filter(({ kind }) => kind === 'video') };
  const peers = await deaf.join('deaf', { rtpCapabilities });
  const consumers = peers.flatMap((peer) => peer.consumers);
  expect(consumers.map(({ kind, supported }) => [kind, supported])).toEqual([
    ['audio', false],
    ['video', true],
  ]);
  await deaf.session.request('createTransport', { id: 'r', direction: 'recv' });
  expect(await deaf.enable(consumers[0]!, 'r')).toMatchObject({
    ok: false,
    error: { name: 'UnsupportedError' },
  });
});

test('what closes while the worker works is not enabled', async () => {
  const { video, audio, bob, peers, router } = await fakeCall();
  const enabling = bob.enable(video, 'r');
  const other = bob.enable(audio, 'r');
  while (!router.transports[0]!.calls.includes('consume')) await new Promise(setImmediate);
  video.close();
  expect(await enabling).toMatchObject({ ok: false });
  await expect(other).resolves.toMatchObject({ ok: true });
  expect(router.transports[0]!.consumers.map(({ closed }) => closed)).toEqual([true, false]);
  const again = bob.enable(audio, 'r');
  peers.bob.transports[0]!.close();
  expect(await again).toMatchObject({ ok: false });
});

test('a producer that is made while its peer closes is not left behind', async () => {
  const { alice, peers, router } = await fakeCall();
  const producing = expect(produce(alice, 'a2', 'audio')).rejects.toThrow();
  while (router.transports[1]!.calls.length < 3) await new Promise(setImmediate);
  peers.alice.close();
  await producing;
  await settle();
  expect(router.transports[1]!.producers.map(({ closed }) => closed)).toEqual([true, true, true]);
  expect(peers.alice.producers).toEqual([]);
});

test('a producer paused by the server: both sides are told, and its consumers are paused by the source', async () => {
  const { producer, video, alice, bob, events, core } = await call();
  expect([producer.pause('hush'), producer.pause('again')]).toEqual([true, true]);
  expect(core.producer.paused).toBe(true);
  expect([producer.locallyPaused, video.sourcePaused, video.paused, video.locallyPaused]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect([producer.resume('talk'), producer.resume()]).toEqual([true, true]);
  expect(core.producer.paused).toBe(false);
  await settle();
  expect(alice.told.map(({ method, data }) => [method, data])).toEqual([
    ['producerPaused', { id: 'v', appData: 'hush' }],
    ['producerResumed', { id: 'v', appData: 'talk' }],
  ]);
  expect(bob.told.map(({ method, data }) => [method, data])).toEqual([
    ['consumerPaused', { ...ids(video), appData: 'hush' }],
    ['consumerResumed', { ...ids(video), appData: 'talk' }],
  ]);
  expect(events).toEqual([
    ['producer', 'pause', 'local', 'hush'],
    ['consumer', 'pause', 'source', 'hush'],
    ['producer', 'resume', 'local', 'talk'],
    ['consumer', 'resume', 'source', 'talk'],
  ]);
});

test('a producer is paused while the server or its client wants it', async () => {
  const { producer, alice, bob, events, core } = await call();
  await alice.session.request('pauseProducer', { id: 'v', appData: 'mute' });
  await alice.session.request('pauseProducer', { id: 'v' });
  expect([producer.remotelyPaused, producer.pause(), producer.resume()]).toEqual([true, true, false]);
  expect(core.producer.paused).toBe(true);
  await alice.session.request('resumeProducer', { id: 'v' });
  await settle();
  expect([producer.paused, core.producer.paused, core.producer.calls]).toEqual([
    false,
    false,
    ['pause', 'resume'],
  ]);
  expect(events.map((event) => (event as string[]).slice(0, 3).join(' '))).toEqual([
    'producer pause remote',
    'consumer pause source',
    'producer pause local',
    'producer resume local',
    'producer resume remote',
    'consumer resume source',
  ]);
  expect(alice.news()).toEqual(['producerPaused', 'producerResumed']);
  expect(bob.news()).toEqual(['consumerPaused', 'consumerResumed']);
});

test('a producer that starts paused is so for those who join later', async () => {
  const { room, alice, peers } = await fakeCall();
  await alice.session.request('createProducer', {
    id: 'a2',
    transportId: 't',
    kind: 'audio',
    rtpParameters: peers.alice.producers[0]!.rtpParameters,
    paused: true,
  });
  const carol = RoomClient.of(room);
  const consumers = (await carol.join('carol')).flatMap((peer) => peer.consumers);
  expect(consumers.map(({ paused }) => paused)).toEqual([false, false, true]);
  expect(peers.alice.getProducerById('a2')!.remotelyPaused).toBe(true);
});

test('a consumer has three pauses, and its client hears of each visible change once', async () => {
  const { producer, video, bob, events, core } = await call();
  expect(video.pause('wait')).toBe(true);
  producer.pause();
  expect(video.resume()).toBe(false);
  expect(video.pause()).toBe(true);
  producer.resume();
  await bob.session.request('pauseConsumer', { id: video.id, appData: 'mine' });
  expect(video.resume('go')).toBe(false);
  expect([video.locallyPaused, video.remotelyPaused, video.sourcePaused, core.consumer.paused]).toEqual([
    false,
    true,
    false,
    true,
  ]);
  await bob.session.request('resumeConsumer', { id: video.id });
  await settle();
  expect([video.paused, core.consumer.paused]).toEqual([false, false]);
  expect(bob.told.map(({ method, data }) => [method, data])).toEqual([
    ['consumerPaused', { ...ids(video), appData: 'wait' }],
    ['consumerResumed', { ...ids(video), appData: 'go' }],
  ]);
  expect(events.map((event) => (event as string[]).slice(0, 3).join(' '))).toEqual([
    'consumer pause local',
    'producer pause local',
    'consumer pause source',
    'consumer resume local',
    'consumer pause local',
    'producer resume local',
    'consumer resume source',
    'consumer pause remote',
    'consumer resume local',
    'consumer resume remote',
  ]);
});

test("a wish becomes a layer, and its producer's is the default", async () => {
  const { producer, video, bob, core } = await call();
  await bob.session.request('setConsumerPreferredProfile', { id: video.id, profile: 'medium' });
  expect(core.consumer.spatialLayer).toBe(1);
  producer.setPreferredProfile('low');
  expect(core.consumer.spatialLayer).toBe(1);
  video.setPreferredProfile('default');
  expect(core.consumer.spatialLayer).toBe(0);
  producer.setPreferredProfile('default');
  expect(core.consumer.spatialLayer).toBe(2);
  await settle();
  expect(bob.told.map(({ method, data }) => [method, data])).toEqual([
    ['consumerPreferredProfileSet', { ...ids(video), profile: 'default' }],
  ]);
  expect(() => video.setPreferredProfile('none' as never)).toThrow(TypeError);
  expect(() => producer.setPreferredProfile('best' as never)).toThrow(TypeError);
});

test("a producer's wish holds for who is enabled later", async () => {
  const { peers, video, bob, router } = await fakeCall();
  peers.alice.producers[1]!.setPreferredProfile('medium');
  await bob.enable(video, 'r');
  expect(router.transports[0]!.consumers[0]!.spatialLayer).toBe(1);
});

test('the layer that is sent is told as a profile, once', async () => {
  const { video, bob, core } = await call();
  const profiles: string[] = [];
  video.on('effectiveprofilechange', (profile) => profiles.push(profile));
  for (const layers of [
    { spatialLayer: 0 },
    { spatialLayer: 0, temporalLayer: 1 },
    { spatialLayer: 2 },
    undefined,
  ]) {
    core.consumer.emit('layerschange', layers);
  }
  await settle();
  expect(profiles).toEqual(['low', 'high', 'none']);
  expect(bob.heard('consumerEffectiveProfileChanged')).toEqual(
    profiles.map((profile) => ({ ...ids(video), profile })),
  );
});

test('a single stream has the profile default', async () => {
  const { audio, bob, router } = await fakeCall();
  expect(await bob.enable(audio, 'r')).toMatchObject({ effectiveProfile: 'default' });
  audio.setPreferredProfile('low');
  expect(router.transports[0]!.consumers[0]!.calls).toEqual([]);
});

test('both sides may ask for a key frame of video', async () => {
  const { video, audio, bob, core, router } = await call();
  video.requestKeyFrame();
  await bob.session.request('requestKeyFrame', { id: video.id });
  expect(core.consumer.calls.filter((name) => name === 'requestKeyFrame')).toHaveLength(2);
  await bob.enable(audio, 'r');
  audio.requestKeyFrame();
  expect(router.transports[0]!.consumers[1]!.calls).toEqual([]);
});

test('everything has statistics, for both sides', async () => {
  const { video, producer, peers, alice, bob } = await call();
  const ask = (client: RoomClient, of: 'transport' | 'producer' | 'consumer', id: string) =>
    client.session.request('getStats', { of, id });
  expect(await ask(alice, 'transport', 't')).toEqual({ stats: [{ type: 'webrtc-transport' }] });
  expect(await ask(alice, 'producer', 'v')).toEqual({ stats: [{ type: 'inbound-rtp' }] });
  expect(await ask(bob, 'consumer', video.id)).toEqual({ stats: [{ type: 'outbound-rtp' }] });
  expect(await peers.bob.transports[0]!.getStats()).toEqual([{ type: 'webrtc-transport' }]);
  expect(await producer.getStats()).toEqual([{ type: 'inbound-rtp' }]);
});

test('only what is sent on can be limited', async () => {
  const { peers, router } = await fakeCall();
  await peers.alice.transports[0]!.setMaxBitrate(500_000);
  expect(router.transports[1]!.maxIncomingBitrate).toBe(500_000);
  await expect(peers.bob.transports[0]!.setMaxBitrate(1)).rejects.toThrow(InvalidStateError);
  await expect(peers.alice.transports[0]!.setMaxBitrate(-1)).rejects.toThrow(TypeError);
});

test('a transport connects once, and restarts ICE', async () => {
  const { alice, router } = await fakeCall();
  const dtlsParameters = { fingerprints: [] };
  await alice.session.request('connectTransport', { id: 't', dtlsParameters });
  await expect(alice.session.request('connectTransport', { id: 't', dtlsParameters })).rejects.toThrow(
    new InvalidStateError('transport t is already connected'),
  );
  const { iceParameters } = await alice.session.request('restartTransport', { id: 't' });
  expect(iceParameters).toHaveProperty('password', 'other');
  expect(router.transports[1]!.calls).toEqual(['produce', 'produce', 'connect', 'restartIce']);
});

test.each([
  ['connectTransport', { id: 'x', dtlsParameters: { fingerprints: [] } }],
  ['restartTransport', { id: 'x' }],
  ['closeTransport', { id: 'x' }],
  ['createProducer', { id: 'y', transportId: 'x', kind: 'audio', rtpParameters: { codecs: [] } }],
  ['closeProducer', { id: 'x' }],
  ['pauseProducer', { id: 'x' }],
  ['resumeProducer', { id: 'x' }],
  ['pauseConsumer', { id: 'x' }],
  ['resumeConsumer', { id: 'x' }],
  ['setConsumerPreferredProfile', { id: 'x', profile: 'low' }],
  ['requestKeyFrame', { id: 'x' }],
  ['getStats', { of: 'producer', id: 'x' }],
] as const)('%s with an unknown id is refused', async (method, data) => {
  const { alice } = await fakeCall();
  await expect(alice.session.request(method, data as never)).rejects.toThrow(NotFoundError);
});
