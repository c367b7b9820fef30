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

  it('has every header extension, by kind and direction', () => {
    const { headerExtensions } = getSupportedRtpCapabilities();
    const of = (wanted: string) =>
      Object.fromEntries(
        headerExtensions.filter(({ kind }) => kind === wanted).map(({ uri, direction }) => [uri, direction]),
      );
    const both = {
      'urn:ietf:params:rtp-hdrext:sdes:mid': 'sendrecv',
      'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time': 'sendrecv',
      'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01': 'sendrecv',
      'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time': 'sendrecv',
      'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay': 'sendrecv',
      'urn:mediasoup:params:rtp-hdrext:packet-id': 'sendrecv',
    };

    expect(of('audio')).toEqual({ ...both, 'urn:ietf:params:rtp-hdrext:ssrc-audio-level': 'sendrecv' });
    expect(of('video')).toEqual({
      ...both,
      'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id': 'recvonly',
      'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id': 'recvonly',
      'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension': 'sendrecv',
      'urn:3gpp:video-orientation': 'sendrecv',
      'urn:ietf:params:rtp-hdrext:toffset': 'sendrecv',
    });
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
