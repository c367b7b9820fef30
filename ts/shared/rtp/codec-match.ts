import { isSameProfile } from 'h264-profile-level-id';
import type { RtpCodecSpecificParameters } from './rtp-parameters.js';

type Codec = {
  mimeType: string;
  clockRate: number;
  channels?: number;
  parameters?: RtpCodecSpecificParameters;
};

/** Parameters that must be equal, with the value that a missing one stands for. */
type ParameterDefaults = Record<string, string | number>;

/**
 * What decides, beside name, clock rate and channels, whether two codecs can share packets.
 * H264: RFC 6184, 8.2.2. H265: RFC 7798, 7.2.2; the level may differ, as it may be lowered by an answer.
 * VP9: RFC 9628, 6. AV1: https://aomediacodec.github.io/av1-rtp-spec/#72-sdp-parameters.
 */
const ALWAYS: Record<string, ParameterDefaults> = {
  'video/h264': { 'packetization-mode': 0 },
  'audio/multiopus': { num_streams: '', coupled_streams: '' },
};
const STRICT: Record<string, ParameterDefaults> = {
  'video/h265': { 'profile-id': 1, 'tier-flag': 0, 'tx-mode': 'SRST' },
  'video/vp9': { 'profile-id': 0 },
  'video/av1': { profile: 0 },
  'audio/multiopus': { channel_mapping: '' },
};

/**
 * Whether packets of one codec can be decoded as the other. Without `strict`, profiles are not compared: so is a
 * codec found in the table of what is supported, where no profile is named.
 */
export function matchCodecs(a: Codec, b: Codec, { strict = false }: { strict?: boolean } = {}): boolean {
  const mimeType = a.mimeType.toLowerCase();
  if (mimeType !== b.mimeType.toLowerCase() || a.clockRate !== b.clockRate) return false;
  if (mimeType.startsWith('audio/') && (a.channels ?? 1) !== (b.channels ?? 1)) return false;
  if (!sameParameters(a, b, ALWAYS[mimeType])) return false;
  if (!strict) return true;
  return sameParameters(a, b, STRICT[mimeType]) && (mimeType !== 'video/h264' || sameH264Profile(a, b));
}

function sameParameters(a: Codec, b: Codec, defaults: ParameterDefaults = {}): boolean {
  return Object.entries(defaults).every(
    ([name, missing]) => String(a.parameters?.[name] ?? missing) === String(b.parameters?.[name] ?? missing),
  );
}

function sameH264Profile(a: Codec, b: Codec): boolean {
  return isSameProfile(h264Profile(a), h264Profile(b));
}

/** A profile-level-id of decimal digits only, such as 640032, may have been read as a number. */
function h264Profile(codec: Codec): Record<string, string> {
  const value = codec.parameters?.['profile-level-id'];
  return value === undefined ? {} : { 'profile-level-id': String(value) };
}
