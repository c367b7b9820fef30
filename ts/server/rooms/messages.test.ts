import { jest } from '@jest/globals';
import type { FakeDataConsumer, FakeDataProducer, FakeRouter } from '../../../test/harness/fake-core.js';
import { fakeServer } from '../../../test/harness/fake-rooms.js';
import { RoomClient, settle } from '../../../test/harness/room-client.js';
import { InvalidStateError, NotFoundError, TimeoutError } from '../../shared/errors.js';
import { BadRequestError, ForbiddenError, LimitError } from '../../shared/signalling/errors.js';
import type { DataConsumerData } from '../../shared/signalling/messages.js';
import type { MessageInfo } from './peer.js';
import type { Policy, Room } from './room.js';
import type { RoomOptions } from './server.js';

type Asked = { id?: string; to?: string; reliable?: boolean; streamId?: number; transportId?: string };

/** A client that has joined, with a transport each way. */
async function enter(room: Room, name: string, options: { spy?: boolean; transports?: boolean } = {}) {
  const client = RoomClient.of(room);
  await client.join(name, { spy: options.spy ?? false });
  const ask = client.session.request.bind(client.session);
  if (options.transports !== false) {
    if (!options.spy) await ask('createTransport', { id: 's', direction: 'send' });
    await ask('createTransport', { id: 'r', direction: 'recv' });
  }
  const peer = room.getPeerByName(name)!;
  let lastStream = 0;
  return {
    ...{ client, peer, ask },
    produce: async ({ id, to, reliable = true, streamId, transportId = 's' }: Asked = {}) => {
      lastStream += 1;
      const stream = streamId ?? lastStream;
      await ask('createDataProducer', {
        ...{ id: id ?? `d${stream}`, transportId, streamId: stream, reliable },
        ...(to !== undefined && { to }),
      });
    },
    /** Enables and starts all that it was told of. */
    receive: async (told: DataConsumerData[] = client.heard('newDataConsumer')) => {
      const consumers = told.map(({ id }) => ({ id, transportId: 'r' }));
      const { consumers: enabled } = await ask('enableDataConsumers', { consumers });
      await ask('startDataConsumers', { ids: consumers.map(({ id }) => id) });
      await settle();
      return enabled;
    },
  };
}

async function call(options: RoomOptions = {}) {
  const { server, workers } = await fakeServer();
  const room = await server.createRoom(options);
  const [alice, bob, carol] = [
    await enter(room, 'alice'),
    await enter(room, 'bob'),
    await enter(room, 'carol'),
  ];
  const router = workers[0]!.routers[0]!;
  for (const { client } of [alice, bob, carol]) client.news();
  return { server, workers, room, router, alice, bob, carol };
}

const producers = ({ dataProducers }: FakeRouter): FakeDataProducer[] => [...dataProducers.values()];
const consumers = ({ transports }: FakeRouter): FakeDataConsumer[] =>
  transports.flatMap(({ dataConsumers }) => dataConsumers);
const sentTo = (router: FakeRouter) => consumers(router).map(({ sent }) => sent);

afterEach(() => {
  jest.useRealTimers();
});

test('what is to the room is told to all others, and sent to them from when they can get it', async () => {
  const { alice, bob, carol, router } = await call();
  await alice.produce();
  await settle();
  expect([alice, bob, carol].map(({ client }) => client.told.map(({ method }) => method))).toEqual([
    [],
    ['newDataConsumer'],
    ['newDataConsumer'],
  ]);
  const [told] = bob.client.heard('newDataConsumer');
  expect(told).toEqual({ id: expect.any(String), peerName: 'alice', reliable: true });
  expect(await bob.receive()).toEqual([{ id: told!.id, ok: true, streamId: 0 }]);
  expect(alice.client.told).toEqual([]);
  producers(router)[0]!.receive('too early for carol');
  await carol.receive();
  expect(alice.client.heard('dataProducerReady')).toEqual([{ id: 'd1' }]);
  producers(router)[0]!.receive('hello');
  expect(sentTo(router)).toEqual([['too early for carol', 'hello'], ['hello']]);
});

test('nobody is waited for longer than five seconds', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  const { alice, bob } = await call();
  await alice.produce();
  await settle();
  await bob.receive();
  jest.advanceTimersByTime(4_999);
  await settle();
  expect(alice.client.heard('dataProducerReady')).toEqual([]);
  jest.advanceTimersByTime(1);
  await settle();
  expect(alice.client.heard('dataProducerReady')).toEqual([{ id: 'd1' }]);
});

test('who leaves is not waited for', async () => {
  const { alice, bob, carol } = await call();
  await alice.produce();
  await settle();
  await bob.receive();
  carol.peer.close();
  await settle();
  expect(alice.client.news()).toEqual(['peerClosed', 'dataProducerReady']);
});

