/** What only the worker, or the system, can refuse: by which error, naming what. The rest: bad-input.test.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { mediaCodecs, opusParameters, simulcastParameters } from '../harness/rtp-options.js';

const udp = { protocol: 'udp' as const, ip: '127.0.0.1' };

let worker: core.Worker;
let router: core.Router;
let transport: core.WebRtcTransport;
let direct: core.DirectTransport;
let pipe: core.PipeTransport;

beforeAll(async () => {
  worker = await core.createWorker();
  router = await worker.createRouter({ mediaCodecs });
  transport = await router.createWebRtcTransport({ listenInfos: [udp], enableSctp: true });
  direct = await router.createDirectTransport();
  pipe = await router.createPipeTransport({ listenInfo: udp, enableSctp: true });
  await transport.produce({ kind: 'audio', rtpParameters: opusParameters('a', 1) });
  await transport.produce({ kind: 'video', rtpParameters: simulcastParameters('v') });
  await transport.produceData({ sctpStreamParameters: { streamId: 7 } });
  await connect();
});

afterAll(() => worker.close());

const nowhere = { protocol: 'udp' as const, ip: '192.0.2.1' };
const audio = (rtpParameters: core.types.RtpParameters) => () =>
  transport.produce({ kind: 'audio', rtpParameters });
const fingerprints = [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }];
const connect = () => transport.connect({ dtlsParameters: { fingerprints } });

type Refusal = [what: string, call: () => Promise<unknown>, errorClass: unknown, message: RegExp];

it.each<Refusal>([
  [
    'an address that is not here',
    () => router.createWebRtcTransport({ listenInfos: [nowhere] }),
    Error,
    /192\.0\.2\.1/,
  ],
  ['one for plain RTP', () => router.createPlainTransport({ listenInfo: nowhere }), Error, /192\.0\.2\.1/],
  ['one for a pipe', () => router.createPipeTransport({ listenInfo: nowhere }), Error, /192\.0\.2\.1/],
  ['one for a server', () => worker.createWebRtcServer({ listenInfos: [nowhere] }), Error, /192\.0\.2\.1/],
  ['an SSRC twice', audio(opusParameters('b', 1)), TypeError, /^rtpParameters: .* ssrc/],
  [
    'a MID twice without SSRC',
    audio({ ...opusParameters('a'), encodings: [] }),
    TypeError,
    /^rtpParameters: .* mid/,
  ],
  [
    'an SCTP stream twice',
    () => transport.produceData({ sctpStreamParameters: { streamId: 7 } }),
    TypeError,
    /streamId/,
  ],
  ['connect() for the second time', connect, TypeError, /^dtlsParameters: connect\(\) was already called/],
])('%s', async (_what, call, errorClass, message) => {
  const error = await call().then(
    () => 'nothing',
    (reason: unknown) => reason,
  );

  expect((error as Error).constructor).toBe(errorClass);
  expect((error as Error).message).toMatch(message);
});

it('a message that no one is there to take', async () => {
  const dataProducer = await direct.produceData();
  const dataConsumer = await pipe.consumeData({ dataProducerId: dataProducer.id });

  await expect(dataConsumer.send('text')).rejects.toThrow('the SCTP association is not connected');
});

it('a certificate that is none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'consomme-'));
  const [dtlsCertificateFile, dtlsPrivateKeyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  writeFileSync(dtlsCertificateFile, 'no certificate');
  writeFileSync(dtlsPrivateKeyFile, 'no key');

  await expect(core.createWorker({ dtlsCertificateFile, dtlsPrivateKeyFile })).rejects.toThrow(
    /certificate/i,
  );
  rmSync(folder, { recursive: true });
});

it('after all of which it works as before', async () => {
  const producer = await transport.produce({ kind: 'audio', rtpParameters: opusParameters('c', 3) });
  const { rtpCapabilities } = router;
  const consumer = await direct.consume({ producerId: producer.id, rtpCapabilities });

  expect(consumer.closed).toBe(false);
  expect((await transport.dump()).producerIds).toHaveLength(3);
});
