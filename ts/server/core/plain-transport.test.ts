import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker, settled } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError } from '../../shared/errors.js';
import type { PlainTransportOptions } from './plain-transport.js';

const listenInfo = { protocol: 'udp' as const, ip: '127.0.0.1' };
const local = { localAddress: '127.0.0.1', localIp: '127.0.0.1', localPort: 40000, protocol: 'udp' };
const key = (length: number) => Buffer.alloc(length, 7).toString('base64');
const srtpParameters = { cryptoSuite: 'AES_CM_128_HMAC_SHA1_80' as const, keyBase64: key(30) };

async function routed() {
  const { worker, script } = scriptedWorker();
  return { worker, script, router: await worker.createRouter({ mediaCodecs }) };
}

async function plain(options: PlainTransportOptions = {}) {
  const all = await routed();
  return { ...all, transport: await all.router.createPlainTransport({ listenInfo, ...options }) };
}

describe('router.createPlainTransport', () => {
  it('asks the worker with every default filled in, on a socket of its own', async () => {
    const { router, script } = await routed();
    const heard: unknown[] = [];
    router.observer.on('newtransport', (transport) => heard.push(transport));

    const transport = await router.createPlainTransport({ listenInfo, appData: { a: 1 } });

    expect(script.asked('listen')).toMatchObject([
      { protocol: 'udp', ip: '127.0.0.1', port: 0, minPort: 40000, maxPort: 40100, exclusive: true },
    ]);
    expect(script.asked('createPlainTransport')).toEqual([
      {
        router: 1,
        transport: 2,
        address: { socket: 1, protocol: 'udp', address: '127.0.0.1', port: 40000 },
        comedia: false,
        pipe: false,
      },
    ]);
    expect(heard).toEqual([transport]);
    expect(transport).toMatchObject({
      type: 'plain',
      closed: false,
      appData: { a: 1 },
      tuple: local,
      rtcpTuple: undefined,
      srtpParameters: undefined,
    });
  });

  it.each([
    ['on a port of the same range', {}, [['127.0.0.1', 0, 50]]],
    [
      'where it is told',
      { rtcpListenInfo: { ...listenInfo, ip: '127.0.0.2', port: 7 } },
      [['127.0.0.2', 7, 0]],
    ],
  ])('without rtcpMux listens for RTCP %s', async (_, options, expected) => {
    const info = { ...listenInfo, portRange: { min: 50, max: 51 } };

    const { transport, script } = await plain({ listenInfo: info, rtcpMux: false, ...options });

    const [, ...rtcp] = script.asked('listen');
    expect(rtcp.map(({ ip, port, minPort }) => [ip, port, minPort])).toEqual(expected);
    const [{ address, rtcpAddress }] = script.asked('createPlainTransport');
    expect([address.socket, rtcpAddress.socket]).toEqual([1, 2]);
    expect(transport.rtcpTuple).toMatchObject({ localPort: rtcpAddress.port });
    expect(transport.rtcpTuple).not.toHaveProperty('remoteIp');
  });

  it('takes the old listenIp, and announces what it is told to', async () => {
    const { router, script } = await routed();

    const one = await router.createPlainTransport({ listenIp: '127.0.0.1', port: 5 });
    const two = await router.createPlainTransport({ listenIp: { ip: '127.0.0.1', announcedIp: '1.2.3.4' } });

    expect(script.asked('listen').map(({ port }) => port)).toEqual([5, 0]);
    expect([one.tuple.localPort, two.tuple.localAddress]).toEqual([5, '1.2.3.4']);
  });

  it.each([
    [undefined, 'aesCm128HmacSha180', 'AES_CM_128_HMAC_SHA1_80', 30],
    ['AES_CM_128_HMAC_SHA1_80', 'aesCm128HmacSha180', 'AES_CM_128_HMAC_SHA1_80', 30],
    ['AES_CM_128_HMAC_SHA1_32', 'aesCm128HmacSha132', 'AES_CM_128_HMAC_SHA1_32', 30],
    ['AEAD_AES_128_GCM', 'aeadAes128Gcm', 'AEAD_AES_128_GCM', 28],
    ['AEAD_AES_256_GCM', 'aeadAes256Gcm', 'AEAD_AES_256_GCM', 44],
  ] as const)('with SRTP of suite %s', async (srtpCryptoSuite, asked, cryptoSuite, length) => {
    const { transport, script } = await plain({ enableSrtp: true, srtpCryptoSuite });

    expect(script.asked('createPlainTransport')[0].srtpCryptoSuite).toBe(asked);
    expect(transport.srtpParameters).toEqual({
      cryptoSuite,
      keyBase64: Buffer.alloc(length, 1).toString('base64'),
    });
  });

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'options must have exactly one of listenInfo, listenIp'],
    [{ listenInfo, listenIp: '::1' }, 'options must have exactly one of listenInfo, listenIp'],
    [{ listenInfo: { ip: '::1' } }, 'listenInfo.protocol must be one of udp, tcp'],
    [{ listenInfo: { protocol: 'tcp', ip: '::1' } }, 'listenInfo.protocol must be udp'],
    [{ listenIp: 'here' }, 'listenIp must be an IPv4 or IPv6 address'],
    [{ listenIp: { ip: 'here' } }, 'listenIp.ip must be an IPv4 or IPv6 address'],
    [{ listenInfo, rtcpMux: 1 }, 'rtcpMux must be a boolean'],
    [{ listenInfo, rtcpListenInfo: 1 }, 'rtcpListenInfo must be an object'],
    [
      { listenInfo, rtcpMux: false, rtcpListenInfo: { protocol: 'tcp', ip: '::1' } },
      'rtcpListenInfo.protocol must be udp',
    ],
    [{ listenInfo, comedia: 1 }, 'comedia must be a boolean'],
    [{ listenInfo, enableSrtp: 1 }, 'enableSrtp must be a boolean'],
    [
      { listenInfo, srtpCryptoSuite: 'NULL' },
      'srtpCryptoSuite must be one of AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32',
    ],
    [{ listenInfo, appData: 7 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { router, script } = await routed();

    await expect(router.createPlainTransport(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('listen')).toEqual([]);
  });

  it('frees its ports when the worker refuses, when one is taken, and when it closes', async () => {
    const { router, script } = await routed();
    script.answers.createPlainTransport = () => ({ code: 'error', message: 'no' });
    await expect(router.createPlainTransport({ listenInfo, rtcpMux: false })).rejects.toThrow('no');
    expect(script.asked('unlisten')).toEqual([{ socket: 1 }, { socket: 2 }]);

    const { listen } = script.answers;
    script.answers.listen = (body) =>
      body.port === 7 ? { code: 'error', message: 'in use' } : (listen?.(body) ?? {});
    await expect(
      router.createPlainTransport({ listenInfo, rtcpMux: false, rtcpListenInfo: { ...listenInfo, port: 7 } }),
    ).rejects.toThrow('in use');
    expect(script.asked('unlisten').at(-1)).toEqual({ socket: 3 });

    const { script: other, transport } = await plain();
    transport.close();
    expect(other.requests.slice(-2).map(({ method }) => method)).toEqual(['closeTransport', 'unlisten']);
  });
});

