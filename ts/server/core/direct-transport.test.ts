import { describe, expect, it } from '@jest/globals';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, UnsupportedError } from '../../shared/errors.js';

async function direct(options?: object) {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter();
  const heard: unknown[] = [];
  router.observer.on('newtransport', (transport) => heard.push(transport));
  const transport = await router.createDirectTransport(options);
  return { worker, script, router, transport, heard };
}

describe('router.createDirectTransport', () => {
  it.each([
    [undefined, 262144, 262144],
    [{ maxSendMessageSize: 5, maxReceiveMessageSize: 6 }, 5, 6],
    [{ maxMessageSize: 7 }, 7, 7],
    [{ maxMessageSize: 7, maxSendMessageSize: 5 }, 5, 7],
  ])('of %j has messages of %d bytes out and %d in', async (options, out, into) => {
    const { transport, script, heard } = await direct(options);

    expect(script.asked('createDirectTransport')).toEqual([
      { router: 1, transport: 2, maxSendMessageSize: out, maxReceiveMessageSize: into },
    ]);
    expect(heard).toEqual([transport]);
    expect(transport.type).toBe('direct');
    expect(await transport.dump()).toMatchObject({
      id: transport.id,
      maxSendMessageSize: out,
      maxReceiveMessageSize: into,
    });
  });

  const size = (name: string) => `${name} must be an integer from 1 to 4294967295`;
  it.each([
    [7, 'options must be an object'],
    [{ maxSendMessageSize: 0 }, size('maxSendMessageSize')],
    [{ maxReceiveMessageSize: 0 }, size('maxReceiveMessageSize')],
    [{ maxMessageSize: 0 }, size('maxMessageSize')],
    [{ appData: 7 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { router, script } = await direct();

    await expect(router.createDirectTransport(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('createDirectTransport')).toHaveLength(1);
  });
});

describe('DirectTransport', () => {
  it('is connected from the start', async () => {
    const { transport, script } = await direct();
    const { length } = script.requests;

    await transport.connect();

    expect(script.requests).toHaveLength(length);
  });

  it('has no bitrates to set', async () => {
    const { transport, script } = await direct();

    for (const method of [
      'setMaxIncomingBitrate',
      'setMaxOutgoingBitrate',
      'setMinOutgoingBitrate',
    ] as const) {
      const outcome = (transport[method] as (bitrate: number) => Promise<void>)(50_000);
      await expect(outcome).rejects.toBeInstanceOf(UnsupportedError);
    }

    expect(script.requests.map(({ method }) => method)).toEqual(['createRouter', 'createDirectTransport']);
  });

  it('takes RTCP packets', async () => {
    const { transport, script } = await direct();

    transport.sendRtcp(Buffer.from([1, 2, 3]));

    const [{ transport: target, packet }] = script.asked('sendRtcp');
    expect([target, [...packet]]).toEqual([2, [1, 2, 3]]);
    expect(() => transport.sendRtcp('packet' as never)).toThrow(new TypeError('rtcpPacket must be a Buffer'));
    transport.close();
    expect(() => transport.sendRtcp(Buffer.alloc(1))).toThrow(
      new InvalidStateError('the transport is closed'),
    );
  });

  it('gives RTCP packets as Buffers, here and to the observer', async () => {
    const { transport, script } = await direct();
    const heard: unknown[] = [];
    transport.on('rtcp', (packet) => heard.push(packet));
    transport.observer.on('rtcp', (packet) => heard.push(packet));

    script.tell(2, { type: 'rtcpPacket', packet: new Uint8Array([4, 5]) });
    await settled();

    expect(heard).toEqual([Buffer.from([4, 5]), Buffer.from([4, 5])]);
    expect(heard.every((packet) => Buffer.isBuffer(packet))).toBe(true);
  });

  it('gives statistics, and closes with its router', async () => {
    const { transport, router } = await direct();
    const events: string[] = [];
    transport.on('routerclose', () => events.push('routerclose'));
    const [stats] = await transport.getStats();

    router.close();

    expect(stats).toMatchObject({ type: 'direct-transport', transportId: transport.id, bytesReceived: 0 });
    expect(events).toEqual(['routerclose']);
  });
});
