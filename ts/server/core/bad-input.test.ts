/**
 * What every public function says of arguments that cannot be: the error's class, and first in its message the field.
 * What only the worker can refuse is in test/integration/core-refusals.test.ts.
 */
import { describe, expect, it } from '@jest/globals';
import { mediaCodecs, opusParameters } from '../../../test/harness/rtp-options.js';
import { scriptedWorker } from '../../../test/harness/scripted-worker.js';
import * as core from './index.js';

const udp = { protocol: 'udp' as const, ip: '127.0.0.1' };
const fingerprint = { algorithm: 'sha-256' as const, value: 'AB:CD' };
const rtpParameters = opusParameters();
const [codec] = rtpParameters.codecs as [core.types.RtpCodecParameters];
const srtpParameters = { cryptoSuite: 'AEAD_AES_256_GCM', keyBase64: Buffer.alloc(44).toString('base64') };
const circular: Record<string, unknown> = {};
circular['self'] = circular;

/** One of everything, over a worker that does what it is told. */
async function everything() {
  const { worker, script } = scriptedWorker();
  const webRtcServer = await worker.createWebRtcServer({ listenInfos: [udp] });
  const router = await worker.createRouter({ mediaCodecs });
  const other = await scriptedWorker().worker.createRouter({ mediaCodecs });
  const beside = await worker.createRouter({ mediaCodecs });
  const webrtc = await router.createWebRtcTransport({ webRtcServer, enableSctp: true });
  const plain = await router.createPlainTransport({ listenInfo: udp });
  const rtcp = await router.createPlainTransport({ listenInfo: udp, rtcpMux: false });
  const comedia = await router.createPlainTransport({ listenInfo: udp, comedia: true, enableSrtp: true });
  const pipe = await router.createPipeTransport({ listenInfo: udp, enableSrtp: true });
  const direct = await router.createDirectTransport();
  const producer = await direct.produce({ kind: 'audio', rtpParameters: opusParameters() });
  const received = await webrtc.produce({ kind: 'audio', rtpParameters: opusParameters('1', 2) });
  const { rtpCapabilities } = router;
  const consumer = await webrtc.consume({ producerId: producer.id, rtpCapabilities });
  const dataProducer = await direct.produceData();
  const sctpDataProducer = await webrtc.produceData({ sctpStreamParameters: { streamId: 1 } });
  const dataConsumer = await webrtc.consumeData({ dataProducerId: dataProducer.id });
  const directDataConsumer = await direct.consumeData({ dataProducerId: dataProducer.id });
  const levels = await router.createAudioLevelObserver();
  const speaker = await router.createActiveSpeakerObserver();
  return {
    ...{ worker, webRtcServer, router, other, beside, webrtc, plain, rtcp, comedia, pipe, direct },
    ...{ producer, received, consumer, dataProducer, sctpDataProducer, dataConsumer, directDataConsumer },
    ...{ levels, speaker, script },
  };
}

type Everything = Awaited<ReturnType<typeof everything>>;
type ErrorClass = new (message: string) => Error;
/** The arguments, the class of the error, and how its message begins. */
type Row = [args: unknown[] | ((all: Everything) => unknown[]), errorClass: ErrorClass, field: string];

const { NotFoundError, UnsupportedError } = core;

const noObject = (name: string): Row[] =>
  [undefined, null, 7, 'text', []].map((value) => [[value], TypeError, `${name} must be an object`]);
/** With every wrong value of one option, the others being as in `rest`. */
const option = (name: string, values: unknown[], rest: object = {}, field = name): Row[] =>
  values.map((value) => [[{ ...rest, [name]: value }], TypeError, field]);
const appData = (rest: object = {}): Row[] => option('appData', [7, 'text', []], rest);
const producerIds = (rest: object = {}): Row[] =>
  option('producerId', [undefined, 7, '', 'x'.repeat(256)], rest);

const sctp = (rest: object): Row[] => [
  ...option('enableSctp', [1, 'yes'], rest),
  ...option('maxSendMessageSize', [0, -1, 1.5, '1'], rest),
  ...option('maxReceiveMessageSize', [0, 2 ** 32], rest),
  ...option('maxSctpMessageSize', [0, 'many'], rest),
  ...option('sctpSendBufferSize', [0, 'many'], rest),
  ...option('sctpPerStreamSendQueueLimit', [0, false, NaN], rest),
  ...option('sctpMaxReceiverWindowBufferSize', [-1], rest),
  ...option('sctpDefaultStreamBufferedAmountLowThreshold', [-1, 2 ** 32], rest),
  ...option('numSctpStreams', [7], rest),
  ...option('numSctpStreams', [{ OS: 0 }], rest, 'numSctpStreams.OS'),
  ...option('numSctpStreams', [{ MIS: 65_536 }], rest, 'numSctpStreams.MIS'),
];

