import { describe, expect, it } from '@jest/globals';
import { UnsupportedError } from '../errors.js';
import {
  canConsume,
  defaultRandomSsrc,
  generateRouterRtpCapabilities,
  getConsumableRtpParameters,
  getConsumerRtpParameters,
  getPipeConsumerRtpParameters,
  getProducerRtpParametersMapping,
  getProducerType,
} from './negotiate.js';
import type {
  NormalizedRtpCapabilities,
  RouterRtpCodecCapability,
  RtpCapabilities,
  RtpEncodingParameters,
  RtpHeaderExtensionUri,
  RtpParameters,
} from './rtp-parameters.js';

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const RID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_WIDE_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const DEPENDENCY_DESCRIPTOR =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

const opus: RouterRtpCodecCapability = {
  kind: 'audio',
  mimeType: 'audio/opus',
  clockRate: 48000,
  channels: 2,
  parameters: { useinbandfec: 1 },
};
const vp8: RouterRtpCodecCapability = { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 };
const h264: RouterRtpCodecCapability = {
  kind: 'video',
  mimeType: 'video/H264',
  clockRate: 90000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '4d0032' },
};

const router = generateRouterRtpCapabilities([opus, vp8, h264]);
const firstSsrc = () => 1000;

function payloadTypes({ codecs }: NormalizedRtpCapabilities): [string, number][] {
  return codecs.map(({ mimeType, preferredPayloadType }) => [mimeType, preferredPayloadType]);
}

describe('generateRouterRtpCapabilities', () => {
  it('gives dynamic payload types from 100 on, and RTX to video', () => {
    expect(payloadTypes(router)).toEqual([
      ['audio/opus', 100],
      ['video/VP8', 101],
      ['video/rtx', 102],
      ['video/H264', 103],
      ['video/rtx', 104],
    ]);
    expect(router.codecs[2]).toEqual({
      kind: 'video',
      mimeType: 'video/rtx',
      preferredPayloadType: 102,
      clockRate: 90000,
      parameters: { apt: 101 },
      rtcpFeedback: [],
    });
  });

  it('lays the given parameters over ours, with our feedback', () => {
    expect(router.codecs[3]?.parameters).toEqual({
      'packetization-mode': 1,
      'level-asymmetry-allowed': 1,
      'profile-level-id': '4d0032',
    });
    expect(router.codecs[0]?.rtcpFeedback).toEqual([
      { type: 'nack', parameter: '' },
      { type: 'transport-cc', parameter: '' },
    ]);
  });

  it('keeps the payload types asked for and those of RFC 3551', () => {
    const caps = generateRouterRtpCapabilities([
      vp8,
      { ...opus, preferredPayloadType: 100 },
      { kind: 'audio', mimeType: 'audio/pcmu', clockRate: 8000 },
    ]);

    expect(payloadTypes(caps)).toEqual([
      ['video/VP8', 101],
      ['video/rtx', 102],
      ['audio/opus', 100],
      ['audio/PCMU', 0],
    ]);
  });

  it('goes on at 96 and at 35, and never from 64 to 95', () => {
    const caps = generateRouterRtpCapabilities(Array(30).fill(vp8));
    const types = caps.codecs.map((codec) => codec.preferredPayloadType);

    expect(types.slice(27, 34)).toEqual([127, 96, 97, 98, 99, 35, 36]);
    expect(new Set(types).size).toBe(60);
    expect(Math.max(...types.slice(32))).toBe(62);
  });

  it('says when no payload type is left', () => {
    expect(() => generateRouterRtpCapabilities(Array(31).fill(vp8))).toThrow(TypeError);
  });

  it('refuses a payload type asked for twice', () => {
    const codecs = [
      { ...opus, preferredPayloadType: 111 },
      { ...vp8, preferredPayloadType: 111 },
    ];

    expect(() => generateRouterRtpCapabilities(codecs)).toThrow(
      'mediaCodecs[1].preferredPayloadType must be unique',
    );
  });

  it.each([
    ['an unknown codec', { kind: 'video', mimeType: 'video/VP7', clockRate: 90000 }],
    ['another clock rate', { ...opus, clockRate: 44100 }],
    ['RTX itself', { kind: 'video', mimeType: 'video/rtx', clockRate: 90000 }],
    ['RED', { kind: 'audio', mimeType: 'audio/red', clockRate: 48000, channels: 2 }],
  ] as [string, RouterRtpCodecCapability][])('does not support %s', (_, codec) => {
    expect(() => generateRouterRtpCapabilities([codec])).toThrow(UnsupportedError);
  });

  it('names the bad field', () => {
    expect(() => generateRouterRtpCapabilities([{ ...opus, clockRate: -1 }])).toThrow(
      'mediaCodecs[0].clockRate must be',
    );
  });

  it('has no codecs when none are asked for', () => {
    expect(generateRouterRtpCapabilities().codecs).toEqual([]);
  });

  it('leaves its argument alone', () => {
    const codecs = [structuredClone(h264)];

    generateRouterRtpCapabilities(codecs);

    expect(codecs).toEqual([h264]);
  });
});

