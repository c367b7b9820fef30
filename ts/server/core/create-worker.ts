import { readFile } from 'node:fs/promises';
import { Control, type UseCertificate } from '../../shared/channel/messages.gen.js';
import { Channel } from './channel.js';
import { EnhancedEventEmitter } from './enhanced-event-emitter.js';
import type { AppData } from './entity.js';
import { StreamPipe } from './pipe.js';
import { diedError, Worker } from './worker.js';
import { startProcess, startThread, type WorkerHost } from './worker-host.js';
import { type CompleteWorkerSettings, readWorkerSettings, type WorkerSettings } from './worker-settings.js';

/** Hears of every worker. */
export const observer = new EnhancedEventEmitter<{ newworker: [worker: Worker] }>();

/**
 * Starts a worker and resolves when it answers.
 *
 * @example
 * const worker = await createWorker({ logLevel: 'warn', rtcMinPort: 40000, rtcMaxPort: 49999 });
 *
 * @throws TypeError for bad settings; an Error that says what to do if the worker's program is missing
 */
export async function createWorker<A extends AppData = AppData>(
  options: WorkerSettings<A> = {},
): Promise<Worker<A>> {
  const settings = readWorkerSettings<A>(options);
  const certificate = await readCertificate(settings);
  const host = settings.mode === 'thread' ? startThread() : startProcess(settings.workerBin);
  const channel = new Channel(new StreamPipe(host.channel), settings.requestTimeout);
  await greet(host, channel, settings, certificate);
  const worker = new Worker<A>(host, channel, settings);
  observer.safeEmit('newworker', worker as unknown as Worker);
  return worker;
}

/** Sends the settings. A worker that refuses them, or is gone, does not stay. */
async function greet(
  host: WorkerHost,
  channel: Channel,
  { logLevel }: CompleteWorkerSettings<AppData>,
  certificate?: UseCertificate,
): Promise<void> {
  const control = new Control(
    (method, body) => channel.request(method, body),
    (method, body) => channel.post(method, body),
  );
  let lost = false;
  channel.onClose = () => {
    lost = true;
    host.kill();
  };
  try {
    await control.setLogLevel({ level: logLevel });
    if (certificate) await control.useCertificate(certificate);
  } catch (error) {
    host.kill();
    channel.close();
    throw lost ? diedError(host.pid, await host.exited) : error;
  }
}

async function readCertificate({
  dtlsFiles,
}: CompleteWorkerSettings<AppData>): Promise<UseCertificate | undefined> {
  if (!dtlsFiles) return undefined;
  return {
    certificate: await readPem(dtlsFiles.certificate, 'dtlsCertificateFile'),
    privateKey: await readPem(dtlsFiles.privateKey, 'dtlsPrivateKeyFile'),
  };
}

async function readPem(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new TypeError(`${name} cannot be read: ${(error as Error).message}`);
  }
}