/** Of an option that is one listen info. */
const listenInfo = (name: string, rest: object = {}): Row[] => {
  const bad = (more: object, field: string): Row => [
    [{ ...rest, [name]: { ...udp, ...more } }],
    TypeError,
    field,
  ];
  return [
    ...option(name, [7, [], 'text'], rest, `${name} must be an object`),
    bad({ protocol: 'sctp' }, `${name}.protocol`),
    bad({ protocol: 'tcp' }, `${name}.protocol`),
    bad({ ip: 'localhost' }, `${name}.ip`),
    bad({ announcedAddress: '' }, `${name}.announcedAddress`),
    bad({ exposeInternalIp: 1 }, `${name}.exposeInternalIp`),
    bad({ port: 65_536 }, `${name}.port`),
    bad({ portRange: { min: 5, max: 4 } }, `${name}.portRange.max`),
    bad({ flags: { ipv6Only: 1 } }, `${name}.flags.ipv6Only`),
    bad({ flags: { udpReusePort: 1 } }, `${name}.flags.udpReusePort`),
    bad({ sendBufferSize: -1 }, `${name}.sendBufferSize`),
    bad({ recvBufferSize: 'big' }, `${name}.recvBufferSize`),
  ];
};

const listenIp = (rest: object = {}): Row[] => [
  ...option('listenIp', [7, 'localhost', {}], rest),
  [[{ ...rest, listenIp: '127.0.0.1', port: -1 }], TypeError, 'listenIp.port'],
  [
    [{ ...rest, listenIp: '127.0.0.1', listenInfo: udp }],
    TypeError,
    'options must have exactly one of listenInfo',
  ],
  [[rest], TypeError, 'options must have exactly one of listenInfo'],
];

const remote = (more: object = {}): Row[] => [
  ...noObject('params'),
  ...option('ip', [undefined, 7, 'localhost'], { port: 5, ...more }),
  ...option('port', [undefined, 0, 65_536, '5'], { ip: '127.0.0.1', ...more }),
];

const bitrates: Row[] = [undefined, -1, 1.5, '5', 2 ** 32].map((bitrate) => [
  [bitrate],
  TypeError,
  'bitrate',
]);
const outgoing: Row[] = [...bitrates, [[29_999], TypeError, 'bitrate']];
const traces: Row[] = [
  [[7], TypeError, 'types must be an array'],
  [[['lunch']], TypeError, 'types[0]'],
];

const rtp = (given: unknown, field: string): Row => [
  [{ kind: 'audio', rtpParameters: given }],
  TypeError,
  `rtpParameters${field}`,
];
const produce: Row[] = [
  ...noObject('options'),
  ...option('id', [7, '', 'x'.repeat(256), 'line\n'], { kind: 'audio', rtpParameters }),
  ...option('kind', [undefined, 'text'], { rtpParameters }),
  ...option('paused', [1], { kind: 'audio', rtpParameters }),
  ...option('keyFrameRequestDelay', [-1, 60_001, '1'], { kind: 'audio', rtpParameters }),
  ...option('enableMediasoupPacketIdHeaderExtension', ['yes'], { kind: 'audio', rtpParameters }),
  ...appData({ kind: 'audio', rtpParameters }),
  rtp(undefined, ' must be an object'),
  rtp({}, '.codecs'),
  rtp({ codecs: [{ ...codec, mimeType: 'opus' }] }, '.codecs[0].mimeType'),
  rtp({ codecs: [{ ...codec, payloadType: 128 }] }, '.codecs[0].payloadType'),
  rtp({ codecs: [{ ...codec, clockRate: '48000' }] }, '.codecs[0].clockRate'),
  rtp({ codecs: [{ ...codec, parameters: { useinbandfec: {} } }] }, '.codecs[0].parameters'),
  rtp({ codecs: [{ ...codec, rtcpFeedback: [{ type: 7 }] }] }, '.codecs[0].rtcpFeedback[0].type'),
  rtp({ ...rtpParameters, mid: 7 }, '.mid'),
  rtp({ ...rtpParameters, headerExtensions: [{ uri: 7, id: 1 }] }, '.headerExtensions[0].uri'),
  rtp({ ...rtpParameters, headerExtensions: [{ uri: 'urn:x', id: 0 }] }, '.headerExtensions[0].id'),
  rtp({ ...rtpParameters, encodings: [{ ssrc: -1 }] }, '.encodings[0].ssrc'),
  rtp({ ...rtpParameters, encodings: [{ ssrc: 1 }, { ssrc: 1 }] }, '.encodings[1].ssrc'),
  rtp({ ...rtpParameters, rtcp: { cname: 7 } }, '.rtcp.cname'),
  [
    [
      {
        kind: 'audio',
        rtpParameters: { codecs: [{ ...codec, mimeType: 'audio/PCMU', clockRate: 8000, channels: 1 }] },
      },
    ],
    UnsupportedError,
    '',
  ],
  [({ producer }) => [{ id: producer.id, kind: 'audio', rtpParameters }], TypeError, 'id '],
];

