import { kLogLevel, type LogLevel } from '../../shared/channel/messages.gen.js';
import { asInteger, asList, asNonEmptyString, asObject, asOneOf, optional } from '../../shared/rtp/fields.js';
import { type AppData, asAppData } from './entity.js';

export type WorkerLogLevel = LogLevel;

const LOG_TAGS = [
  'info',
  'ice',
  'dtls',
  'rtp',
  'srtp',
  'rtcp',
  'rtx',
  'bwe',
  'score',
  'simulcast',
  'svc',
  'sctp',
  'message',
] as const;
export type WorkerLogTag = (typeof LOG_TAGS)[number];

export type WorkerUpdateableSettings = {
  /** Default 'error'. */
  logLevel?: WorkerLogLevel;
  /** Accepted for programs that give them: this worker's few logs have no tags. */
  logTags?: WorkerLogTag[];
};

export type WorkerSettings<A extends AppData = AppData> = WorkerUpdateableSettings & {
  /** Of the ports of transports that ask for none. Default 10000. */
  rtcMinPort?: number;
  /** Default 59999. */
  rtcMaxPort?: number;
  /** PEM. Default: the worker makes an ECDSA P-256 certificate. */
  dtlsCertificateFile?: string;
  dtlsPrivateKeyFile?: string;
  /** The worker's program. Default: see `workerBin`. */
  workerBin?: string;
  /** Run as a process of its own, or on a thread of this one. Default 'process'. */
  mode?: 'process' | 'thread';
  /** Milliseconds that the worker may take to answer a request. Default 20000. */
  requestTimeout?: number;
  appData?: A;
};

/** The options with every default filled in. */
export type CompleteWorkerSettings<A extends AppData> = {
  logLevel: WorkerLogLevel;
  rtcMinPort: number;
  rtcMaxPort: number;
  dtlsFiles?: { certificate: string; privateKey: string };
  workerBin?: string;
  mode: 'process' | 'thread';
  requestTimeout: number;
  appData: A;
};

const MAX_PORT = 65535;
const MAX_PATH = 4096;
const MAX_TIMEOUT = 0x7fffffff;

/** @throws TypeError naming the field */
export function readWorkerSettings<A extends AppData>(value: unknown): CompleteWorkerSettings<A> {
  const options = asObject(value, 'settings');
  const rtcMinPort = asInteger(options.rtcMinPort ?? 10000, 'rtcMinPort', 0, MAX_PORT);
  return {
    logLevel: readUpdateableSettings(options).logLevel ?? 'error',
    rtcMinPort,
    rtcMaxPort: asInteger(options.rtcMaxPort ?? 59999, 'rtcMaxPort', rtcMinPort, MAX_PORT),
    ...readDtlsFiles(options),
    ...optional('workerBin', options.workerBin, (path) => asNonEmptyString(path, 'workerBin', MAX_PATH)),
    mode: asOneOf(options.mode ?? 'process', 'mode', ['process', 'thread']),
    requestTimeout: asInteger(options.requestTimeout ?? 20_000, 'requestTimeout', 1, MAX_TIMEOUT),
    appData: asAppData<A>(options.appData),
  };
}

/** @throws TypeError naming the field */
export function readUpdateableSettings(value: unknown): { logLevel?: WorkerLogLevel } {
  const { logLevel, logTags } = asObject(value, 'settings');
  asList(logTags ?? [], 'logTags', LOG_TAGS.length, (tag, name) => asOneOf(tag, name, LOG_TAGS));
  return optional('logLevel', logLevel, (level) => asOneOf(level, 'logLevel', kLogLevel));
}

function readDtlsFiles({ dtlsCertificateFile, dtlsPrivateKeyFile }: Record<string, unknown>) {
  if (dtlsCertificateFile === undefined && dtlsPrivateKeyFile === undefined) return {};
  return {
    dtlsFiles: {
      certificate: asNonEmptyString(dtlsCertificateFile, 'dtlsCertificateFile', MAX_PATH),
      privateKey: asNonEmptyString(dtlsPrivateKeyFile, 'dtlsPrivateKeyFile', MAX_PATH),
    },
  };
}
