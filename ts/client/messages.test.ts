import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeRoomServer, peerData, settle } from '../../test/harness/fake-room-server.js';
import { type FakeDataChannel, FakePeerConnection, installWebRtc } from '../../test/harness/fake-webrtc.js';
import { waitUntil } from '../../test/harness/wait.js';
import { InvalidStateError, NotFoundError } from '../shared/errors.js';
import { ForbiddenError } from '../shared/signalling/errors.js';
import { Room } from './room.js';

let server: FakeRoomServer;
let room: Room;
let heard: unknown[];
let uninstall: () => void;

beforeEach(async () => {
  uninstall = installWebRtc();
  server = new FakeRoomServer();
  server.peers = [peerData('alice'), peerData('bob')];
  room = new Room(server.connect);
  heard = [];
  room.on('message', (data, { from, ...info }) => heard.push([data, from?.name, info]));
  await room.join('me');
});

afterEach(async () => {
  await room.leave();
  uninstall();
});

/** Without those that only asked the browser what it can. */
const connections = () =>
  FakePeerConnection.all.filter(({ channels, log }) => channels.length + log.length > 0);
const sending = () => connections().find(({ log }) => log[0] === 'offer')!;
const receiving = () => connections().find(({ log }) => log[0] === 'remote offer')!;
const sentOn = ({ sent }: FakeDataChannel) => sent;

/** As the server does once everybody can get what comes. */
function ready(): void {
  for (const { id } of server.asked('createDataProducer')) server.tell('dataProducerReady', { id });
}

/** Of a message whose way is open: the channels are, and the receivers are ready. */
async function sent(sending_: Promise<void>): Promise<void> {
  await settle();
  sending()?.openChannels();
  ready();
  await sending_;
}

async function until(condition: () => boolean): Promise<void> {
  await waitUntil(condition, 5000, () => JSON.stringify(server.methods()));
}

/** Somebody's messages, received on a channel. */
async function hearing(data: { id: string; peerName?: string; to?: string; reliable?: boolean }) {
  server.tell('newDataConsumer', { reliable: true, ...data });
  const asked = () => server.asked('enableDataConsumers').flatMap(({ consumers }) => consumers);
  await until(() => asked().some(({ id }) => id === data.id));
  await settle();
  receiving().openChannels();
  await until(() => server.asked('startDataConsumers').some(({ ids }) => ids.includes(data.id)));
  return receiving().channels.at(-1)!;
}

