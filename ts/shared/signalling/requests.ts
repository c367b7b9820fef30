import {
  asBoolean,
  asInteger,
  asList,
  asNonEmptyString,
  asObject,
  asOneOf,
  asString,
  optional,
} from '../rtp/fields.js';
import { validateAndNormalizeRtpCapabilities, validateAndNormalizeRtpParameters } from '../rtp/validate.js';
import type { DtlsFingerprint, DtlsParameters } from '../transport-parameters.js';
import { BadRequestError, UnknownMethodError } from './errors.js';
import type {
  AppData,
  ClientRequestMethod,
  ClientRequests,
  EnableConsumer,
  EnableDataConsumer,
  LayoutData,
  PreferredProfile,
  Size,
  View,
} from './messages.js';

/** A request with its data, as one union. */
export type ClientRequest = {
  [M in ClientRequestMethod]: { method: M; data: ClientRequests[M]['data'] };
}[ClientRequestMethod];

type Fields = Record<string, unknown>;
type Readers = { [M in ClientRequestMethod]: (fields: Fields) => ClientRequests[M]['data'] };

export const PREFERRED_PROFILES: readonly PreferredProfile[] = ['default', 'low', 'medium', 'high'];

export const LAYOUTS = ['tiles', 'stage'] as const;

const KINDS = ['audio', 'video'] as const;
const DTLS_ROLES = ['auto', 'client', 'server'] as const;
const FINGERPRINT_ALGORITHMS = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'] as const;
const MAX_NAME = 256;
const MAX_ID = 64;
/** A 512 bit hash in hexadecimal pairs with colons. */
const MAX_FINGERPRINT = 191;
const MAX_FINGERPRINTS = 16;
const MAX_BATCH = 1024;
const MAX_APP_DATA = 65_536;
/** Stream 65535 is reserved (RFC 8831, 6.2). */
const MAX_STREAM_ID = 65_534;
/** Of a picture, or of what shows it. */
const MAX_PIXELS = 65_535;
const MAX_LAYERS = 16;
const MAX_SCALE = 1024;

const READERS: Readers = {
  queryRoom: () => ({}),
  join: ({ name, rtpCapabilities, spy, appData }) => ({
    name: asNonEmptyString(name, 'name', MAX_NAME),
    rtpCapabilities: validateAndNormalizeRtpCapabilities(rtpCapabilities),
    spy: asBoolean(spy ?? false, 'spy'),
    appData: asAppData(appData),
  }),
  createTransport: ({ id, direction, appData }) => ({
    id: asId(id, 'id'),
    direction: asOneOf(direction, 'direction', ['send', 'recv']),
    appData: asAppData(appData),
  }),
  connectTransport: ({ id, dtlsParameters }) => ({
    id: asId(id, 'id'),
    dtlsParameters: readDtlsParameters(dtlsParameters, 'dtlsParameters'),
  }),
  restartTransport: readId,
  closeTransport: readIdAndAppData,
  createProducer: ({ id, transportId, kind, rtpParameters, paused, size, scales, appData }) => ({
    id: asId(id, 'id'),
    transportId: asId(transportId, 'transportId'),
    kind: asOneOf(kind, 'kind', KINDS),
    rtpParameters: validateAndNormalizeRtpParameters(rtpParameters),
    paused: asBoolean(paused ?? false, 'paused'),
    ...optional('size', size, (value) => readSize(value, 'size')),
    ...optional('scales', scales, (value) => asList(value, 'scales', MAX_LAYERS, readScale)),
    appData: asAppData(appData),
  }),
  setProducerSize: ({ id, size }) => ({
    id: asId(id, 'id'),
    ...optional('size', size, (value) => readSize(value, 'size')),
  }),
  closeProducer: readIdAndAppData,
  pauseProducer: readIdAndAppData,
  resumeProducer: readIdAndAppData,
  enableConsumers: ({ consumers }) => ({
    consumers: asList(consumers, 'consumers', MAX_BATCH, readEnableConsumer),
  }),
  startConsumers: ({ ids }) => ({ ids: asList(ids, 'ids', MAX_BATCH, asId) }),
  pauseConsumer: readIdAndAppData,
  resumeConsumer: readIdAndAppData,
  setConsumerPreferredProfile: ({ id, profile }) => ({
    id: asId(id, 'id'),
    profile: asOneOf(profile, 'profile', PREFERRED_PROFILES),
  }),
  setConsumerViews: ({ views }) => ({ views: asList(views, 'views', MAX_BATCH, readConsumerView) }),
  setLayout: readLayout,
  requestKeyFrame: readId,
  createDataProducer: ({ id, transportId, streamId, to, reliable }) => ({
    id: asId(id, 'id'),
    transportId: asId(transportId, 'transportId'),
    streamId: asInteger(streamId, 'streamId', 0, MAX_STREAM_ID),
    ...optional('to', to, (name) => asNonEmptyString(name, 'to', MAX_NAME)),
    reliable: asBoolean(reliable, 'reliable'),
  }),
  closeDataProducer: readId,
  enableDataConsumers: ({ consumers }) => ({
    consumers: asList(consumers, 'consumers', MAX_BATCH, readEnableDataConsumer),
  }),
  startDataConsumers: ({ ids }) => ({ ids: asList(ids, 'ids', MAX_BATCH, asId) }),
  getStats: ({ of, id }) => ({
    of: asOneOf(of, 'of', ['transport', 'producer', 'consumer']),
    id: asId(id, 'id'),
  }),
  leave: ({ appData }) => ({ appData: asAppData(appData) }),
};

