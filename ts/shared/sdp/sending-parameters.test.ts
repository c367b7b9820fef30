import { describe, expect, it } from '@jest/globals';
import { NotFoundError, UnsupportedError } from '../errors.js';
import { getProducerRtpParametersMapping } from '../rtp/negotiate.js';
import { validateAndNormalizeRtpParameters } from '../rtp/validate.js';
import { offer, router } from './fixtures/offers.js';
import type { SendingParametersOptions } from './sending-parameters.js';
import { sendingParameters } from './sending-parameters.js';

function sending(browser: 'chromium' | 'firefox', mid: string, rest: Partial<SendingParametersOptions> = {}) {
  return sendingParameters({
    offer: offer(`${browser}-sending`),
    mid,
    routerRtpCapabilities: router,
    ...rest,
  });
}

describe('sendingParameters', () => {
  it('names an audio stream by its SSRC', () => {
    expect(sending('chromium', '0')).toEqual({
      mid: '0',
      codecs: [
        {
          mimeType: 'audio/opus',
          payloadType: 111,
          clockRate: 48000,
          channels: 2,
          parameters: { minptime: 10, useinbandfec: 1 },
          rtcpFeedback: [{ type: 'transport-cc', parameter: '' }],
        },
      ],
      headerExtensions: [1, 2, 3, 4].map((id) => expect.objectContaining({ id, encrypt: false })),
      encodings: [{ ssrc: 3952902606 }],
      rtcp: { cname: 'FSLx2CXTupcYxfrz', reducedSize: true },
      msid: '56ad34e1-5002-4a34-a5c9-57003cfd2ea7 63aae242-d26c-47a4-b800-01789e9aec0f',
    });
  });

  it.each([
    ['chromium', 469865565, 3155978790],
    ['firefox', 4003196558, 3135995691],
  ] as const)('names a video stream of %s by its SSRC and that of its RTX', (browser, ssrc, rtxSsrc) => {
    expect(sending(browser, '2').encodings).toEqual([{ ssrc, rtx: { ssrc: rtxSsrc } }]);
  });

  it.each(['chromium', 'firefox'] as const)('names simulcast streams of %s by their RIDs', (browser) => {
    expect(sending(browser, '1').encodings).toEqual([{ rid: 'q' }, { rid: 'h' }, { rid: 'f' }]);
  });

  it('adds what only the transceiver knows of its encodings', () => {
    const encodings = [
      { rid: 'f', maxBitrate: 900000, scaleResolutionDownBy: 1 },
      { rid: 'h', scalabilityMode: 'L1T2' },
      { rid: 'q', scalabilityMode: 'L1T3', maxBitrate: 100000 },
    ];

    expect(sending('chromium', '1', { encodings }).encodings).toEqual([
      { rid: 'q', scalabilityMode: 'L1T3', maxBitrate: 100000 },
      { rid: 'h', scalabilityMode: 'L1T2' },
      { rid: 'f', maxBitrate: 900000 },
    ]);
    expect(sending('chromium', '2', { encodings: [{ scalabilityMode: 'L3T3_KEY' }] }).encodings).toEqual([
      { ssrc: 469865565, rtx: { ssrc: 3155978790 }, scalabilityMode: 'L3T3_KEY' },
    ]);
  });

  it('finds the cname in another section', () => {
    expect(sending('chromium', '1').rtcp.cname).toBe('FSLx2CXTupcYxfrz');
  });

  it("sends the Router's first codec, with RTX, under the browser's payload types", () => {
    const payloadTypes = (browser: 'chromium' | 'firefox') =>
      sending(browser, '1').codecs.map(({ mimeType, payloadType }) => `${mimeType} ${payloadType}`);

    expect(payloadTypes('chromium')).toEqual(['video/VP8 96', 'video/rtx 97']);
    expect(payloadTypes('firefox')).toEqual(['video/VP8 120', 'video/rtx 124']);
  });

  it('sends another codec if asked, in the profile asked for', () => {
    const codecs = (index: number) => {
      const codec = router.codecs[index];
      return sending('chromium', '2', { ...(codec && { codec }) }).codecs.map(
        ({ payloadType }) => payloadType,
      );
    };

    expect(codecs(3)).toEqual([100, 101]);
    expect(codecs(5)).toEqual([108, 109]);
  });

  it('sends no RTX that the Router lacks', () => {
    const routerRtpCapabilities = { ...router, codecs: router.codecs.slice(0, 2) };

    expect(sending('chromium', '1', { routerRtpCapabilities }).codecs).toHaveLength(1);
  });

  it('has one bandwidth estimator', () => {
    const types = (params: ReturnType<typeof sending>) =>
      params.codecs[0]?.rtcpFeedback?.map(({ type }) => type).filter((type) => /remb|-cc/.test(type));
    const withoutTransportCc = {
      ...router,
      headerExtensions: router.headerExtensions.filter(({ uri }) => !uri.includes('wide-cc')),
    };

    expect(types(sending('chromium', '1'))).toEqual(['transport-cc']);
    expect(types(sending('chromium', '1', { routerRtpCapabilities: withoutTransportCc }))).toEqual([
      'goog-remb',
    ]);
  });

  it('has header extensions that the browser sends and the Router receives', () => {
    const ids = sending('firefox', '1').headerExtensions.map(({ id }) => id);

    expect(ids).toEqual([3, 4, 5, 7, 8, 9, 10]);
  });

  it('does not pass what Firefox can receive for what it sends', () => {
    expect(sending('firefox', '1').codecs[0]?.parameters).toEqual({});
  });

  it('lays codec parameters over those of the media codec', () => {
    const { codecs, encodings } = sending('chromium', '0', { codecParameters: { usedtx: 1, minptime: 20 } });
    const video = sending('chromium', '1', { codecParameters: { 'x-google-start-bitrate': 1000 } });

    expect(codecs[0]?.parameters).toEqual({ minptime: 20, useinbandfec: 1, usedtx: 1 });
    expect(encodings).toEqual([{ ssrc: 3952902606, dtx: true }]);
    expect(video.codecs.map(({ parameters }) => parameters)).toEqual([
      { 'x-google-start-bitrate': 1000 },
      { apt: 96 },
    ]);
  });

  it.each(['0', '1', '2'])('is what the server takes: mid %s', (mid) => {
    for (const browser of ['chromium', 'firefox'] as const) {
      const params = sending(browser, mid);

      expect(validateAndNormalizeRtpParameters(params)).toMatchObject(params);
      expect(getProducerRtpParametersMapping(params, router).codecs).toHaveLength(params.codecs.length);
    }
  });

  it('refuses a section that is not there', () => {
    expect(() => sending('chromium', '9')).toThrow(NotFoundError);
  });

  it('refuses a Router without common codec', () => {
    expect(() =>
      sending('firefox', '1', { routerRtpCapabilities: { codecs: router.codecs.slice(5) } }),
    ).toThrow(new UnsupportedError('the browser and the Router have no video codec in common'));
  });
});