const consume: Row[] = [
  ...noObject('options'),
  ...producerIds(),
  [[{ producerId: 'nobody', rtpCapabilities: { codecs: [] } }], NotFoundError, "producerId 'nobody'"],
  ...(
    [
      [{ paused: 1 }, 'paused'],
      [{ ignoreDtx: 1 }, 'ignoreDtx'],
      [{ pipe: 1 }, 'pipe'],
      [{ enableRtx: 1 }, 'enableRtx'],
      [{ mid: '123456789' }, 'mid'],
      [{ mid: '' }, 'mid'],
      [{ preferredLayers: 7 }, 'preferredLayers must be an object'],
      [{ preferredLayers: {} }, 'preferredLayers.spatialLayer'],
      [{ preferredLayers: { spatialLayer: 0, temporalLayer: -1 } }, 'preferredLayers.temporalLayer'],
      [{ allocation: 7 }, 'allocation must be an object'],
      [{ allocation: { tier: 256 } }, 'allocation.tier'],
      [{ rtpCapabilities: 7 }, ''],
      [{ rtpCapabilities: undefined }, ''],
      [{ appData: 7 }, 'appData'],
    ] as [object, string][]
  ).map(([more, field]): Row => {
    const args = ({ producer, router: { rtpCapabilities } }: Everything) => [
      { producerId: producer.id, rtpCapabilities, ...more },
    ];
    return [args, TypeError, field];
  }),
  [({ producer }) => [{ producerId: producer.id, rtpCapabilities: { codecs: [] } }], UnsupportedError, ''],
];

const streams: Row[] = option('sctpStreamParameters', [7], {}, 'sctpStreamParameters must be an object');
const badStreams: [object, string][] = [
  [{}, 'streamId'],
  [{ streamId: 65_535 }, 'streamId'],
  [{ streamId: 1, ordered: 1 }, 'ordered'],
  [{ streamId: 1, maxPacketLifeTime: -1 }, 'maxPacketLifeTime'],
  [{ streamId: 1, maxRetransmits: 'no' }, 'maxRetransmits'],
];
const produceData: Row[] = [
  [[null], TypeError, 'options must be an object'],
  [[], TypeError, 'sctpStreamParameters must be an object'],
  ...streams,
  ...badStreams.map(
    ([sctpStreamParameters, field]): Row => [
      [{ sctpStreamParameters }],
      TypeError,
      `sctpStreamParameters.${field}`,
    ],
  ),
  ...(
    [
      ['id', 7],
      ['id', ''],
      ['label', 7],
      ['label', 'x'.repeat(65_536)],
      ['protocol', 7],
      ['paused', 1],
      ['appData', 7],
    ] as const
  ).flatMap(([name, value]) => option(name, [value], { sctpStreamParameters: { streamId: 9 } })),
];

const consumeData: Row[] = [
  ...noObject('options'),
  ...option('dataProducerId', [undefined, 7, '']),
  [[{ dataProducerId: 'nobody' }], NotFoundError, "dataProducerId 'nobody'"],
  ...(
    [
      [{ paused: 1 }, 'paused'],
      [{ subchannels: 7 }, 'subchannels must be an array'],
      [{ subchannels: [1, 65_536] }, 'subchannels[1]'],
      [{ ordered: 1 }, 'options.ordered'],
      [{ maxPacketLifeTime: -1 }, 'options.maxPacketLifeTime'],
      [{ maxRetransmits: 0.5 }, 'options.maxRetransmits'],
      [{ ordered: true, maxRetransmits: 1 }, 'options'],
      [{ maxPacketLifeTime: 1, maxRetransmits: 1 }, 'options'],
      [{ appData: 7 }, 'appData'],
    ] as [object, string][]
  ).map(
    ([more, field]): Row => [
      ({ dataProducer }) => [{ dataProducerId: dataProducer.id, ...more }],
      TypeError,
      field,
    ],
  ),
];

const observed: Row[] = [
  ...noObject('options'),
  ...producerIds(),
  [[{ producerId: 'nobody' }], NotFoundError, "producerId 'nobody'"],
];

const layers: Row[] = [
  ...noObject('preferredLayers'),
  [[{ spatialLayer: -1 }], TypeError, 'preferredLayers.spatialLayer'],
  [[{ spatialLayer: 0, temporalLayer: 256 }], TypeError, 'preferredLayers.temporalLayer'],
];

