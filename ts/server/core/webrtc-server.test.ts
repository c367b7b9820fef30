import { describe, expect, it } from '@jest/globals';
import { scriptedWorker } from '../../../test/harness/scripted-worker.js';
import { InvalidStateError, WorkerClosedError } from '../../shared/errors.js';

const udp = { protocol: 'udp' as const, ip: '127.0.0.1', port: 5004, announcedAddress: 'sfu.example.org' };
const tcp = { protocol: 'tcp' as const, ip: '127.0.0.2', port: 5005 };

async function served() {
  const { worker, script } = scriptedWorker();
  const router = await worker.createRouter();
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [udp, tcp] });
  const events: string[] = [];
  webRtcServer.observer.on('webrtctransporthandled', ({ id }) => events.push(`handled ${id}`));
  webRtcServer.observer.on('webrtctransportunhandled', ({ id }) => events.push(`unhandled ${id}`));
  webRtcServer.observer.on('close', () => events.push('observer close'));
  webRtcServer.on('workerclose', () => events.push('workerclose'));
  return { worker, script, router, webRtcServer, events };
}

describe('worker.createWebRtcServer', () => {
  it('listens alone on every address', async () => {
    const { worker, script } = scriptedWorker();
    const heard: unknown[] = [];
    worker.observer.on('newwebrtcserver', (server) => heard.push(server));

    const server = await worker.createWebRtcServer({ listenInfos: [udp, tcp], appData: { a: 1 } });

    expect(
      script.asked('listen').map(({ protocol, ip, port, exclusive }) => [protocol, ip, port, exclusive]),
    ).toEqual([
      ['udp', '127.0.0.1', 5004, true],
      ['tcp', '127.0.0.2', 5005, true],
    ]);
    expect(heard).toEqual([server]);
    expect(server).toMatchObject({ closed: false, appData: { a: 1 } });
    expect(await worker.dump()).toMatchObject({ webRtcServerIds: [server.id] });
    expect((await worker.createWebRtcServer({ listenInfos: [udp] })).appData).toEqual({});
  });

  it('fails as a whole by the error that names the address', async () => {
    const { worker, script } = scriptedWorker();
    const { listen } = script.answers;
    const inUse = 'listenInfos.port 5005: no free TCP port on 127.0.0.2';
    script.answers.listen = (body) =>
      body.protocol === 'tcp' ? { code: 'error', message: inUse } : (listen?.(body) ?? {});

    await expect(worker.createWebRtcServer({ listenInfos: [udp, tcp] })).rejects.toThrow(inUse);

    expect(script.asked('unlisten')).toEqual([{ socket: 1 }]);
    expect(await worker.dump()).toMatchObject({ webRtcServerIds: [] });
  });

  it.each([
    [undefined, 'options must be an object'],
    [{}, 'listenInfos must be an array'],
    [{ listenInfos: [] }, 'listenInfos must not be empty'],
    [{ listenInfos: [{ ...udp, ip: 'x' }] }, 'listenInfos[0].ip must be an IPv4 or IPv6 address'],
    [{ listenInfos: [udp], appData: 7 }, 'appData must be an object'],
  ])('refuses %j by a TypeError', async (options, message) => {
    const { worker, script } = scriptedWorker();

    await expect(worker.createWebRtcServer(options as never)).rejects.toThrow(new TypeError(message));

    expect(script.requests).toEqual([]);
  });

  it('is refused by a closed worker', async () => {
    const { worker } = scriptedWorker();
    worker.close();

    await expect(worker.createWebRtcServer({ listenInfos: [udp] })).rejects.toBeInstanceOf(WorkerClosedError);
  });
});