test('in an empty room it is ready at once', async () => {
  const { server } = await fakeServer();
  const alice = await enter(await server.createRoom(), 'alice');
  await alice.produce();
  await settle();
  expect(alice.client.news()).toEqual(['dataProducerReady']);
});

test('two who begin at the same time do not wait for each other', async () => {
  const { alice, bob, carol } = await call();
  carol.peer.close();
  await settle();
  await Promise.all([alice.produce(), bob.produce()]);
  await settle();
  await Promise.all([alice.receive(), bob.receive()]);
  for (const { client } of [alice, bob]) expect(client.heard('dataProducerReady')).toEqual([{ id: 'd1' }]);
});

test('what is to one peer is told and sent to that one alone', async () => {
  const { alice, bob, carol, router } = await call();
  await alice.produce({ to: 'bob' });
  await settle();
  expect(bob.client.heard('newDataConsumer')).toEqual([
    { id: expect.any(String), peerName: 'alice', to: 'bob', reliable: true },
  ]);
  await bob.receive();
  producers(router)[0]!.receive('psst');
  expect(alice.client.news()).toEqual(['dataProducerReady']);
  expect(carol.client.told).toEqual([]);
  expect(sentTo(router)).toEqual([['psst']]);
});

test('reliable is in order; lossy is neither, and sent once', async () => {
  const { alice, bob, router } = await call();
  await alice.produce();
  await alice.produce({ reliable: false });
  await settle();
  await bob.receive();
  expect(producers(router).map(({ ordered, maxRetransmits }) => [ordered, maxRetransmits])).toEqual([
    [true, undefined],
    [false, 0],
  ]);
  expect(consumers(router).map(({ sctpStreamParameters: { streamId: _, ...how } }) => how)).toEqual([
    { ordered: true, paused: true },
    { ordered: false, maxRetransmits: 0, paused: true },
  ]);
});

test('a late joiner is told by the answer, and nothing of what is to others', async () => {
  const { alice, room } = await call();
  await alice.produce();
  await alice.produce({ to: 'bob' });
  const late = RoomClient.of(room);
  const { rtpCapabilities } = await late.session.request('queryRoom', {});
  const { dataConsumers } = await late.session.request('join', { name: 'late', rtpCapabilities });
  expect(dataConsumers).toEqual([{ id: expect.any(String), peerName: 'alice', reliable: true }]);
});

test('a spy gets what is to the room, sends nothing, and cannot be addressed', async () => {
  const { alice, room, router, bob, carol } = await call({ policy: () => true });
  const spy = await enter(room, 'spy', { spy: true });
  await alice.produce();
  await settle();
  for (const one of [bob, carol, spy]) await one.receive();
  producers(router)[0]!.receive('to all');
  expect(sentTo(router)).toEqual([['to all'], ['to all'], ['to all']]);
  await expect(alice.produce({ to: 'spy' })).rejects.toThrow(NotFoundError);
  await expect(spy.produce({ transportId: 'r' })).rejects.toThrow(InvalidStateError);
});

describe('refusals', () => {
  test.each([
    ['a transport that does not send', { transportId: 'r' }, InvalidStateError],
    ['a transport that is not there', { transportId: 'x' }, NotFoundError],
    ['a name that nobody has', { to: 'nobody' }, NotFoundError],
    ['its own name', { to: 'alice' }, NotFoundError],
    ['an id in use', { id: 'd1', reliable: false }, BadRequestError],
    ['the same way again', { id: 'other' }, BadRequestError],
    ['a stream in use', { streamId: 1, reliable: false }, BadRequestError],
  ])('%s', async (_what, asked, error) => {
    const { alice, router, bob } = await call();
    await alice.produce();
    await expect(alice.produce(asked)).rejects.toThrow(error);
    expect(producers(router)).toHaveLength(1);
    expect(bob.client.heard('newDataConsumer')).toHaveLength(1);
  });

  test('of a data consumer that is not there, is enabled already, or on a sending transport', async () => {
    const { alice, bob } = await call();
    await alice.produce();
    await settle();
    const [{ id } = { id: '' }] = bob.client.heard('newDataConsumer');
    const asked = [
      { id: 'x', transportId: 'r' },
      { id, transportId: 's' },
      { id, transportId: 'r' },
      { id, transportId: 'r' },
    ];
    const { consumers: outcomes } = await bob.ask('enableDataConsumers', { consumers: asked });
    expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.error.name))).toEqual([
      'NotFoundError',
      'InvalidStateError',
      'ok',
      'InvalidStateError',
    ]);
    await bob.ask('startDataConsumers', { ids: ['x', id, id] });
  });

  test.each<[string, Policy]>([
    ['all', () => ({ canSendData: false })],
    ['what is lossy', () => ({ canSendData: ({ reliable }) => reliable })],
    ['what is to bob', () => ({ canSendData: async ({ to }) => to !== 'bob' })],
  ])('the application may refuse %s', async (what, policy) => {
    const { alice, router } = await call({ policy });
    const refused = what === 'what is lossy' ? { reliable: false } : { to: 'bob' };
    await expect(alice.produce(refused)).rejects.toThrow(ForbiddenError);
    expect(producers(router)).toEqual([]);
    if (what !== 'all') await alice.produce();
  });

  test('the addressee has gone while the application thought', async () => {
    let answer: (allowed: boolean) => void = () => {};
    const canSendData = () => new Promise<boolean>((resolve) => (answer = resolve));
    const { alice, bob, router } = await call({ policy: () => ({ canSendData }) });
    const asked = expect(alice.produce({ to: 'bob' })).rejects.toThrow(NotFoundError);
    await settle();
    bob.peer.close();
    answer(true);
    await asked;
    expect(producers(router).every(({ closed }) => closed)).toBe(true);
  });
});