describe('sending', () => {
  it('makes a transport and a channel for the first message, and keeps them', async () => {
    await sent(room.send('one'));
    await room.send('two');
    await room.send(new Uint8Array([1, 2]));

    expect(server.asked('createTransport')).toMatchObject([{ direction: 'send' }]);
    expect(server.asked('createDataProducer')).toEqual([
      { id: expect.any(String), transportId: room.transports[0]!.id, streamId: 0, reliable: true },
    ]);
    expect(sending().channels.map(sentOn)).toEqual([['one', 'two', new Uint8Array([1, 2])]]);
    expect(sending().remoteDescription?.sdp).toContain('a=sctp-port:5000\r\na=max-message-size:262144');
  });

  it('takes the transport that is there, and needs no exchange if there was one', async () => {
    const transport = room.createTransport('send');
    await sent(room.send('one'));
    await sent(room.send('quick', { reliable: false }));

    expect(room.transports).toEqual([transport]);
    expect(sending().log).toEqual(['offer', 'remote answer']);
  });

  it('waits until the channel is open and the receivers are ready', async () => {
    const order: string[] = [];
    const done = room.send('one').then(() => order.push('sent'));
    await settle();
    order.push('open');
    sending().openChannels();
    await settle();
    order.push('ready');
    ready();
    await done;

    expect(order).toEqual(['open', 'ready', 'sent']);
  });

  it('has a way each for reliable and lossy, and for each peer', async () => {
    const all = [
      room.send('a'),
      room.send('b', { reliable: false }),
      room.send('c', { to: 'bob' }),
      room.getPeerByName('bob')!.send('d', { reliable: false }),
      room.getPeerByName('bob')!.send('e'),
    ];
    await sent(Promise.all(all).then(() => {}));

    expect(
      server.asked('createDataProducer').map(({ to, reliable, streamId }) => [to, reliable, streamId]),
    ).toEqual([
      [undefined, true, 0],
      [undefined, false, 1],
      ['bob', true, 2],
      ['bob', false, 3],
    ]);
    const how = sending().channels.map(({ ordered, options }) => [ordered, options.maxRetransmits]);
    expect(how).toEqual([
      [true, undefined],
      [false, 0],
      [true, undefined],
      [false, 0],
    ]);
    expect(sending().channels.map(sentOn)).toEqual([['a'], ['b'], ['c', 'e'], ['d']]);
  });

  it('waits while the browser has much to send, in order', async () => {
    await sent(room.send('first'));
    const [channel] = sending().channels;
    channel!.bufferedAmount = 2_000_000;
    const done: string[] = [];
    const all = ['a', 'b'].map((text) => room.send(text).then(() => done.push(text)));
    await settle();
    expect([done, channel!.sent]).toEqual([[], ['first']]);
    channel!.drain(500_000);
    await Promise.all(all);

    expect([done, channel!.sent]).toEqual([
      ['a', 'b'],
      ['first', 'a', 'b'],
    ]);
    expect(channel!.bufferedAmountLowThreshold).toBeGreaterThan(0);
  });

  it('leaves out what is lossy while the browser has much to send', async () => {
    await sent(room.send('first', { reliable: false }));
    const channel = sending().channels[1]!;
    channel.bufferedAmount = 100_000;
    await room.send('left out', { reliable: false });
    channel.bufferedAmount = 0;
    await room.send('last', { reliable: false });

    expect(channel.sent).toEqual(['first', 'last']);
  });

  it('says by name what is wrong', async () => {
    await expect(room.send(7 as unknown as string)).rejects.toThrow('data must be');
    await expect(room.send('x', { to: '' })).rejects.toThrow('options.to must');
    await expect(room.send('x', { reliable: 'yes' as unknown as boolean })).rejects.toThrow(
      'options.reliable must',
    );
    await expect(room.send('x', { to: 'nobody' })).rejects.toThrow(NotFoundError);
    await expect(room.send('x', { to: 'me' })).rejects.toThrow(NotFoundError);
    expect(server.asked('createTransport')).toEqual([]);
  });

  it('is not for spies, nor before joining', async () => {
    const spy = new Room(server.connect, { spy: true });
    await expect(spy.send('x')).rejects.toThrow(InvalidStateError);
    await spy.join('spy');
    await expect(spy.send('x')).rejects.toThrow(ForbiddenError);
    await spy.leave();
  });

  it('may be refused, and tried again', async () => {
    server.answers.createDataProducer = () => {
      throw new ForbiddenError('no messages here');
    };
    await expect(room.send('x')).rejects.toThrow(ForbiddenError);
    await settle();
    expect(sending().channels[0]!.readyState).toBe('closed');
    delete server.answers.createDataProducer;
    server.requests.length = 0;
    await sent(room.send('y'));

    expect(server.asked('createDataProducer')).toMatchObject([{ streamId: 0 }]);
    expect(room.transports).toHaveLength(1);
  });

  it('makes another way when its transport was closed', async () => {
    await sent(room.send('one'));
    room.transports[0]!.close();
    server.requests.length = 0;
    await settle();
    const first = FakePeerConnection.all.indexOf(sending());
    FakePeerConnection.all.splice(first, 1);
    await sent(room.send('two'));

    expect(sending().channels.map(sentOn)).toEqual([['two']]);
  });

  it('rejects what waits when its transport, the peer or the room closes', async () => {
    const toRoom = expect(room.send('x')).rejects.toThrow(InvalidStateError);
    await settle();
    room.transports[0]!.close();
    await toRoom;
    const toBob = expect(room.send('x', { to: 'bob' })).rejects.toThrow(InvalidStateError);
    await settle();
    server.tell('peerClosed', { name: 'bob' });
    await toBob;
    const last = expect(room.send('x')).rejects.toThrow(InvalidStateError);
    await settle();
    await room.leave();
    await last;
    await expect(room.send('x')).rejects.toThrow(InvalidStateError);
  });

  it('rejects what waits for room in the browser when the channel closes', async () => {
    await sent(room.send('first'));
    const [channel] = sending().channels;
    channel!.bufferedAmount = 2_000_000;
    const waiting = expect(room.send('x')).rejects.toThrow(InvalidStateError);
    await settle();
    channel!.close();
    await waiting;
  });

  it('gives the stream of a peer that left to another', async () => {
    await sent(room.send('x', { to: 'bob' }));
    const bob = room.getPeerByName('bob')!;
    server.tell('peerClosed', { name: 'bob' });
    await settle();
    await expect(bob.send('x')).rejects.toThrow(InvalidStateError);
    server.requests.length = 0;
    await sent(room.send('y', { to: 'alice' }));

    expect(server.asked('createDataProducer')).toMatchObject([{ to: 'alice', streamId: 0 }]);
  });
});

