import { UnsupportedError } from '../errors.js';
import { matchCodecs } from './codec-match.js';
import type {
  MediaKind,
  NormalizedRtpCapabilities,
  NormalizedRtpParameters,
  ProducerType,
  RouterRtpCodecCapability,
  RtcpFeedback,
  RtpCapabilities,
  RtpCodecCapability,
  RtpCodecParameters,
  RtpEncodingParameters,
  RtpHeaderExtension,
  RtpHeaderExtensionParameters,
  RtpMapping,
  RtpParameters,
} from './rtp-parameters.js';
import { isRtx } from './rtp-parameters.js';
import { parseScalabilityMode } from './scalability-mode.js';
import { getSupportedRtpCapabilities } from './supported-capabilities.js';
import {
  validateAndNormalizeMediaCodecs,
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
} from './validate.js';

/** Draws an SSRC; those that follow it by a little must be free too. */
export type RandomSsrc = () => number;

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const DEPENDENCY_DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

/** 64 to 95 are left out: next to multiplexed RTCP they look like RTCP packet types (RFC 5761, 4). */
const DYNAMIC_PAYLOAD_TYPES = [...range(100, 127), ...range(96, 99), ...range(35, 63)];

/**
 * What a Router of these codecs can route: each codec as we support it with the given parameters over ours, RTX for
 * every video codec, and all header extensions.
 *
 * @throws TypeError for a bad or repeated field, UnsupportedError for a codec that we do not have
 */
export function generateRouterRtpCapabilities(
  mediaCodecs: RouterRtpCodecCapability[] = [],
): NormalizedRtpCapabilities {
  const supported = getSupportedRtpCapabilities();
  const wanted = validateAndNormalizeMediaCodecs(mediaCodecs).map((codec) =>
    supportedCodec(codec, supported.codecs),
  );
  const nextPayloadType = payloadTypes(wanted);
  const codecs = wanted.flatMap((codec) => {
    const preferredPayloadType = codec.preferredPayloadType ?? nextPayloadType();
    const media = { ...codec, preferredPayloadType };
    return codec.kind === 'video' ? [media, rtxCapability(media, nextPayloadType())] : [media];
  });
  return { codecs, headerExtensions: supported.headerExtensions };
}

/** What a producer with these parameters is: 'simulcast' has several encodings, 'svc' one with several layers. */
export function getProducerType(params: RtpParameters): ProducerType {
  const encodings = params.encodings ?? [];
  if (encodings.length > 1) return 'simulcast';
  const { spatialLayers, temporalLayers } = parseScalabilityMode(encodings[0]?.scalabilityMode);
  return spatialLayers > 1 || temporalLayers > 1 ? 'svc' : 'simple';
}

/**
 * From a producer's payload types to the Router's, and an SSRC of our own for each of its encodings.
 *
 * @throws TypeError if the parameters contradict themselves, UnsupportedError for a codec that the Router lacks
 */
export function getProducerRtpParametersMapping(
  params: RtpParameters,
  routerCaps: RtpCapabilities,
  randomSsrc: RandomSsrc = defaultRandomSsrc,
): RtpMapping {
  const { codecs, encodings } = validateAndNormalizeRtpParameters(params);
  requireSimulcastRules(encodings);
  const capabilities = routerCaps.codecs ?? [];
  const media = codecs.filter((codec) => !isRtx(codec)).map((codec) => mapMediaCodec(codec, capabilities));
  if (media.length === 0) throw new TypeError('rtpParameters.codecs must have a media codec');
  const rtx = codecs
    .map((codec, index) => ({ codec, index }))
    .filter(({ codec }) => isRtx(codec))
    .map(({ codec, index }) => mapRtxCodec(codec, index, media, capabilities));
  const ssrc = randomSsrc();
  return {
    codecs: [...media, ...rtx],
    encodings: encodings.map((encoding, index) => ({
      ...pick(encoding, ['ssrc', 'rid', 'scalabilityMode']),
      mappedSsrc: ssrc + index,
    })),
  };
}