const simulcast: RtpParameters = {
  mid: '1',
  codecs: [
    {
      mimeType: 'video/vp8',
      payloadType: 96,
      clockRate: 90000,
      parameters: { 'x-google-start-bitrate': 1000 },
      rtcpFeedback: [{ type: 'nack' }],
    },
    { mimeType: 'video/rtx', payloadType: 97, clockRate: 90000, parameters: { apt: 96 } },
  ],
  headerExtensions: [{ uri: MID, id: 14 }],
  encodings: [
    { rid: 'q', scalabilityMode: 'L1T3', maxBitrate: 100000 },
    { rid: 'h', scalabilityMode: 'L1T3', maxBitrate: 300000 },
    { rid: 'f', scalabilityMode: 'L1T3', maxBitrate: 900000, dtx: true },
  ],
  rtcp: { cname: 'alice', reducedSize: false },
  msid: 'stream track',
};

describe('getProducerType', () => {
  it.each([
    ['simple', undefined],
    ['simple', [{ ssrc: 1 }]],
    ['simple', [{ ssrc: 1, scalabilityMode: 'L1T1' }]],
    ['svc', [{ ssrc: 1, scalabilityMode: 'L1T3' }]],
    ['svc', [{ ssrc: 1, scalabilityMode: 'L3T3_KEY' }]],
    ['simulcast', [{ rid: 'a' }, { rid: 'b' }]],
  ] as [string, RtpEncodingParameters[] | undefined][])('%s: %j', (type, encodings) => {
    expect(getProducerType({ codecs: [], ...(encodings && { encodings }) })).toBe(type);
  });
});

