import type { RtpParameters } from '../../shared/rtp/rtp-parameters.js';
import { parseScalabilityMode } from '../../shared/rtp/scalability-mode.js';
import type { EffectiveProfile, PreferredProfile } from '../../shared/signalling/messages.js';

/** Profiles are named from the top: a producer of two layers has 'high' and 'medium'. */
const FROM_TOP = ['high', 'medium', 'low'] as const;

/** How many resolutions a producer sends. */
export function countLayers({ encodings = [] }: RtpParameters): number {
  if (encodings.length > 1) return encodings.length;
  return parseScalabilityMode(encodings[0]?.scalabilityMode).spatialLayers;
}

/** The spatial layer that is the most to be sent; 0 is the lowest. */
export function layerOf(profile: PreferredProfile, count: number): number {
  const below = profile === 'default' ? 0 : FROM_TOP.indexOf(profile);
  return Math.max(0, count - 1 - below);
}

/** What a spatial layer is called; without one, nothing is sent. */
export function profileOf(spatialLayer: number | undefined, count: number): EffectiveProfile {
  if (count === 1) return 'default';
  if (spatialLayer === undefined) return 'none';
  return FROM_TOP[count - 1 - spatialLayer] ?? 'low';
}

/** A consumer's own wish goes before its producer's. */
export function wish(ofConsumer: PreferredProfile, ofProducer: PreferredProfile): PreferredProfile {
  return ofConsumer === 'default' ? ofProducer : ofConsumer;
}
