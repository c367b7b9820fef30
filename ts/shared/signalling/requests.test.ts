import { BadRequestError, UnknownMethodError } from './errors.js';
import { readRequest } from './requests.js';

const CONSUMER = { id: 'c1', transportId: 't1' };
const DTLS = { fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }] };
const VIDEO = { codecs: [{ mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 }] };

/** One good request for each method. */
const GOOD: Record<string, Record<string, unknown>> = {
  queryRoom: {},
  join: { name: 'alice', rtpCapabilities: {} },
  createTransport: { id: 't1', direction: 'send' },
  connectTransport: { id: 't1', dtlsParameters: DTLS },
  restartTransport: { id: 't1' },
  closeTransport: { id: 't1' },
  createProducer: { id: 'p1', transportId: 't1', kind: 'video', rtpParameters: VIDEO },
  setProducerSize: { id: 'p1', size: { width: 1280, height: 720 } },
  closeProducer: { id: 'p1' },
  pauseProducer: { id: 'p1' },
  resumeProducer: { id: 'p1' },
  enableConsumers: { consumers: [CONSUMER] },
  startConsumers: { ids: ['c1'] },
  pauseConsumer: { id: 'c1' },
  resumeConsumer: { id: 'c1' },
  setConsumerPreferredProfile: { id: 'c1', profile: 'low' },
  setConsumerViews: {
    views: [
      { id: 'c1', view: 'hidden' },
      { id: 'c2', view: { width: 1, height: 65_535, cover: true } },
      { id: 'c3' },
    ],
  },
  setLayout: { layout: 'stage', peerName: 'alice', producerId: 'p1' },
  requestKeyFrame: { id: 'c1' },
  createDataProducer: { id: 'd1', transportId: 't1', streamId: 65534, to: 'bob', reliable: true },
  closeDataProducer: { id: 'd1' },
  enableDataConsumers: { consumers: [CONSUMER] },
  startDataConsumers: { ids: ['c1'] },
  getStats: { of: 'transport', id: 't1' },
  leave: {},
};
const WITH_APP_DATA = [
  'join',
  'createTransport',
  'closeTransport',
  'createProducer',
  'closeProducer',
  'leave',
];

test.each(Object.entries(GOOD))('a good %s is read', (method, data) => {
  const request = readRequest(method, data);
  expect(request.method).toBe(method);
  expect(request.data).toMatchObject(data);
});

test('unknown fields are left out and defaults filled in', () => {
  expect(readRequest('join', { ...GOOD.join, admin: true }).data).toEqual({
    name: 'alice',
    rtpCapabilities: { codecs: [], headerExtensions: [] },
    spy: false,
    appData: undefined,
  });
});

