import { describe, expect, it } from '@jest/globals';
import { matchCodecs } from './codec-match.js';
import type { RtpCodecSpecificParameters } from './rtp-parameters.js';

const strict = { strict: true };

function video(name: string, parameters?: RtpCodecSpecificParameters) {
  return { mimeType: `video/${name}`, clockRate: 90000, ...(parameters && { parameters }) };
}

function audio(name: string, clockRate: number, channels?: number, parameters?: RtpCodecSpecificParameters) {
  return {
    mimeType: `audio/${name}`,
    clockRate,
    ...(channels && { channels }),
    ...(parameters && { parameters }),
  };
}

describe('matchCodecs', () => {
  it.each([
    ['the case of the name does not count', video('VP8'), video('vp8'), true],
    ['names differ', video('VP8'), video('VP9'), false],
    ['clock rates differ', audio('telephone-event', 8000), audio('telephone-event', 48000), false],
    ['one channel is the default', audio('PCMU', 8000), audio('PCMU', 8000, 1), true],
    ['channels differ', audio('opus', 48000, 2), audio('opus', 48000), false],
    ['other parameters do not count', audio('opus', 48000, 2, { usedtx: 1 }), audio('opus', 48000, 2), true],
    ['VP9 profile 0 is the default', video('VP9'), video('VP9', { 'profile-id': 0 }), true],
    ['VP9 profiles differ', video('VP9', { 'profile-id': 2 }), video('VP9'), false],
    ['a number may be text', video('VP9', { 'profile-id': '2' }), video('VP9', { 'profile-id': 2 }), true],
    ['AV1 profile 0 is the default', video('AV1'), video('AV1', { profile: 0, 'level-idx': 5 }), true],
    ['AV1 profiles differ', video('AV1', { profile: 1 }), video('AV1'), false],
    [
      'H265 defaults',
      video('H265'),
      video('H265', { 'profile-id': 1, 'tier-flag': 0, 'tx-mode': 'SRST' }),
      true,
    ],
    ['H265 levels may differ', video('H265', { 'level-id': 93 }), video('H265', { 'level-id': 180 }), true],
    ['H265 profiles differ', video('H265', { 'profile-id': 2 }), video('H265'), false],
    ['H265 tiers differ', video('H265', { 'tier-flag': 1 }), video('H265'), false],
    ['H265 transmission modes differ', video('H265', { 'tx-mode': 'MRST' }), video('H265'), false],
    ['multiopus streams differ', multiopus('0,1,2,3', 4, 0), multiopus('0,1,2,3', 2, 2), false],
    ['multiopus mappings differ', multiopus('0,1,2,3', 2, 2), multiopus('0,2,1,3', 2, 2), false],
    ['multiopus alike', multiopus('0,1,2,3', 2, 2), multiopus('0,1,2,3', 2, 2), true],
  ])('%s', (_, a, b, expected) => {
    expect(matchCodecs(a, b, strict)).toBe(expected);
    expect(matchCodecs(b, a, strict)).toBe(expected);
  });

  it.each([
    ['the default profile is constrained baseline', {}, { 'profile-level-id': '42e01f' }, true],
    ['levels may differ', { 'profile-level-id': '42e01f' }, { 'profile-level-id': '42e034' }, true],
    ['packetization mode 0 is the default', {}, { 'packetization-mode': 0 }, true],
    ['packetization modes differ', {}, { 'packetization-mode': 1 }, false],
    [
      'baseline is not constrained baseline',
      { 'profile-level-id': '42001f' },
      { 'profile-level-id': '42e01f' },
      false,
    ],
    [
      '4d801f is constrained baseline too',
      { 'profile-level-id': '42e01f' },
      { 'profile-level-id': '4d801f' },
      true,
    ],
    ['a profile read as a number', { 'profile-level-id': 640032 }, { 'profile-level-id': '64001f' }, true],
    ['a profile that is none', { 'profile-level-id': 'zz' }, { 'profile-level-id': 'zz' }, false],
  ])('H264: %s', (_, a, b, expected) => {
    expect(matchCodecs(video('H264', a), video('H264', b), strict)).toBe(expected);
  });

  it('compares no profile unless strict', () => {
    expect(matchCodecs(video('VP9', { 'profile-id': 2 }), video('VP9'))).toBe(true);
    expect(matchCodecs(video('H264', { 'profile-level-id': '640032' }), video('H264'))).toBe(true);
    expect(matchCodecs(video('H264', { 'packetization-mode': 1 }), video('H264'))).toBe(false);
  });
});

function multiopus(mapping: string, streams: number, coupled: number) {
  return audio('multiopus', 48000, 4, {
    channel_mapping: mapping,
    num_streams: streams,
    coupled_streams: coupled,
  });
}