const allocations: Row[] = [
  ...noObject('allocation'),
  [[{ tier: -1 }], TypeError, 'allocation.tier'],
  [[{ tier: 256 }], TypeError, 'allocation.tier'],
  [[{ tier: '1' }], TypeError, 'allocation.tier'],
  [[{ weight: 0 }], TypeError, 'allocation.weight'],
  [[{ weight: 256 }], TypeError, 'allocation.weight'],
  [[{ minLayers: 1 }], TypeError, 'allocation.minLayers must be an object'],
  [[{ minLayers: { spatialLayer: 256 } }], TypeError, 'allocation.minLayers.spatialLayer'],
  [[{ maxLayers: {} }], TypeError, 'allocation.maxLayers.spatialLayer'],
  [[{ maxLayers: { spatialLayer: 0, temporalLayer: 0.5 } }], TypeError, 'allocation.maxLayers.temporalLayer'],
  [
    [{ minLayers: { spatialLayer: 2 }, maxLayers: { spatialLayer: 1 } }],
    TypeError,
    'allocation.minLayers must not be above allocation.maxLayers',
  ],
  [
    [{ minLayers: { spatialLayer: 1, temporalLayer: 1 }, maxLayers: { spatialLayer: 1, temporalLayer: 0 } }],
    TypeError,
    'allocation.minLayers must not be above allocation.maxLayers',
  ],
  [[{ whenStarved: 'drop' }], TypeError, 'allocation.whenStarved must be one of keep, pause'],
];

const packets: unknown[] = [undefined, null, 'text', [1, 2], {}, new ArrayBuffer(4)];
const messages: Row[] = [
  ...[undefined, null, 7, {}, new ArrayBuffer(4)].map((value): Row => [[value], TypeError, 'message']),
  [['text', -1], TypeError, 'ppid'],
  [['text', 2 ** 32], TypeError, 'ppid'],
  [['', 77], TypeError, 'message must not be empty'],
];

/** By class and method, on which object of `everything`. */
type Table = Record<string, { on: keyof Everything; rows: Row[] }[]>;

const credentials = { usernameFragment: 'u', password: 'p' };

