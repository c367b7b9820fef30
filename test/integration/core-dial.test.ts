/** One worker as the client of another: a program's media and messages over ICE, DTLS, SRTP and SCTP, both ways. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import * as rtp from '../harness/rtp.js';
import { mediaCodecs, opusParameters } from '../harness/rtp-options.js';
import { waitUntil } from '../harness/wait.js';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
const enableSctp = true;

type Side = {
  worker: core.Worker;
  router: core.Router;
  transport: core.WebRtcTransport;
  program: core.DirectTransport;
};

let workers: core.Worker[] = [];
let server: Side;
let client: Side;

beforeAll(async () => {
  workers = await Promise.all([core.createWorker(), core.createWorker()]);
});

afterAll(() => {
  for (const worker of workers) worker.close();
});

async function side(worker: core.Worker): Promise<Side> {
  const router = await worker.createRouter({ mediaCodecs });
  const transport = await router.createWebRtcTransport({ listenInfos, enableSctp });
  return { worker, router, transport, program: await router.createDirectTransport() };
}

async function dial(): Promise<void> {
  const { iceParameters, iceCandidates, dtlsParameters } = server.transport;
  await server.transport.connect({
    dtlsParameters: { ...client.transport.dtlsParameters, role: 'client' },
  });
  await client.transport.connect({ dtlsParameters });
  await client.transport.dial({ iceParameters, iceCandidates });
  const states = () =>
    [server, client].map(({ transport: { iceState, dtlsState } }) => [iceState, dtlsState]);
  await waitUntil(
    () => states().every((of) => `${of}` === 'completed,connected'),
    5_000,
    () => JSON.stringify(states()),
  );
}

beforeEach(async () => {
  server?.router.close();
  client?.router.close();
  [server, client] = await Promise.all([side(workers[0]!), side(workers[1]!)]);
});

/** What `to` sends of a producer of its own router arrives as a producer of `from`'s. */
async function forward(from: Side, to: Side, producer: core.Producer): Promise<core.Producer> {
  const { rtpCapabilities } = from.router;
  const consumer = await from.transport.consume({ producerId: producer.id, rtpCapabilities });
  return to.transport.produce({ kind: consumer.kind, rtpParameters: consumer.rtpParameters });
}

async function hears(side: Side, producer: core.Producer): Promise<Buffer[]> {
  const { rtpCapabilities } = side.router;
  const consumer = await side.program.consume({ producerId: producer.id, rtpCapabilities });
  const payloads: Buffer[] = [];
  consumer.on('rtp', (packet) => void payloads.push(rtp.readRtp(packet).payload));
  return payloads;
}

const voice = (sequence: number) =>
  rtp.writeRtp({
    payloadType: 111,
    ssrc: 1111,
    sequence,
    timestamp: 960 * sequence,
    payload: Buffer.from(`${sequence}`),
  });

describe('a transport that dials another worker', () => {
  it.each([
    ['up', () => [client, server]],
    ['down', () => [server, client]],
  ])('carries sound %s', async (_, sides) => {
    await dial();
    const [from, to] = sides() as [Side, Side];
    const source = await from.program.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const heard = await hears(to, await forward(from, to, source));
    for (let sequence = 1; sequence <= 20; sequence++) source.send(voice(sequence));
    await waitUntil(
      () => heard.length === 20,
      5_000,
      () => `${heard}`,
    );
    expect(heard.map(String)).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
  });

  it('carries messages both ways', async () => {
    await dial();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const source = await from.program.produceData();
      const sent = await from.transport.consumeData({ dataProducerId: source.id });
      const arriving = await to.transport.produceData({ sctpStreamParameters: sent.sctpStreamParameters! });
      const sink = await to.program.consumeData({ dataProducerId: arriving.id });
      const messages: string[] = [];
      sink.on('message', (message) => void messages.push(message.toString()));
      await waitUntil(
        () => from.transport.sctpState === 'connected' && to.transport.sctpState === 'connected',
        5_000,
        () => `${from.transport.sctpState} ${to.transport.sctpState}`,
      );
      source.send('hello');
      await waitUntil(
        () => messages.length > 0,
        5_000,
        () => 'no message',
      );
      expect(messages).toEqual(['hello']);
    }
  });

  it('says which role it has', async () => {
    expect(client.transport.iceRole).toBe('controlled');
    await dial();
    expect([client.transport.iceRole, server.transport.iceRole]).toEqual(['controlling', 'controlled']);
    expect((await client.transport.getStats())[0]!.iceRole).toBe('controlling');
    expect(client.transport.iceSelectedTuple).toMatchObject({
      remoteIp: '127.0.0.1',
      remotePort: server.transport.iceCandidates[0]!.port,
    });
  });

  it('goes on after the server restarted ICE', async () => {
    await dial();
    const states: string[] = [];
    client.transport.on('icestatechange', (state) => states.push(state));
    const iceParameters = await server.transport.restartIce();
    await client.transport.dial({ iceParameters });
    const source = await client.program.produce({ kind: 'audio', rtpParameters: opusParameters() });
    const heard = await hears(server, await forward(client, server, source));
    source.send(voice(1));
    await waitUntil(
      () => heard.length === 1,
      5_000,
      () => 'nothing was heard',
    );
    expect(states).toEqual([]);
  });

  it('wants a candidate that it can reach', async () => {
    const { iceParameters, iceCandidates } = server.transport;
    for (const reached of [[], [{ ...iceCandidates[0]!, address: '::1' }]]) {
      const refused = client.transport.dial({ iceParameters, iceCandidates: reached });
      await expect(refused).rejects.toThrow(/^iceCandidates has none/);
      await expect(refused).rejects.toBeInstanceOf(TypeError);
    }
  });
});
