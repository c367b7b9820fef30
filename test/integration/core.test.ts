import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import * as core from '../../ts/server/core/index.js';
import { mediaCodecs, opusParameters, simulcastParameters } from '../harness/rtp-options.js';

type Mode = 'process' | 'thread';

const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1' }];
const dtlsParameters = {
  role: 'client' as const,
  fingerprints: [{ algorithm: 'sha-256' as const, value: Array(32).fill('AB').join(':') }],
};

let workers: core.Worker[] = [];

async function start(settings: core.WorkerSettings = {}): Promise<core.Worker> {
  const worker = await core.createWorker(settings);
  workers.push(worker);
  return worker;
}

const gone = (worker: core.Worker) =>
  worker.subprocessClosed || new Promise<void>((resolve) => worker.once('subprocessclose', resolve));

/** Everything that a worker can have. */
async function conference(mode: Mode) {
  const worker = await start({ mode });
  const router = await worker.createRouter({ mediaCodecs });
  const sending = await router.createWebRtcTransport({ listenInfos });
  const receiving = await router.createWebRtcTransport({ listenInfos });
  const audio = await sending.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const video = await sending.produce({ kind: 'video', rtpParameters: simulcastParameters() });
  const { rtpCapabilities } = router;
  const hearing = await receiving.consume({ producerId: audio.id, rtpCapabilities });
  const seeing = await receiving.consume({ producerId: video.id, rtpCapabilities, paused: true });
  return { worker, router, sending, receiving, audio, video, hearing, seeing };
}

beforeEach(() => {
  workers = [];
});

afterEach(async () => {
  for (const worker of workers) worker.close();
  await Promise.all(workers.map(gone));
});

