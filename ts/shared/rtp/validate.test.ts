import { describe, expect, it } from '@jest/globals';
import {
  validateAndNormalizeMediaCodecs,
  validateAndNormalizeRtpCapabilities,
  validateAndNormalizeRtpParameters,
  validateAndNormalizeSctpStreamParameters,
} from './validate.js';

const opus = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48000 };
const vp8 = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 };
const mid = { uri: 'urn:ietf:params:rtp-hdrext:sdes:mid', id: 4 };

describe('validateAndNormalizeRtpParameters', () => {
  it('fills in the defaults of audio', () => {
    expect(validateAndNormalizeRtpParameters({ codecs: [opus], headerExtensions: [mid] })).toEqual({
      codecs: [{ ...opus, channels: 1, parameters: {}, rtcpFeedback: [] }],
      headerExtensions: [{ ...mid, encrypt: false, parameters: {} }],
      encodings: [],
      rtcp: { reducedSize: true },
    });
  });

  it('has no channels for video', () => {
    const { codecs } = validateAndNormalizeRtpParameters({ codecs: [{ ...vp8, channels: 2 }] });

    expect(codecs[0]).not.toHaveProperty('channels');
  });

  it('keeps what is given', () => {
    const params = {
      mid: '1',
      codecs: [
        { ...vp8, parameters: { 'x-a': 'b', n: 1 }, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] },
      ],
      headerExtensions: [{ ...mid, encrypt: true, parameters: { a: 1 } }],
      encodings: [
        {
          ssrc: 1,
          rid: 'a_-Z9',
          codecPayloadType: 96,
          rtx: { ssrc: 2 },
          dtx: true,
          scalabilityMode: 'L1T3',
          maxBitrate: 9,
        },
      ],
      rtcp: { cname: 'c', reducedSize: false },
      msid: 's t',
    };

    expect(validateAndNormalizeRtpParameters(params)).toEqual(params);
  });

  it('returns a copy and leaves its argument alone', () => {
    const params = { codecs: [{ ...opus, parameters: { useinbandfec: 1 } }], encodings: [{ ssrc: 1 }] };
    const before = structuredClone(params);

    const normalized = validateAndNormalizeRtpParameters(params);
    Object.assign(normalized.codecs[0]?.parameters ?? {}, { useinbandfec: 0 });

    expect(params).toEqual(before);
  });

  it('is idempotent', () => {
    const once = validateAndNormalizeRtpParameters({ codecs: [opus], encodings: [{ rid: 'q' }] });

    expect(validateAndNormalizeRtpParameters(once)).toEqual(once);
  });

  it.each([
    ['rtpParameters must be an object', undefined],
    ['rtpParameters must be an object', null],
    ['rtpParameters must be an object', []],
    ['rtpParameters.codecs must be an array', {}],
    ['rtpParameters.codecs must be an array', { codecs: { length: 1 } }],
    ['rtpParameters.codecs[0] must be an object', { codecs: [null] }],
    ['rtpParameters.codecs must have at most 64 items', { codecs: Array(65).fill(opus) }],
    ['rtpParameters.codecs must have at most 64 items', { codecs: new Array(2 ** 31) }],
    [
      'rtpParameters.codecs[0].payloadType must be an integer from 0 to 127',
      { codecs: [{ ...opus, payloadType: 128 }] },
    ],
    [
      'rtpParameters.codecs[0].payloadType must be an integer from 0 to 127',
      { codecs: [{ ...opus, payloadType: '9' }] },
    ],
    ['rtpParameters.codecs[1].payloadType must be unique', { codecs: [opus, { ...vp8, payloadType: 111 }] }],
    ['rtpParameters.codecs[0].mimeType must look like', { codecs: [{ ...opus, mimeType: 'text/opus' }] }],
    ['rtpParameters.codecs[0].mimeType must look like', { codecs: [{ ...opus, mimeType: 'audio/a b' }] }],
    ['rtpParameters.codecs[0].clockRate must be', { codecs: [{ ...opus, clockRate: Number.NaN }] }],
    ['rtpParameters.codecs[0].channels must be', { codecs: [{ ...opus, channels: 0 }] }],
    ['rtpParameters.codecs[0].parameters must be an object', { codecs: [{ ...opus, parameters: 'a' }] }],
    [
      'rtpParameters.codecs[0].parameters.a must be a string or a number',
      { codecs: [{ ...opus, parameters: { a: {} } }] },
    ],
    [
      'rtpParameters.codecs[0].parameters.apt must be an integer',
      { codecs: [{ ...vp8, parameters: { apt: '96' } }] },
    ],
    [
      'rtpParameters.codecs[0].parameters.__proto__ is not allowed',
      { codecs: [{ ...opus, parameters: JSON.parse('{"__proto__":"x"}') }] },
    ],
    ['rtpParameters.codecs[0].rtcpFeedback[0].type must', { codecs: [{ ...opus, rtcpFeedback: [{}] }] }],
    [
      'rtpParameters.headerExtensions must have at most 64 items',
      { codecs: [], headerExtensions: Array(65).fill(mid) },
    ],
    [
      'rtpParameters.headerExtensions[0].id must be an integer from 1 to 255',
      { codecs: [], headerExtensions: [{ ...mid, id: 0 }] },
    ],
    ['rtpParameters.headerExtensions[1].id must be unique', { codecs: [], headerExtensions: [mid, mid] }],
    ['rtpParameters.encodings must have at most 16 items', { codecs: [], encodings: Array(17).fill({}) }],
    ['rtpParameters.encodings[0].ssrc must be', { codecs: [], encodings: [{ ssrc: 2 ** 32 }] }],
    ['rtpParameters.encodings[1].ssrc must be unique', { codecs: [], encodings: [{ ssrc: 1 }, { ssrc: 1 }] }],
    [
      'rtpParameters.encodings[1].rid must be unique',
      { codecs: [], encodings: [{ rid: 'a' }, { rid: 'a' }] },
    ],
    ['rtpParameters.encodings[0].rid must have only', { codecs: [], encodings: [{ rid: 'a b' }] }],
    [
      'rtpParameters.encodings[0].rid must not have control characters',
      { codecs: [], encodings: [{ rid: 'a\n' }] },
    ],
    ['rtpParameters.encodings[0].rtx.ssrc must be', { codecs: [], encodings: [{ rtx: {} }] }],
    ['rtpParameters.encodings[0].dtx must be a boolean', { codecs: [], encodings: [{ dtx: 1 }] }],
    ['rtpParameters.rtcp must be an object', { codecs: [], rtcp: 1 }],
    [
      'rtpParameters.rtcp.cname must be a string of at most 255',
      { codecs: [], rtcp: { cname: 'a'.repeat(256) } },
    ],
    ['rtpParameters.mid must not be empty', { codecs: [], mid: '' }],
    [
      'rtpParameters.rtcp.cname must not have control characters',
      { codecs: [], rtcp: { cname: 'a\r\na=x' } },
    ],
    [
      "rtpParameters.codecs[0].parameters's key must not have control",
      { codecs: [{ ...opus, parameters: { '\n': 1 } }] },
    ],
  ])('says "%s"', (message, params) => {
    const validate = () => validateAndNormalizeRtpParameters(params);

    expect(validate).toThrow(TypeError);
    expect(validate).toThrow(message);
  });

  it('does not take a field from the prototype of parameters', () => {
    const parameters = Object.create({ inherited: 1 });

    const { codecs } = validateAndNormalizeRtpParameters({ codecs: [{ ...opus, parameters }] });

    expect(codecs[0]?.parameters).toEqual({});
  });

  it('believes the value that a getter gave when it was checked', () => {
    let reads = 0;
    const codec = {
      ...opus,
      get payloadType() {
        return reads++ === 0 ? 100 : 'bad';
      },
    };

    expect(validateAndNormalizeRtpParameters({ codecs: [codec] }).codecs[0]?.payloadType).toBe(100);
  });
});

