// Where a benchmark of calls takes place: the server under test, the generator of its clients, and what is measured
// while they speak.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from './client.mjs';
import { Generator, mediaCodecs, percentile } from './generator.mjs';

/** CPU time of a worker's process, in ms. */
async function cpuTime(worker) {
  const { ru_utime, ru_stime } = await worker.getResourceUsage();
  return ru_utime + ru_stime;
}

/** Resident memory of a process in bytes, as Linux says. */
export function residentMemory(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) * 1024;
}

export class Stage {
  #clients = [];

  constructor(server, generator, studio) {
    this.server = server;
    this.generator = generator;
    /** Clients that only send are of a process of their own: what many receive must not delay them. */
    this.studio = studio;
  }

  /** `createWorker` is that of the server under test. */
  static async open(createWorker, generatorBin) {
    const [server, ...generators] = await Promise.all([
      createWorker(),
      Generator.start(generatorBin),
      Generator.start(generatorBin),
    ]);
    return new Stage(server, ...generators);
  }

  /** One client, who only sends. */
  async speaker(room) {
    const [speaker] = await this.join(room, 1, this.studio);
    return speaker;
  }

  newRoom() {
    return this.server.createRouter({ mediaCodecs });
  }

  /** So many clients of a room, a few at a time. */
  async join(room, count, generator = this.generator) {
    const joined = [];
    while (joined.length < count) {
      const together = Math.min(16, count - joined.length);
      joined.push(
        ...(await Promise.all(Array.from({ length: together }, () => this.#join(room, generator)))),
      );
    }
    return joined;
  }

  async #join(room, generator) {
    const client = await Client.join(generator, room);
    this.#clients.push(client);
    return client;
  }

  /**
   * What happens within `span` ms, after `settle` ms of the same. Loads are shares of one processor; `cost` is the server's
   * CPU time for a packet that arrived, in µs; delays are in µs.
   */
  async measure({ span = 5000, settle = 2000, during = async () => {} } = {}) {
    await sleep(settle);
    await this.generator.take();
    const before = await this.#cpu();
    await Promise.all([sleep(span), during()]);
    const after = await this.#cpu();
    const { packets, bytes, missing, repeated, corrupt, delays } = await this.generator.take();
    const elapsed = after.at - before.at;
    return {
      packetsPerSecond: (packets / elapsed) * 1000,
      bitrate: (bytes * 8 * 1000) / elapsed,
      load: (after.server - before.server) / elapsed,
      generatorLoad: (after.generator - before.generator) / elapsed,
      cost: packets > 0 ? ((after.server - before.server) * 1000) / packets : null,
      ...{ missing, repeated, corrupt },
      p50: percentile(delays, 0.5),
      p99: percentile(delays, 0.99),
      p999: percentile(delays, 0.999),
    };
  }

  async #cpu() {
    const workers = [this.server, this.generator.worker, this.studio.worker];
    const [server, generator, studio] = await Promise.all(workers.map(cpuTime));
    return { at: performance.now(), server, generator: generator + studio };
  }

  close() {
    for (const each of [this.server, this.generator, this.studio]) each.close();
  }
}
