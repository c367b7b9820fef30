import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program that a test runs: a real client, which is killed in the end. */
export type Program = {
  pid: number;
  /** What it writes to file descriptor 1. */
  pictures: Readable;
  /** What it writes to file descriptor 3. */
  sound: Readable;
  /** Whether it has ended by itself, and what it said last: for the message of a failed test. */
  state(): string;
  stop(): Promise<void>;
};

const saidLast = 2000;

/** Starts a program that reads `input` and writes raw media. Whoever starts it stops it. */
export function start(command: string, args: string[], input = ''): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    // Without a program of this name there is no other event.
    child.once('error', () => resolve());
  });
  let said = '';
  child.on('error', (error) => {
    said += error.message;
  });
  child.stderr!.on('data', (text: Buffer) => {
    said = `${said}${text}`.slice(-saidLast);
  });
  // A program that ends before it has read its input is reported by `state`.
  child.stdin!.on('error', () => {}).end(input);
  return {
    pid: child.pid ?? 0,
    pictures: child.stdout!,
    sound: child.stdio[3] as Readable,
    state: () => `${command} ${isRunning(child) ? 'runs' : 'has ended'}: ${said.trim()}`,
    async stop() {
      if (isRunning(child)) child.kill('SIGKILL');
      await ended;
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