test.each(['shout', '', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'the method %p is unknown',
  (method) => {
    expect(() => readRequest(method, {})).toThrow(UnknownMethodError);
  },
);

test.each([
  ['createProducer', { size: { width: 0, height: 1 } }, 'size.width'],
  ['createProducer', { size: { width: 1 } }, 'size.height'],
  ['createProducer', { scales: 2 }, 'scales'],
  ['createProducer', { scales: [4, 0.5] }, 'scales[1]'],
  ['createProducer', { scales: [Number.NaN] }, 'scales[0]'],
  ['createProducer', { scales: Array(17).fill(1) }, 'scales'],
  ['setProducerSize', { size: { width: 65_536, height: 1 } }, 'size.width'],
  ['enableConsumers', { consumers: [{ ...CONSUMER, view: 'seen' }] }, 'consumers[0].view'],
  ['setConsumerViews', { views: 7 }, 'views'],
  ['setConsumerViews', { views: [{}] }, 'views[0].id'],
  ['setConsumerViews', { views: [{ id: 'c', view: { width: 1, height: 1 } }] }, 'views[0].view.cover'],
  [
    'setConsumerViews',
    { views: [{ id: 'c', view: { width: 1.5, height: 1, cover: true } }] },
    'views[0].view.width',
  ],
  ['setLayout', { layout: 'heap' }, 'layout'],
  ['setLayout', { layout: 'stage', peerName: '' }, 'peerName'],
  ['setLayout', { layout: 'stage', producerId: 7 }, 'producerId'],
  ['join', { name: '' }, 'name'],
  ['join', { name: 7 }, 'name'],
  ['join', { name: 'a'.repeat(257) }, 'name'],
  ['join', { name: 'two\nlines' }, 'name'],
  ['join', { rtpCapabilities: undefined }, 'rtpCapabilities'],
  ['join', { rtpCapabilities: { codecs: [{}] } }, 'rtpCapabilities.codecs[0].mimeType'],
  ['join', { spy: 'yes' }, 'spy'],
  ['createTransport', { id: '' }, 'id'],
  ['createTransport', { id: 'a'.repeat(65) }, 'id'],
  ['createTransport', { direction: 'both' }, 'direction'],
  ['connectTransport', { dtlsParameters: 'x' }, 'dtlsParameters'],
  ['connectTransport', { dtlsParameters: { fingerprints: {} } }, 'dtlsParameters.fingerprints'],
  ['connectTransport', { dtlsParameters: { ...DTLS, role: 'boss' } }, 'dtlsParameters.role'],
  [
    'connectTransport',
    { dtlsParameters: { fingerprints: [{ algorithm: 'md5', value: 'AA' }] } },
    'dtlsParameters.fingerprints[0].algorithm',
  ],
  ['createProducer', { kind: 'smell' }, 'kind'],
  ['createProducer', { rtpParameters: {} }, 'rtpParameters.codecs'],
  ['createProducer', { paused: 1 }, 'paused'],
  ['enableConsumers', { consumers: {} }, 'consumers'],
  ['enableConsumers', { consumers: Array(1025).fill(CONSUMER) }, 'consumers'],
  ['enableConsumers', { consumers: [{ id: 'c1' }] }, 'consumers[0].transportId'],
  [
    'enableConsumers',
    { consumers: [{ ...CONSUMER, preferredProfile: 'none' }] },
    'consumers[0].preferredProfile',
  ],
  ['startConsumers', { ids: [1] }, 'ids[0]'],
  ['setConsumerPreferredProfile', { profile: 'none' }, 'profile'],
  ['createDataProducer', { streamId: -1 }, 'streamId'],
  ['createDataProducer', { streamId: 65535 }, 'streamId'],
  ['createDataProducer', { streamId: '1' }, 'streamId'],
  ['createDataProducer', { to: '' }, 'to'],
  ['createDataProducer', { to: ['bob'] }, 'to'],
  ['createDataProducer', { to: 'a'.repeat(257) }, 'to'],
  ['createDataProducer', { reliable: undefined }, 'reliable'],
  ['createDataProducer', { transportId: 7 }, 'transportId'],
  ['closeDataProducer', { id: null }, 'id'],
  ['enableDataConsumers', { consumers: 'all' }, 'consumers'],
  ['enableDataConsumers', { consumers: [{ transportId: 't1' }] }, 'consumers[0].id'],
  ['enableDataConsumers', { consumers: [{ id: 'c1', transportId: {} }] }, 'consumers[0].transportId'],
  ['startDataConsumers', { ids: Array(1025).fill('c1') }, 'ids'],
  ['getStats', { of: 'worker' }, 'of'],
])('%s with %p is refused, naming %s', (method, bad, field) => {
  const read = () => readRequest(method, { ...GOOD[method], ...bad });
  expect(read).toThrow(BadRequestError);
  expect(read).toThrow(`${method}: ${field} must`);
});

test.each([['x'], [7], [[]], [true]])('data must be an object, not %p', (data) => {
  expect(() => readRequest('join', data)).toThrow(new BadRequestError('join: data must be an object'));
});

test.each(WITH_APP_DATA)('the appData of %s is any JSON value, verbatim', (method) => {
  for (const appData of [null, 0, '', [1, { a: null }], { deep: { deeper: true } }]) {
    expect(readRequest(method, { ...GOOD[method], appData }).data).toHaveProperty('appData', appData);
  }
});

test.each(WITH_APP_DATA)('the appData of %s has limits', (method) => {
  const deep = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  for (const appData of ['a'.repeat(65_535), deep]) {
    expect(() => readRequest(method, { ...GOOD[method], appData })).toThrow(BadRequestError);
  }
  expect(() => readRequest(method, { ...GOOD[method], appData: 'a'.repeat(65_534) })).not.toThrow();
});

test('whatever comes is read or refused by name', () => {
  const random = lcg(20);
  const methods = Object.keys(GOOD);
  for (let round = 0; round < 5_000; round++) {
    const method = pick(random, methods);
    try {
      readRequest(method, mutate(random, structuredClone(GOOD[method]), 0));
    } catch (error) {
      expect(error).toBeInstanceOf(BadRequestError);
    }
  }
});

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(random: () => number, items: T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

const ODD: unknown[] = [
  null,
  undefined,
  0,
  -1,
  1e99,
  Number.NaN,
  '',
  'x',
  '\u0000',
  '__proto__',
  [],
  {},
  [[]],
  true,
];

/** Somewhere in it, something is odd. */
function mutate(random: () => number, value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || random() < 0.1 || depth > 6) return pick(random, ODD);
  const keys = Object.keys(value);
  const key = keys.length > 0 && random() < 0.9 ? pick(random, keys) : pick(random, ['id', '__proto__', '0']);
  const fields = value as Record<string, unknown>;
  Object.defineProperty(fields, key, {
    value: mutate(random, fields[key], depth + 1),
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return fields;
}
