import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { findWorkerAddon, findWorkerBinary } from './worker-binary.js';

/** How a worker ended. Without code and signal: it was a thread, or could not be started. */
export type WorkerExit = { code?: number; signal?: NodeJS.Signals; error?: Error };

/** What runs a worker. */
export type WorkerHost = {
  pid: number;
  exited: Promise<WorkerExit>;
  /** A thread ends with its channel instead. */
  kill(): void;
};

export type StartedHost = WorkerHost & { channel: Duplex };

const CHANNEL_FD = 3;

/** Runs the worker as a process, with its channel on file descriptor 3. */
export function startProcess(workerBin?: string): StartedHost {
  const child = spawn(findWorkerBinary(workerBin), [], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  const exited = new Promise<WorkerExit>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (code, signal) =>
      resolve({ ...(code !== null && { code }), ...(signal && { signal }) }),
    );
  });
  return {
    pid: child.pid ?? 0,
    channel: child.stdio[CHANNEL_FD] as Duplex,
    exited,
    kill: () => child.kill('SIGKILL'),
  };
}

/** File descriptors: the channel, and one that closes when the thread has let go of its sockets. */
type Addon = { start(): { channel: number; life: number } };

/** Runs the worker on a thread of this process. */
export function startThread(): StartedHost {
  const addon = createRequire(import.meta.url)(findWorkerAddon()) as Addon;
  const started = addon.start();
  const channel = new Socket({ fd: started.channel, readable: true, writable: true });
  const life = new Socket({ fd: started.life, readable: true, writable: false }).resume();
  const exited = new Promise<WorkerExit>((resolve) => life.once('close', () => resolve({})));
  return { pid: process.pid, channel, exited, kill: () => channel.destroy() };
}
