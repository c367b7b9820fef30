import { describe, expect, it } from '@jest/globals';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import type { EnhancedEventEmitter } from './enhanced-event-emitter.js';

const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };

const defaults = {
  maxSendMessageSize: 262144,
  maxReceiveMessageSize: 262144,
  sendBufferSize: 2000000,
  perStreamSendQueueLimit: 2000000,
  maxReceiverWindowBufferSize: 5242880,
};

async function routed() {
  const { worker, script } = scriptedWorker();
  return { script, router: await worker.createRouter() };
}

type Routed = Awaited<ReturnType<typeof routed>>;

/** Every kind of transport that may carry SCTP, and the request that makes it. */
const kinds = [
  {
    kind: 'WebRtcTransport',
    method: 'createWebRtcTransport',
    isDataChannel: true,
    create: ({ router }: Routed, options: object) =>
      router.createWebRtcTransport({ listenInfos: [listenInfo], ...options }),
  },
  {
    kind: 'PlainTransport',
    method: 'createPlainTransport',
    isDataChannel: false,
    create: ({ router }: Routed, options: object) => router.createPlainTransport({ listenInfo, ...options }),
  },
  {
    kind: 'PipeTransport',
    method: 'createPipeTransport',
    isDataChannel: false,
    create: ({ router }: Routed, options: object) => router.createPipeTransport({ listenInfo, ...options }),
  },
];

