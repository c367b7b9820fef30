import { describe, expect, it } from '@jest/globals';
import { canConsume, getConsumableRtpParameters, getConsumerRtpParameters } from '../rtp/negotiate.js';
import type { NormalizedRtpCapabilities } from '../rtp/rtp-parameters.js';
import { validateAndNormalizeRtpCapabilities } from '../rtp/validate.js';
import { capabilitiesFromSdp, receivingCapabilities, sendableCodec } from './capabilities-from-sdp.js';
import { offer, router } from './fixtures/offers.js';

const chromium = capabilitiesFromSdp(offer('chromium-capabilities'));
const firefox = capabilitiesFromSdp(offer('firefox-capabilities'));

function names({ codecs }: NormalizedRtpCapabilities): string[] {
  return codecs.map(({ mimeType, preferredPayloadType }) => `${mimeType} ${preferredPayloadType}`);
}

describe('capabilitiesFromSdp', () => {
  it('has every codec and header extension of the browser', () => {
    expect(names(firefox)).toEqual([
      'audio/opus 109',
      'audio/G722 9',
      'audio/PCMU 0',
      'audio/PCMA 8',
      'audio/telephone-event 101',
      'video/VP8 120',
      'video/rtx 124',
      'video/VP9 121',
      'video/rtx 125',
      'video/AV1 99',
      'video/rtx 100',
      'video/ulpfec 123',
      'video/red 122',
      'video/rtx 119',
    ]);
    expect(
      chromium.headerExtensions.filter(({ kind }) => kind === 'audio').map(({ preferredId }) => preferredId),
    ).toEqual([1, 2, 3, 4]);
    expect(firefox.headerExtensions).toContainEqual({
      kind: 'video',
      uri: 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay',
      preferredId: 6,
      preferredEncrypt: false,
      direction: 'recvonly',
    });
  });

  it.each([
    ['Chromium', chromium],
    ['Firefox', firefox],
  ])('is normal for %s', (_, capabilities) => {
    expect(validateAndNormalizeRtpCapabilities(capabilities)).toEqual(capabilities);
  });

  it('takes one section of a kind', () => {
    const twice = capabilitiesFromSdp(offer('chromium-sending'));

    expect(twice.codecs).toEqual(chromium.codecs);
  });
});

describe('receivingCapabilities', () => {
  it("has the Router's payload types", () => {
    expect(names(receivingCapabilities(chromium, router))).toEqual([
      'audio/opus 100',
      'video/VP8 101',
      'video/rtx 102',
      'video/VP9 103',
      'video/rtx 104',
      'video/H264 105',
      'video/rtx 106',
    ]);
  });

  it('leaves out what the browser lacks', () => {
    expect(names(receivingCapabilities(firefox, router))).toEqual([
      'audio/opus 100',
      'video/VP8 101',
      'video/rtx 102',
    ]);
  });

  it('has feedback that both have', () => {
    const [opus] = receivingCapabilities(chromium, router).codecs;

    expect(opus?.rtcpFeedback).toEqual([{ type: 'transport-cc', parameter: '' }]);
  });

  it('has header extensions that the Router sends and the browser receives', () => {
    const ids = (capabilities: NormalizedRtpCapabilities) =>
      receivingCapabilities(capabilities, router).headerExtensions.map(
        ({ kind, preferredId }) => `${kind} ${preferredId}`,
      );

    expect(ids(chromium)).toEqual([
      'audio 1',
      'video 1',
      'audio 4',
      'video 4',
      'audio 5',
      'video 5',
      'audio 6',
      'video 8',
      'video 9',
      'video 11',
    ]);
    expect(ids(firefox)).toEqual([
      'audio 1',
      'video 1',
      'video 4',
      'audio 5',
      'video 5',
      'audio 6',
      'video 9',
      'video 11',
    ]);
  });

  it('lets the server make a consumer of it', () => {
    const codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 };
    const consumable = getConsumableRtpParameters(
      'video',
      { codecs: [codec], encodings: [{ ssrc: 1 }] },
      router,
      { codecs: [{ payloadType: 96, mappedPayloadType: 101 }], encodings: [{ ssrc: 1, mappedSsrc: 2 }] },
    );
    const remote = receivingCapabilities(firefox, router);

    const params = getConsumerRtpParameters({
      consumableRtpParameters: consumable,
      remoteRtpCapabilities: remote,
    });

    expect(canConsume(consumable, remote)).toBe(true);
    expect(params.codecs.map(({ payloadType }) => payloadType)).toEqual([101, 102]);
    expect(params.headerExtensions.map(({ id }) => id)).toEqual([1, 4, 5, 9, 11]);
    expect(params.codecs[0]?.rtcpFeedback).toContainEqual({ type: 'transport-cc', parameter: '' });
  });
});

describe('sendableCodec', () => {
  const h264 = { codecs: router.codecs.slice(5) };

  it('needs a codec of that kind', () => {
    expect(sendableCodec('audio', chromium, router)).toBeDefined();
    expect(sendableCodec('audio', chromium, h264)).toBeUndefined();
    expect(sendableCodec('video', chromium, h264)).toBeDefined();
    expect(sendableCodec('video', firefox, h264)).toBeUndefined();
  });

  it('is the first of the Router, or the one that is named', () => {
    expect(sendableCodec('video', chromium, router)?.mimeType).toBe('video/VP8');
    expect(sendableCodec('video', chromium, router, 'vp9')?.mimeType).toBe('video/VP9');
    expect(sendableCodec('video', firefox, router, 'H264')).toBeUndefined();
    expect(sendableCodec('video', chromium, router, 'rtx')).toBeUndefined();
    expect(sendableCodec('audio', chromium, router, 'VP8')).toBeUndefined();
  });
});
