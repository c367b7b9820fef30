import { describe, expect, it } from '@jest/globals';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, NotFoundError, UnsupportedError } from '../../shared/errors.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const stream = { streamId: 7, ordered: true };

async function transports(options: object = {}) {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter();
  const sctp = { listenInfos, enableSctp: true, ...options };
  const sending = await router.createWebRtcTransport(sctp);
  const receiving = await router.createWebRtcTransport(sctp);
  const direct = await router.createDirectTransport();
  return { worker, script, router, sending, receiving, direct };
}

/** Handles: router 1, transports 2 to 4, data producer 5, data consumer 6. */
async function consumed(options: object = {}) {
  const all = await transports();
  const producer = await all.sending.produceData({ sctpStreamParameters: stream, label: 'chat' });
  const consumer = await all.receiving.consumeData({ dataProducerId: producer.id, ...options });
  return { ...all, producer, consumer };
}

async function directlyConsumed(options: object = {}) {
  const all = await transports();
  const producer = await all.direct.produceData({ label: 'news' });
  const consumer = await all.direct.consumeData({ dataProducerId: producer.id, ...options });
  return { ...all, producer, consumer };
}

describe('transport.produceData', () => {
  it('tells the worker what comes', async () => {
    const { sending, script } = await transports();
    const heard: unknown[] = [];
    sending.observer.on('newdataproducer', (producer) => heard.push(producer));

    const producer = await sending.produceData({
      sctpStreamParameters: { streamId: 3, ordered: false, maxRetransmits: 2 },
      label: 'chat\n',
      protocol: 'json',
      paused: true,
      appData: { mine: 1 },
    });

    expect(producer).toMatchObject({
      type: 'sctp',
      sctpStreamParameters: { streamId: 3, ordered: false, maxRetransmits: 2 },
      label: 'chat\n',
      protocol: 'json',
      paused: true,
      closed: false,
      appData: { mine: 1 },
    });
    expect(producer.id).toMatch(UUID);
    expect(heard).toEqual([producer]);
    expect(script.asked('produceData')).toEqual([
      {
        transport: 2,
        dataProducer: 5,
        sctpStreamParameters: { streamId: 3, ordered: false, maxRetransmits: 2 },
        label: 'chat\n',
        protocol: 'json',
        paused: true,
      },
    ]);
  });

  it('has defaults', async () => {
    const { sending, direct, script } = await transports();

    const producers = [
      await sending.produceData({ sctpStreamParameters: { streamId: 0 } }),
      await direct.produceData(),
    ];

    expect(producers).toMatchObject([
      { type: 'sctp', sctpStreamParameters: { streamId: 0, ordered: true }, label: '', protocol: '' },
      { type: 'direct', sctpStreamParameters: undefined, paused: false, appData: {} },
    ]);
    expect(script.asked('produceData')[1]).toEqual({
      transport: 4,
      dataProducer: 6,
      label: '',
      protocol: '',
      paused: false,
    });
  });

  it.each([
    ['options', 7, 'options must be an object'],
    ['sctpStreamParameters', {}, 'sctpStreamParameters must be an object'],
    [
      'streamId',
      { sctpStreamParameters: { streamId: 65535 } },
      'sctpStreamParameters.streamId must be an integer from 0 to 65534',
    ],
    [
      'ordered',
      { sctpStreamParameters: { streamId: 0, ordered: true, maxRetransmits: 0 } },
      'sctpStreamParameters.ordered must not be true with maxPacketLifeTime or maxRetransmits',
    ],
    [
      'maxRetransmits',
      { sctpStreamParameters: { streamId: 0, maxPacketLifeTime: 1, maxRetransmits: 1 } },
      'sctpStreamParameters.maxRetransmits must not be given with maxPacketLifeTime',
    ],
    ['label', { sctpStreamParameters: stream, label: 7 }, 'label must be a string of at most 65535 bytes'],
    [
      'protocol',
      { sctpStreamParameters: stream, protocol: 'ü'.repeat(32768) },
      'protocol must be a string of at most 65535 bytes',
    ],
    ['paused', { sctpStreamParameters: stream, paused: 1 }, 'paused must be a boolean'],
    ['id', { sctpStreamParameters: stream, id: 5 }, 'id must be a string of at most 255 characters'],
    ['appData', { sctpStreamParameters: stream, appData: 'mine' }, 'appData must be an object'],
  ])('refuses a bad %s by a TypeError, without asking the worker', async (_, options, message) => {
    const { sending, script } = await transports();

    await expect(sending.produceData(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('produceData')).toEqual([]);
  });

  it('refuses a stream on a direct transport', async () => {
    const { direct } = await transports();

    await expect(direct.produceData({ sctpStreamParameters: stream })).rejects.toThrow(
      new TypeError('sctpStreamParameters must not be given on a direct transport'),
    );
  });

  it('refuses an id that is in use, until it is free', async () => {
    const { sending, direct } = await transports();
    const first = sending.produceData({ id: 'mine', sctpStreamParameters: stream });

    await expect(direct.produceData({ id: 'mine' })).rejects.toThrow(new TypeError("id 'mine' is in use"));
    (await first).close();

    expect((await direct.produceData({ id: 'mine' })).id).toBe('mine');
  });

  it('needs SCTP', async () => {
    const { sending, receiving, script } = await transports({ enableSctp: false });
    const message = 'the transport has no SCTP: make it with enableSctp';

    await expect(sending.produceData({ sctpStreamParameters: stream })).rejects.toThrow(
      new UnsupportedError(message),
    );
    await expect(receiving.consumeData({ dataProducerId: 'any' })).rejects.toThrow(
      new UnsupportedError(message),
    );

    expect(script.asked('produceData')).toEqual([]);
  });

  it('can be tried again after the worker refused', async () => {
    const { sending, script } = await transports();
    script.answers.produceData = () => ({ code: 'error', message: 'streamId is taken' });
    const options = { id: 'mine', sctpStreamParameters: stream };
    await expect(sending.produceData(options)).rejects.toThrow(new Error('streamId is taken'));
    delete script.answers.produceData;

    expect((await sending.produceData(options)).id).toBe('mine');
  });
});

describe('transport.consumeData', () => {
  it('tells the worker what to send', async () => {
    const { sending, receiving, script } = await transports();
    const producer = await sending.produceData({
      sctpStreamParameters: { streamId: 9, ordered: false, maxPacketLifeTime: 500 },
      label: 'chat',
      protocol: 'json',
    });
    const heard: unknown[] = [];
    receiving.observer.on('newdataconsumer', (consumer) => heard.push(consumer));

    const consumer = await receiving.consumeData({
      dataProducerId: producer.id,
      paused: true,
      subchannels: [2, 1, 2],
      appData: { mine: 1 },
    });

    expect(consumer).toMatchObject({
      dataProducerId: producer.id,
      type: 'sctp',
      sctpStreamParameters: { streamId: 0, ordered: false, maxPacketLifeTime: 500 },
      label: 'chat',
      protocol: 'json',
      paused: true,
      dataProducerPaused: false,
      subchannels: [2, 1],
      appData: { mine: 1 },
    });
    expect(consumer.id).toMatch(UUID);
    expect(heard).toEqual([consumer]);
    expect(script.asked('consumeData')).toEqual([
      {
        transport: 3,
        dataConsumer: 6,
        dataProducer: 5,
        sctpStreamParameters: { streamId: 0, ordered: false, maxPacketLifeTime: 500 },
        label: 'chat',
        protocol: 'json',
        paused: true,
        subchannels: [2, 1],
      },
    ]);
  });

  it.each([
    ['nothing', stream, {}, { ordered: true }],
    ['order', { streamId: 7, maxRetransmits: 2 }, { ordered: true }, { ordered: true }],
    ['no order', { streamId: 7, ordered: true }, { ordered: false }, { ordered: false }],
    [
      'no order, which it had',
      { streamId: 7, maxRetransmits: 2 },
      { ordered: false },
      { ordered: false, maxRetransmits: 2 },
    ],
    ['retransmissions', stream, { maxRetransmits: 0 }, { ordered: false, maxRetransmits: 0 }],
    [
      'a lifetime instead of retransmissions',
      { streamId: 7, maxRetransmits: 2 },
      { maxPacketLifeTime: 9 },
      { ordered: false, maxPacketLifeTime: 9 },
    ],
  ])('inherits the delivery and changes it by %s', async (_, sctpStreamParameters, options, expected) => {
    const { sending, receiving } = await transports();
    const { id: dataProducerId } = await sending.produceData({ sctpStreamParameters });

    const consumer = await receiving.consumeData({ dataProducerId, ...options });

    expect(consumer.sctpStreamParameters).toEqual({ streamId: 0, ...expected });
  });

  it('is reliable by default where the data producer is direct', async () => {
    const { direct, receiving, script } = await transports();
    const { id: dataProducerId } = await direct.produceData();

    const consumer = await receiving.consumeData({ dataProducerId });

    expect(consumer.sctpStreamParameters).toEqual({ streamId: 0, ordered: true });
    expect(script.asked('consumeData')[0].sctpStreamParameters).toEqual({ streamId: 0, ordered: true });
  });

  it('needs no stream on a direct transport', async () => {
    const { consumer, script } = await directlyConsumed({ subchannels: [] });

    expect(consumer).toMatchObject({ type: 'direct', sctpStreamParameters: undefined, label: 'news' });
    expect(script.asked('consumeData')[0]).not.toHaveProperty('sctpStreamParameters');
  });

  it('takes the lowest free stream, as many as both sides have', async () => {
    const { sending, receiving, script } = await transports({ numSctpStreams: { OS: 3, MIS: 3 } });
    const { id: dataProducerId } = await sending.produceData({ sctpStreamParameters: stream });
    const consume = () => receiving.consumeData({ dataProducerId });
    const first = await consume();
    await consume();
    script.tell(3, {
      type: 'sctpStateChange',
      state: 'connected',
      maxOutboundStreams: 2,
      maxInboundStreams: 2,
    });
    await settled();

    await expect(consume()).rejects.toThrow(new Error('no sctpStreamId available'));
    first.close();

    expect((await consume()).sctpStreamParameters?.streamId).toBe(0);
  });

  it('frees the stream of one that was refused', async () => {
    const { sending, receiving, script } = await transports();
    const { id: dataProducerId } = await sending.produceData({ sctpStreamParameters: stream });
    script.answers.consumeData = () => ({ code: 'error', message: 'no' });
    await expect(receiving.consumeData({ dataProducerId })).rejects.toThrow('no');
    await expect(receiving.consumeData({ dataProducerId, ordered: 1 as never })).rejects.toThrow(TypeError);
    delete script.answers.consumeData;

    const consumer = await receiving.consumeData({ dataProducerId });

    expect(consumer.sctpStreamParameters?.streamId).toBe(0);
  });

  it.each([
    ['options', undefined, 'options must be an object'],
    ['dataProducerId', { dataProducerId: 7 }, 'dataProducerId must be a string of at most 255 characters'],
    ['ordered', { ordered: 1 }, 'options.ordered must be a boolean'],
    [
      'maxPacketLifeTime',
      { maxPacketLifeTime: 65536 },
      'options.maxPacketLifeTime must be an integer from 0 to 65535',
    ],
    [
      'maxRetransmits',
      { maxPacketLifeTime: 1, maxRetransmits: 1 },
      'options.maxRetransmits must not be given with maxPacketLifeTime',
    ],
    [
      'order',
      { ordered: true, maxRetransmits: 1 },
      'options.ordered must not be true with maxPacketLifeTime or maxRetransmits',
    ],
    ['paused', { paused: 'no' }, 'paused must be a boolean'],
    ['subchannels', { subchannels: 1 }, 'subchannels must be an array'],
    ['subchannel', { subchannels: [-1] }, 'subchannels[0] must be an integer from 0 to 65535'],
    ['appData', { appData: [] }, 'appData must be an object'],
  ])('refuses a bad %s by a TypeError, without asking the worker', async (_, options, message) => {
    const { sending, receiving, script } = await transports();
    const { id: dataProducerId } = await sending.produceData({ sctpStreamParameters: stream });

    const given = options && { dataProducerId, ...options };
    await expect(receiving.consumeData(given as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('consumeData')).toEqual([]);
  });

  it.each(['ordered', 'maxPacketLifeTime', 'maxRetransmits'])(
    'refuses %s on a direct transport',
    async (name) => {
      const { direct } = await transports();
      const { id: dataProducerId } = await direct.produceData();

      await expect(direct.consumeData({ dataProducerId, [name]: 1 })).rejects.toThrow(
        new TypeError(`${name} must not be given on a direct transport`),
      );
    },
  );

  it('refuses a data producer that is not in the router', async () => {
    const { receiving } = await transports();

    const consuming = receiving.consumeData({ dataProducerId: 'nobody' });

    await expect(consuming).rejects.toBeInstanceOf(NotFoundError);
    await expect(consuming).rejects.toThrow("dataProducerId 'nobody' is no data producer of the router");
  });
});

describe('DataProducer.send', () => {
  it('posts the message', async () => {
    const { producer, script } = await directlyConsumed();

    producer.send('hello');
    producer.send(Buffer.from([1, 2]), 99, [1, 65535, 1], 7, 8);
    producer.send('');

    expect(script.asked('sendFromDataProducer')).toEqual([
      { dataProducer: 5, ppid: 51, message: new Uint8Array(Buffer.from('hello')), subchannels: [] },
      {
        dataProducer: 5,
        ppid: 99,
        message: new Uint8Array([1, 2]),
        subchannels: [1, 65535],
        requiredSubchannel: 7,
        ignoredSubchannel: 8,
      },
      { dataProducer: 5, ppid: 56, message: new Uint8Array([32]), subchannels: [] },
    ]);
    expect(script.requests.at(-1)?.id).toBe(0);
  });

  it.each([
    ['message', [7], 'message must be a string or a Buffer'],
    ['ppid', ['x', 1.5], 'ppid must be an integer from 0 to 4294967295'],
    ['subchannels', ['x', 51, 7], 'subchannels must be an array'],
    ['subchannel', ['x', 51, [65536]], 'subchannels[0] must be an integer from 0 to 65535'],
    ['requiredSubchannel', ['x', 51, [], -1], 'requiredSubchannel must be an integer from 0 to 65535'],
    ['ignoredSubchannel', ['x', 51, [], 1, '2'], 'ignoredSubchannel must be an integer from 0 to 65535'],
  ])('refuses a bad %s by a TypeError', async (_, args, message) => {
    const { producer, script } = await directlyConsumed();

    expect(() => Reflect.apply(producer.send, producer, args)).toThrow(new TypeError(message));

    expect(script.asked('sendFromDataProducer')).toEqual([]);
  });

  it('is for direct transports, and for those that are open', async () => {
    const { producer } = await consumed();
    const { producer: closed } = await directlyConsumed();
    closed.close();

    expect(() => producer.send('x')).toThrow(
      new UnsupportedError('send() is for data producers of direct transports'),
    );
    expect(() => closed.send('x')).toThrow(new InvalidStateError('the dataproducer is closed'));
  });
});

describe('DataConsumer.send', () => {
  it('resolves with what waits to be sent', async () => {
    const { consumer, script } = await consumed();
    script.answers.sendToDataConsumer = ({ message }) => ({ bytes: message.length });

    expect(await consumer.send('hello')).toBe(5);
    expect(await consumer.send(Buffer.from([1]), 99)).toBe(1);
    expect(await consumer.send(Buffer.alloc(0))).toBe(1);

    expect(script.asked('sendToDataConsumer')).toEqual([
      { dataConsumer: 6, ppid: 51, message: new Uint8Array(Buffer.from('hello')) },
      { dataConsumer: 6, ppid: 99, message: new Uint8Array([1]) },
      { dataConsumer: 6, ppid: 57, message: new Uint8Array([0]) },
    ]);
  });

  it('rejects when too much waits', async () => {
    const { consumer, script } = await consumed();
    script.answers.sendToDataConsumer = () => ({ code: 'error', message: 'sctpsendbufferfull' });

    await expect(consumer.send('x')).rejects.toThrow(new Error('sctpsendbufferfull'));
  });

  it('rejects bad arguments, and on a direct transport', async () => {
    const { consumer } = await consumed();
    const { consumer: direct } = await directlyConsumed();

    await expect(consumer.send({} as never)).rejects.toThrow(
      new TypeError('message must be a string or a Buffer'),
    );
    await expect(consumer.send('x', -1)).rejects.toThrow(
      new TypeError('ppid must be an integer from 0 to 4294967295'),
    );
    await expect(direct.send('x')).rejects.toThrow(
      new UnsupportedError('send() is not for direct transports'),
    );
  });
});

describe('a data consumer', () => {
  it('hears messages, and of its buffer', async () => {
    const { consumer, script } = await consumed();
    const heard: unknown[][] = [];
    consumer.on('message', (message, ppid) => heard.push([Buffer.isBuffer(message), `${message}`, ppid]));
    consumer.on('sctpsendbufferfull', () => heard.push(['full']));
    consumer.on('bufferedamountlow', (bytes) => heard.push(['low', bytes]));

    script.tell(6, { type: 'dataMessage', ppid: 51, message: new Uint8Array(Buffer.from('hi')) });
    script.tell(6, { type: 'sendBufferFull' });
    script.tell(6, { type: 'bufferedAmountLow', bytes: 12 });
    await settled();

    expect(heard).toEqual([[true, 'hi', 51], ['full'], ['low', 12]]);
  });

  it('changes its subchannels', async () => {
    const { consumer, script } = await consumed({ subchannels: [1] });

    await consumer.setSubchannels([5, 5, 6]);
    await Promise.all([consumer.addSubchannel(7), consumer.addSubchannel(8), consumer.addSubchannel(7)]);
    await consumer.removeSubchannel(5);
    await consumer.removeSubchannel(99);

    expect(consumer.subchannels).toEqual([6, 7, 8]);
    expect(script.asked('setSubchannels')).toEqual(
      [
        [5, 6],
        [5, 6, 7],
        [5, 6, 7, 8],
        [5, 6, 7, 8],
        [6, 7, 8],
        [6, 7, 8],
      ].map((subchannels) => ({
        dataConsumer: 6,
        subchannels,
      })),
    );
    consumer.subchannels.length = 0;
    expect(consumer.subchannels).toHaveLength(3);
  });

  it('asks for its buffered amount, and sets the threshold', async () => {
    const { consumer, script } = await consumed();
    script.answers.getBufferedAmount = () => ({ bytes: 77 });

    expect(await consumer.getBufferedAmount()).toBe(77);
    await consumer.setBufferedAmountLowThreshold(4096);

    expect(script.asked('setBufferedAmountLowThreshold')).toEqual([{ dataConsumer: 6, threshold: 4096 }]);
  });

  it.each([
    ['setSubchannels', 'x', 'subchannels must be an array'],
    ['addSubchannel', 65536, 'subchannel must be an integer from 0 to 65535'],
    ['removeSubchannel', '1', 'subchannel must be an integer from 0 to 65535'],
    ['setBufferedAmountLowThreshold', -1, 'threshold must be an integer from 0 to 4294967295'],
  ] as const)('%s refuses a bad argument by a TypeError', async (method, value, message) => {
    const { consumer, script } = await consumed();
    const { length } = script.requests;

    await expect(consumer[method](value as never)).rejects.toThrow(new TypeError(message));

    expect(script.requests).toHaveLength(length);
    expect(consumer.subchannels).toEqual([]);
  });
});

describe('pausing', () => {
  async function watched(options: object = {}) {
    const all = await consumed(options);
    const events: string[] = [];
    for (const event of ['pause', 'resume'] as const) {
      all.producer.observer.on(event, () => events.push(`producer ${event}`));
      all.consumer.observer.on(event, () => events.push(`consumer ${event}`));
    }
    for (const event of ['dataproducerpause', 'dataproducerresume'] as const)
      all.consumer.on(event, () => events.push(event));
    return { ...all, events };
  }

  it('a data producer tells its data consumers, once', async () => {
    const { producer, consumer, events, script } = await watched();

    await producer.pause();
    await producer.pause();
    expect([producer.paused, consumer.paused, consumer.dataProducerPaused]).toEqual([true, false, true]);
    await producer.resume();
    await producer.resume();

    expect([producer.paused, consumer.dataProducerPaused]).toEqual([false, false]);
    expect(events).toEqual([
      'dataproducerpause',
      'consumer pause',
      'producer pause',
      'dataproducerresume',
      'consumer resume',
      'producer resume',
    ]);
    expect(script.asked('pauseDataProducer')).toEqual([{ dataProducer: 5 }, { dataProducer: 5 }]);
    expect(script.asked('resumeDataProducer')).toHaveLength(2);
  });

  it('a data consumer that is paused itself does not seem to change', async () => {
    const { producer, consumer, events, script } = await watched({ paused: true });

    await producer.pause();
    await consumer.resume();
    await consumer.pause();
    await producer.resume();
    await consumer.resume();

    expect([consumer.paused, consumer.dataProducerPaused]).toEqual([false, false]);
    expect(events).toEqual([
      'dataproducerpause',
      'producer pause',
      'dataproducerresume',
      'producer resume',
      'consumer resume',
    ]);
    expect(script.asked('pauseDataConsumer')).toEqual([{ dataConsumer: 6 }]);
    expect(script.asked('resumeDataConsumer')).toHaveLength(2);
  });

  it('starts as the options say', async () => {
    const { sending, receiving } = await transports();
    const producer = await sending.produceData({ sctpStreamParameters: stream, paused: true });

    const consumer = await receiving.consumeData({ dataProducerId: producer.id, paused: true });

    expect([producer.paused, consumer.paused, consumer.dataProducerPaused]).toEqual([true, true, true]);
  });
});

describe('statistics and dumps', () => {
  const timestamp = expect.any(Number);

  it('of a data producer', async () => {
    const { producer, script } = await consumed();
    script.answers.getDataProducerStats = () => ({ messagesReceived: 3, bytesReceived: 42 });
    script.answers.dumpDataProducer = () => ({ paused: true });

    expect(await producer.getStats()).toEqual([
      {
        type: 'data-producer',
        timestamp,
        label: 'chat',
        protocol: '',
        messagesReceived: 3,
        bytesReceived: 42,
      },
    ]);
    expect(await producer.dump()).toEqual({
      id: producer.id,
      type: 'sctp',
      sctpStreamParameters: stream,
      label: 'chat',
      protocol: '',
      paused: true,
    });
  });

  it('of a data consumer', async () => {
    const { consumer, producer, script } = await consumed();
    script.answers.getDataConsumerStats = () => ({ messagesSent: 3, bytesSent: 42, bufferedAmount: 9 });
    script.answers.dumpDataConsumer = () => ({
      paused: false,
      dataProducerPaused: true,
      bufferedAmountLowThreshold: 1024,
      subchannels: [4],
    });

    expect(await consumer.getStats()).toEqual([
      {
        type: 'data-consumer',
        timestamp,
        label: 'chat',
        protocol: '',
        messagesSent: 3,
        bytesSent: 42,
        bufferedAmount: 9,
      },
    ]);
    expect(await consumer.dump()).toEqual({
      id: consumer.id,
      dataProducerId: producer.id,
      type: 'sctp',
      sctpStreamParameters: { streamId: 0, ordered: true },
      label: 'chat',
      protocol: '',
      paused: false,
      dataProducerPaused: true,
      bufferedAmountLowThreshold: 1024,
      subchannels: [4],
    });
  });

  it('of a direct pair have no stream', async () => {
    const { producer, consumer } = await directlyConsumed();

    for (const dump of [await producer.dump(), await consumer.dump()]) {
      expect(dump).toMatchObject({ type: 'direct' });
      expect(dump).not.toHaveProperty('sctpStreamParameters');
    }
  });

  it('of a transport name its data producers and data consumers', async () => {
    const { sending, receiving, producer, consumer, script } = await consumed();
    script.answers.dumpTransport = () => ({ dataProducers: [5], dataConsumers: [6] });

    expect(await sending.dump()).toMatchObject({ dataProducerIds: [producer.id] });
    expect(await receiving.dump()).toMatchObject({ dataConsumerIds: [consumer.id] });
  });
});

describe('closing', () => {
  async function watched() {
    const all = await consumed();
    const events: string[] = [];
    all.producer.on('transportclose', () => events.push('producer transportclose'));
    all.producer.observer.on('close', () => events.push('producer close'));
    for (const event of ['transportclose', 'dataproducerclose'] as const)
      all.consumer.on(event, () => events.push(`consumer ${event}`));
    all.consumer.observer.on('close', () => events.push('consumer close'));
    return { ...all, events };
  }

  it('a data producer closes its data consumers', async () => {
    const { producer, consumer, events, script } = await watched();

    producer.close();

    expect(events).toEqual(['producer close', 'consumer dataproducerclose', 'consumer close']);
    expect([producer.closed, consumer.closed]).toEqual([true, true]);
    expect(script.asked('closeDataProducer')).toEqual([{ dataProducer: 5 }]);
    expect(script.asked('closeDataConsumer')).toEqual([]);
  });

  it('a data consumer closes alone', async () => {
    const { producer, consumer, events, script } = await watched();

    consumer.close();
    consumer.close();

    expect(events).toEqual(['consumer close']);
    expect(producer.closed).toBe(false);
    expect(script.asked('closeDataConsumer')).toEqual([{ dataConsumer: 6 }]);
    await expect(consumer.send('x')).rejects.toThrow(new InvalidStateError('the dataconsumer is closed'));
  });

  it('the transport of the data producer, and that of the data consumer', async () => {
    const first = await watched();
    first.sending.close();
    const second = await watched();
    second.receiving.close();

    expect(first.events).toEqual([
      'producer transportclose',
      'producer close',
      'consumer dataproducerclose',
      'consumer close',
    ]);
    expect(second.events).toEqual(['consumer transportclose', 'consumer close']);
  });

  it('the router', async () => {
    const { router, events } = await watched();

    router.close();

    expect(events.toSorted()).toEqual([
      'consumer close',
      'consumer transportclose',
      'producer close',
      'producer transportclose',
    ]);
  });

  it('a data producer while it is being consumed rejects the data consumer', async () => {
    const { producer, receiving, script } = await consumed();
    script.held.add('consumeData');
    const consuming = receiving.consumeData({ dataProducerId: producer.id });

    producer.close();
    script.release('consumeData');

    await expect(consuming).rejects.toThrow(new InvalidStateError('the dataproducer is closed'));
  });

  it('of a data producer forgets it', async () => {
    const { producer, receiving } = await consumed();

    producer.close();

    await expect(receiving.consumeData({ dataProducerId: producer.id })).rejects.toBeInstanceOf(
      NotFoundError,
    );
  });
});