const methods: Table = {
  'Worker.createWebRtcServer': [
    {
      on: 'worker',
      rows: [
        ...noObject('options'),
        ...option('listenInfos', [undefined, 7, []]),
        ...option('listenInfos', [[{ ...udp, ip: 'x' }]], {}, 'listenInfos[0].ip'),
        ...appData({ listenInfos: [udp] }),
      ],
    },
  ],
  'Worker.createRouter': [
    {
      on: 'worker',
      rows: [
        [[null], TypeError, 'options must be an object'],
        [[7], TypeError, 'options must be an object'],
        ...option('mediaCodecs', [7, 'opus']),
        ...option('mediaCodecs', [[{ ...mediaCodecs[0], clockRate: -1 }]], {}, 'mediaCodecs[0].clockRate'),
        ...option('mediaCodecs', [[7]], {}, 'mediaCodecs[0]'),
        [[{ mediaCodecs: [{ ...mediaCodecs[0], mimeType: 'audio/none' }] }], UnsupportedError, ''],
        ...appData(),
      ],
    },
  ],
  'Worker.updateSettings': [
    {
      on: 'worker',
      rows: [
        [[null], TypeError, 'settings must be an object'],
        ...option('logLevel', ['loud', 7]),
        ...option('logTags', [7]),
        ...option('logTags', [['ice', 'fire']], {}, 'logTags[1]'),
      ],
    },
  ],
  'Router.updateMediaCodecs': [
    {
      on: 'router',
      rows: [
        [[7], TypeError, 'mediaCodecs must be an array'],
        [[[{}]], TypeError, 'mediaCodecs[0]'],
        [[[{ ...mediaCodecs[0], mimeType: 'audio/none' }]], UnsupportedError, ''],
      ],
    },
  ],
  'Router.createWebRtcTransport': [
    {
      on: 'router',
      rows: [
        ...noObject('options'),
        [[{}], TypeError, 'options must have exactly one of webRtcServer'],
        [[{ listenInfos: [udp], listenIps: ['::1'] }], TypeError, 'options must have exactly one of'],
        ...option('webRtcServer', [7, {}]),
        ...option('listenInfos', [7, []]),
        ...option('listenInfos', [[{ ...udp, protocol: 'sctp' }]], {}, 'listenInfos[0].protocol'),
        ...option('listenIps', [7, []]),
        ...option('listenIps', [['localhost']], {}, 'listenIps[0]'),
        ...option('port', [-1], { listenIps: ['::1'] }, 'listenIps[0].port'),
        ...option('enableUdp', [1, false], { listenInfos: [udp] }),
        ...option('enableTcp', [1], { listenInfos: [udp] }),
        ...option('preferUdp', [1], { listenInfos: [udp] }),
        ...option('preferTcp', [1], { listenInfos: [udp] }),
        ...option('iceConsentTimeout', [-1, 1.5], { listenInfos: [udp] }),
        ...option('initialAvailableOutgoingBitrate', [-1, '1'], { listenInfos: [udp] }),
        ...appData({ listenInfos: [udp] }),
        ...sctp({ listenInfos: [udp] }),
      ],
    },
    {
      on: 'other',
      rows: [[({ webRtcServer }) => [{ webRtcServer }], TypeError, 'webRtcServer must be of the router']],
    },
  ],
  'Router.createPlainTransport': [
    {
      on: 'router',
      rows: [
        ...noObject('options'),
        ...listenInfo('listenInfo'),
        ...listenInfo('rtcpListenInfo', { listenInfo: udp, rtcpMux: false }),
        ...listenIp(),
        ...option('rtcpMux', [1], { listenInfo: udp }),
        ...option('comedia', [1], { listenInfo: udp }),
        ...option('enableSrtp', [1], { listenInfo: udp }),
        ...option('srtpCryptoSuite', ['ROT13'], { listenInfo: udp }),
        ...appData({ listenInfo: udp }),
        ...sctp({ listenInfo: udp }),
      ],
    },
  ],
  'Router.createPipeTransport': [
    {
      on: 'router',
      rows: [
        ...noObject('options'),
        ...listenInfo('listenInfo'),
        ...listenIp(),
        ...option('enableRtx', [1], { listenInfo: udp }),
        ...option('enableSrtp', [1], { listenInfo: udp }),
        ...appData({ listenInfo: udp }),
        ...sctp({ listenInfo: udp }),
      ],
    },
  ],
  'Router.createDirectTransport': [
    {
      on: 'router',
      rows: [
        [[null], TypeError, 'options must be an object'],
        ...option('maxSendMessageSize', [0, 'big']),
        ...option('maxReceiveMessageSize', [0, 2 ** 32]),
        ...option('maxMessageSize', [0, 'big']),
        ...appData(),
      ],
    },
  ],
  'Router.pipeToRouter': [
    {
      on: 'router',
      rows: [
        ...noObject('options'),
        [[{ producerId: 'x' }], TypeError, 'router must be a Router'],
        ...(
          [
            [{ producerId: undefined }, TypeError, 'options must have exactly one of producerId'],
            [{ dataProducerId: 'x' }, TypeError, 'options must have exactly one of producerId'],
            [{ producerId: '' }, TypeError, 'producerId'],
            [{ producerId: 'nobody' }, NotFoundError, "producerId 'nobody'"],
            [{ keepId: 1 }, TypeError, 'keepId'],
            [{ enableRtx: 1 }, TypeError, 'enableRtx'],
            [{ enableSrtp: 1 }, TypeError, 'enableSrtp'],
            [{ enableSctp: 1 }, TypeError, 'enableSctp'],
            [{ listenInfo: { ...udp, ip: 'x' } }, TypeError, 'listenInfo.ip'],
            [{ listenIp: 'x' }, TypeError, 'listenIp'],
          ] as [object, ErrorClass, string][]
        ).map(
          ([more, errorClass, field]): Row => [
            ({ producer, other }) => [{ producerId: producer.id, router: other, ...more }],
            errorClass,
            field,
          ],
        ),
        [
          ({ router, producer }) => [{ producerId: producer.id, router }],
          TypeError,
          'router must be another',
        ],
        [
          ({ beside, producer }) => [{ producerId: producer.id, router: beside }],
          TypeError,
          'keepId must be false',
        ],
        [
          ({ other, dataProducer }) => [
            { dataProducerId: dataProducer.id, router: other, enableSctp: false },
          ],
          TypeError,
          'enableSctp must be true',
        ],
      ],
    },
  ],
  'Router.createAudioLevelObserver': [
    {
      on: 'router',
      rows: [
        [[null], TypeError, 'options must be an object'],
        ...option('maxEntries', [0, 65_536, '1']),
        ...option('threshold', [-128, 1]),
        ...option('interval', [249, 5001, 'soon']),
        ...appData(),
      ],
    },
  ],
  'Router.createActiveSpeakerObserver': [
    {
      on: 'router',
      rows: [
        [[null], TypeError, 'options must be an object'],
        ...option('interval', [99, 5001, '300']),
        ...appData(),
      ],
    },
  ],
  'Transport.produce': [{ on: 'webrtc', rows: produce }],
  'Transport.consume': [{ on: 'webrtc', rows: consume }],
  'Transport.produceData': [
    { on: 'webrtc', rows: produceData },
    {
      on: 'direct',
      rows: option('sctpStreamParameters', [{ streamId: 1 }], {}, 'sctpStreamParameters must not be given'),
    },
    {
      on: 'plain',
      rows: [[[{ sctpStreamParameters: { streamId: 1 } }], UnsupportedError, 'the transport has no SCTP']],
    },
  ],
  'Transport.consumeData': [
    { on: 'webrtc', rows: consumeData },
    {
      on: 'direct',
      rows: ['ordered', 'maxPacketLifeTime', 'maxRetransmits'].map(
        (name): Row => [
          ({ dataProducer }) => [{ dataProducerId: dataProducer.id, [name]: 1 }],
          TypeError,
          `${name} must not be given`,
        ],
      ),
    },
    {
      on: 'plain',
      rows: [
        [
          ({ dataProducer }) => [{ dataProducerId: dataProducer.id }],
          UnsupportedError,
          'the transport has no SCTP',
        ],
      ],
    },
  ],
  'Transport.enableTraceEvent': [{ on: 'webrtc', rows: traces }],
  'Transport.setMaxIncomingBitrate': [{ on: 'webrtc', rows: bitrates }],
  'Transport.setMaxOutgoingBitrate': [{ on: 'webrtc', rows: outgoing }],
  'Transport.setMinOutgoingBitrate': [{ on: 'webrtc', rows: outgoing }],
  'WebRtcTransport.dial': [
    {
      on: 'webrtc',
      rows: [
        ...noObject('params'),
        ...option('iceParameters', [undefined, 7]),
        ...option('iceParameters', [{}, { password: 'p' }], {}, 'iceParameters.usernameFragment'),
        ...option('iceParameters', [{ usernameFragment: 'u' }], {}, 'iceParameters.password'),
        ...option('iceCandidates', [7, {}], { iceParameters: credentials }),
        ...option('iceCandidates', [[7]], { iceParameters: credentials }, 'iceCandidates[0]'),
        ...option('iceCandidates', [[{}]], { iceParameters: credentials }, 'iceCandidates[0].address'),
        ...option(
          'iceCandidates',
          [[{ address: '::1', port: 65536 }]],
          { iceParameters: credentials },
          'iceCandidates[0].port',
        ),
        ...option(
          'iceCandidates',
          [[{ ip: '::1', port: 1, protocol: 'tls' }]],
          { iceParameters: credentials },
          'iceCandidates[0].protocol',
        ),
      ],
    },
  ],
  'WebRtcTransport.connect': [
    {
      on: 'webrtc',
      rows: [
        ...noObject('params'),
        ...option('dtlsParameters', [undefined, 7]),
        ...option('dtlsParameters', [{}, { fingerprints: [] }], {}, 'dtlsParameters.fingerprints'),
        ...option('dtlsParameters', [{ role: 'x', fingerprints: [fingerprint] }], {}, 'dtlsParameters.role'),
        ...option(
          'dtlsParameters',
          [{ fingerprints: [{ algorithm: 'md5', value: 'AB' }] }],
          {},
          'dtlsParameters.fingerprints[0].algorithm',
        ),
        ...option(
          'dtlsParameters',
          [7, '', 'nonsense', 'AB:C', 'AB:CD:'].map((value) => ({
            fingerprints: [{ algorithm: 'sha-1', value }],
          })),
          {},
          'dtlsParameters.fingerprints[0].value',
        ),
      ],
    },
  ],
  'PlainTransport.connect': [
    {
      on: 'plain',
      rows: [
        ...remote(),
        ...option('rtcpPort', [5], { ip: '::1', port: 5 }),
        ...option('srtpParameters', [srtpParameters], { ip: '::1', port: 5 }),
      ],
    },
    { on: 'rtcp', rows: option('rtcpPort', [undefined, 0, 65_536], { ip: '::1', port: 5 }) },
    {
      on: 'comedia',
      rows: [
        ...option('ip', ['::1'], { srtpParameters }),
        ...option('port', [5], { srtpParameters }),
        ...option('rtcpPort', [5], { srtpParameters }),
        ...option('srtpParameters', [undefined, 7]),
        ...option('srtpParameters', [{ cryptoSuite: 'x' }], {}, 'srtpParameters.cryptoSuite'),
        ...option('srtpParameters', [{ ...srtpParameters, keyBase64: 'AA' }], {}, 'srtpParameters.keyBase64'),
      ],
    },
  ],
  'PipeTransport.connect': [
    {
      on: 'pipe',
      rows: [
        ...remote({ srtpParameters }),
        ...option('srtpParameters', [undefined, 7], { ip: '::1', port: 5 }),
        ...option(
          'srtpParameters',
          [{ cryptoSuite: 'AEAD_AES_128_GCM', keyBase64: Buffer.alloc(28).toString('base64') }],
          { ip: '::1', port: 5 },
          'srtpParameters.cryptoSuite',
        ),
      ],
    },
  ],
  'PipeTransport.consume': [
    {
      on: 'pipe',
      rows: [
        ...noObject('options'),
        ...producerIds(),
        [[{ producerId: 'nobody' }], NotFoundError, "producerId 'nobody'"],
        [({ producer }) => [{ producerId: producer.id, appData: 7 }], TypeError, 'appData'],
      ],
    },
  ],
  'DirectTransport.setMaxIncomingBitrate': [
    { on: 'direct', rows: [[[500_000], UnsupportedError, 'setMaxIncoming']] },
  ],
  'DirectTransport.setMaxOutgoingBitrate': [
    { on: 'direct', rows: [[[500_000], UnsupportedError, 'setMaxOutgoing']] },
  ],
  'DirectTransport.setMinOutgoingBitrate': [
    { on: 'direct', rows: [[[500_000], UnsupportedError, 'setMinOutgoing']] },
  ],
  'DirectTransport.sendRtcp': [
    {
      on: 'direct',
      rows: packets.map((packet): Row => [[packet], TypeError, 'rtcpPacket must be a Buffer']),
    },
  ],
  'Producer.send': [
    {
      on: 'producer',
      rows: packets.map((packet): Row => [[packet], TypeError, 'rtpPacket must be a Buffer']),
    },
    { on: 'received', rows: [[[Buffer.alloc(12)], UnsupportedError, 'send() is for producers of direct']] },
  ],
  'Producer.enableTraceEvent': [{ on: 'producer', rows: traces }],
  'Consumer.setPreferredLayers': [{ on: 'consumer', rows: layers }],
  'Consumer.setAllocation': [{ on: 'consumer', rows: allocations }],
  'Consumer.setPriority': [
    {
      on: 'consumer',
      rows: [undefined, 0, 256, 1.5, '1', NaN].map((priority): Row => [[priority], TypeError, 'priority']),
    },
  ],
  'Consumer.enableTraceEvent': [{ on: 'consumer', rows: [...traces, [[['sr']], TypeError, 'types[0]']] }],
  'DataProducer.send': [
    {
      on: 'dataProducer',
      rows: [
        ...messages,
        [['text', 51, 7], TypeError, 'subchannels must be an array'],
        [['text', 51, [1, -1]], TypeError, 'subchannels[1]'],
        [['text', 51, [], 65_536], TypeError, 'requiredSubchannel'],
        [['text', 51, [], 1, '2'], TypeError, 'ignoredSubchannel'],
      ],
    },
    {
      on: 'sctpDataProducer',
      rows: [[['text'], UnsupportedError, 'send() is for data producers of direct']],
    },
  ],
  'DataConsumer.send': [
    { on: 'dataConsumer', rows: messages },
    { on: 'directDataConsumer', rows: [[['text'], UnsupportedError, 'send() is not for direct']] },
  ],
  'DataConsumer.setSubchannels': [
    {
      on: 'dataConsumer',
      rows: [
        [[undefined], TypeError, 'subchannels must be an array'],
        [[[1, 1.5]], TypeError, 'subchannels[1]'],
      ],
    },
  ],
  'DataConsumer.addSubchannel': [
    {
      on: 'dataConsumer',
      rows: [undefined, -1, 65_536, '1'].map((one): Row => [[one], TypeError, 'subchannel']),
    },
  ],
  'DataConsumer.removeSubchannel': [
    {
      on: 'dataConsumer',
      rows: [undefined, -1, 65_536, '1'].map((one): Row => [[one], TypeError, 'subchannel']),
    },
  ],
  'DataConsumer.setBufferedAmountLowThreshold': [
    {
      on: 'dataConsumer',
      rows: [undefined, -1, 2 ** 32, '1'].map((one): Row => [[one], TypeError, 'threshold']),
    },
  ],
  'RtpObserver.addProducer': [{ on: 'levels', rows: observed }],
  'RtpObserver.removeProducer': [{ on: 'speaker', rows: observed }],
};

