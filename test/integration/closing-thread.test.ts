import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, expect, it } from '@jest/globals';
import { descriptorsOf } from '../../scripts/cycles/watch.mjs';
import * as core from '../../ts/server/core/index.js';

const TIMES = 50;
let running: core.Worker | undefined;

const gone = (worker: core.Worker) => new Promise<void>((resolve) => worker.once('subprocessclose', resolve));

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

afterEach(() => running?.close());

it.each(['process', 'thread'] as const)(
  'a worker %s that says it is gone has let go of its ports and descriptors',
  async (mode) => {
    const listenInfos = [{ protocol: 'udp' as const, ip: '127.0.0.1', port: await freePort() }];
    const descriptors: (number | undefined)[] = [];

    for (let time = 0; time < TIMES; time++) {
      running = await core.createWorker({ mode });
      await running.createWebRtcServer({ listenInfos });
      const end = gone(running);
      running.close();
      await end;
      descriptors.push(descriptorsOf(process.pid));
    }

    expect(new Set(descriptors).size).toBe(1);
  },
);
