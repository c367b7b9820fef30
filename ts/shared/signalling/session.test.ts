import { jest } from '@jest/globals';
import { NotFoundError, TimeoutError } from '../errors.js';
import { BadRequestError, PortClosedError, UnknownMethodError } from './errors.js';
import { createPortPair, type Port } from './port.js';
import {
  type ClientSession,
  type FromServer,
  type ServerSession,
  Session,
  type SessionOptions,
} from './session.js';

type Sides = { client: ClientSession; server: ServerSession; heard: unknown[] };

function connect(onRequest?: SessionOptions<FromServer>['onRequest']): Sides {
  const [left, right] = createPortPair();
  const heard: unknown[] = [];
  const client: ClientSession = new Session(left, { onNotification: (told) => heard.push(told) });
  const server: ServerSession = new Session(right, onRequest && { onRequest });
  return { client, server, heard };
}

/** A session whose other side is played by the test. */
function alone(options: SessionOptions<FromServer> = {}) {
  const [near, far] = createPortPair();
  const sent: unknown[] = [];
  const session: ClientSession = new Session(near, options);
  far.onmessage = (text) => sent.push(JSON.parse(text as string));
  return { session, far, sent };
}

async function settle(): Promise<void> {
  for (let task = 0; task < 10; task++) await new Promise(setImmediate);
}

test('a request gets the response to its own id', async () => {
  const { client } = connect(async (method, data, respond) => {
    // The first one is answered last.
    if (method === 'queryRoom') await settle();
    respond({ method, data });
  });
  const answers = await Promise.all([
    client.request('queryRoom', {}),
    client.request('leave', { appData: 1 }),
  ]);
  expect(answers).toEqual([
    { method: 'queryRoom', data: {} },
    { method: 'leave', data: { appData: 1 } },
  ]);
});

test('a request rejects with the named error of the other side', async () => {
  const { client } = connect(async () => {
    throw new NotFoundError('there is no producer p1');
  });
  await expect(client.request('closeProducer', { id: 'p1' })).rejects.toThrow(
    new NotFoundError('there is no producer p1'),
  );
});

test('the text of an unexpected error stays on its side', async () => {
  const onError = jest.fn();
  const [left, right] = createPortPair();
  const client: ClientSession = new Session(left);
  const mistake = new TypeError('secret');
  const onRequest = () => Promise.reject(mistake);
  new Session(right, { onRequest, onError });
  await expect(client.request('queryRoom', {})).rejects.toThrow(new Error('internal error'));
  expect(onError).toHaveBeenCalledWith(mistake);
});

test('a response leaves at once, before what is told after it', async () => {
  const { client, server, heard } = connect(async (_method, _data, respond) => {
    respond({ peers: [] });
    server.notify('newPeer', { name: 'bob', quality: 'good', consumers: [] });
  });
  client.request('join', { name: 'alice', rtpCapabilities: {} }).then((response) => heard.push(response));
  await settle();
  expect(heard).toEqual([
    { peers: [] },
    { type: 'notification', method: 'newPeer', data: { name: 'bob', quality: 'good', consumers: [] } },
  ]);
});

test('a side that answers nothing says so', async () => {
  const { client } = connect();
  await expect(client.request('queryRoom', {})).rejects.toThrow(UnknownMethodError);
});

test('a request without an answer rejects after the timeout, and a later answer is passed over', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const { session, far } = alone();
    const asked = session.request('queryRoom', {});
    const outcome = expect(asked).rejects.toThrow(
      new TimeoutError('queryRoom got no answer within 30000 ms'),
    );
    jest.advanceTimersByTime(30_000);
    await outcome;
    far.send(JSON.stringify({ type: 'response', id: 1, ok: true, data: {} }));
    await settle();
    expect(session.garbage).toBe(1);
  } finally {
    jest.useRealTimers();
  }
});

test.each([
  ['this side', ({ session }: { session: ClientSession }) => session.close()],
  ['the other side', ({ far }: { far: Port }) => far.close()],
])('when %s closes, what is pending rejects and nothing can be asked', async (_who, close) => {
  const onClose = jest.fn();
  const sides = alone({ onClose });
  const asked = sides.session.request('queryRoom', {});
  close(sides);
  await expect(asked).rejects.toThrow(PortClosedError);
  await expect(sides.session.request('queryRoom', {})).rejects.toThrow(PortClosedError);
  await settle();
  expect(sides.session.closed).toBe(true);
  expect(onClose).toHaveBeenCalledTimes(1);
});

test.each([
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['no text', new Uint8Array([1, 2])],
  ['undefined', undefined],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '7'],
  ['no type', '{}'],
  ['an unknown type', '{"type":"shout"}'],
  ['a request without id', '{"type":"request","method":"join"}'],
  ['a request with a bad id', '{"type":"request","id":1.5,"method":"join"}'],
  ['a response to nobody', '{"type":"response","id":9,"ok":true}'],
  ['an error without error', '{"type":"response","id":9,"ok":false}'],
  ['a notification without method', '{"type":"notification"}'],
])('%s is counted and not answered', async (_what, text) => {
  const { session, far, sent } = alone();
  far.send(text as string);
  await settle();
  expect(session.garbage).toBe(1);
  expect(session.closed).toBe(false);
  expect(sent).toEqual([]);
});

test('a request without a method is answered with BadRequestError', async () => {
  const { far, sent } = alone();
  far.send('{"type":"request","id":3}');
  await settle();
  expect(sent).toEqual([
    {
      type: 'response',
      id: 3,
      ok: false,
      error: { name: 'BadRequestError', message: 'method must be a short string' },
    },
  ]);
});

test('a text of the limit is read, one above is garbage', async () => {
  const text = '{"type":"request","id":3,"method":"x"}';
  const { session, far, sent } = alone({ maxMessageLength: text.length });
  far.send(text);
  far.send(`${text} `);
  await settle();
  expect(sent).toHaveLength(1);
  expect(session.garbage).toBe(1);
});

test('a listener that throws does not harm the session', async () => {
  const onError = jest.fn();
  const { session, far } = alone({
    onNotification: () => {
      throw new Error('oops');
    },
    onError,
  });
  far.send('{"type":"notification","method":"closed","data":{}}');
  await settle();
  expect(onError).toHaveBeenCalled();
  expect(session.closed).toBe(false);
});

test('data that is no JSON rejects the request and leaves nothing pending', async () => {
  const { session } = alone();
  const circular: { self?: unknown } = {};
  circular.self = circular;
  await expect(session.request('leave', { appData: circular })).rejects.toThrow(TypeError);
  session.close();
});

test('requests of any kind of garbage are answered exactly once', async () => {
  const random = lcg(1);
  const onRequest = async () => {
    throw new BadRequestError('no');
  };
  const { far, sent } = alone({ onRequest });
  const requests = Array.from({ length: 500 }, (_, id) => ({ ...garbage(random), type: 'request', id }));
  for (const request of requests) far.send(JSON.stringify(request));
  await settle();
  expect(sent.map((answer) => (answer as { id: number }).id).sort((a, b) => a - b)).toEqual(
    requests.map(({ id }) => id),
  );
});

function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function garbage(random: () => number): Record<string, unknown> {
  const values = [null, 1, -1, 'x', '', [], {}, true, 'join', 'a'.repeat(100), { data: {} }];
  const any = () => values[Math.floor(random() * values.length)];
  return { method: any(), data: any(), ok: any(), error: any(), __proto__: any() };
}
