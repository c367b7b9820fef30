import {
  asBoolean,
  asInteger,
  asList,
  asNonEmptyString,
  asObject,
  asOneOf,
  asString,
  optional,
  requireUnique,
} from './fields.js';
import type {
  MediaKind,
  NormalizedRtpCapabilities,
  NormalizedRtpParameters,
  RouterRtpCodecCapability,
  RtcpFeedback,
  RtcpParameters,
  RtpCodecCapability,
  RtpCodecParameters,
  RtpCodecSpecificParameters,
  RtpEncodingParameters,
  RtpHeaderExtension,
  RtpHeaderExtensionParameters,
  RtpHeaderExtensionUri,
  SctpStreamParameters,
} from './rtp-parameters.js';

const DIRECTIONS = ['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const;
const MAX_CODECS = 64;
const MAX_EXTENSIONS = 64;
const MAX_ENCODINGS = 16;
const MAX_FEEDBACK = 32;
const MAX_CODEC_PARAMETERS = 64;
const MAX_TEXT = 1024;
/** RFC 8285, 4.2: what a one-byte element can carry. */
const MAX_ID_LENGTH = 16;
/** RFC 3550, 6.5: an SDES item's length is one byte. */
const MAX_CNAME_LENGTH = 255;
const MAX_UINT32 = 0xffffffff;
/** RFC 8831, 6.2: stream 65535 is reserved. */
const MAX_STREAM_ID = 65534;
const MAX_UINT16 = 65535;

/**
 * Checks capabilities of unknown origin and returns a copy with every default filled in; unknown fields are left out.
 *
 * @throws TypeError naming the field
 */
export function validateAndNormalizeRtpCapabilities(
  caps: unknown,
  name = 'rtpCapabilities',
): NormalizedRtpCapabilities {
  const { codecs, headerExtensions } = asObject(caps, name);
  return {
    codecs: asList(codecs ?? [], `${name}.codecs`, MAX_CODECS, readCodecCapability),
    headerExtensions: asList(
      headerExtensions ?? [],
      `${name}.headerExtensions`,
      MAX_EXTENSIONS,
      readHeaderExtension,
    ),
  };
}

/**
 * Checks the codecs asked of a Router, as above.
 *
 * @throws TypeError naming the field
 */
export function validateAndNormalizeMediaCodecs(
  mediaCodecs: unknown,
  name = 'mediaCodecs',
): RouterRtpCodecCapability[] {
  return asList(mediaCodecs, name, MAX_CODECS, readMediaCodec);
}

/**
 * Checks parameters of unknown origin and returns a copy with every default filled in; unknown fields are left out.
 *
 * @throws TypeError naming the field
 */
export function validateAndNormalizeRtpParameters(
  params: unknown,
  name = 'rtpParameters',
): NormalizedRtpParameters {
  const { mid, codecs, headerExtensions, encodings, rtcp, msid } = asObject(params, name);
  const normalized = {
    ...optional('mid', mid, (value) => asNonEmptyString(value, `${name}.mid`, MAX_ID_LENGTH)),
    codecs: asList(codecs, `${name}.codecs`, MAX_CODECS, readCodecParameters),
    headerExtensions: asList(
      headerExtensions ?? [],
      `${name}.headerExtensions`,
      MAX_EXTENSIONS,
      readHeaderExtensionParameters,
    ),
    encodings: asList(encodings ?? [], `${name}.encodings`, MAX_ENCODINGS, readEncoding),
    rtcp: readRtcp(rtcp ?? {}, `${name}.rtcp`),
    ...optional('msid', msid, (value) => asString(value, `${name}.msid`, MAX_TEXT)),
  };
  requireUnique(normalized.codecs, `${name}.codecs`, 'payloadType', (codec) => codec.payloadType);
  requireUnique(normalized.headerExtensions, `${name}.headerExtensions`, 'id', (extension) => extension.id);
  requireUnique(normalized.encodings, `${name}.encodings`, 'ssrc', (encoding) => encoding.ssrc);
  requireUnique(normalized.encodings, `${name}.encodings`, 'rid', (encoding) => encoding.rid);
  return normalized;
}

/**
 * Checks a data stream's options and returns a copy with `ordered` filled in.
 *
 * @throws TypeError naming the field
 */
export function validateAndNormalizeSctpStreamParameters(
  params: unknown,
  name = 'sctpStreamParameters',
): SctpStreamParameters & { ordered: boolean } {
  const { streamId, ordered, maxPacketLifeTime, maxRetransmits } = asObject(params, name);
  const limits = {
    ...optional('maxPacketLifeTime', maxPacketLifeTime, (value) =>
      asInteger(value, `${name}.maxPacketLifeTime`, 0, MAX_UINT16),
    ),
    ...optional('maxRetransmits', maxRetransmits, (value) =>
      asInteger(value, `${name}.maxRetransmits`, 0, MAX_UINT16),
    ),
  };
  const reliable = Object.keys(limits).length === 0;
  const normalized = {
    streamId: asInteger(streamId, `${name}.streamId`, 0, MAX_STREAM_ID),
    ordered: asBoolean(ordered ?? reliable, `${name}.ordered`),
    ...limits,
  };
  if (normalized.ordered && !reliable) {
    throw new TypeError(`${name}.ordered must not be true with maxPacketLifeTime or maxRetransmits`);
  }
  if (Object.keys(limits).length > 1) {
    throw new TypeError(`${name}.maxRetransmits must not be given with maxPacketLifeTime`);
  }
  return normalized;
}

type CodecFields = Omit<RtpCodecParameters, 'payloadType'>;

/** The fields that capabilities and parameters share, and the kind that the MIME type tells. */
function readCodec(fields: Record<string, unknown>, name: string): { kind: MediaKind; codec: CodecFields } {
  const mimeType = asString(fields.mimeType, `${name}.mimeType`, MAX_TEXT);
  const match = /^(audio|video)\/[\w.+-]+$/i.exec(mimeType);
  if (!match) throw new TypeError(`${name}.mimeType must look like audio/NAME or video/NAME`);
  const kind = match[1]?.toLowerCase() as MediaKind;
  const codec = {
    mimeType,
    clockRate: asInteger(fields.clockRate, `${name}.clockRate`, 1, MAX_UINT32),
    ...(kind === 'audio' && { channels: asInteger(fields.channels ?? 1, `${name}.channels`, 1, 255) }),
    parameters: readCodecSpecific(fields.parameters ?? {}, `${name}.parameters`),
    rtcpFeedback: asList(fields.rtcpFeedback ?? [], `${name}.rtcpFeedback`, MAX_FEEDBACK, readFeedback),
  };
  return { kind, codec };
}

function readCodecCapability(value: unknown, name: string): RtpCodecCapability {
  const fields = asObject(value, name);
  const { kind, codec } = readCodec(fields, name);
  return {
    kind,
    preferredPayloadType: asInteger(fields.preferredPayloadType, `${name}.preferredPayloadType`, 0, 127),
    ...codec,
  };
}

function readMediaCodec(value: unknown, name: string): RouterRtpCodecCapability {
  const fields = asObject(value, name);
  const { kind, codec } = readCodec(fields, name);
  const preferredPayloadType = optional('preferredPayloadType', fields.preferredPayloadType, (type) =>
    asPayloadTypeOutsideRtcp(type, `${name}.preferredPayloadType`),
  );
  return { kind, ...preferredPayloadType, ...codec };
}

/** RFC 5761, 4: next to multiplexed RTCP, payload types 64 to 95 look like RTCP packet types. */
function asPayloadTypeOutsideRtcp(value: unknown, name: string): number {
  const payloadType = asInteger(value, name, 0, 127);
  if (payloadType >= 64 && payloadType <= 95) throw new TypeError(`${name} must not be from 64 to 95`);
  return payloadType;
}

function readCodecParameters(value: unknown, name: string): RtpCodecParameters {
  const fields = asObject(value, name);
  return {
    payloadType: asInteger(fields.payloadType, `${name}.payloadType`, 0, 127),
    ...readCodec(fields, name).codec,
  };
}

function readCodecSpecific(value: unknown, name: string): RtpCodecSpecificParameters {
  const entries = Object.entries(asObject(value, name));
  if (entries.length > MAX_CODEC_PARAMETERS) {
    throw new TypeError(`${name} must have at most ${MAX_CODEC_PARAMETERS} entries`);
  }
  return Object.fromEntries(
    entries.map(([key, item]) => [
      asString(key, `${name}'s key`, MAX_TEXT),
      readCodecSpecificValue(key, item, `${name}.${key}`),
    ]),
  );
}

function readCodecSpecificValue(key: string, value: unknown, name: string): string | number {
  if (key === '__proto__') throw new TypeError(`${name} is not allowed`);
  if (key === 'apt') return asInteger(value, name, 0, 127);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value !== 'string' && value !== undefined && value !== null) {
    throw new TypeError(`${name} must be a string or a number`);
  }
  return asString(value ?? '', name, MAX_TEXT);
}

