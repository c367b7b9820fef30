/** The addon as a guest in a process: of other native modules, of Workers of Node.js, and of an end that nobody announces. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { findWorkerAddon } from '../../ts/server/core/worker-binary.js';

const addon = findWorkerAddon();
const program = promisify(execFile);

/** A program of Node.js that has the addon; rejects unless it ends with code 0. */
const node = (script: string) =>
  program(process.execPath, ['-e', `const path = process.argv[1]; ${script}`, addon]);

test('a process may end while workers start on threads', async () => {
  for (let time = 0; time < 40; time++)
    await node('const { start } = require(path); for (let i = 0; i < 20; i++) start(); process.exit();');
});

test('threads that a Worker of Node.js started may outlive it, and so does their code', async () => {
  await node(`
    const { once } = require('node:events');
    const { readFileSync } = require('node:fs');
    const { Worker } = require('node:worker_threads');
    const { Socket } = require('node:net');
    const code = \`
      const { parentPort, workerData } = require('node:worker_threads');
      parentPort.postMessage(require(workerData).start());
    \`;
    (async () => {
      for (let time = 0; time < 10; time++) {
        const worker = new Worker(code, { eval: true, workerData: path });
        const ended = once(worker, 'exit');
        const [{ channel, life }] = await once(worker, 'message');
        await ended;
        if (!readFileSync('/proc/self/maps', 'utf8').includes(path)) throw new Error('the code is gone');
        const gone = once(new Socket({ fd: life }).resume(), 'close');
        new Socket({ fd: channel }).destroy();
        await gone;
      }
    })();
  `);
});

test('other native modules see nothing of it but the entry points of Node-API', async () => {
  const { stdout } = await program('nm', ['--dynamic', '--defined-only', '--format=just-symbols', addon]);

  expect(stdout.trim().split('\n').sort()).toEqual([
    'napi_register_module_v1',
    'node_api_module_get_api_version_v1',
  ]);
});