describe('the application', () => {
  test('sends to all who can get it, text and bytes', async () => {
    const { room, alice, bob, carol, router } = await call();
    const sent = room.send('hello');
    await settle();
    expect(bob.client.heard('newDataConsumer')).toEqual([{ id: expect.any(String), reliable: true }]);
    for (const one of [alice, bob, carol]) await one.receive();
    await sent;
    await room.send(new Uint8Array([1, 2]));
    await room.send('');
    expect(sentTo(router)).toEqual(Array(3).fill(['hello', Buffer.from([1, 2]), '']));
    const late = await enter(room, 'late');
    await room.send('not for who is not ready');
    expect(late.client.heard('newDataConsumer')).toEqual([]);
  });

  test('sends to one peer alone', async () => {
    const { alice, bob, carol, router } = await call();
    const sent = alice.peer.send('psst');
    await settle();
    expect(alice.client.heard('newDataConsumer')).toEqual([
      { id: expect.any(String), to: 'alice', reliable: true },
    ]);
    await alice.receive();
    await sent;
    await alice.peer.send(new Uint8Array([3]));
    expect(sentTo(router)).toEqual([['psst', Buffer.from([3])]]);
    expect([bob.client.told, carol.client.told]).toEqual([[], []]);
  });

  test('learns by name why a message does not go', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const { room, alice, router, bob } = await call();
    const late = expect(bob.peer.send('x')).rejects.toThrow(TimeoutError);
    await settle();
    jest.advanceTimersByTime(5_000);
    await late;
    const sent = alice.peer.send('fits');
    await settle();
    await alice.receive();
    await sent;
    consumers(router)[0]!.full = true;
    await expect(alice.peer.send('x')).rejects.toThrow(LimitError);
    const pending = expect(bob.peer.send('x', { reliable: false })).rejects.toThrow(InvalidStateError);
    await settle();
    bob.peer.close();
    await pending;
    await expect(bob.peer.send('x')).rejects.toThrow(InvalidStateError);
    room.close();
    await expect(room.send('x')).rejects.toThrow(InvalidStateError);
  });

  test('a lossy message for which there is no room is lost, which is no error', async () => {
    const { alice, router } = await call();
    const sent = alice.peer.send('x', { reliable: false });
    await settle();
    await alice.receive();
    await sent;
    consumers(router)[0]!.full = true;
    await alice.peer.send('y', { reliable: false });
    expect(sentTo(router)).toEqual([['x']]);
  });

  test('cannot send what is no message', async () => {
    const { room, alice } = await call();
    for (const data of [7, undefined, { data: 'x' }, new Uint8Array(262_145)] as unknown as string[]) {
      await expect(room.send(data)).rejects.toThrow(TypeError);
      await expect(alice.peer.send(data)).rejects.toThrow('data must');
    }
    const reliable = 1 as unknown as boolean;
    await expect(room.send('x', { reliable })).rejects.toThrow('options.reliable must');
    await expect(alice.peer.send('x', { reliable })).rejects.toThrow('options.reliable must');
  });

  test('hears what a peer sends while it listens, and only then is it brought here', async () => {
    const { alice, router } = await call();
    await alice.produce();
    producers(router)[0]!.receive('not heard');
    expect(router.direct).toEqual([]);
    const heard: [unknown, MessageInfo][] = [];
    const listener = (data: unknown, info: MessageInfo) => heard.push([data, info]);
    alice.peer.on('message', listener);
    await settle();
    await alice.produce({ to: 'bob', reliable: false });
    const [toRoom, toBob] = producers(router);
    toRoom!.receive('text');
    toRoom!.receive('');
    toRoom!.receive(Buffer.from([1, 2]));
    toBob!.receive(Buffer.alloc(0));
    expect(heard).toEqual([
      ['text', { to: undefined, reliable: true }],
      ['', { to: undefined, reliable: true }],
      [Buffer.from([1, 2]), { to: undefined, reliable: true }],
      [new Uint8Array(), { to: 'bob', reliable: false }],
    ]);
    alice.peer.off('message', listener);
    await settle();
    expect(router.direct[0]!.dataConsumers.map(({ closed }) => closed)).toEqual([true, true]);
    toRoom!.receive('not heard');
    expect(heard).toHaveLength(4);
  });

  test('who is too slow is told once that reliable messages were lost, until he has caught up', async () => {
    const { alice, bob, carol, router } = await call();
    const lost: unknown[] = [];
    bob.peer.on('messageslost', (from) => lost.push(from));
    await alice.produce();
    await alice.produce({ reliable: false });
    await settle();
    await bob.receive();
    await carol.receive();
    bob.client.news();
    const [reliable, lossy] = consumers(router);
    for (const consumer of [reliable!, lossy!]) consumer.full = true;
    for (const producer of producers(router)) for (const text of ['1', '2', '3']) producer.receive(text);
    await settle();
    expect(bob.client.told.map(({ method }) => method)).toEqual(['messagesLost']);
    expect(lost).toEqual(['alice']);
    reliable!.emit('bufferedamountlow');
    producers(router)[0]!.receive('4');
    await settle();
    expect(bob.client.heard('messagesLost')).toHaveLength(2);
    expect(carol.client.heard('messagesLost')).toEqual([]);
  });
});

