import type { RouterRtpCodecCapability } from '../../shared/rtp/rtp-parameters.js';

/** What a Room carries unless told otherwise: what browsers send, in no order of preference. */
export function defaultMediaCodecs(): RouterRtpCodecCapability[] {
  return [
    { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
    { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
    { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 0 } },
    h264('42e01f'),
    h264('42001f'),
    { kind: 'video', mimeType: 'video/AV1', clockRate: 90000 },
    { kind: 'video', mimeType: 'video/H265', clockRate: 90000 },
  ];
}

/** 42e0.. is constrained baseline, 4200.. baseline (RFC 6184, 8.1). */
function h264(profileLevelId: string): RouterRtpCodecCapability {
  return {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: {
      'packetization-mode': 1,
      'profile-level-id': profileLevelId,
      'level-asymmetry-allowed': 1,
    },
  };
}