/** They take nothing that could be wrong. */
const takeNothing = [
  ...['close', 'dump', 'getStats', 'getResourceUsage', 'pause', 'resume', 'unsetPriority', 'requestKeyFrame'],
  ...['restartIce', 'getBufferedAmount'],
  /** Of a direct transport. */
  'DirectTransport.connect',
  /** False for everything that is not there, and for capabilities that cannot be. */
  'Router.canConsume',
];

const cases = Object.entries(methods).flatMap(([name, tables]) =>
  tables.flatMap(({ on, rows }) => rows.map((row, index) => [name, on, index, ...row] as const)),
);

describe('bad input', () => {
  it.each(cases)('%s of %s, row %i', async (name, on, _row, args, errorClass, field) => {
    const all = await everything();
    const before = all.script.requests.length;
    const given = typeof args === 'function' ? args(all) : args;

    const error = await call(all[on], name.split('.')[1]!, given);

    expect(error).toBeInstanceOf(errorClass);
    expect((error as Error).constructor).toBe(errorClass);
    expect((error as Error).message.slice(0, field.length)).toBe(field);
    // Nothing was asked of the worker.
    expect(all.script.requests.length).toBe(before);
  });

  it.each([
    'worker',
    'webRtcServer',
    'router',
    'webrtc',
    'plain',
    'pipe',
    'direct',
    'producer',
    'consumer',
    'dataProducer',
    'dataConsumer',
    'levels',
    'speaker',
  ] as const)('appData of %s must be an object', async (name) => {
    const entity = (await everything())[name] as { appData: unknown };

    for (const value of [7, 'text', []]) {
      expect(() => {
        entity.appData = value;
      }).toThrow(new TypeError('appData must be an object'));
    }
    entity.appData = circular;
    expect(entity.appData).toBe(circular);
  });

  it('router.canConsume is false for what is not there', async () => {
    const { router, producer } = await everything();
    const { id: producerId } = producer;

    for (const options of [
      { producerId: 'nobody' },
      { producerId: 7 },
      { producerId },
      { producerId, rtpCapabilities: 7 },
    ])
      expect(router.canConsume(options as never)).toBe(false);
  });

  it('is looked for in every public method', () => {
    const classes = Object.entries(core).flatMap(([name, value]) =>
      typeof value === 'function' &&
      value.prototype &&
      /^[A-Z](?!.*Error$)/.test(name) &&
      name !== 'EnhancedEventEmitter'
        ? [[name, value.prototype as object] as const]
        : [],
    );
    const known = [...Object.keys(methods), ...takeNothing];
    const missing = classes.flatMap(([name, prototype]) =>
      publicMethods(prototype)
        .filter((method) => !known.includes(method) && !known.includes(`${name}.${method}`))
        .map((method) => `${name}.${method}`),
    );

    expect(classes.length).toBeGreaterThan(14);
    expect(missing).toEqual([]);
  });
});