describe('receiving', () => {
  it('tells the room and the peer, with whom it is from and for', async () => {
    const ofPeer: unknown[] = [];
    room.getPeerByName('alice')!.on('message', (data, info) => ofPeer.push([data, info]));
    const channel = await hearing({ id: 'd1', peerName: 'alice' });
    channel.receive('text');
    channel.receive(new Uint8Array([1, 2]));
    const toMe = await hearing({ id: 'd2', peerName: 'bob', to: 'me', reliable: false });
    toMe.receive('psst');
    const application = await hearing({ id: 'd3' });
    application.receive('');

    expect(heard).toEqual([
      ['text', 'alice', { to: undefined, reliable: true }],
      [new Uint8Array([1, 2]), 'alice', { to: undefined, reliable: true }],
      ['psst', 'bob', { to: 'me', reliable: false }],
      ['', undefined, { to: undefined, reliable: true }],
    ]);
    expect(ofPeer).toEqual([
      ['text', { to: undefined, reliable: true }],
      [new Uint8Array([1, 2]), { to: undefined, reliable: true }],
    ]);
  });

  it('uses the transport that the application makes after joining', async () => {
    await room.leave();
    server.dataConsumers = [
      { id: 'd1', peerName: 'alice', reliable: true },
      { id: 'd2', reliable: true },
    ];
    await room.join('me');
    const transport = room.createTransport('recv');
    await until(() => server.asked('enableDataConsumers').length > 0);

    expect(server.asked('enableDataConsumers')).toEqual([
      {
        consumers: [
          { id: 'd1', transportId: transport.id },
          { id: 'd2', transportId: transport.id },
        ],
      },
    ]);
    expect(room.transports).toEqual([transport]);
  });

  it('starts only what is open, all at once', async () => {
    server.tell('newDataConsumer', { id: 'd1', peerName: 'alice', reliable: true });
    server.tell('newDataConsumer', { id: 'd2', peerName: 'bob', reliable: true });
    await until(() => server.asked('enableDataConsumers').length > 0);
    await settle();
    expect(receiving().channels.map(({ id }) => id)).toEqual([10, 11]);
    expect(server.asked('startDataConsumers')).toEqual([]);
    receiving().openChannels();
    await until(() => server.asked('startDataConsumers').length > 0);

    expect(server.asked('startDataConsumers')).toEqual([{ ids: ['d1', 'd2'] }]);
    expect(receiving().log).toEqual(['remote offer', 'answer']);
  });

  it('hears nothing of a sender that is gone', async () => {
    const [one, two] = [
      await hearing({ id: 'd1', peerName: 'alice' }),
      await hearing({ id: 'd2', peerName: 'bob' }),
    ];
    server.tell('dataConsumerClosed', { id: 'd1' });
    server.tell('peerClosed', { name: 'bob' });
    await settle();
    one.receive('late');
    two.receive('late');

    expect(heard).toEqual([]);
    expect([one.readyState, two.readyState]).toEqual(['closed', 'closed']);
  });

  it('waits for a stream until the sender before has left it', async () => {
    const first = await hearing({ id: 'd1', peerName: 'alice' });
    let close = () => {};
    first.close = () => {
      close = () => {
        first.readyState = 'closed';
        first.dispatchEvent(new Event('close'));
      };
    };
    server.answers.enableDataConsumers = ({ consumers }: { consumers: { id: string }[] }) => ({
      consumers: consumers.map(({ id }) => ({ id, ok: true, streamId: first.id })),
    });
    server.tell('dataConsumerClosed', { id: 'd1' });
    server.tell('newDataConsumer', { id: 'd2', peerName: 'bob', reliable: true });
    await until(() => server.asked('enableDataConsumers').length === 2);
    await settle();
    first.receive("the first sender's");
    expect(receiving().channels).toHaveLength(1);
    close();
    await until(() => server.asked('startDataConsumers').length === 2);
    receiving().channels[1]!.receive("the second's");

    expect(heard).toEqual([["the second's", 'bob', { to: undefined, reliable: true }]]);
  });

  it('goes on, on another transport, when there is one', async () => {
    await hearing({ id: 'd1', peerName: 'alice' });
    room.transports[0]!.close();
    await settle();
    expect(room.transports).toEqual([]);
    const next = room.createTransport('recv');
    await until(() => server.asked('enableDataConsumers').length === 2);

    expect(server.asked('enableDataConsumers')[1]).toEqual({
      consumers: [{ id: 'd1', transportId: next.id }],
    });
  });

  it('passes over what the server refuses', async () => {
    server.answers.enableDataConsumers = () => ({
      consumers: [{ id: 'd1', ok: false, error: { name: 'NotFoundError', message: 'gone' } }],
    });
    server.tell('newDataConsumer', { id: 'd1', peerName: 'alice', reliable: true });
    await until(() => server.asked('enableDataConsumers').length > 0);
    await settle();

    expect(receiving().channels).toEqual([]);
    expect(room.transports[0]!.closed).toBe(false);
  });

  it('says that messages were lost, and whose', async () => {
    const lost: unknown[] = [];
    room.on('messageslost', (from) => lost.push(from?.name));
    await hearing({ id: 'd1', peerName: 'alice' });
    await hearing({ id: 'd2' });
    for (const id of ['d1', 'd2', 'gone']) server.tell('messagesLost', { id });
    await settle();

    expect(lost).toEqual(['alice', undefined]);
  });
});

it('messages and media share one connection each way', async () => {
  const track = Object.assign(new MediaStreamTrack(), { kind: 'audio' });
  const transport = room.createTransport('send');
  await sent(room.send('x'));
  await room.createProducer(track).send(transport);

  expect(sending().remoteDescription?.sdp).toContain('a=group:BUNDLE 0 1\r\n');
  expect(sending().remoteDescription?.sdp).toContain('m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n');
});
