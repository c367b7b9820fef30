import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { waitUntil } from './wait.js';

/** A free even port of 127.0.0.1 whose successor is free too: RTP and RTCP (RFC 3550, 11). */
export async function freePortPair(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = (await bindTo(0)) & ~1;
    if ((await bindTo(port)) && (await bindTo(port + 1))) return port;
  }
  throw new Error('no two free ports beside each other');
}

/** The port that was bound, and is free again; 0 if it was in use. */
async function bindTo(port: number): Promise<number> {
  const socket = createSocket('udp4');
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  } catch {
    return 0;
  } finally {
    socket.close();
  }
}

/** Waits until somebody receives on this port: what came earlier would be lost. */
export async function waitForListener(port: number, seen: () => string, timeout = 20_000): Promise<void> {
  const bound = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const isBound = async (): Promise<boolean> => (await readFile('/proc/net/udp', 'utf8')).includes(bound);
  await waitUntil(isBound, timeout, () => `nobody listens on ${port}; ${seen()}`);
}