describe.each(kinds)('SCTP of a $kind', ({ method, isDataChannel, create }) => {
  const asked = ({ script }: Routed) =>
    script.asked(method === 'createPipeTransport' ? 'createPlainTransport' : method)[0];

  it('is off by default', async () => {
    const all = await routed();

    const transport = await create(all, {});

    expect(asked(all).sctp).toBeUndefined();
    expect(transport).toMatchObject({
      sctpParameters: undefined,
      sctpState: undefined,
      sctpNegotiatedCapabilities: undefined,
    });
    transport.close();
    expect(transport.sctpState).toBeUndefined();
  });

  it('has every default filled in', async () => {
    const all = await routed();

    const transport = await create(all, { enableSctp: true });

    const streams = { maxOutboundStreams: 1024, maxInboundStreams: 1024 };
    expect(asked(all).sctp).toEqual({ ...defaults, ...streams, bufferedAmountLowThreshold: 1024 });
    expect(transport.sctpParameters).toEqual({
      port: 5000,
      OS: 1024,
      MIS: 1024,
      maxMessageSize: 262144,
      ...defaults,
      isDataChannel,
    });
    expect(transport.sctpState).toBe('new');
  });

  it('takes every option', async () => {
    const all = await routed();

    const transport = await create(all, {
      enableSctp: true,
      maxSendMessageSize: 1,
      maxReceiveMessageSize: 2,
      sctpSendBufferSize: 3,
      sctpPerStreamSendQueueLimit: 4,
      sctpMaxReceiverWindowBufferSize: 5,
      sctpDefaultStreamBufferedAmountLowThreshold: 0,
      numSctpStreams: { OS: 16, MIS: 32 },
    });

    const sizes = {
      maxSendMessageSize: 1,
      maxReceiveMessageSize: 2,
      sendBufferSize: 3,
      perStreamSendQueueLimit: 4,
      maxReceiverWindowBufferSize: 5,
    };
    const streams = { maxOutboundStreams: 16, maxInboundStreams: 32 };
    expect(asked(all).sctp).toEqual({ ...sizes, ...streams, bufferedAmountLowThreshold: 0 });
    expect(transport.sctpParameters).toMatchObject({ ...sizes, maxMessageSize: 2 });
  });

  it('takes the old names', async () => {
    const all = await routed();

    const transport = await create(all, {
      enableSctp: true,
      numSctpStreams: { OS: 16, MIS: 32 },
      maxSctpMessageSize: 1000,
      maxReceiveMessageSize: 2000,
    });

    expect(transport.sctpParameters).toMatchObject({
      OS: 16,
      MIS: 32,
      maxMessageSize: 2000,
      maxSendMessageSize: 1000,
      maxReceiveMessageSize: 2000,
    });
  });

  it('tells its state, here and to the observer', async () => {
    const all = await routed();
    const transport = await create(all, { enableSctp: true });
    const heard: unknown[][] = [];
    const { observer } = transport as { observer: EnhancedEventEmitter };
    (transport as EnhancedEventEmitter).on('sctpstatechange', (...args) => heard.push(args));
    observer.on('sctpstatechange', (...args) => heard.push(['observer', ...args]));

    all.script.tell(2, { type: 'sctpStateChange', state: 'connecting' });
    all.script.tell(2, {
      type: 'sctpStateChange',
      state: 'connected',
      maxOutboundStreams: 100,
      maxInboundStreams: 200,
    });
    await settled();
    expect(transport.sctpState).toBe('connected');
    all.script.tell(2, { type: 'sctpStateChange', state: 'failed', reason: 'no answer' });
    await settled();

    expect(heard).toEqual([
      ['connecting'],
      ['observer', 'connecting'],
      ['connected'],
      ['observer', 'connected'],
      ['failed', 'no answer'],
      ['observer', 'failed', 'no answer'],
    ]);
    expect(transport).toMatchObject({ sctpState: 'failed', closed: false });
    expect(transport.sctpNegotiatedCapabilities).toEqual({
      negotiatedMaxOutboundStreams: 100,
      negotiatedMaxInboundStreams: 200,
    });
    transport.close();
    expect(transport.sctpState).toBe('closed');
  });

  it('is in the dump', async () => {
    const all = await routed();
    const transport = await create(all, { enableSctp: true });
    all.script.answers.dumpTransport = () => ({
      sctpState: 'connecting',
      streamIdTable: [{ streamId: 5, dataProducer: 99 }],
    });

    expect(await transport.dump()).toMatchObject({
      maxSendMessageSize: 262144,
      maxReceiveMessageSize: 262144,
      sctpParameters: transport.sctpParameters,
      sctpState: 'connecting',
      sctpListener: { streamIdTable: [] },
    });
    expect(await (await create(all, {})).dump()).not.toHaveProperty('sctpParameters');
  });

  const size = (name: string) => `${name} must be an integer from 1 to 4294967295`;
  it.each([
    [{ enableSctp: 1 }, 'enableSctp must be a boolean'],
    [{ maxSendMessageSize: 0 }, size('maxSendMessageSize')],
    [{ maxReceiveMessageSize: '1' }, size('maxReceiveMessageSize')],
    [{ maxSctpMessageSize: -1 }, size('maxSctpMessageSize')],
    [{ sctpSendBufferSize: 0.5 }, size('sctpSendBufferSize')],
    [{ sctpPerStreamSendQueueLimit: 2 ** 32 }, size('sctpPerStreamSendQueueLimit')],
    [{ sctpMaxReceiverWindowBufferSize: 0 }, size('sctpMaxReceiverWindowBufferSize')],
    [
      { sctpDefaultStreamBufferedAmountLowThreshold: -1 },
      'sctpDefaultStreamBufferedAmountLowThreshold must be an integer from 0 to 4294967295',
    ],
    [{ numSctpStreams: 7 }, 'numSctpStreams must be an object'],
    [{ numSctpStreams: { OS: 0, MIS: 1 } }, 'numSctpStreams.OS must be an integer from 1 to 65535'],
    [{ numSctpStreams: { OS: 1, MIS: 65536 } }, 'numSctpStreams.MIS must be an integer from 1 to 65535'],
  ])('refuses %j by a TypeError, even without enableSctp', async (options, message) => {
    const all = await routed();

    await expect(create(all, options)).rejects.toThrow(new TypeError(message));

    expect(all.script.asked('listen')).toEqual([]);
  });
});