describe.each<Mode>(['process', 'thread'])('the core over a worker %s', (mode) => {
  it('starts, answers and ends', async () => {
    const heard: core.Worker[] = [];
    core.observer.once('newworker', (worker) => heard.push(worker));
    const worker = await start({ mode, logLevel: 'warn', appData: { a: 1 } });

    expect(heard).toEqual([worker]);
    expect(worker.pid === process.pid).toBe(mode === 'thread');
    expect((await worker.getResourceUsage()).ru_maxrss).toBeGreaterThan(0);
    await worker.updateSettings({ logLevel: 'error' });
    expect(await worker.dump()).toMatchObject({ pid: worker.pid, routerIds: [], packetsInUse: 0 });

    worker.close();
    await gone(worker);

    expect([worker.closed, worker.died, worker.subprocessClosed]).toEqual([true, false, true]);
    await expect(worker.createRouter()).rejects.toBeInstanceOf(core.WorkerClosedError);
  });

  it('makes everything, and dumps it', async () => {
    const { worker, router, sending, receiving, audio, video, hearing, seeing } = await conference(mode);

    expect((await worker.dump()).routerIds).toEqual([router.id]);
    expect((await router.dump()).transportIds).toEqual([sending.id, receiving.id]);
    expect((await router.dump()).mapConsumerIdProducerId).toEqual(
      expect.arrayContaining([
        { key: hearing.id, value: audio.id },
        { key: seeing.id, value: video.id },
      ]),
    );
    expect(await sending.dump()).toMatchObject({
      id: sending.id,
      producerIds: [audio.id, video.id],
      consumerIds: [],
      iceState: 'new',
      dtlsState: 'new',
      recvRtpHeaderExtensions: { mid: 10, rid: 11 },
      rtpListener: { ssrcTable: [{ key: 1111, value: audio.id }] },
    });
    expect((await receiving.dump()).consumerIds).toEqual([hearing.id, seeing.id]);
    expect(await audio.dump()).toMatchObject({ id: audio.id, type: 'simple', paused: false });
    expect(await video.dump()).toMatchObject({ id: video.id, type: 'simulcast', paused: false });
    expect(await hearing.dump()).toMatchObject({ id: hearing.id, paused: false, producerPaused: false });
    expect(await seeing.dump()).toMatchObject({
      id: seeing.id,
      type: 'simulcast',
      paused: true,
      rtpStreams: [{ params: { ssrc: seeing.rtpParameters.encodings?.[0]?.ssrc, mimeType: 'video/VP8' } }],
    });
  });

  it('makes a transport that has what a client needs', async () => {
    const worker = await start({ mode, rtcMinPort: 41000, rtcMaxPort: 41999 });
    const router = await worker.createRouter({ mediaCodecs });
    const options = {
      listenInfos: [{ ...listenInfos[0]!, announcedAddress: 'sfu.example.org', exposeInternalIp: true }],
    };

    const transports = [
      await router.createWebRtcTransport(options),
      await router.createWebRtcTransport(options),
    ];

    const [one, two] = transports as [core.WebRtcTransport, core.WebRtcTransport];
    expect(one.iceParameters).toMatchObject({ iceLite: true });
    expect(one.iceParameters.usernameFragment).not.toBe(two.iceParameters.usernameFragment);
    expect(one.iceCandidates.map(({ address }) => address)).toEqual(['sfu.example.org', '127.0.0.1']);
    expect(one.iceCandidates[0]?.port).toBeGreaterThanOrEqual(41000);
    expect(one.iceCandidates[0]?.port).toBeLessThanOrEqual(41999);
    expect(two.iceCandidates[0]?.port).toBe(one.iceCandidates[0]?.port);
    expect(one.dtlsParameters.fingerprints.map(({ algorithm }) => algorithm)).toContain('sha-256');
    expect(two.dtlsParameters).toEqual(one.dtlsParameters);
    const restarted = await one.restartIce();
    expect(restarted.usernameFragment).not.toBe(two.iceParameters.usernameFragment);
  });

  it('connects once', async () => {
    const { sending } = await conference(mode);

    await sending.connect({ dtlsParameters });

    expect(sending.dtlsParameters.role).toBe('server');
    await expect(sending.connect({ dtlsParameters })).rejects.toThrow(Error);
    await sending.setMaxIncomingBitrate(500_000);
    const [stats] = await sending.getStats();
    expect(stats).toMatchObject({
      type: 'webrtc-transport',
      transportId: sending.id,
      maxIncomingBitrate: 500_000,
    });
  });

  it('pauses, resumes and chooses layers', async () => {
    const { video, seeing } = await conference(mode);
    const heard: string[] = [];
    seeing.on('producerpause', () => heard.push('pause'));
    seeing.on('producerresume', () => heard.push('resume'));

    await video.pause();
    expect(await seeing.dump()).toMatchObject({ paused: true, producerPaused: true });
    await video.resume();
    await seeing.resume();
    await seeing.setPreferredLayers({ spatialLayer: 1, temporalLayer: 0 });
    await seeing.requestKeyFrame();

    expect(heard).toEqual(['pause', 'resume']);
    expect(seeing.preferredLayers).toEqual({ spatialLayer: 1, temporalLayer: 0 });
    expect(await seeing.dump()).toMatchObject({
      paused: false,
      producerPaused: false,
      preferredSpatialLayer: 1,
      preferredTemporalLayer: 0,
    });
    expect(await video.getStats()).toEqual([]);
    expect(await seeing.getStats()).toMatchObject([{ type: 'outbound-rtp', kind: 'video', packetCount: 0 }]);
  });

  it.each([
    [
      'consumers, producers, transports, router',
      ['hearing', 'seeing', 'audio', 'video', 'sending', 'receiving', 'router'],
    ],
    ['producers, the rest by itself', ['audio', 'video', 'router']],
    ['the sending transport first', ['sending', 'receiving', 'router']],
    ['the receiving transport first', ['receiving', 'sending', 'router']],
    ['the router alone', ['router']],
  ] as const)('closes in any order: %s', async (_, order) => {
    const all = await conference(mode);

    for (const name of order) all[name].close();

    expect(await all.worker.dump()).toMatchObject({
      routerIds: [],
      channelMessageHandlers: { channelRequestHandlers: [] },
      packetsInUse: 0,
    });
    const names = ['router', 'sending', 'receiving', 'audio', 'video', 'hearing', 'seeing'] as const;
    expect(names.filter((name) => !all[name].closed)).toEqual([]);
    const again = await all.worker.createRouter({ mediaCodecs });
    expect((await again.dump()).transportIds).toEqual([]);
  });

  it('agrees with the worker on what closes with what', async () => {
    const { router, sending, receiving, audio, video, seeing } = await conference(mode);

    audio.close();
    expect((await router.dump()).mapProducerIdConsumerIds).toEqual([{ key: video.id, values: [seeing.id] }]);
    expect((await receiving.dump()).consumerIds).toEqual([seeing.id]);
    sending.close();
    expect(await router.dump()).toMatchObject({
      transportIds: [receiving.id],
      mapProducerIdConsumerIds: [],
    });
    expect((await receiving.dump()).consumerIds).toEqual([]);
  });

  it('shares sockets of a given port, and frees them', async () => {
    const port = await freePort();
    const { router } = await conference(mode);
    const { router: other } = await conference(mode);
    const infos = { listenInfos: [{ ...listenInfos[0]!, port }] };
    const transports = [await router.createWebRtcTransport(infos), await router.createWebRtcTransport(infos)];
    await expect(other.createWebRtcTransport(infos)).rejects.toThrow(Error);

    for (const transport of transports) transport.close();
    await router.dump();

    const transport = await other.createWebRtcTransport(infos);
    expect(transport.iceCandidates[0]?.port).toBe(port);
  });

  it('refuses by a named error, and goes on', async () => {
    const { router, sending, receiving, audio } = await conference(mode);
    const { rtpCapabilities } = router;

    await expect(sending.produce({ kind: 'audio', rtpParameters: opusParameters() })).rejects.toBeInstanceOf(
      TypeError,
    );
    await expect(
      router.createWebRtcTransport({ listenInfos: [{ protocol: 'udp', ip: '192.0.2.1' }] }),
    ).rejects.toThrow(Error);
    await expect(receiving.consume({ producerId: 'nobody', rtpCapabilities })).rejects.toBeInstanceOf(
      core.NotFoundError,
    );

    expect((await receiving.consume({ producerId: audio.id, rtpCapabilities })).closed).toBe(false);
  });

  it('answers five hundred requests that are asked at once', async () => {
    const { sending, receiving, router } = await conference(mode);
    const { rtpCapabilities } = router;
    const producers = await Promise.all(
      Array.from({ length: 250 }, (_, index) =>
        sending.produce({ kind: 'audio', rtpParameters: opusParameters(`m${index}`, 2000 + index) }),
      ),
    );
    const consumers = await Promise.all(
      producers.map(({ id: producerId }) => receiving.consume({ producerId, rtpCapabilities })),
    );

    expect(new Set(consumers.map(({ rtpParameters }) => rtpParameters.mid)).size).toBe(250);
    expect((await receiving.dump()).consumerIds).toHaveLength(252);
  });

  it('uses the certificate of the user', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'consomme-'));
    const [dtlsCertificateFile, dtlsPrivateKeyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      dtlsPrivateKeyFile,
    ];
    const certificate = ['-subj', '/CN=consomme', '-days', '2', '-out', dtlsCertificateFile];
    execFileSync('openssl', ['req', '-x509', ...key, ...certificate], { stdio: 'pipe' });
    const { fingerprint256 } = new X509Certificate(readFileSync(dtlsCertificateFile));

    const worker = await start({ mode, dtlsCertificateFile, dtlsPrivateKeyFile });
    rmSync(folder, { recursive: true });

    const router = await worker.createRouter({ mediaCodecs });
    const { dtlsParameters } = await router.createWebRtcTransport({ listenInfos });
    expect(dtlsParameters.fingerprints).toContainEqual({ algorithm: 'sha-256', value: fingerprint256 });
  });

  it('refuses a certificate that is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'consomme-'));
    const [dtlsCertificateFile, dtlsPrivateKeyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(dtlsCertificateFile, 'no certificate');
    writeFileSync(dtlsPrivateKeyFile, 'no key');

    await expect(start({ mode, dtlsCertificateFile, dtlsPrivateKeyFile })).rejects.toBeInstanceOf(TypeError);
    rmSync(folder, { recursive: true });
    await expect(start({ mode, dtlsCertificateFile, dtlsPrivateKeyFile })).rejects.toThrow(
      /^dtlsCertificateFile cannot be read: ENOENT/,
    );
  });
});