/**
 * What consumers of a producer can get: its codecs with the Router's payload types, our header extensions, and one
 * encoding for each of its own with our SSRCs.
 *
 * @throws TypeError if the codecs are not of that kind
 */
export function getConsumableRtpParameters(
  kind: MediaKind,
  params: RtpParameters,
  routerCaps: RtpCapabilities,
  mapping: RtpMapping,
): NormalizedRtpParameters {
  const normalized = validateAndNormalizeRtpParameters(params);
  requireKind(kind, normalized.codecs);
  const capabilities = routerCaps.codecs ?? [];
  return {
    codecs: normalized.codecs
      .filter((codec) => !isRtx(codec))
      .flatMap((codec) => consumableCodecs(codec, capabilities, mapping))
      .filter(isFirstOfItsPayloadType),
    headerExtensions: consumableHeaderExtensions(kind, routerCaps.headerExtensions ?? []),
    encodings: normalized.encodings.map((encoding, index) => ({
      ...pick(encoding, ['dtx', 'scalabilityMode', 'maxBitrate']),
      ...mappedSsrc(mapping, index),
    })),
    rtcp: { ...normalized.rtcp, reducedSize: true },
    ...pick(normalized, ['msid']),
  };
}

/**
 * Whether an endpoint with these capabilities can play at least one of the consumable codecs.
 *
 * @throws TypeError naming the field, if the capabilities are not well formed
 */
export function canConsume(consumableParams: NormalizedRtpParameters, remoteCaps: RtpCapabilities): boolean {
  const { codecs } = validateAndNormalizeRtpCapabilities(remoteCaps);
  return consumableParams.codecs.some((codec) => !isRtx(codec) && findMatch(codec, codecs) !== undefined);
}

export type ConsumerRtpParametersOptions = {
  consumableRtpParameters: NormalizedRtpParameters;
  remoteRtpCapabilities: RtpCapabilities;
  /** Forward every encoding instead of one that is chosen as it goes. */
  pipe?: boolean;
  enableRtx?: boolean;
  randomSsrc?: RandomSsrc;
};

/**
 * What a consumer gets: what the producer has and the remote endpoint can receive, in one encoding with SSRCs of its
 * own, or with `pipe` in all of them.
 *
 * @throws TypeError for malformed capabilities, UnsupportedError if they have none of the codecs
 */
export function getConsumerRtpParameters({
  consumableRtpParameters,
  remoteRtpCapabilities,
  pipe = false,
  enableRtx = true,
  randomSsrc = defaultRandomSsrc,
}: ConsumerRtpParametersOptions): NormalizedRtpParameters {
  const consumable = structuredClone(consumableRtpParameters);
  const remote = validateAndNormalizeRtpCapabilities(remoteRtpCapabilities);
  const negotiated = consumerCodecs(consumable.codecs, remote.codecs, enableRtx);
  if (negotiated.length === 0) throw new UnsupportedError('no compatible media codecs');
  // Only decoders of AV1 need to be told how frames depend on each other.
  const describes = pipe || negotiated.some(({ mimeType }) => mimeType.toLowerCase() === 'video/av1');
  const headerExtensions = consumable.headerExtensions
    .filter(({ uri }) => describes || uri !== DEPENDENCY_DESCRIPTOR)
    .filter(({ id, uri }) =>
      remote.headerExtensions.some((other) => other.preferredId === id && other.uri === uri),
    );
  const hasRtx = negotiated.some(isRtx);
  return {
    codecs: withOneBandwidthFeedback(negotiated, headerExtensions),
    headerExtensions,
    encodings: pipe
      ? pipeEncodings(consumable.encodings, hasRtx, randomSsrc)
      : [consumerEncoding(consumable.encodings, hasRtx, randomSsrc())],
    rtcp: consumable.rtcp,
    ...pick(consumable, ['msid']),
  };
}

export type PipeConsumerRtpParametersOptions = {
  consumableRtpParameters: NormalizedRtpParameters;
  enableRtx?: boolean;
  randomSsrc?: RandomSsrc;
};