/**
 * What a client asks, with every field checked and every default filled in; unknown fields are left out.
 *
 * @throws UnknownMethodError, BadRequestError naming the field
 */
export function readRequest(method: string, data: unknown): ClientRequest {
  if (!isMethod(method)) throw new UnknownMethodError(`there is no method ${method}`);
  try {
    return { method, data: READERS[method](asObject(data ?? {}, 'data')) } as ClientRequest;
  } catch (error) {
    if (error instanceof TypeError) throw new BadRequestError(`${method}: ${error.message}`);
    throw error;
  }
}

function isMethod(method: string): method is ClientRequestMethod {
  return Object.hasOwn(READERS, method);
}

function asId(value: unknown, name: string): string {
  return asNonEmptyString(value, name, MAX_ID);
}

function readId({ id }: Fields): { id: string } {
  return { id: asId(id, 'id') };
}

function readIdAndAppData({ id, appData }: Fields): { id: string; appData: AppData } {
  return { id: asId(id, 'id'), appData: asAppData(appData) };
}

/** It came as JSON, but nested so deep that it may not go out as such again. */
function asAppData(value: unknown): AppData {
  if (value !== undefined && jsonLength(value) > MAX_APP_DATA) {
    throw new TypeError(`appData must have at most ${MAX_APP_DATA} characters of JSON`);
  }
  return value;
}

function jsonLength(value: unknown): number {
  try {
    return JSON.stringify(value).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function readDtlsParameters(value: unknown, name: string): DtlsParameters {
  const { role, fingerprints } = asObject(value, name);
  return {
    role: asOneOf(role ?? 'auto', `${name}.role`, DTLS_ROLES),
    fingerprints: asList(fingerprints, `${name}.fingerprints`, MAX_FINGERPRINTS, readFingerprint),
  };
}

function readFingerprint(value: unknown, name: string): DtlsFingerprint {
  const fields = asObject(value, name);
  return {
    algorithm: asOneOf(fields.algorithm, `${name}.algorithm`, FINGERPRINT_ALGORITHMS),
    value: asString(fields.value, `${name}.value`, MAX_FINGERPRINT),
  };
}

function readEnableConsumer(value: unknown, name: string): EnableConsumer {
  const { id, transportId, paused, preferredProfile, view } = asObject(value, name);
  return {
    id: asId(id, `${name}.id`),
    transportId: asId(transportId, `${name}.transportId`),
    ...optional('paused', paused, (field) => asBoolean(field, `${name}.paused`)),
    ...optional('preferredProfile', preferredProfile, (field) =>
      asOneOf(field, `${name}.preferredProfile`, PREFERRED_PROFILES),
    ),
    ...optional('view', view, (field) => readView(field, `${name}.view`)),
  };
}

function readConsumerView(value: unknown, name: string): { id: string; view?: View } {
  const { id, view } = asObject(value, name);
  return {
    id: asId(id, `${name}.id`),
    ...optional('view', view, (field) => readView(field, `${name}.view`)),
  };
}

function readView(value: unknown, name: string): View {
  if (value === 'hidden') return value;
  const { cover } = asObject(value, name);
  return { ...readSize(value, name), cover: asBoolean(cover, `${name}.cover`) };
}

function readSize(value: unknown, name: string): Size {
  const { width, height } = asObject(value, name);
  return {
    width: asInteger(width, `${name}.width`, 1, MAX_PIXELS),
    height: asInteger(height, `${name}.height`, 1, MAX_PIXELS),
  };
}

function readScale(value: unknown, name: string): number {
  if (typeof value !== 'number' || !(value >= 1 && value <= MAX_SCALE)) {
    throw new TypeError(`${name} must be a number from 1 to ${MAX_SCALE}`);
  }
  return value;
}

function readLayout({ layout, peerName, producerId }: Fields): LayoutData {
  if (asOneOf(layout, 'layout', LAYOUTS) === 'tiles') return { layout: 'tiles' };
  return {
    layout: 'stage',
    peerName: asNonEmptyString(peerName, 'peerName', MAX_NAME),
    ...optional('producerId', producerId, (id) => asId(id, 'producerId')),
  };
}

function readEnableDataConsumer(value: unknown, name: string): EnableDataConsumer {
  const { id, transportId } = asObject(value, name);
  return { id: asId(id, `${name}.id`), transportId: asId(transportId, `${name}.transportId`) };
}
