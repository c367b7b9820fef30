import { NotFoundError, UnsupportedError } from '../errors.js';
import { matchCodecs } from '../rtp/codec-match.js';
import { intersectFeedback } from '../rtp/negotiate.js';
import type {
  NormalizedRtpParameters,
  RtcpFeedback,
  RtpCapabilities,
  RtpCodecCapability,
  RtpCodecParameters,
  RtpCodecSpecificParameters,
  RtpEncodingParameters,
  RtpHeaderExtension,
  RtpHeaderExtensionParameters,
  RtpHeaderExtensionUri,
} from '../rtp/rtp-parameters.js';
import { isRtx } from '../rtp/rtp-parameters.js';
import type { Description, ExtensionMap, MediaSection } from './description.js';
import { parseDescription } from './parse.js';

const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';

type SentEncoding = Pick<RtpEncodingParameters, 'rid' | 'scalabilityMode' | 'maxBitrate'>;

export type SendingParametersOptions = {
  /** The local offer, after `setLocalDescription()`. */
  offer: string;
  /** The transceiver's. */
  mid: string;
  routerRtpCapabilities: RtpCapabilities;
  /** The codec to send. Default: the first of the Router's that the browser has. */
  codec?: RtpCodecCapability;
  /**
   * Laid over the codec's own; the answer carries them too, so they tell the browser's encoder what to do.
   *
   * @example
   * { usedtx: 1, stereo: 1, 'sprop-stereo': 1, maxaveragebitrate: 64000 }
   */
  codecParameters?: RtpCodecSpecificParameters;
  /** The `sendEncodings` of the transceiver, for what the SDP does not tell about them. */
  encodings?: SentEncoding[];
};

/**
 * What the browser is about to send in one m-section, for the server and for our answer: one codec with its RTX, under
 * the browser's own numbers.
 *
 * @throws NotFoundError if the offer lacks the section, UnsupportedError if it has none of the Router's codecs
 */
export function sendingParameters(options: SendingParametersOptions): NormalizedRtpParameters {
  const { mid, routerRtpCapabilities: router, codecParameters = {}, encodings = [] } = options;
  const offer = parseDescription(options.offer);
  const section = offer.sections.find((candidate) => candidate.mid === mid);
  if (!section) throw new NotFoundError(`the offer has no m-section with mid ${mid}`);
  const headerExtensions = acceptedExtensions(section, router.headerExtensions ?? []);
  const codecs = acceptedCodecs(
    section,
    options.codec ? [options.codec] : (router.codecs ?? []),
    router.codecs ?? [],
  );
  return {
    mid,
    codecs: codecs.map((codec) => ({
      ...codec,
      ...(!isRtx(codec) && { parameters: { ...sentParameters(codec), ...codecParameters } }),
      rtcpFeedback: withoutSpareEstimator(codec.rtcpFeedback ?? [], headerExtensions),
    })),
    headerExtensions,
    encodings: sectionEncodings(section).map((encoding, index) => ({
      ...encoding,
      ...unsaid(encodings.find(({ rid }) => rid === encoding.rid) ?? encodings[index]),
      ...(codecParameters.usedtx === 1 && { dtx: true }),
    })),
    rtcp: { cname: findCname(section, offer), reducedSize: true },
    ...(section.msid && { msid: `${section.msid.streamId} ${section.msid.trackId}` }),
  };
}

/** The first wanted codec that the offer has, and its RTX if both sides have it. */
function acceptedCodecs(
  { kind, codecs }: MediaSection,
  wanted: RtpCodecCapability[],
  router: RtpCodecCapability[],
): RtpCodecParameters[] {
  for (const capability of wanted.filter((codec) => !isRtx(codec))) {
    const codec = codecs.find((candidate) => matchCodecs(candidate, capability, { strict: true }));
    if (!codec) continue;
    const rtcpFeedback = intersectFeedback(codec.rtcpFeedback ?? [], capability.rtcpFeedback ?? []);
    const rtx = codecs.find((other) => isRtx(other) && other.parameters?.apt === codec.payloadType);
    const routerHasRtx = router.some(
      (other) => isRtx(other) && other.parameters?.apt === capability.preferredPayloadType,
    );
    return rtx && routerHasRtx ? [{ ...codec, rtcpFeedback }, rtx] : [{ ...codec, rtcpFeedback }];
  }
  throw new UnsupportedError(`the browser and the Router have no ${kind} codec in common`);
}

function acceptedExtensions(
  section: MediaSection,
  router: RtpHeaderExtension[],
): Required<RtpHeaderExtensionParameters>[] {
  return section.headerExtensions
    .filter((offered) => router.some((extension) => isReceived(offered, extension, section.kind)))
    .map(({ uri, id, encrypt }) => ({ uri: uri as RtpHeaderExtensionUri, id, encrypt, parameters: {} }));
}

function isReceived(offered: ExtensionMap, router: RtpHeaderExtension, kind: string): boolean {
  const { direction = 'sendrecv', preferredEncrypt = false } = router;
  return (
    router.kind === kind &&
    router.uri === offered.uri &&
    preferredEncrypt === offered.encrypt &&
    (direction === 'sendrecv' || direction === 'recvonly') &&
    (offered.direction === 'sendrecv' || offered.direction === 'sendonly')
  );
}

/** RFC 7741, 6.1: these two say what their writer can receive, and would bind the browser in our answer. */
function sentParameters({ parameters }: RtpCodecParameters): RtpCodecSpecificParameters {
  const { 'max-fs': _size, 'max-fr': _rate, ...sent } = parameters ?? {};
  return sent;
}

/** What the SDP does not tell about an encoding. */
function unsaid(encoding: SentEncoding = {}): Omit<SentEncoding, 'rid'> {
  const { scalabilityMode, maxBitrate } = encoding;
  return {
    ...(scalabilityMode !== undefined && { scalabilityMode }),
    ...(maxBitrate !== undefined && { maxBitrate }),
  };
}

/** One bandwidth estimator at a time. */
function withoutSpareEstimator(
  feedback: RtcpFeedback[],
  extensions: RtpHeaderExtensionParameters[],
): RtcpFeedback[] {
  const useTransportCc = extensions.some(({ uri }) => uri === TRANSPORT_WIDE_CC);
  return feedback.filter(({ type }) => type !== (useTransportCc ? 'goog-remb' : 'transport-cc'));
}

/** Simulcast goes by RIDs, for which Chromium announces no SSRCs; a lone stream by its SSRCs. */
function sectionEncodings({ simulcast, ssrcs, ssrcGroups }: MediaSection): RtpEncodingParameters[] {
  if (simulcast?.direction === 'send') return simulcast.rids.map((rid) => ({ rid }));
  const pair = ssrcGroups.find(({ semantics }) => semantics === 'FID')?.ssrcs ?? [];
  const ssrc = pair[0] ?? ssrcs[0]?.ssrc;
  return [{ ...(ssrc !== undefined && { ssrc }), ...(pair[1] !== undefined && { rtx: { ssrc: pair[1] } }) }];
}

/** A browser has one cname; Chromium tells it only in sections that have SSRCs. */
function findCname(section: MediaSection, { sections }: Description): string {
  return [section, ...sections].flatMap(({ ssrcs }) => ssrcs).find(({ cname }) => cname !== '')?.cname ?? '';
}