/** What another Router gets through a pipe: every codec and encoding, without what only makes sense on one link. */
export function getPipeConsumerRtpParameters({
  consumableRtpParameters,
  enableRtx = false,
  randomSsrc = defaultRandomSsrc,
}: PipeConsumerRtpParametersOptions): NormalizedRtpParameters {
  const consumable = structuredClone(consumableRtpParameters);
  const perLink: string[] = [MID, ABS_SEND_TIME, TRANSPORT_WIDE_CC];
  const codecs = consumable.codecs.filter((codec) => enableRtx || !isRtx(codec));
  return {
    codecs: codecs.map((codec) => ({
      ...codec,
      rtcpFeedback: feedbackOf(codec).filter((feedback) => crossesPipe(feedback, enableRtx)),
    })),
    headerExtensions: consumable.headerExtensions.filter(({ uri }) => !perLink.includes(uri)),
    encodings: pipeEncodings(consumable.encodings, enableRtx && codecs.some(isRtx), randomSsrc),
    rtcp: consumable.rtcp,
    ...pick(consumable, ['msid']),
  };
}

/** From 100000000 to 999999999. */
export function defaultRandomSsrc(): number {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  return 100_000_000 + (random % 900_000_000);
}

function supportedCodec(codec: RouterRtpCodecCapability, supported: RouterRtpCodecCapability[]) {
  const match = supported.find((candidate) => matchCodecs(codec, candidate));
  if (!match)
    throw new UnsupportedError(`codec ${codec.mimeType} (clock rate ${codec.clockRate}) is not supported`);
  return {
    ...match,
    ...pick(codec, ['preferredPayloadType']),
    parameters: { ...match.parameters, ...codec.parameters },
  };
}

/** Hands out the dynamic payload types that nobody asked for. */
function payloadTypes(codecs: RouterRtpCodecCapability[]): () => number {
  const taken = new Set<number>();
  codecs.forEach(({ preferredPayloadType }, index) => {
    if (preferredPayloadType === undefined) return;
    if (taken.has(preferredPayloadType)) {
      throw new TypeError(`mediaCodecs[${index}].preferredPayloadType must be unique`);
    }
    taken.add(preferredPayloadType);
  });
  const free = DYNAMIC_PAYLOAD_TYPES.filter((payloadType) => !taken.has(payloadType)).values();
  return () => {
    const { value } = free.next();
    if (value === undefined)
      throw new TypeError('mediaCodecs must leave a payload type for each codec and its RTX');
    return value;
  };
}

function rtxCapability(media: RtpCodecCapability, preferredPayloadType: number): RtpCodecCapability {
  return {
    kind: media.kind,
    mimeType: `${media.kind}/rtx`,
    preferredPayloadType,
    clockRate: media.clockRate,
    parameters: { apt: media.preferredPayloadType },
    rtcpFeedback: [],
  };
}

function requireSimulcastRules(encodings: RtpEncodingParameters[]): void {
  if (encodings.length < 2) return;
  encodings.forEach(({ ssrc, rid, scalabilityMode }, index) => {
    const name = `rtpParameters.encodings[${index}]`;
    if (ssrc === undefined && rid === undefined) throw new TypeError(`${name} must have an ssrc or a rid`);
    if (parseScalabilityMode(scalabilityMode).spatialLayers > 1) {
      throw new TypeError(
        `${name}.scalabilityMode must have one spatial layer when there are several encodings`,
      );
    }
  });
}

function mapMediaCodec(
  codec: RtpCodecParameters,
  capabilities: RtpCodecCapability[],
): RtpMapping['codecs'][number] {
  const match = findMatch(codec, capabilities);
  if (!match)
    throw new UnsupportedError(
      `the Router has no codec ${codec.mimeType} as in payload type ${codec.payloadType}`,
    );
  return { payloadType: codec.payloadType, mappedPayloadType: match.preferredPayloadType };
}