describe('validateAndNormalizeRtpCapabilities', () => {
  const codec = { mimeType: 'video/VP8', preferredPayloadType: 96, clockRate: 90000 };
  const extension = { kind: 'video', uri: mid.uri, preferredId: 1 };

  it('fills in the defaults, and the kind from the MIME type', () => {
    expect(validateAndNormalizeRtpCapabilities({ codecs: [codec], headerExtensions: [extension] })).toEqual({
      codecs: [{ kind: 'video', ...codec, parameters: {}, rtcpFeedback: [] }],
      headerExtensions: [{ ...extension, preferredEncrypt: false, direction: 'sendrecv' }],
    });
  });

  it.each(['sendrecv', 'sendonly', 'recvonly', 'inactive'])('keeps the direction %s', (direction) => {
    const headerExtensions = [{ ...extension, direction }];

    expect(validateAndNormalizeRtpCapabilities({ headerExtensions }).headerExtensions).toMatchObject([
      { direction },
    ]);
  });

  it('takes nothing for empty lists', () => {
    expect(validateAndNormalizeRtpCapabilities({})).toEqual({ codecs: [], headerExtensions: [] });
  });

  it.each([
    ['rtpCapabilities must be an object', 'x'],
    ['rtpCapabilities.codecs must be an array', { codecs: 'x' }],
    [
      'rtpCapabilities.codecs[0].preferredPayloadType must be',
      { codecs: [{ ...codec, preferredPayloadType: undefined }] },
    ],
    [
      'rtpCapabilities.headerExtensions[0].kind must be one of audio, video',
      { headerExtensions: [{ ...extension, kind: '' }] },
    ],
    [
      'rtpCapabilities.headerExtensions[0].uri must not be empty',
      { headerExtensions: [{ ...extension, uri: '' }] },
    ],
    [
      'rtpCapabilities.headerExtensions[0].direction must be one of',
      { headerExtensions: [{ ...extension, direction: 'x' }] },
    ],
  ])('says "%s"', (message, caps) => {
    const validate = () => validateAndNormalizeRtpCapabilities(caps);

    expect(validate).toThrow(TypeError);
    expect(validate).toThrow(message);
  });
});