describe('PlainTransport.connect', () => {
  it('tells the worker where the remote is, once', async () => {
    const { transport, script } = await plain();
    const heard: unknown[] = [];
    transport.on('tuple', (tuple) => heard.push(tuple));

    await transport.connect({ ip: '127.0.0.9', port: 5000 });

    expect(script.asked('connectPlainTransport')).toEqual([{ transport: 2, ip: '127.0.0.9', port: 5000 }]);
    expect(transport.tuple).toEqual({ ...local, remoteIp: '127.0.0.9', remotePort: 5000 });
    expect(heard).toEqual([]);
    await expect(transport.connect({ ip: '127.0.0.9', port: 5001 })).rejects.toThrow(
      new InvalidStateError('connect() was called already'),
    );
  });

  it('may be called again after the worker refused', async () => {
    const { transport, script } = await plain();
    const answer = script.answers.connectPlainTransport;
    script.answers.connectPlainTransport = () => ({ code: 'type', message: 'ip is of the wrong family' });

    await expect(transport.connect({ ip: '::1', port: 5000 })).rejects.toThrow(
      new TypeError('ip is of the wrong family'),
    );
    if (answer) script.answers.connectPlainTransport = answer;
    await transport.connect({ ip: '127.0.0.9', port: 5000 });

    expect(transport.tuple.remotePort).toBe(5000);
  });

  it('without rtcpMux takes the port for RTCP too', async () => {
    const { transport, script } = await plain({ rtcpMux: false });

    await transport.connect({ ip: '127.0.0.9', port: 5000, rtcpPort: 5001 });

    expect(script.asked('connectPlainTransport')).toMatchObject([{ port: 5000, rtcpPort: 5001 }]);
    expect(transport.rtcpTuple).toMatchObject({ remoteIp: '127.0.0.9', remotePort: 5001 });
  });

  it('with SRTP takes the remote’s parameters', async () => {
    const { transport, script } = await plain({ enableSrtp: true });
    const cryptoSuite = 'AEAD_AES_256_GCM';

    await transport.connect({
      ip: '::1',
      port: 5000,
      srtpParameters: { cryptoSuite, keyBase64: key(44) },
    });

    const [{ srtpParameters: asked }] = script.asked('connectPlainTransport');
    expect(asked.cryptoSuite).toBe('aeadAes256Gcm');
    expect(Buffer.from(asked.key)).toEqual(Buffer.alloc(44, 7));
  });

  it('takes over parameters that the worker changes for it', async () => {
    const { transport, script } = await plain({ enableSrtp: true });
    script.answers.connectPlainTransport = () => ({
      srtpParameters: { cryptoSuite: 'aeadAes128Gcm', key: new Uint8Array(28).fill(2) },
    });

    await transport.connect({ ip: '::1', port: 5000, srtpParameters });

    expect(transport.srtpParameters).toEqual({
      cryptoSuite: 'AEAD_AES_128_GCM',
      keyBase64: Buffer.alloc(28, 2).toString('base64'),
    });
  });

  it('with comedia and SRTP takes nothing but those', async () => {
    const { transport, script } = await plain({ comedia: true, enableSrtp: true });

    await transport.connect({ srtpParameters });

    expect(Object.keys(script.asked('connectPlainTransport')[0])).toEqual(['transport', 'srtpParameters']);
  });

  const port = 'port must be an integer from 1 to 65535';
  const remote = { ip: '127.0.0.9', port: 5000 };
  it.each([
    ['no parameters', {}, undefined, 'params must be an object'],
    ['no ip', {}, { port: 5000 }, 'ip must be an IPv4 or IPv6 address'],
    ['a name', {}, { ip: 'example.org', port: 5000 }, 'ip must be an IPv4 or IPv6 address'],
    ['no port', {}, { ip: '::1' }, port],
    ['port 0', {}, { ip: '::1', port: 0 }, port],
    ['rtcpPort with rtcpMux', {}, { ...remote, rtcpPort: 1 }, 'rtcpPort must not be given with rtcpMux'],
    [
      'no rtcpPort without rtcpMux',
      { rtcpMux: false },
      remote,
      'rtcpPort must be an integer from 1 to 65535',
    ],
    [
      'SRTP parameters without SRTP',
      {},
      { ...remote, srtpParameters },
      'srtpParameters must not be given without enableSrtp',
    ],
    ['no SRTP parameters', { enableSrtp: true }, remote, 'srtpParameters must be an object'],
    [
      'an unknown suite',
      { enableSrtp: true },
      { ...remote, srtpParameters: { cryptoSuite: 'x', keyBase64: key(30) } },
      'srtpParameters.cryptoSuite must be one of AEAD_AES_256_GCM, AEAD_AES_128_GCM, AES_CM_128_HMAC_SHA1_80, AES_CM_128_HMAC_SHA1_32',
    ],
    [
      'a key that is too short',
      { enableSrtp: true },
      { ...remote, srtpParameters: { ...srtpParameters, keyBase64: key(29) } },
      'srtpParameters.keyBase64 must be 30 bytes as Base64 for AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'a key that is no Base64',
      { enableSrtp: true },
      { ...remote, srtpParameters: { ...srtpParameters, keyBase64: '!'.repeat(40) } },
      'srtpParameters.keyBase64 must be 30 bytes as Base64 for AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'a call with comedia',
      { comedia: true },
      {},
      'connect() must not be called with comedia and without enableSrtp',
    ],
    [
      'ip with comedia',
      { comedia: true, enableSrtp: true },
      { ip: '::1', srtpParameters },
      'ip must not be given with comedia',
    ],
    [
      'port with comedia',
      { comedia: true, enableSrtp: true },
      { port: 5000, srtpParameters },
      'port must not be given with comedia',
    ],
    [
      'rtcpPort with comedia',
      { comedia: true, enableSrtp: true, rtcpMux: false },
      { rtcpPort: 5000, srtpParameters },
      'rtcpPort must not be given with comedia',
    ],
  ])('refuses %s by a TypeError', async (_, options, params, message) => {
    const { transport, script } = await plain(options);

    await expect(transport.connect(params as never)).rejects.toThrow(new TypeError(message));

    expect(script.asked('connectPlainTransport')).toEqual([]);
  });
});

