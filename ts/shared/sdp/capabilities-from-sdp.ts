import { matchCodecs } from '../rtp/codec-match.js';
import { intersectFeedback } from '../rtp/negotiate.js';
import type {
  MediaKind,
  NormalizedRtpCapabilities,
  RtpCapabilities,
  RtpCodecCapability,
  RtpHeaderExtension,
  RtpHeaderExtensionUri,
} from '../rtp/rtp-parameters.js';
import { isRtx } from '../rtp/rtp-parameters.js';
import type { MediaSection } from './description.js';
import { parseDescription } from './parse.js';

/**
 * What a browser can do, from an offer that has an audio and a video section:
 * `pc.addTransceiver('audio'); pc.addTransceiver('video'); (await pc.createOffer()).sdp`.
 */
export function capabilitiesFromSdp(offer: string): NormalizedRtpCapabilities {
  const sections = parseDescription(offer).sections.filter(({ kind }) => kind !== 'application');
  return {
    codecs: uniqueByKind(sections).flatMap(codecCapabilities),
    headerExtensions: uniqueByKind(sections).flatMap(extensionCapabilities),
  };
}

/**
 * What a client tells the server that it can receive: the Router's codecs and header extensions that the browser has
 * too, with the Router's numbers, as our offers to the browser use those.
 */
export function receivingCapabilities(
  browser: NormalizedRtpCapabilities,
  router: RtpCapabilities,
): NormalizedRtpCapabilities {
  const media = (router.codecs ?? []).filter((codec) => !isRtx(codec));
  return {
    codecs: media.flatMap((codec) => receivableCodecs(codec, browser.codecs, router.codecs ?? [])),
    headerExtensions: (router.headerExtensions ?? [])
      .filter(
        (extension) =>
          sends(extension) && browser.headerExtensions.some((other) => receives(other, extension)),
      )
      .map((extension) => ({ ...extension, direction: 'sendrecv' as const })),
  };
}

/**
 * The first codec of the Router that the browser can send; `name` is its subtype, such as 'VP9'. Undefined: there is
 * none.
 */
export function sendableCodec(
  kind: MediaKind,
  browser: NormalizedRtpCapabilities,
  router: RtpCapabilities,
  name?: string,
): RtpCodecCapability | undefined {
  const mimeType = name && `${kind}/${name}`.toLowerCase();
  return (router.codecs ?? []).find(
    (codec) =>
      codec.kind === kind &&
      !isRtx(codec) &&
      (!mimeType || codec.mimeType.toLowerCase() === mimeType) &&
      findCodec(codec, browser.codecs) !== undefined,
  );
}

function uniqueByKind(sections: MediaSection[]): MediaSection[] {
  return sections.filter(({ kind }, index) => sections.findIndex((other) => other.kind === kind) === index);
}

function codecCapabilities({ kind, codecs }: MediaSection): RtpCodecCapability[] {
  return codecs.map(({ payloadType, ...codec }) => ({
    kind: kind as MediaKind,
    preferredPayloadType: payloadType,
    ...codec,
  }));
}

function extensionCapabilities({ kind, headerExtensions }: MediaSection): RtpHeaderExtension[] {
  return headerExtensions.map(({ uri, id, direction, encrypt }) => ({
    kind: kind as MediaKind,
    uri: uri as RtpHeaderExtensionUri,
    preferredId: id,
    preferredEncrypt: encrypt,
    direction,
  }));
}

function receivableCodecs(
  codec: RtpCodecCapability,
  browser: RtpCodecCapability[],
  router: RtpCodecCapability[],
): RtpCodecCapability[] {
  const match = findCodec(codec, browser);
  if (!match) return [];
  const rtcpFeedback = intersectFeedback(codec.rtcpFeedback ?? [], match.rtcpFeedback ?? []);
  const rtx = findRtx(codec, router);
  const media = { ...codec, rtcpFeedback };
  return rtx && findRtx(match, browser) ? [media, rtx] : [media];
}

function findCodec(codec: RtpCodecCapability, codecs: RtpCodecCapability[]): RtpCodecCapability | undefined {
  return codecs.find((other) => matchCodecs(codec, other, { strict: true }));
}

function findRtx(media: RtpCodecCapability, codecs: RtpCodecCapability[]): RtpCodecCapability | undefined {
  return codecs.find((codec) => isRtx(codec) && codec.parameters?.apt === media.preferredPayloadType);
}

function sends({ direction = 'sendrecv' }: RtpHeaderExtension): boolean {
  return direction.startsWith('send');
}

function receives(browser: RtpHeaderExtension, extension: RtpHeaderExtension): boolean {
  return (
    browser.kind === extension.kind &&
    browser.uri === extension.uri &&
    (browser.preferredEncrypt ?? false) === (extension.preferredEncrypt ?? false) &&
    (browser.direction === 'sendrecv' || browser.direction === 'recvonly')
  );
}