describe('getProducerRtpParametersMapping', () => {
  it('maps payload types and encodings to ours', () => {
    expect(getProducerRtpParametersMapping(simulcast, router, firstSsrc)).toEqual({
      codecs: [
        { payloadType: 96, mappedPayloadType: 101 },
        { payloadType: 97, mappedPayloadType: 102 },
      ],
      encodings: [
        { rid: 'q', scalabilityMode: 'L1T3', mappedSsrc: 1000 },
        { rid: 'h', scalabilityMode: 'L1T3', mappedSsrc: 1001 },
        { rid: 'f', scalabilityMode: 'L1T3', mappedSsrc: 1002 },
      ],
    });
  });

  it('refuses a codec that the Router lacks', () => {
    const params = { codecs: [{ mimeType: 'video/VP9', payloadType: 98, clockRate: 90000 }] };

    expect(() => getProducerRtpParametersMapping(params, router)).toThrow(UnsupportedError);
  });

  it('refuses another H264 profile', () => {
    const parameters = { 'packetization-mode': 1, 'profile-level-id': '42e01f' };
    const params = { codecs: [{ mimeType: 'video/H264', payloadType: 98, clockRate: 90000, parameters }] };

    expect(() => getProducerRtpParametersMapping(params, router)).toThrow(UnsupportedError);
  });

  it.each([[[]], [simulcast.codecs.slice(1)]])('refuses codecs without media: %j', (codecs) => {
    expect(() => getProducerRtpParametersMapping({ codecs }, router)).toThrow(
      'rtpParameters.codecs must have a media codec',
    );
  });

  it('refuses RTX of nothing', () => {
    const [media, rtx] = simulcast.codecs;
    const params = { codecs: [media, { ...rtx, parameters: { apt: 98 } }] } as RtpParameters;

    expect(() => getProducerRtpParametersMapping(params, router)).toThrow(
      'rtpParameters.codecs[1].parameters.apt must be the payload type of a media codec',
    );
  });

  it('refuses RTX that the Router lacks', () => {
    const withoutRtx = { codecs: router.codecs.filter(({ mimeType }) => mimeType !== 'video/rtx') };

    expect(() => getProducerRtpParametersMapping(simulcast, withoutRtx)).toThrow(UnsupportedError);
  });

  it.each([
    ['rtpParameters.encodings[1] must have an ssrc or a rid', [{ rid: 'a' }, {}]],
    [
      'rtpParameters.encodings[0].scalabilityMode must have one spatial layer',
      [{ ssrc: 1, scalabilityMode: 'L2T1' }, { ssrc: 2 }],
    ],
  ])('says "%s"', (message, encodings) => {
    expect(() => getProducerRtpParametersMapping({ ...simulcast, encodings }, router)).toThrow(message);
  });

  it('takes a lone encoding that only its MID tells', () => {
    const mapping = getProducerRtpParametersMapping({ ...simulcast, encodings: [{}] }, router, firstSsrc);

    expect(mapping.encodings).toEqual([{ mappedSsrc: 1000 }]);
  });
});

function consumable(params: RtpParameters = simulcast, kind: 'audio' | 'video' = 'video') {
  const mapping = getProducerRtpParametersMapping(params, router, firstSsrc);
  return getConsumableRtpParameters(kind, params, router, mapping);
}

const audioParams: RtpParameters = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 }],
  encodings: [{ ssrc: 5 }],
};

describe('getConsumableRtpParameters', () => {
  it("has the Router's payload types and feedback with the producer's parameters", () => {
    expect(consumable().codecs).toEqual([
      {
        mimeType: 'video/VP8',
        payloadType: 101,
        clockRate: 90000,
        parameters: { 'x-google-start-bitrate': 1000 },
        rtcpFeedback: router.codecs[1]?.rtcpFeedback,
      },
      {
        mimeType: 'video/rtx',
        payloadType: 102,
        clockRate: 90000,
        parameters: { apt: 101 },
        rtcpFeedback: [],
      },
    ]);
  });

  it('has RTX even if the producer has none', () => {
    expect(consumable({ ...simulcast, codecs: simulcast.codecs.slice(0, 1) }).codecs).toHaveLength(2);
  });

  it('has our SSRCs and no RIDs', () => {
    expect(consumable().encodings).toEqual([
      { ssrc: 1000, dtx: false, scalabilityMode: 'L1T3', maxBitrate: 100000 },
      { ssrc: 1001, dtx: false, scalabilityMode: 'L1T3', maxBitrate: 300000 },
      { ssrc: 1002, dtx: true, scalabilityMode: 'L1T3', maxBitrate: 900000 },
    ]);
  });

  it('has the header extensions that we send, for its kind', () => {
    const ids = consumable().headerExtensions.map(({ id }) => id);
    const audioIds = consumable(audioParams, 'audio').headerExtensions.map(({ id }) => id);

    expect(ids).toEqual([1, 4, 5, 7, 8, 9, 10, 11, 12]);
    expect(audioIds).toEqual([1, 4, 5, 6, 10, 11, 12]);
  });

  it('keeps the names by which streams are played together', () => {
    expect(consumable()).toMatchObject({ rtcp: { cname: 'alice', reducedSize: true }, msid: 'stream track' });
  });

  it('joins codecs that differ in level only', () => {
    const codec = (payloadType: number, level: string) => ({
      mimeType: 'video/H264',
      payloadType,
      clockRate: 90000,
      parameters: { 'packetization-mode': 1, 'profile-level-id': `4d00${level}` },
    });

    const { codecs } = consumable({ codecs: [codec(96, '1f'), codec(98, '32')], encodings: [{ ssrc: 1 }] });

    expect(codecs.map(({ payloadType }) => payloadType)).toEqual([103, 104]);
    expect(codecs[0]?.parameters?.['profile-level-id']).toBe('4d001f');
  });

  it('refuses codecs of the other kind', () => {
    expect(() => consumable(simulcast, 'audio')).toThrow(
      'rtpParameters.codecs[0].mimeType must be of kind audio',
    );
  });
});

