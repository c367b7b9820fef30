import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { asInteger, asNonEmptyString } from '../../shared/rtp/fields.js';
import type { Port } from '../../shared/signalling/port.js';
import { MAX_MESSAGE_LENGTH } from '../../shared/signalling/session.js';
import * as logger from '../core/logger.js';
import type { Room } from './room.js';

export type WebSocketOptions = {
  /** Of the URL, without the query. Default '/rooms'. Other paths are left to others. */
  path?: string;
  /** Which room, and what the policy is to know of the client; undefined refuses it with 404. */
  find(request: IncomingMessage): Promise<Found | undefined> | Found | undefined;
  /** Whether a page from `origin` may connect. Default: only the pages of this host itself. */
  allowOrigin?(origin: string, request: IncomingMessage): boolean;
  /** Milliseconds between two pings; who has not answered by the next one is gone. Default 10,000. */
  pingInterval?: number;
};

/** @example { room: await server.openRoom('lobby'), context: { user: 'alice' } } */
export type Found = { room: Room; context?: unknown };

/** Serving, until it is closed. */
export type WebSocketService = {
  /** Drops all clients. The HTTP server goes on. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Bytes. Who reads so slowly that more is waiting is cut off, or its messages would fill the memory. */
const MAX_BUFFERED = 16 * 1_048_576;

/**
 * Serves clients by WebSocket on an HTTP server that is there anyway.
 *
 * @example
 * serveWebSocket(httpServer, {
 *   find: async (request) => ({ room: await server.openRoom('lobby'), context: await userOf(request) }),
 * });
 *
 * @throws TypeError
 */
export function serveWebSocket(http: HttpServer | HttpsServer, options: WebSocketOptions): WebSocketService {
  const path = asNonEmptyString(options.path ?? '/rooms', 'path', 1024);
  const pingInterval = asInteger(options.pingInterval ?? 10_000, 'pingInterval', 1, 0x7fffffff);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_LENGTH });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (pathOf(request) === path) void upgrade(sockets, options, { request, socket, head });
  };
  http.on('upgrade', onUpgrade);
  const stopPings = pingAll(sockets, pingInterval);
  const close = () => {
    http.off('upgrade', onUpgrade);
    stopPings();
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  };
  return { close, [Symbol.asyncDispose]: async () => close() };
}

type Upgrade = { request: IncomingMessage; socket: Duplex; head: Buffer };

async function upgrade(
  sockets: WebSocketServer,
  options: WebSocketOptions,
  { request, socket, head }: Upgrade,
) {
  // Until the WebSocket takes over, nobody else listens.
  const onError = () => socket.destroy();
  socket.on('error', onError);
  if (!isAllowed(request, options)) return refuse(socket, '403 Forbidden');
  const found = await find(request, options);
  if (found === 'failed') return refuse(socket, '500 Internal Server Error');
  if (!found || found.room.closed) return refuse(socket, '404 Not Found');
  socket.off('error', onError);
  sockets.handleUpgrade(request, socket, head, (client) => {
    sockets.emit('connection', client);
    serve(client, found);
  });
}

function isAllowed(request: IncomingMessage, { allowOrigin = isSameHost }: WebSocketOptions): boolean {
  const { origin } = request.headers;
  // Only browsers send it, and they always do.
  return origin === undefined || allowOrigin(origin, request);
}

function isSameHost(origin: string, request: IncomingMessage): boolean {
  return URL.canParse(origin) && new URL(origin).host === request.headers.host;
}

async function find(request: IncomingMessage, options: WebSocketOptions) {
  try {
    return await options.find(request);
  } catch (error) {
    logger.error('rooms', `no room was found for ${request.url}`, error);
    return 'failed';
  }
}

function serve(client: WebSocket, { room, context }: Found): void {
  // What is malformed closes it, after this.
  client.on('error', (error) => logger.debug('rooms', `a WebSocket failed: ${error}`));
  if (room.closed) client.close();
  else room.accept(new ServerWebSocketPort(client), context);
}

class ServerWebSocketPort implements Port {
  onmessage: Port['onmessage'] = null;
  onclose: Port['onclose'] = null;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.onmessage?.(isBinary ? data : data.toString()));
    socket.on('close', () => this.onclose?.());
  }

  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED) this.#socket.terminate();
    else this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }
}

function pingAll(sockets: WebSocketServer, interval: number): () => void {
  const silent = new WeakSet<WebSocket>();
  sockets.on('connection', (socket: WebSocket) => socket.on('pong', () => silent.delete(socket)));
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) socket.terminate();
      silent.add(socket);
      socket.ping();
    }
  }, interval);
  return () => clearInterval(timer);
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
