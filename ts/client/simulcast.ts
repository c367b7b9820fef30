/** From the lowest to the highest: what 'low', 'medium' and 'high' of a consumer's profiles choose from. */
const DEFAULT_ENCODINGS: RTCRtpEncodingParameters[] = [
  { rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 100_000 },
  { rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 300_000 },
  { rid: 'f', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
];

/** `true`: three encodings; a list: these, from the lowest to the highest quality. */
export type Simulcast = boolean | RTCRtpEncodingParameters[];

/** Undefined is one encoding, with the browser's defaults. */
export function encodingsOf(simulcast: Simulcast, kind: string): RTCRtpEncodingParameters[] | undefined {
  if (simulcast === false) return undefined;
  if (kind !== 'video') throw new TypeError('simulcast is for video');
  if (simulcast === true) return DEFAULT_ENCODINGS.map((encoding) => ({ ...encoding }));
  if (!Array.isArray(simulcast) || simulcast.length === 0) {
    throw new TypeError('simulcast must be a boolean or a list of encodings');
  }
  return simulcast.map((encoding, index) => ({
    ...(simulcast.length > 1 && { rid: `r${index}` }),
    ...encoding,
  }));
}