/** What a client sends: the Router's codecs and extensions as far as it has them, with the Router's numbers. */
function client(change: (caps: NormalizedRtpCapabilities) => void = () => {}): RtpCapabilities {
  const caps = structuredClone(router);
  change(caps);
  return caps;
}

function without(...uris: RtpHeaderExtensionUri[]) {
  return client((caps) => {
    caps.headerExtensions = caps.headerExtensions.filter(({ uri }) => !uris.includes(uri));
  });
}

describe('canConsume', () => {
  it('needs one of the codecs', () => {
    expect(canConsume(consumable(), client())).toBe(true);
    expect(canConsume(consumable(), { codecs: router.codecs.slice(3) })).toBe(false);
    expect(canConsume(consumable(), { codecs: [] })).toBe(false);
  });

  it('does not take RTX for a codec', () => {
    expect(canConsume(consumable(), { codecs: router.codecs.slice(2, 3) })).toBe(false);
  });

  it('names the bad field', () => {
    const caps = { codecs: [{ ...router.codecs[1], clockRate: 'x' }] } as unknown as RtpCapabilities;

    expect(() => canConsume(consumable(), caps)).toThrow('rtpCapabilities.codecs[0].clockRate must be');
  });
});

describe('getConsumerRtpParameters', () => {
  function consumer(options: Partial<Parameters<typeof getConsumerRtpParameters>[0]> = {}) {
    return getConsumerRtpParameters({
      consumableRtpParameters: consumable(),
      remoteRtpCapabilities: client(),
      randomSsrc: () => 7000,
      ...options,
    });
  }

  it('has one encoding for all of the source', () => {
    expect(consumer().encodings).toEqual([
      { ssrc: 7000, rtx: { ssrc: 7001 }, scalabilityMode: 'L3T3', maxBitrate: 900000 },
    ]);
  });

  it.each([
    [undefined, [{ ssrc: 1 }]],
    ['L3T3_KEY', [{ ssrc: 1, scalabilityMode: 'L3T3_KEY' }]],
    ['L2T1', [{ ssrc: 1 }, { ssrc: 2 }]],
    [
      'L2T2',
      [
        { ssrc: 1, scalabilityMode: 'L1T2' },
        { ssrc: 2, scalabilityMode: 'L1T2' },
      ],
    ],
  ])('has scalability mode %p for %j', (expected, encodings) => {
    const {
      encodings: [encoding],
    } = consumer({ consumableRtpParameters: { ...consumable(), encodings } });

    expect(encoding?.scalabilityMode).toBe(expected);
    expect(encoding).not.toHaveProperty('maxBitrate');
  });

  it.each([
    ['video/AV1', true],
    ['video/VP8', false],
  ])('describes the dependencies of %s: %p', (mimeType, describes) => {
    const codec = { mimeType, payloadType: 101, clockRate: 90000, parameters: {}, rtcpFeedback: [] };
    const extension = { uri: DEPENDENCY_DESCRIPTOR, id: 7, encrypt: false, parameters: {} } as const;
    const { headerExtensions } = consumer({
      consumableRtpParameters: { ...consumable(), codecs: [codec], headerExtensions: [extension] },
      remoteRtpCapabilities: {
        codecs: [{ ...codec, kind: 'video', preferredPayloadType: 101 }],
        headerExtensions: [{ kind: 'video', uri: DEPENDENCY_DESCRIPTOR, preferredId: 7 }],
      },
    });

    expect(headerExtensions.map(({ uri }) => uri)).toEqual(describes ? [DEPENDENCY_DESCRIPTOR] : []);
  });

  it('has no RTX, and no NACK, if it is off', () => {
    const { codecs, encodings } = consumer({ enableRtx: false });

    expect(codecs.map(({ mimeType }) => mimeType)).toEqual(['video/VP8']);
    expect(codecs[0]?.rtcpFeedback).not.toContainEqual({ type: 'nack', parameter: '' });
    expect(codecs[0]?.rtcpFeedback).toContainEqual({ type: 'nack', parameter: 'pli' });
    expect(encodings[0]).not.toHaveProperty('rtx');
  });

  it('has no RTX, but NACK, if the remote has none', () => {
    const remoteRtpCapabilities = client((caps) => {
      caps.codecs = caps.codecs.filter(({ mimeType }) => mimeType !== 'video/rtx');
    });

    const { codecs, encodings } = consumer({ remoteRtpCapabilities });

    expect(codecs).toHaveLength(1);
    expect(codecs[0]?.rtcpFeedback).toContainEqual({ type: 'nack', parameter: '' });
    expect(encodings[0]).not.toHaveProperty('rtx');
  });

  it("has the Router's payload types though the remote prefers others", () => {
    const remoteRtpCapabilities = client((caps) => {
      caps.codecs = [
        {
          kind: 'video',
          mimeType: 'video/vp8',
          preferredPayloadType: 120,
          clockRate: 90000,
          rtcpFeedback: [{ type: 'nack' }],
        },
        {
          kind: 'video',
          mimeType: 'video/rtx',
          preferredPayloadType: 124,
          clockRate: 90000,
          parameters: { apt: 120 },
        },
      ];
    });

    expect(consumer({ remoteRtpCapabilities }).codecs).toEqual([
      expect.objectContaining({ payloadType: 101, rtcpFeedback: [{ type: 'nack', parameter: '' }] }),
      expect.objectContaining({ payloadType: 102, parameters: { apt: 101 } }),
    ]);
  });

  it('has only header extensions that the remote has under the same id', () => {
    const remoteRtpCapabilities = client((caps) => {
      caps.headerExtensions = [
        { kind: 'video', uri: MID, preferredId: 1 },
        { kind: 'video', uri: ABS_SEND_TIME, preferredId: 9 },
        { kind: 'video', uri: RID, preferredId: 2 },
      ];
    });

    const { headerExtensions } = consumer({ remoteRtpCapabilities });

    expect(headerExtensions.map(({ uri }) => uri)).toEqual([MID]);
  });

  it.each([
    ['transport-cc', []],
    ['goog-remb', [TRANSPORT_WIDE_CC]],
    [undefined, [TRANSPORT_WIDE_CC, ABS_SEND_TIME]],
  ] as [string | undefined, RtpHeaderExtensionUri[]][])(
    'has bandwidth feedback %p without %j',
    (expected, uris) => {
      const { codecs } = consumer({ remoteRtpCapabilities: without(...uris) });
      const types = codecs[0]?.rtcpFeedback?.map(({ type }) => type) ?? [];

      expect(types.filter((type) => type === 'transport-cc' || type === 'goog-remb')).toEqual(
        expected ? [expected] : [],
      );
    },
  );

  it.each([
    ['ack', [TRANSPORT_WIDE_CC]],
    ['transport-cc', []],
  ] as [string, RtpHeaderExtensionUri[]][])(
    'of a client that has RFC 8888 too, has %p without %j',
    (expected, uris) => {
      const remoteRtpCapabilities = without(...uris);
      for (const codec of remoteRtpCapabilities.codecs ?? []) {
        codec.rtcpFeedback = [...(codec.rtcpFeedback ?? []), { type: 'ack', parameter: 'ccfb' }];
      }

      const { codecs } = consumer({ remoteRtpCapabilities });
      const types = codecs[0]?.rtcpFeedback?.map(({ type }) => type) ?? [];

      expect(types.filter((type) => ['ack', 'transport-cc', 'goog-remb'].includes(type))).toEqual([expected]);
    },
  );

  it('gives audio no RTX', () => {
    const { codecs, encodings } = consumer({ consumableRtpParameters: consumable(audioParams, 'audio') });

    expect(codecs.map(({ mimeType }) => mimeType)).toEqual(['audio/opus']);
    expect(encodings).toEqual([{ ssrc: 7000 }]);
  });

  it('refuses when no media codec is common', () => {
    const remoteRtpCapabilities = client((caps) => {
      caps.codecs = caps.codecs.filter(({ mimeType }) => mimeType !== 'video/VP8');
    });

    expect(() => consumer({ remoteRtpCapabilities })).toThrow(
      new UnsupportedError('no compatible media codecs'),
    );
  });

  it('has all encodings when it is a pipe', () => {
    const { encodings } = consumer({ pipe: true });

    expect(encodings.map(({ ssrc, rtx }) => [ssrc, rtx?.ssrc])).toEqual([
      [7000, 7003],
      [7001, 7004],
      [7002, 7005],
    ]);
    expect(encodings[2]).toMatchObject({ scalabilityMode: 'L1T3', maxBitrate: 900000 });
  });

  it('shares nothing with the consumable parameters', () => {
    const source = consumable();
    const before = structuredClone(source);

    const params = consumer({ consumableRtpParameters: source });
    for (const { parameters, rtcpFeedback } of params.codecs) {
      Object.assign(parameters ?? {}, { changed: 1 });
      rtcpFeedback?.push({ type: 'changed' });
    }
    for (const extension of params.headerExtensions)
      Object.assign(extension.parameters ?? {}, { changed: 1 });

    expect(source).toEqual(before);
  });
});