describe('a worker process', () => {
  it('that is killed is reported, and everything below it closes', async () => {
    const { worker, router, sending, audio, hearing } = await conference('process');
    const events: string[] = [];
    router.on('workerclose', () => events.push('router'));
    sending.on('routerclose', () => events.push('transport'));
    audio.on('transportclose', () => events.push('producer'));
    const died = new Promise<core.WorkerDiedError>((resolve) => worker.once('died', resolve));

    process.kill(worker.pid, 'SIGKILL');
    const pending = worker.dump();
    await expect(pending).rejects.toBeInstanceOf(core.WorkerClosedError);

    expect(await died).toMatchObject({
      message: `worker ${worker.pid} died: signal SIGKILL`,
      signal: 'SIGKILL',
    });
    expect(events).toEqual(['producer', 'transport', 'router']);
    expect([worker.died, worker.closed, hearing.closed]).toEqual([true, true, true]);
    await expect(audio.pause()).rejects.toBeInstanceOf(core.WorkerClosedError);
  });

  it('that stands still does not hang its controller', async () => {
    const worker = await start({ requestTimeout: 200 });
    process.kill(worker.pid, 'SIGSTOP');

    await expect(worker.dump()).rejects.toBeInstanceOf(core.TimeoutError);

    process.kill(worker.pid, 'SIGCONT');
    expect((await worker.dump()).routerIds).toEqual([]);
  });

  it('that cannot be started is an error', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'consomme-'));
    const workerBin = join(folder, 'worker');
    writeFileSync(workerBin, 'not a program', { mode: 0o600 });

    await expect(core.createWorker({ workerBin })).rejects.toThrow(/EACCES/);
    await expect(core.createWorker({ workerBin: '/nowhere/worker' })).rejects.toThrow(/is missing/);
    await expect(core.createWorker({ workerBin: '/bin/true' })).rejects.toThrow(/died: exit code 0/);
    rmSync(folder, { recursive: true });
  });
});

describe('the module', () => {
  it('has its version and the worker that was built for it', () => {
    const { version } = createRequire(import.meta.url)('../../package.json');

    expect(core.version).toBe(version);
    expect(existsSync(core.workerBin)).toBe(true);
    expect(core.parseScalabilityMode('L3T2')).toEqual({ spatialLayers: 3, temporalLayers: 2, ksvc: false });
    expect(core.getSupportedRtpCapabilities().codecs).not.toEqual([]);
    expect(core.ortc.generateRouterRtpCapabilities(mediaCodecs).codecs).toHaveLength(3);
  });
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}
