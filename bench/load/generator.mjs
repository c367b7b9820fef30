// The load generator (worker/load): a worker that dials the server under test, with sources and sinks. One of these
// runs many clients; several run on several processors.
import { join } from 'node:path';
import { buildTarget } from '../../scripts/cmake.mjs';
import { compilers } from '../../scripts/system.mjs';
import { progress } from '../../scripts/tools.mjs';

// Built by now.
const { createWorker } = await import('../../lib/server/core/index.js');
const { scopeOf } = await import('../../lib/server/core/entity.js');

/** Builds the program; its path. */
export async function buildGenerator() {
  const make = () => buildTarget('bench', 'consomme-load', [], compilers());
  return join(await progress('building consomme-load', 'bench', false, make), 'consomme-load');
}

export const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90000 },
];

const FIRST_PORT = 20_000;
const LAST_PORT = 59_999;

export class Generator {
  #ports = FIRST_PORT;
  #ssrcs = 1000;

  constructor(worker, router) {
    this.worker = worker;
    this.router = router;
    // Sources and sinks are no part of the core API.
    this.control = scopeOf(router).control;
  }

  handleOf(entity) {
    return scopeOf(entity).handle;
  }

  static async start(workerBin) {
    const worker = await createWorker({ workerBin });
    const router = await worker.createRouter({ mediaCodecs });
    return new Generator(worker, router);
  }

  /** Each transport dials from a socket of its own. */
  listenInfos() {
    const portRange = { min: this.#ports++, max: LAST_PORT };
    return [{ protocol: 'udp', ip: '127.0.0.1', portRange }];
  }

  /** What comes as this producer of its own is checked. */
  async check(program, { id: producerId }) {
    const { rtpCapabilities } = this.router;
    const consumer = await program.consume({ producerId, rtpCapabilities });
    await this.control.startSink({ consumer: this.handleOf(consumer) });
  }

  newSsrc() {
    return this.#ssrcs++;
  }

  /** Of all sinks since the last time. */
  async take() {
    const stats = await this.control.takeSinkStats();
    return { ...stats, delays: stats.delays.map(({ microseconds, packets }) => [microseconds, packets]) };
  }

  close() {
    this.worker.close();
  }
}

/** The delay that this share of the packets did not exceed, in µs. */
export function percentile(delays, share) {
  const total = delays.reduce((sum, [, packets]) => sum + packets, 0);
  let seen = 0;
  for (const [microseconds, packets] of delays) {
    seen += packets;
    if (seen >= share * total) return microseconds;
  }
  return 0;
}

/** Counts of several generators, as if they were one. */
export function together(all) {
  const delays = new Map();
  const sum = (name) => all.reduce((total, stats) => total + stats[name], 0);
  for (const stats of all)
    for (const [microseconds, packets] of stats.delays)
      delays.set(microseconds, (delays.get(microseconds) ?? 0) + packets);
  return {
    packets: sum('packets'),
    bytes: sum('bytes'),
    missing: sum('missing'),
    repeated: sum('repeated'),
    corrupt: sum('corrupt'),
    delays: [...delays].sort(([a], [b]) => a - b),
  };
}
