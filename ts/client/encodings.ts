import { asOneOf } from '../shared/rtp/fields.js';
import { parseScalabilityMode } from '../shared/rtp/scalability-mode.js';
import type { Size } from '../shared/signalling/messages.js';

/** https://www.w3.org/TR/webrtc-svc/#rtcrtpencodingparameters-extensions */
export type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** `true`: as many encodings as its size is worth; a list: these, from the lowest to the highest quality. */
export type Simulcast = boolean | Encoding[];

/**
 * `true`: as many spatial layers as its size is worth; or a scalability mode, such as 'L3T3_KEY'.
 * See https://www.w3.org/TR/webrtc-svc/#scalabilitymodes*
 */
export type Svc = boolean | string;

/** What is to be sent, as far as it matters for its encodings. */
export type Source = {
  kind: string;
  /** 'VP8' and so on. */
  codec: string;
  /** As captured. Undefined: the browser does not say. */
  size: Size | undefined;
  /** A shared screen: sharp rather than smooth. */
  screen: boolean;
  /** Whether the browser knows scalability modes. */
  scalable: boolean;
};

/** How the room's profiles are to be made of it; false: it has only one. */
export type Layering = { simulcast: Simulcast; svc: Svc };

/** The least length, of the longer side, for which so many layers are worth sending. */
const THREE_LAYERS = 960;
const TWO_LAYERS = 480;
const MAX_SCREEN_LAYERS = 2;
const SCREEN_FRAME_RATE = 15;
const CAMERA: Size = { width: 1280, height: 720 };
const SCREEN: Size = { width: 1920, height: 1080 };

/** Of VP8 at 1280×720 and 30 pictures a second. */
const BASE_BITRATE = 1_500_000;
/** Four times the pixels are worth 2.8 times the bits. */
const EXPONENT = 0.75;
/** Bits for the same quality, to those of VP8 and H264. */
const EFFICIENCY: Record<string, number> = { VP9: 0.75, H265: 0.7, AV1: 0.65 };

/** Codecs of which one stream can have several resolutions. */
export const SVC_CODECS = ['VP9', 'AV1'];
/** Whose simulcast streams can be thinned out in time. */
const TEMPORAL_CODECS = ['VP8', 'H264', 'VP9', 'AV1'];
const SCALABILITY_MODE = /^(L[1-3]T[1-3]|[LS][23]T[1-3]h?(_KEY(_SHIFT)?)?)$/;
const RIDS = ['q', 'h', 'f'];

/** Bits per second that a picture of this size is worth. */
export function bitrateOf({ width, height }: Size, codec: string): number {
  const pixels = (width * height) / (CAMERA.width * CAMERA.height);
  const bitrate = BASE_BITRATE * pixels ** EXPONENT * (EFFICIENCY[codec] ?? 1);
  return Math.max(50_000, Math.round(bitrate / 10_000) * 10_000);
}

/** What a transceiver is to send. Undefined is one encoding, with the browser's defaults. */
export function encodingsOf(layering: Layering, source: Source): Encoding[] | undefined {
  const { simulcast, svc } = layering;
  if (svc !== false && source.scalable) return [svcEncoding(svc, source)];
  if (Array.isArray(simulcast)) return named(simulcast);
  return simulcast || svc !== false ? simulcastEncodings(source) : undefined;
}

/** For each layer from the lowest, by how much it is smaller than what is captured. */
export function scalesOf(encodings: Encoding[]): number[] {
  const [first] = encodings;
  const { spatialLayers } = parseScalabilityMode(first?.scalabilityMode);
  if (encodings.length === 1)
    return halves(spatialLayers).map((half) => half * (first?.scaleResolutionDownBy ?? 1));
  const given = encodings.map(({ scaleResolutionDownBy }) => scaleResolutionDownBy);
  // https://www.w3.org/TR/webrtc/#dom-rtcrtptransceiver-addtransceiver: halves if none is given, else 1.
  return given.every((scale) => scale === undefined)
    ? halves(encodings.length)
    : given.map((scale) => scale ?? 1);
}

/** @throws TypeError */
export function requireLayering({ simulcast, svc }: Layering, kind: string): void {
  if (typeof simulcast !== 'boolean' && !(Array.isArray(simulcast) && simulcast.length > 0)) {
    throw new TypeError('simulcast must be a boolean or a list of encodings');
  }
  if (typeof svc !== 'boolean' && !SCALABILITY_MODE.test(svc)) {
    throw new TypeError('svc must be a boolean or a scalability mode such as L3T3_KEY');
  }
  if (simulcast !== false && svc !== false) throw new TypeError('svc must not be given with simulcast');
  if (simulcast !== false) asOneOf(kind, 'simulcast: kind', ['video']);
  if (svc !== false) asOneOf(kind, 'svc: kind', ['video']);
}

function layersWorth({ size, screen }: Source): number {
  const length = size ? Math.max(size.width, size.height) : THREE_LAYERS;
  const layers = length >= THREE_LAYERS ? 3 : length >= TWO_LAYERS ? 2 : 1;
  return screen ? Math.min(layers, MAX_SCREEN_LAYERS) : layers;
}

/** So many, from the lowest: [4, 2, 1]. */
function halves(layers: number): number[] {
  return Array.from({ length: layers }, (_, layer) => 2 ** (layers - 1 - layer));
}

function simulcastEncodings(source: Source): Encoding[] {
  const scales = halves(layersWorth(source));
  const isTemporal = source.scalable && TEMPORAL_CODECS.includes(source.codec);
  return scales.map((scale, layer) => ({
    ...(scales.length > 1 && { rid: RIDS[RIDS.length - scales.length + layer]! }),
    scaleResolutionDownBy: scale,
    maxBitrate: layerBitrate(source, scale),
    ...(isTemporal && { scalabilityMode: 'L1T3' }),
    ...(source.screen && { maxFramerate: SCREEN_FRAME_RATE }),
  }));
}

function svcEncoding(svc: Svc, source: Source): Encoding {
  const layers = layersWorth(source);
  const scalabilityMode = typeof svc === 'string' ? svc : layers === 1 ? 'L1T3' : `L${layers}T3_KEY`;
  const { spatialLayers } = parseScalabilityMode(scalabilityMode);
  const bitrates = halves(spatialLayers).map((scale) => layerBitrate(source, scale));
  return {
    scalabilityMode,
    maxBitrate: bitrates.reduce((sum, bitrate) => sum + bitrate, 0),
    ...(source.screen && { maxFramerate: SCREEN_FRAME_RATE }),
  };
}

function layerBitrate({ size, screen, codec }: Source, scale: number): number {
  const { width, height } = size ?? (screen ? SCREEN : CAMERA);
  return bitrateOf({ width: width / scale, height: height / scale }, codec);
}

function named(encodings: Encoding[]): Encoding[] {
  return encodings.map((encoding, index) => ({
    ...(encodings.length > 1 && { rid: `r${index}` }),
    ...encoding,
  }));
}