function mapRtxCodec(
  codec: RtpCodecParameters,
  index: number,
  media: RtpMapping['codecs'],
  capabilities: RtpCodecCapability[],
): RtpMapping['codecs'][number] {
  const associated = media.find(({ payloadType }) => payloadType === codec.parameters?.apt);
  if (!associated) {
    throw new TypeError(
      `rtpParameters.codecs[${index}].parameters.apt must be the payload type of a media codec`,
    );
  }
  const rtx = findRtx(associated.mappedPayloadType, capabilities);
  if (!rtx) throw new UnsupportedError(`the Router has no RTX for payload type ${associated.payloadType}`);
  return { payloadType: codec.payloadType, mappedPayloadType: rtx.preferredPayloadType };
}

function requireKind(kind: MediaKind, codecs: RtpCodecParameters[]): void {
  codecs.forEach(({ mimeType }, index) => {
    if (!mimeType.toLowerCase().startsWith(`${kind}/`)) {
      throw new TypeError(`rtpParameters.codecs[${index}].mimeType must be of kind ${kind}`);
    }
  });
}

function consumableCodecs(
  codec: RtpCodecParameters,
  capabilities: RtpCodecCapability[],
  mapping: RtpMapping,
): RtpCodecParameters[] {
  const mapped = mapping.codecs.find(({ payloadType }) => payloadType === codec.payloadType);
  const capability = capabilities.find((other) => other.preferredPayloadType === mapped?.mappedPayloadType);
  if (!capability) return [];
  const media = {
    ...asParameters(capability),
    mimeType: capability.mimeType,
    parameters: { ...codec.parameters },
  };
  const rtx = findRtx(capability.preferredPayloadType, capabilities);
  return rtx ? [media, asParameters(rtx)] : [media];
}

function asParameters({ kind: _, preferredPayloadType, ...codec }: RtpCodecCapability): RtpCodecParameters {
  return structuredClone({ ...codec, payloadType: preferredPayloadType });
}

/** Two codecs of a producer may be one of the Router's, when they differ in level only. */
function isFirstOfItsPayloadType(
  codec: RtpCodecParameters,
  index: number,
  codecs: RtpCodecParameters[],
): boolean {
  return codecs.findIndex(({ payloadType }) => payloadType === codec.payloadType) === index;
}

/** What we send. */
function consumableHeaderExtensions(
  kind: MediaKind,
  extensions: RtpHeaderExtension[],
): RtpHeaderExtensionParameters[] {
  return extensions
    .filter((extension) => extension.kind === kind)
    .filter(({ direction = 'sendrecv' }) => direction.startsWith('send'))
    .map(({ uri, preferredId, preferredEncrypt = false }) => ({
      uri,
      id: preferredId,
      encrypt: preferredEncrypt,
      parameters: {},
    }));
}

function mappedSsrc(mapping: RtpMapping, index: number): { ssrc?: number } {
  const encoding = mapping.encodings[index];
  return encoding ? { ssrc: encoding.mappedSsrc } : {};
}

function consumerCodecs(
  consumable: RtpCodecParameters[],
  remote: RtpCodecCapability[],
  enableRtx: boolean,
): RtpCodecParameters[] {
  return consumable
    .filter((codec) => !isRtx(codec))
    .flatMap((codec) => {
      const match = findMatch(codec, remote);
      if (!match) return [];
      const rtcpFeedback = intersectFeedback(feedbackOf(codec), feedbackOf(match)).filter(
        (feedback) => enableRtx || !isPlainNack(feedback),
      );
      const media = { ...codec, rtcpFeedback: [...rtcpFeedback, ...feedbackOf(match).filter(isCcfb)] };
      const rtx = consumable.find((other) => isRtx(other) && other.parameters?.apt === codec.payloadType);
      const withRtx = enableRtx && rtx && findRtx(match.preferredPayloadType, remote);
      return withRtx ? [media, rtx] : [media];
    });
}

/**
 * One kind of bandwidth feedback at a time: transport-cc where its extension is negotiated, else that of RFC 8888 where
 * the client has it (the Router does not announce it, as it asks for none), else REMB where its extension is negotiated.
 */