describe('PlainTransport', () => {
  it('tells where a comedia remote is, here and to the observer', async () => {
    const { transport, script } = await plain({ comedia: true, rtcpMux: false });
    const heard: unknown[] = [];
    for (const emitter of [transport, transport.observer] as (typeof transport)[]) {
      emitter.on('tuple', ({ remotePort }) => heard.push(['tuple', remotePort]));
      emitter.on('rtcptuple', ({ remotePort }) => heard.push(['rtcptuple', remotePort]));
    }
    const found = (remotePort: number) => ({
      localAddress: '127.0.0.1',
      localPort: 40000,
      remoteAddress: '127.0.0.9',
      remotePort,
      protocol: 'udp' as const,
    });

    script.tell(2, { type: 'tupleChange', tuple: found(1), rtcp: false });
    script.tell(2, { type: 'tupleChange', tuple: found(2), rtcp: true });
    await settled();

    expect(heard).toEqual([
      ['tuple', 1],
      ['tuple', 1],
      ['rtcptuple', 2],
      ['rtcptuple', 2],
    ]);
    expect(transport.tuple).toEqual({ ...local, remoteIp: '127.0.0.9', remotePort: 1 });
    expect(transport.rtcpTuple).toEqual({ ...local, remoteIp: '127.0.0.9', remotePort: 2 });
  });

  it('gives statistics and a dump', async () => {
    const { transport, script } = await plain({ enableSrtp: true, rtcpMux: false, comedia: true });
    script.answers.getTransportStats = () => ({ bytesReceived: 5 });
    const { tuple, rtcpTuple } = transport;
    const state = { rtcpMux: false, comedia: true, tuple, rtcpTuple };

    const [stats] = await transport.getStats();

    expect(stats).toMatchObject({
      type: 'plain-rtp-transport',
      transportId: transport.id,
      timestamp: expect.any(Number),
      bytesReceived: 5,
      ...state,
    });
    for (const field of ['iceState', 'dtlsState', 'iceSelectedTuple'])
      expect(stats).not.toHaveProperty(field);
    expect(await transport.dump()).toMatchObject({
      id: transport.id,
      producerIds: [],
      ...state,
      srtpParameters: transport.srtpParameters,
    });
  });

  it('produces and consumes, and closes with its router', async () => {
    const { router, transport, script } = await plain();
    const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const { rtpCapabilities } = router;
    const consumer = await transport.consume({ producerId: producer.id, rtpCapabilities });
    const events: string[] = [];
    transport.on('routerclose', () => events.push('routerclose'));
    transport.observer.on('close', () => events.push('observer close'));

    router.close();

    expect(events).toEqual(['routerclose', 'observer close']);
    expect([producer.closed, consumer.closed, transport.closed]).toEqual([true, true, true]);
    expect(script.requests.slice(-2).map(({ method }) => method)).toEqual(['closeRouter', 'unlisten']);
  });
});