function readFeedback(value: unknown, name: string): RtcpFeedback {
  const { type, parameter } = asObject(value, name);
  return {
    type: asNonEmptyString(type, `${name}.type`, MAX_TEXT),
    parameter: asString(parameter ?? '', `${name}.parameter`, MAX_TEXT),
  };
}

function readHeaderExtension(value: unknown, name: string): RtpHeaderExtension {
  const { kind, uri, preferredId, preferredEncrypt, direction } = asObject(value, name);
  return {
    kind: asOneOf(kind, `${name}.kind`, ['audio', 'video']),
    uri: asNonEmptyString(uri, `${name}.uri`, MAX_TEXT) as RtpHeaderExtensionUri,
    preferredId: asInteger(preferredId, `${name}.preferredId`, 1, 255),
    preferredEncrypt: asBoolean(preferredEncrypt ?? false, `${name}.preferredEncrypt`),
    direction: asOneOf(direction ?? 'sendrecv', `${name}.direction`, DIRECTIONS),
  };
}

function readHeaderExtensionParameters(value: unknown, name: string): RtpHeaderExtensionParameters {
  const { uri, id, encrypt, parameters } = asObject(value, name);
  return {
    uri: asNonEmptyString(uri, `${name}.uri`, MAX_TEXT) as RtpHeaderExtensionUri,
    id: asInteger(id, `${name}.id`, 1, 255),
    encrypt: asBoolean(encrypt ?? false, `${name}.encrypt`),
    parameters: readCodecSpecific(parameters ?? {}, `${name}.parameters`),
  };
}