describe('getPipeConsumerRtpParameters', () => {
  const pipe = (enableRtx?: boolean) =>
    getPipeConsumerRtpParameters({
      consumableRtpParameters: consumable(),
      randomSsrc: () => 7000,
      ...(enableRtx !== undefined && { enableRtx }),
    });

  it('asks for key frames, and for lost packets only with RTX', () => {
    const keyFrames = [
      { type: 'nack', parameter: 'pli' },
      { type: 'ccm', parameter: 'fir' },
    ];

    expect(pipe().codecs.map(({ rtcpFeedback }) => rtcpFeedback)).toEqual([keyFrames]);
    expect(pipe(true).codecs.map(({ rtcpFeedback }) => rtcpFeedback)).toEqual([
      [{ type: 'nack', parameter: '' }, ...keyFrames],
      [],
    ]);
  });

  it('has every encoding', () => {
    expect(pipe().encodings.map(({ ssrc, rtx }) => [ssrc, rtx])).toEqual([
      [7000, undefined],
      [7001, undefined],
      [7002, undefined],
    ]);
    expect(pipe(true).encodings[1]).toMatchObject({ ssrc: 7001, rtx: { ssrc: 7004 } });
  });

  it('leaves out what belongs to one link, and keeps the dependency descriptor', () => {
    const uris = pipe().headerExtensions.map(({ uri }) => uri);

    expect(uris).not.toEqual(expect.arrayContaining([MID]));
    expect(uris).not.toEqual(expect.arrayContaining([ABS_SEND_TIME]));
    expect(uris).not.toEqual(expect.arrayContaining([TRANSPORT_WIDE_CC]));
    expect(uris).toContain(DEPENDENCY_DESCRIPTOR);
  });
});

describe('defaultRandomSsrc', () => {
  it('leaves room for the SSRCs that follow', () => {
    for (let i = 0; i < 1000; i++) {
      const ssrc = defaultRandomSsrc();
      expect(ssrc).toBeGreaterThanOrEqual(100_000_000);
      expect(ssrc).toBeLessThan(1_000_000_000);
    }
  });
});
