// How much memory is in use, in bytes.
import { readFileSync } from 'node:fs';

/** Resident memory of a process: Linux tells it in /proc. */
export function residentOf(pid) {
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) * 1024;
}

/** What JavaScript holds here. Node.js must have been started with --expose-gc. */
export function heapAfterCollection() {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}