describe('validateAndNormalizeMediaCodecs', () => {
  it('leaves a missing payload type out', () => {
    const [codec] = validateAndNormalizeMediaCodecs([
      { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
    ]);

    expect(codec).not.toHaveProperty('preferredPayloadType');
  });

  it.each([64, 72, 95])('refuses payload type %i, which looks like RTCP', (preferredPayloadType) => {
    const codec = { mimeType: 'video/VP8', clockRate: 90000, preferredPayloadType };

    expect(() => validateAndNormalizeMediaCodecs([codec])).toThrow(
      'mediaCodecs[0].preferredPayloadType must not be from 64 to 95',
    );
  });
});

describe('validateAndNormalizeSctpStreamParameters', () => {
  it('is ordered unless a limit is given', () => {
    expect(validateAndNormalizeSctpStreamParameters({ streamId: 1 }).ordered).toBe(true);
    expect(validateAndNormalizeSctpStreamParameters({ streamId: 1, maxRetransmits: 0 })).toEqual({
      streamId: 1,
      ordered: false,
      maxRetransmits: 0,
    });
  });

  it.each([
    ['sctpStreamParameters must be an object', 3],
    ['sctpStreamParameters.streamId must be an integer from 0 to 65534', { streamId: 65535 }],
    ['sctpStreamParameters.streamId must be an integer', {}],
    ['sctpStreamParameters.ordered must be a boolean', { streamId: 1, ordered: 'yes' }],
    ['sctpStreamParameters.ordered must not be true', { streamId: 1, ordered: true, maxPacketLifeTime: 5 }],
    [
      'sctpStreamParameters.maxRetransmits must not be given',
      { streamId: 1, maxPacketLifeTime: 5, maxRetransmits: 1 },
    ],
    ['sctpStreamParameters.maxPacketLifeTime must be', { streamId: 1, maxPacketLifeTime: -1 }],
  ])('says "%s"', (message, params) => {
    const validate = () => validateAndNormalizeSctpStreamParameters(params);

    expect(validate).toThrow(TypeError);
    expect(validate).toThrow(message);
  });
});