describe('WebRtcServer', () => {
  it('is where its transports listen, by both protocols unless they say no', async () => {
    const { router, script, webRtcServer } = await served();

    await router.createWebRtcTransport({ webRtcServer });
    await router.createWebRtcTransport({ webRtcServer, enableTcp: false });
    await router.createWebRtcTransport({ webRtcServer, enableUdp: false });

    const [onUdp, onTcp] = [
      { socket: 1, protocol: 'udp', address: 'sfu.example.org', port: 5004 },
      { socket: 2, protocol: 'tcp', address: '127.0.0.2', port: 5005 },
    ];
    expect(script.asked('createWebRtcTransport').map(({ addresses }) => addresses)).toEqual([
      [onUdp, onTcp],
      [onUdp],
      [onTcp],
    ]);
    expect(script.asked('listen')).toHaveLength(2);
  });

  it('tells of its transports, and in its dump where they are', async () => {
    const { router, script, webRtcServer, events } = await served();
    const create = script.answers.createWebRtcTransport;
    let ufrags = 0;
    script.answers.createWebRtcTransport = (body) => ({
      ...create?.(body),
      iceParameters: { usernameFragment: `ufrag${++ufrags}`, password: 'password', iceLite: true },
    });

    const one = await router.createWebRtcTransport({ webRtcServer });
    const two = await router.createWebRtcTransport({ webRtcServer });

    expect(await webRtcServer.dump()).toEqual({
      id: webRtcServer.id,
      udpSockets: [{ ip: '127.0.0.1', port: 5004 }],
      tcpServers: [{ ip: '127.0.0.2', port: 5005 }],
      webRtcTransportIds: [one.id, two.id],
      localIceUsernameFragments: [
        { localIceUsernameFragment: 'ufrag1', webRtcTransportId: one.id },
        { localIceUsernameFragment: 'ufrag2', webRtcTransportId: two.id },
      ],
    });
    one.close();
    expect((await webRtcServer.dump()).webRtcTransportIds).toEqual([two.id]);
    expect(events).toEqual([`handled ${one.id}`, `handled ${two.id}`, `unhandled ${one.id}`]);
    expect(script.asked('unlisten')).toEqual([]);
  });

  it('that closes closes its transports with listenserverclose, and its sockets last', async () => {
    const { worker, router, script, webRtcServer, events } = await served();
    const transport = await router.createWebRtcTransport({ webRtcServer });
    transport.on('listenserverclose', () => events.push('listenserverclose'));
    transport.observer.on('close', () => events.push('transport observer close'));

    webRtcServer.close();
    webRtcServer.close();

    expect(events).toEqual([
      `handled ${transport.id}`,
      `unhandled ${transport.id}`,
      'listenserverclose',
      'transport observer close',
      'observer close',
    ]);
    expect([transport.closed, webRtcServer.closed]).toEqual([true, true]);
    expect(script.requests.slice(-3).map(({ method }) => method)).toEqual([
      'closeTransport',
      'unlisten',
      'unlisten',
    ]);
    expect(await worker.dump()).toMatchObject({ webRtcServerIds: [] });
    await expect(webRtcServer.dump()).rejects.toThrow(new InvalidStateError('the webRtcServer is closed'));
  });

  it('that closes while a transport is made takes it along', async () => {
    const { router, script, webRtcServer } = await served();
    script.held.add('createWebRtcTransport');
    const making = router.createWebRtcTransport({ webRtcServer });
    const outcome = expect(making).rejects.toThrow(new InvalidStateError('the webRtcServer is closed'));

    webRtcServer.close();
    script.release('createWebRtcTransport');
    await outcome;

    const [made] = script.asked('createWebRtcTransport');
    expect(script.asked('closeTransport')).toEqual([{ transport: made.transport }]);
    await expect(router.createWebRtcTransport({ webRtcServer })).rejects.toThrow(
      new InvalidStateError('the webRtcServer is closed'),
    );
  });

  it('closes with the worker, while its transports close with their router', async () => {
    const { worker, router, webRtcServer, events } = await served();
    const transport = await router.createWebRtcTransport({ webRtcServer });
    for (const event of ['routerclose', 'listenserverclose'] as const) {
      transport.on(event, () => events.push(event));
    }

    worker.close();

    expect(events).toContain('workerclose');
    expect(events).toContain('routerclose');
    expect(events).not.toContain('listenserverclose');
    expect([webRtcServer.closed, transport.closed]).toEqual([true, true]);
  });

  it('serves its own worker only, and what it has', async () => {
    const { router, script, worker } = await served();
    const other = await scriptedWorker().worker.createWebRtcServer({ listenInfos: [udp] });
    const { length } = script.requests;

    await expect(router.createWebRtcTransport({ webRtcServer: other })).rejects.toThrow(
      new TypeError("webRtcServer must be of the router's worker"),
    );
    const udpOnly = await worker.createWebRtcServer({ listenInfos: [udp] });
    await expect(router.createWebRtcTransport({ webRtcServer: udpOnly, enableUdp: false })).rejects.toThrow(
      new TypeError('enableUdp must not be false: webRtcServer has nothing else'),
    );
    expect(script.requests.slice(length).map(({ method }) => method)).toEqual(['listen']);
  });
});