/** Not those that only classes of the core call: what TypeScript hides has no other mark at run time. */
const hidden =
  /^(constructor|closeInWorker|finish|toStats|baseStats|baseDump|forward|sourceOf|onSctpEvent|onTransportEvent|pauseInWorker|resumeInWorker|tell|observe|connectOnce|producerOf)$/;

function publicMethods(prototype: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
    typeof value === 'function' && !hidden.test(name) ? name : [],
  );
}

/** What it throws, or rejects with. */
async function call(target: unknown, method: string, args: unknown[]): Promise<unknown> {
  try {
    await (target as Record<string, (...args: unknown[]) => unknown>)[method]!(...args);
  } catch (error) {
    return error;
  }
  return 'nothing';
}

describe('bad input of functions', () => {
  const settings = (fields: object): Row => [[fields], TypeError, Object.keys(fields)[0]!];
  const codecs = [{ ...codec, preferredPayloadType: 1 }];
  const functions: Record<string, [(...args: never[]) => unknown, Row[]]> = {
    createWorker: [
      core.createWorker,
      [
        [[null], TypeError, 'settings must be an object'],
        settings({ logLevel: 'loud' }),
        settings({ logTags: 'ice' }),
        settings({ rtcMinPort: -1 }),
        settings({ rtcMaxPort: 65_536 }),
        [[{ rtcMinPort: 5, rtcMaxPort: 4 }], TypeError, 'rtcMaxPort'],
        settings({ dtlsCertificateFile: 7 }),
        [[{ dtlsCertificateFile: '/x' }], TypeError, 'dtlsPrivateKeyFile'],
        [[{ dtlsPrivateKeyFile: '/x' }], TypeError, 'dtlsCertificateFile'],
        [
          [{ dtlsCertificateFile: '/nowhere', dtlsPrivateKeyFile: '/x' }],
          TypeError,
          'dtlsCertificateFile cannot be read',
        ],
        settings({ workerBin: '' }),
        settings({ mode: 'fibre' }),
        settings({ requestTimeout: 0 }),
        settings({ appData: 7 }),
      ],
    ],
    setLogEventListeners: [
      core.setLogEventListeners,
      [
        [[7], TypeError, 'listeners must be an object'],
        settings({ ondebug: 7 }),
        settings({ onwarn: 'text' }),
        settings({ onerror: {} }),
      ],
    ],
    validateAndNormalizeRtpCapabilities: [
      core.ortc.validateAndNormalizeRtpCapabilities,
      [
        [[7], TypeError, 'rtpCapabilities'],
        [[{ codecs: [7] }], TypeError, 'rtpCapabilities.codecs[0]'],
      ],
    ],
    validateAndNormalizeRtpParameters: [
      core.ortc.validateAndNormalizeRtpParameters,
      [
        [[7], TypeError, 'rtpParameters'],
        [[{ codecs: [7] }], TypeError, 'rtpParameters.codecs[0]'],
      ],
    ],
    validateAndNormalizeSctpStreamParameters: [
      core.ortc.validateAndNormalizeSctpStreamParameters,
      [
        [[7], TypeError, 'sctpStreamParameters'],
        [[{}], TypeError, 'sctpStreamParameters.streamId'],
      ],
    ],
    generateRouterRtpCapabilities: [
      core.ortc.generateRouterRtpCapabilities,
      [
        [[7], TypeError, 'mediaCodecs'],
        [[[{}]], TypeError, 'mediaCodecs[0]'],
      ],
    ],
    canConsume: [core.ortc.canConsume, [[[{ codecs }, 7], TypeError, 'rtpCapabilities']]],
  };
  const rows = Object.entries(functions).flatMap(([name, [, table]]) =>
    table.map((row, index) => [name, index, ...row] as const),
  );

  it.each(rows)('%s, row %i', async (name, _row, args, errorClass, field) => {
    const error = await call({ name: functions[name]![0] }, 'name', args as unknown[]);

    expect((error as Error).constructor).toBe(errorClass);
    expect((error as Error).message.slice(0, field.length)).toBe(field);
  });

  it.each([undefined, '', 'nonsense', 7, {}])('parseScalabilityMode takes %p for one layer', (mode) => {
    expect(core.parseScalabilityMode(mode as never)).toEqual({
      spatialLayers: 1,
      temporalLayers: 1,
      ksvc: false,
    });
  });
});
