import { createServer, get, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { fakeServer } from '../../../test/harness/fake-rooms.js';
import { RoomClient } from '../../../test/harness/room-client.js';
import { waitUntil } from '../../../test/harness/wait.js';
import { WebSocketPort } from '../../shared/signalling/websocket-port.js';
import { setLogEventListeners } from '../core/logger.js';
import type { Room } from './room.js';
import { serveWebSocket, type WebSocketOptions, type WebSocketService } from './websocket.js';

let http: HttpServer;
let service: WebSocketService;
let room: Room;

async function serve(options: Partial<WebSocketOptions> = {}): Promise<void> {
  service = serveWebSocket(http, { find: () => ({ room, context: 'ctx' }), ...options });
}

const port = () => (http.address() as AddressInfo).port;
const url = (path = '/rooms') => `ws://127.0.0.1:${port()}${path}`;

function connect(path?: string, options: object = {}) {
  const socket = new WebSocket(url(path), options);
  const client = new RoomClient(new WebSocketPort(socket as unknown as globalThis.WebSocket));
  return { socket, client };
}

/** What the server says to one whom it does not want. */
function refusal(path?: string, options: object = {}): Promise<string> {
  return new Promise((resolve) => {
    new WebSocket(url(path), options).on('error', ({ message }) => resolve(message));
  });
}

const closed = (socket: WebSocket) => new Promise<number>((resolve) => socket.once('close', resolve));
const empty = () =>
  waitUntil(
    () => room.peers.length === 0,
    5_000,
    () => 'the peer is still there',
  );

beforeEach(async () => {
  const { server } = await fakeServer();
  room = await server.createRoom();
  http = createServer((_request, response) => response.end('page'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await new Promise((resolve) => http.close(resolve));
});

test('a WebSocket becomes a peer, and leaves when it drops', async () => {
  await serve();
  const { socket, client } = connect('/rooms?room=lobby');
  await client.join('alice');
  expect(room.peers.map(({ name }) => name)).toEqual(['alice']);
  socket.terminate();
  await empty();
});

test('the server closes the WebSocket of a peer that it closes, after telling it', async () => {
  await serve();
  const { socket, client } = connect();
  await client.join('alice');
  room.peers[0]!.close('bye');
  await closed(socket);
  expect(client.heard('closed')).toEqual([{ reason: 'removed', appData: 'bye' }]);
});

test('the HTTP server goes on beside it', async () => {
  await serve();
  const status = await new Promise((resolve) =>
    get(`http://127.0.0.1:${port()}/`, (r) => resolve(r.resume().statusCode)),
  );
  expect(status).toBe(200);
});

test('the room and the context are found by request', async () => {
  const urls: unknown[] = [];
  await serve({
    path: '/ws',
    find: async (request) => {
      urls.push(request.url);
      return { room };
    },
  });
  const { client, socket } = connect('/ws?room=a%20b');
  await client.join('alice');
  expect(urls).toEqual(['/ws?room=a%20b']);
  socket.terminate();
});

test('without a room it is 404, and when that is not known 500', async () => {
  setLogEventListeners();
  await serve({ find: () => undefined });
  expect(await refusal()).toContain('404');
  service.close();
  await serve({ find: () => Promise.reject(new Error('database')) });
  expect(await refusal()).toContain('500');
  service.close();
  await serve();
  room.close();
  expect(await refusal()).toContain('404');
});

test('pages of other hosts are refused unless allowed', async () => {
  await serve();
  expect(await refusal('/rooms', { origin: 'https://evil.example' })).toContain('403');
  expect(await refusal('/rooms', { origin: 'null' })).toContain('403');
  const same = connect('/rooms', { origin: `http://127.0.0.1:${port()}` });
  await same.client.join('alice');
  service.close();
  await serve({ allowOrigin: (origin) => origin === 'https://good.example' });
  const good = connect('/rooms', { origin: 'https://good.example' });
  await good.client.join('bob');
  expect(await refusal('/rooms', { origin: `http://127.0.0.1:${port()}` })).toContain('403');
});

test('a message above the limit ends its client, and nobody else', async () => {
  await serve();
  const [mallory, alice] = [connect(), connect()];
  await mallory.client.join('mallory');
  await alice.client.join('alice');
  mallory.socket.send('x'.repeat(1_048_577));
  expect(await closed(mallory.socket)).toBe(1009);
  expect((await alice.client.hear('peerClosed')).name).toBe('mallory');
  expect(alice.socket.readyState).toBe(WebSocket.OPEN);
});

test('binary messages are passed over', async () => {
  await serve();
  const { socket, client } = connect();
  await client.join('alice');
  socket.send(Buffer.from('{"type":"request","id":7,"method":"leave"}'));
  expect(await client.session.request('queryRoom', {})).toBeDefined();
  expect(room.peers).toHaveLength(1);
});

test('who does not answer pings is gone', async () => {
  await serve({ pingInterval: 20 });
  const [silent, lively] = [connect('/rooms', { autoPong: false }), connect()];
  await lively.client.join('lively');
  await silent.client.join('silent').catch(() => {});
  await closed(silent.socket);
  await waitUntil(
    () => room.peers.length === 1,
    5_000,
    () => 'both are still there',
  );
  expect(room.peers[0]!.name).toBe('lively');
});

test('closing the service drops its clients and answers no more', async () => {
  await serve();
  const { socket, client } = connect();
  await client.join('alice');
  service.close();
  await closed(socket);
  await empty();
  expect(http.listenerCount('upgrade')).toBe(0);
});

test.each([
  [{ path: '' }, 'path'],
  [{ pingInterval: 0 }, 'pingInterval'],
])('the options %j are refused, naming %s', async (options, field) => {
  await serve();
  expect(() => serveWebSocket(http, { find: () => ({ room }), ...options })).toThrow(`${field} must`);
});
