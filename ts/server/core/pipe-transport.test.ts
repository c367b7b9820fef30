import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters, simulcastParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, NotFoundError } from '../../shared/errors.js';
import type { PipeTransportOptions } from './pipe-transport.js';

const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
const keyBase64 = Buffer.alloc(44, 7).toString('base64');
const srtpParameters = { cryptoSuite: 'AEAD_AES_256_GCM' as const, keyBase64 };

async function piped(options: PipeTransportOptions = {}) {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createPipeTransport({ listenInfo, ...options });
  return { worker, script, router, transport };
}

describe('router.createPipeTransport', () => {
  it('asks the worker with every default filled in, on a socket of its own', async () => {
    const { transport, script } = await piped({ appData: { a: 1 } });

    expect(script.asked('listen')).toMatchObject([{ exclusive: true }]);
    expect(script.asked('createPlainTransport')).toEqual([
      {
        router: 1,
        transport: 2,
        address: { socket: 1, protocol: 'udp', address: '127.0.0.1', port: 40000 },
        comedia: false,
        pipe: true,
      },
    ]);
    expect(transport).toMatchObject({
      type: 'pipe',
      appData: { a: 1 },
      tuple: { localAddress: '127.0.0.1', localPort: 40000, protocol: 'udp' },
      srtpParameters: undefined,
    });
  });

  it('encrypts with AES-256-GCM', async () => {
    const { transport, script } = await piped({ enableSrtp: true });

    expect(script.asked('createPlainTransport')[0].srtpCryptoSuite).toBe('aeadAes256Gcm');
    expect(transport.srtpParameters?.cryptoSuite).toBe('AEAD_AES_256_GCM');
  });

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'options must have exactly one of listenInfo, listenIp'],
    [{ listenInfo: { protocol: 'tcp', ip: '::1' } }, 'listenInfo.protocol must be udp'],
    [{ listenInfo, enableRtx: 1 }, 'enableRtx must be a boolean'],
    [{ listenInfo, enableSrtp: 1 }, 'enableSrtp must be a boolean'],
    [{ listenInfo, appData: 7 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { router, script } = await piped();

    await expect(router.createPipeTransport(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('listen')).toHaveLength(1);
  });
});

describe('PipeTransport', () => {
  it('connects once', async () => {
    const { transport, script } = await piped();

    await transport.connect({ ip: '127.0.0.9', port: 5000 });

    expect(script.asked('connectPlainTransport')).toEqual([{ transport: 2, ip: '127.0.0.9', port: 5000 }]);
    expect(transport.tuple).toMatchObject({ remoteIp: '127.0.0.9', remotePort: 5000 });
    await expect(transport.connect({ ip: '127.0.0.9', port: 5000 })).rejects.toThrow(
      new InvalidStateError('connect() was called already'),
    );
  });

  it.each([
    [{}, undefined, 'params must be an object'],
    [{}, { port: 5000 }, 'ip must be an IPv4 or IPv6 address'],
    [{}, { ip: '::1' }, 'port must be an integer from 1 to 65535'],
    [{}, { ip: '::1', port: 5000, srtpParameters }, 'srtpParameters must not be given without enableSrtp'],
    [{ enableSrtp: true }, { ip: '::1', port: 5000 }, 'srtpParameters must be an object'],
    [
      { enableSrtp: true },
      {
        ip: '::1',
        port: 5000,
        srtpParameters: {
          cryptoSuite: 'AEAD_AES_128_GCM',
          keyBase64: Buffer.alloc(28).toString('base64'),
        },
      },
      'srtpParameters.cryptoSuite must be AEAD_AES_256_GCM',
    ],
  ])('made with %j refuses to connect with %j', async (options, params, message) => {
    const { transport, script } = await piped(options);

    await expect(transport.connect(params as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('connectPlainTransport')).toEqual([]);
  });

  it.each([
    [false, ['video/VP8'], []],
    [true, ['video/VP8', 'video/rtx'], ['nack']],
  ])('forwards all streams; with enableRtx %s', async (enableRtx, codecs, nack) => {
    const { router, script, transport } = await piped({ enableRtx });
    const sending = await router.createWebRtcTransport({ listenInfos: [listenInfo] });
    const producer = await sending.produce({ kind: 'video', rtpParameters: simulcastParameters() });

    const consumer = await transport.consume({ producerId: producer.id, appData: { a: 1 } });

    expect(consumer).toMatchObject({
      type: 'pipe',
      producerId: producer.id,
      paused: false,
      appData: { a: 1 },
    });
    const { rtpParameters } = consumer;
    expect(rtpParameters.encodings).toHaveLength(3);
    expect(rtpParameters.mid).toBeUndefined();
    expect(rtpParameters.codecs.map(({ mimeType }) => mimeType)).toEqual(codecs);
    const feedback = rtpParameters.codecs[0]?.rtcpFeedback ?? [];
    expect(feedback.filter(({ type, parameter }) => type === 'nack' && !parameter)).toHaveLength(nack.length);
    expect(script.asked('consume')).toMatchObject([
      { transport: 2, type: 'pipe', paused: false, ignoreDtx: false },
    ]);
    expect(script.asked('consume')[0].preferredLayers).toBeUndefined();
  });

  it.each([
    [undefined, new TypeError('options must be an object')],
    [{}, new TypeError('producerId must be a string of at most 255 characters')],
    [{ producerId: 'x', appData: 7 }, new TypeError('appData must be an object')],
    [{ producerId: 'x' }, new NotFoundError("producerId 'x' is no producer of the router")],
  ])('refuses to consume %j', async (options, error) => {
    const { transport } = await piped();

    const outcome = transport.consume(options as never);

    await expect(outcome).rejects.toThrow(error);
    await expect(outcome).rejects.toBeInstanceOf(error.constructor);
  });

  it('leaves each producer its CNAME', async () => {
    const { transport } = await piped();
    const named = (cname: string, ssrc: number) => ({
      kind: 'audio' as const,
      rtpParameters: { ...opusParameters(`${ssrc}`, ssrc), rtcp: { cname } },
    });

    const producers = [
      await transport.produce(named('first', 1)),
      await transport.produce(named('second', 2)),
    ];

    expect(producers.map(({ rtpParameters }) => rtpParameters.rtcp?.cname)).toEqual(['first', 'second']);
  });

  it('gives statistics and a dump', async () => {
    const { transport, script } = await piped({ enableSrtp: true, enableRtx: true });
    script.answers.getTransportStats = () => ({ bytesSent: 5 });
    const { tuple, srtpParameters: own } = transport;

    expect(await transport.getStats()).toMatchObject([{ type: 'pipe-transport', bytesSent: 5, tuple }]);
    expect(await transport.dump()).toMatchObject({ id: transport.id, tuple, rtx: true, srtpParameters: own });
  });
});