function readEncoding(value: unknown, name: string): RtpEncodingParameters {
  const { ssrc, rid, codecPayloadType, rtx, dtx, scalabilityMode, maxBitrate } = asObject(value, name);
  return {
    ...optional('ssrc', ssrc, (field) => asInteger(field, `${name}.ssrc`, 0, MAX_UINT32)),
    ...optional('rid', rid, (field) => asRid(field, `${name}.rid`)),
    ...optional('codecPayloadType', codecPayloadType, (field) =>
      asInteger(field, `${name}.codecPayloadType`, 0, 127),
    ),
    ...optional('rtx', rtx, (field) => ({
      ssrc: asInteger(asObject(field, `${name}.rtx`).ssrc, `${name}.rtx.ssrc`, 0, MAX_UINT32),
    })),
    dtx: asBoolean(dtx ?? false, `${name}.dtx`),
    ...optional('scalabilityMode', scalabilityMode, (field) =>
      asString(field, `${name}.scalabilityMode`, MAX_ID_LENGTH),
    ),
    ...optional('maxBitrate', maxBitrate, (field) => asInteger(field, `${name}.maxBitrate`, 0, MAX_UINT32)),
  };
}

/** RFC 8851, 10: rid-id = 1*(alpha-numeric / "-" / "_"). */
function asRid(value: unknown, name: string): string {
  const rid = asNonEmptyString(value, name, MAX_ID_LENGTH);
  if (!/^[\w-]+$/.test(rid)) throw new TypeError(`${name} must have only letters, digits, '-' and '_'`);
  return rid;
}

function readRtcp(value: unknown, name: string): RtcpParameters {
  const { cname, reducedSize } = asObject(value, name);
  return {
    ...optional('cname', cname, (field) => asString(field, `${name}.cname`, MAX_CNAME_LENGTH)),
    reducedSize: asBoolean(reducedSize ?? true, `${name}.reducedSize`),
  };
}
