/** Messages from this program and to it. Over SCTP: core-pipe.test.ts and core-webrtc.test.ts. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { note } from '../harness/core-events.js';
import { waitUntil } from '../harness/wait.js';

const anyNumber = expect.any(Number);

let worker: core.Worker;
let router: core.Router;
let transport: core.DirectTransport;

beforeAll(async () => {
  worker = await core.createWorker();
});

afterAll(() => worker.close());

beforeEach(async () => {
  router?.close();
  router = await worker.createRouter();
  transport = await router.createDirectTransport();
});

const until = (done: () => boolean) => waitUntil(done, 5_000, () => done.toString());

function received(dataConsumer: core.DataConsumer): [string, number][] {
  const messages: [string, number][] = [];
  dataConsumer.on('message', (message, ppid) => void messages.push([message.toString(), ppid]));
  return messages;
}

describe('a direct pair', () => {
  it('has defaults', async () => {
    const dataProducer = await transport.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });

    expect(dataProducer).toMatchObject({
      closed: false,
      type: 'direct',
      sctpStreamParameters: undefined,
      label: '',
      protocol: '',
      paused: false,
      appData: {},
    });
    expect(dataProducer.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(dataConsumer).toMatchObject({
      closed: false,
      dataProducerId: dataProducer.id,
      type: 'direct',
      sctpStreamParameters: undefined,
      label: '',
      protocol: '',
      paused: false,
      dataProducerPaused: false,
      subchannels: [],
      appData: {},
    });
  });

  it('takes options', async () => {
    const dataProducer = await transport.produceData({
      id: 'mine',
      label: 'chat',
      protocol: 'json',
      paused: true,
      appData: { from: 1 },
    });
    const dataConsumer = await transport.consumeData({
      dataProducerId: 'mine',
      paused: true,
      subchannels: [3, 4],
      appData: { to: 2 },
    });

    expect(dataProducer).toMatchObject({ id: 'mine', label: 'chat', protocol: 'json', paused: true });
    expect(dataConsumer).toMatchObject({ label: 'chat', paused: true, dataProducerPaused: true });
    expect(dataConsumer.subchannels).toEqual([3, 4]);
    expect([dataProducer.appData, dataConsumer.appData]).toEqual([{ from: 1 }, { to: 2 }]);
  });

  it('dumps every field', async () => {
    const dataProducer = await transport.produceData({ label: 'chat', protocol: 'json' });
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id, subchannels: [9] });

    expect(await dataProducer.dump()).toEqual({
      id: dataProducer.id,
      type: 'direct',
      label: 'chat',
      protocol: 'json',
      paused: false,
    });
    expect(await dataConsumer.dump()).toEqual({
      id: dataConsumer.id,
      dataProducerId: dataProducer.id,
      type: 'direct',
      label: 'chat',
      protocol: 'json',
      paused: false,
      dataProducerPaused: false,
      subchannels: [9],
      bufferedAmountLowThreshold: anyNumber,
    });
  });

  it('counts what went through', async () => {
    const dataProducer = await transport.produceData({ label: 'chat', protocol: 'json' });
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const messages = received(dataConsumer);
    dataProducer.send('four');
    dataProducer.send(Buffer.from('bytes'));
    await until(() => messages.length === 2);

    expect(await dataProducer.getStats()).toEqual([
      {
        type: 'data-producer',
        timestamp: anyNumber,
        label: 'chat',
        protocol: 'json',
        messagesReceived: 2,
        bytesReceived: 9,
      },
    ]);
    expect(await dataConsumer.getStats()).toEqual([
      {
        type: 'data-consumer',
        timestamp: anyNumber,
        label: 'chat',
        protocol: 'json',
        messagesSent: 2,
        bytesSent: 9,
        bufferedAmount: 0,
      },
    ]);
  });

  it('gives messages with their kind: text, bytes, empty, and any other', async () => {
    const dataProducer = await transport.produceData();
    const messages = received(await transport.consumeData({ dataProducerId: dataProducer.id }));

    dataProducer.send('text');
    dataProducer.send(Buffer.from('bytes'));
    dataProducer.send('');
    dataProducer.send(Buffer.alloc(0));
    dataProducer.send('my own', 77);
    await until(() => messages.length === 5);

    expect(messages.map(([, ppid]) => ppid)).toEqual([51, 53, 56, 57, 77]);
    expect([messages[0], messages[1], messages[4]]).toEqual([
      ['text', 51],
      ['bytes', 53],
      ['my own', 77],
    ]);
  });

  it('has no buffer to wait in, and cannot be sent to', async () => {
    const dataProducer = await transport.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });

    expect(await dataConsumer.getBufferedAmount()).toBe(0);
    await expect(dataConsumer.send('text')).rejects.toBeInstanceOf(core.UnsupportedError);
  });

  it('takes no message longer than the transports may', async () => {
    const small = await router.createDirectTransport({ maxSendMessageSize: 10, maxReceiveMessageSize: 20 });
    const dataProducer = await small.produceData();
    const few = received(await small.consumeData({ dataProducerId: dataProducer.id }));
    const all = received(await transport.consumeData({ dataProducerId: dataProducer.id }));

    for (const length of [21, 20, 11, 10]) dataProducer.send('x'.repeat(length));
    await until(() => all.length === 3 && few.length === 1);

    expect(all.map(([message]) => message.length)).toEqual([20, 11, 10]);
    expect(few.map(([message]) => message.length)).toEqual([10]);
    expect(await small.dump()).toMatchObject({ maxSendMessageSize: 10, maxReceiveMessageSize: 20 });
    const old = await router.createDirectTransport({ maxMessageSize: 30, appData: { mine: 1 } });
    expect(await old.dump()).toMatchObject({ maxSendMessageSize: 30, maxReceiveMessageSize: 30 });
    expect(old.appData).toEqual({ mine: 1 });
  });
});

describe('subchannels', () => {
  it('choose who gets a message', async () => {
    const dataProducer = await transport.produceData();
    const consume = (subchannels: number[]) =>
      transport.consumeData({ dataProducerId: dataProducer.id, subchannels });
    const [none, one, both] = [await consume([]), await consume([1]), await consume([1, 2])];
    const got = [none, one, both].map(received);

    dataProducer.send('all');
    dataProducer.send('1', 51, [1]);
    dataProducer.send('1 or 2, needs 2', 51, [1, 2], 2);
    dataProducer.send('1, not 2', 51, [1], undefined, 2);
    dataProducer.send('end');
    await until(() => got.every((messages) => messages.at(-1)?.[0] === 'end'));

    expect(got.map((messages) => messages.map(([message]) => message))).toEqual([
      ['all', 'end'],
      ['all', '1', '1, not 2', 'end'],
      ['all', '1', '1 or 2, needs 2', 'end'],
    ]);
  });

  it('change as they are set, added and removed', async () => {
    const dataProducer = await transport.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });

    await dataConsumer.setSubchannels([1, 2, 2]);
    expect(dataConsumer.subchannels).toEqual([1, 2]);
    await dataConsumer.addSubchannel(65_535);
    await dataConsumer.removeSubchannel(1);

    expect(dataConsumer.subchannels).toEqual([2, 65_535]);
    expect((await dataConsumer.dump()).subchannels).toEqual([2, 65_535]);
  });
});

describe('pausing', () => {
  it('the data producer stops all, the data consumer itself', async () => {
    const dataProducer = await transport.produceData();
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const messages = received(dataConsumer);
    const heard: string[] = [];
    note(heard, 'producer’s observer', dataProducer.observer, ['pause', 'resume']);
    note(heard, 'consumer', dataConsumer, ['dataproducerpause', 'dataproducerresume']);
    note(heard, 'consumer’s observer', dataConsumer.observer, ['pause', 'resume']);

    await dataProducer.pause();
    dataProducer.send('lost');
    await dataProducer.resume();
    await dataConsumer.pause();
    dataProducer.send('lost too');
    await dataConsumer.resume();
    dataProducer.send('heard');
    await until(() => messages.length > 0);

    expect(messages).toEqual([['heard', 51]]);
    expect(heard).toEqual([
      'consumer dataproducerpause',
      'consumer’s observer pause',
      'producer’s observer pause',
      'consumer dataproducerresume',
      'consumer’s observer resume',
      'producer’s observer resume',
      'consumer’s observer pause',
      'consumer’s observer resume',
    ]);
  });
});

describe('what cannot be', () => {
  it('a data producer that is not there, an id twice, a transport without SCTP', async () => {
    await transport.produceData({ id: 'mine' });
    const plain = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' } });

    await expect(transport.consumeData({ dataProducerId: 'nobody' })).rejects.toBeInstanceOf(
      core.NotFoundError,
    );
    await expect(transport.produceData({ id: 'mine' })).rejects.toThrow(new TypeError("id 'mine' is in use"));
    await expect(plain.produceData({ sctpStreamParameters: { streamId: 1 } })).rejects.toBeInstanceOf(
      core.UnsupportedError,
    );
  });
});