describe('closing', () => {
  /** Alice sends to the room and to Bob; both receive. */
  async function talking() {
    const parts = await call();
    const { alice, bob, carol } = parts;
    await alice.produce({ id: 'room' });
    await alice.produce({ id: 'bob', to: 'bob' });
    await settle();
    const told = bob.client.heard('newDataConsumer');
    await bob.receive();
    await carol.receive();
    for (const { client } of [alice, bob, carol]) client.news();
    return { ...parts, told };
  }

  test('a data producer by its client', async () => {
    const { alice, bob, carol, router, told } = await talking();
    await alice.ask('closeDataProducer', { id: 'room' });
    await settle();
    expect(bob.client.heard('dataConsumerClosed')).toEqual([{ id: told[0]!.id }]);
    expect([alice.client.news(), carol.client.news()]).toEqual([[], ['dataConsumerClosed']]);
    expect(producers(router).map(({ closed }) => closed)).toEqual([true, false]);
    expect(consumers(router).map(({ closed }) => closed)).toEqual([true, false, true]);
    await expect(alice.ask('closeDataProducer', { id: 'room' })).rejects.toThrow(NotFoundError);
    await alice.produce({ id: 'room', streamId: 1 });
  });

  test('the transport of who sends', async () => {
    const { alice, bob, router } = await talking();
    alice.peer.getTransportById('s')!.close();
    await settle();
    expect(alice.client.news()).toEqual(['transportClosed']);
    expect(bob.client.news()).toEqual(['dataConsumerClosed', 'dataConsumerClosed']);
    expect(consumers(router).every(({ closed }) => closed)).toBe(true);
  });

  test('the transport of who receives; on another it goes on', async () => {
    const { bob, router, told } = await talking();
    await bob.ask('closeTransport', { id: 'r' });
    expect(consumers(router).map(({ closed }) => closed)).toEqual([true, true, false]);
    await bob.ask('createTransport', { id: 'r', direction: 'recv' });
    await bob.receive(told);
    producers(router)[1]!.receive('again');
    expect(consumers(router).at(-1)!.sent).toEqual(['again']);
  });

  test('the peer that sends: the others hear of it alone', async () => {
    const { alice, bob, router } = await talking();
    alice.peer.close();
    await settle();
    expect([alice.client.news(), bob.client.news()]).toEqual([['closed'], ['peerClosed']]);
    expect([...producers(router), ...consumers(router)].every(({ closed }) => closed)).toBe(true);
  });

  test('the peer that receives: what was for it ends, and is nobody elses', async () => {
    const { alice, bob, room, router } = await talking();
    bob.peer.close();
    await settle();
    expect([bob.client.news(), alice.client.news()]).toEqual([['closed'], ['peerClosed']]);
    expect(producers(router).map(({ closed }) => closed)).toEqual([false, true]);
    const other = await enter(room, 'bob');
    producers(router)[1]!.receive('for the first bob');
    expect(other.client.heard('newDataConsumer')).toEqual([]);
    await alice.produce({ id: 'bob', to: 'bob' });
  });

  test('the room: each client hears only that', async () => {
    const { alice, bob, carol, room, router } = await talking();
    room.close();
    await settle();
    for (const { client } of [alice, bob, carol]) expect(client.news()).toEqual(['closed']);
    expect([...producers(router), ...consumers(router)].every(({ closed }) => closed)).toBe(true);
  });
});
