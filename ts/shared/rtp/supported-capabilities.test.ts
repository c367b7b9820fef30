import { describe, expect, it } from '@jest/globals';
import { getSupportedRtpCapabilities } from './supported-capabilities.js';
import { validateAndNormalizeMediaCodecs, validateAndNormalizeRtpCapabilities } from './validate.js';

describe('getSupportedRtpCapabilities', () => {
  it('is normal already', () => {
    const { codecs, headerExtensions } = getSupportedRtpCapabilities();

    expect(validateAndNormalizeMediaCodecs(codecs)).toEqual(codecs);
    expect(validateAndNormalizeRtpCapabilities({ headerExtensions }).headerExtensions).toEqual(
      headerExtensions,
    );
  });

  it('gives everyone a copy', () => {
    getSupportedRtpCapabilities().codecs.pop();
    getSupportedRtpCapabilities().codecs[0]?.rtcpFeedback?.pop();

    expect(getSupportedRtpCapabilities().codecs.at(-1)?.mimeType).toBe('video/AV1');
    expect(getSupportedRtpCapabilities().codecs[0]?.rtcpFeedback).toHaveLength(2);
  });

  it('has one id for a header extension in audio and video', () => {
    const ids = new Map<string, number>();
    for (const { uri, preferredId } of getSupportedRtpCapabilities().headerExtensions) {
      expect(ids.get(uri) ?? preferredId).toBe(preferredId);
      ids.set(uri, preferredId);
    }
    expect(new Set(ids.values()).size).toBe(ids.size);
  });

  it('counts audio in the bandwidth estimate: transport-wide-cc goes both ways', () => {
    const audio = getSupportedRtpCapabilities().headerExtensions.find(
      ({ kind, uri }) => kind === 'audio' && uri.includes('transport-wide-cc'),
    );

    expect(audio).toMatchObject({ preferredId: 5, direction: 'sendrecv' });
  });
});