function withOneBandwidthFeedback(
  codecs: RtpCodecParameters[],
  extensions: RtpHeaderExtensionParameters[],
): RtpCodecParameters[] {
  const has = (uri: string) => extensions.some((extension) => extension.uri === uri);
  const useTransportCc = has(TRANSPORT_WIDE_CC);
  const useCcfb = !useTransportCc && codecs.some((codec) => feedbackOf(codec).some(isCcfb));
  const useRemb = !useTransportCc && !useCcfb && has(ABS_SEND_TIME);
  return codecs.map((codec) => ({
    ...codec,
    rtcpFeedback: feedbackOf(codec).filter(
      (feedback) =>
        (useTransportCc || feedback.type !== 'transport-cc') &&
        (useCcfb || !isCcfb(feedback)) &&
        (useRemb || feedback.type !== 'goog-remb'),
    ),
  }));
}

function consumerEncoding(
  source: RtpEncodingParameters[],
  hasRtx: boolean,
  ssrc: number,
): RtpEncodingParameters {
  const scalabilityMode = consumerScalabilityMode(source);
  const bitrates = source.flatMap(({ maxBitrate }) => maxBitrate ?? []);
  return {
    ssrc,
    ...(hasRtx && { rtx: { ssrc: ssrc + 1 } }),
    ...(scalabilityMode !== undefined && { scalabilityMode }),
    ...(bitrates.length > 0 && { maxBitrate: Math.max(...bitrates) }),
  };
}

/** Several encodings are as many spatial layers; one encoding keeps its mode. */
function consumerScalabilityMode(source: RtpEncodingParameters[]): string | undefined {
  const scalabilityMode = source.find((encoding) => encoding.scalabilityMode)?.scalabilityMode;
  if (source.length < 2) return scalabilityMode;
  return `L${source.length}T${parseScalabilityMode(scalabilityMode).temporalLayers}`;
}

function pipeEncodings(
  source: RtpEncodingParameters[],
  hasRtx: boolean,
  randomSsrc: RandomSsrc,
): RtpEncodingParameters[] {
  const ssrc = randomSsrc();
  return source.map((encoding, index) => ({
    ...encoding,
    ssrc: ssrc + index,
    ...(hasRtx && { rtx: { ssrc: ssrc + source.length + index } }),
  }));
}

function crossesPipe(feedback: RtcpFeedback, enableRtx: boolean): boolean {
  const { type, parameter } = feedback;
  return (
    (type === 'nack' && parameter === 'pli') ||
    (type === 'ccm' && parameter === 'fir') ||
    (enableRtx && isPlainNack(feedback))
  );
}

function findMatch(
  codec: RtpCodecParameters,
  capabilities: RtpCodecCapability[],
): RtpCodecCapability | undefined {
  return capabilities.find((capability) => matchCodecs(codec, capability, { strict: true }));
}

function findRtx(
  mediaPayloadType: number,
  capabilities: RtpCodecCapability[],
): RtpCodecCapability | undefined {
  return capabilities.find((codec) => isRtx(codec) && codec.parameters?.apt === mediaPayloadType);
}

function feedbackOf({ rtcpFeedback = [] }: { rtcpFeedback?: RtcpFeedback[] }): RtcpFeedback[] {
  return rtcpFeedback;
}

function isPlainNack({ type, parameter = '' }: RtcpFeedback): boolean {
  return type === 'nack' && parameter === '';
}

/** RFC 8888, 6. */
function isCcfb({ type, parameter }: RtcpFeedback): boolean {
  return type === 'ack' && parameter === 'ccfb';
}

export function intersectFeedback(ours: RtcpFeedback[], theirs: RtcpFeedback[]): RtcpFeedback[] {
  return ours.filter(({ type, parameter = '' }) =>
    theirs.some((other) => other.type === type && (other.parameter ?? '') === parameter),
  );
}

function pick<T extends object, K extends keyof T>(object: T, keys: K[]): Pick<T, K> {
  return Object.fromEntries(
    keys.filter((key) => object[key] !== undefined).map((key) => [key, object[key]]),
  ) as Pick<T, K>;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
