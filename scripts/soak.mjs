// npm run soak [-- minutes]: one worker under peers that join, leave and change their minds all the time, over
// 127.0.0.1. Ends with a verdict on the memory of the worker and of Node.js, by the rule in soak/verdict.mjs.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootstrap, main } from './bootstrap.mjs';
import { heapAfterCollection, residentOf } from './soak/memory.mjs';
import { seededRandom } from './soak/random.mjs';
import { judge } from './soak/verdict.mjs';
import { Failure, root } from './tools.mjs';

/** Minutes: less is warm-up. */
const SHORTEST = 2;
const PEERS = 10;
/** In the warm-up, so that pools and tables grow to more than is needed later. */
const PEERS_AT_FIRST = 14;
const MILLISECONDS_AN_ACT = 100;
const SAMPLES = 120;
const ROWS = 20;
/** A socket keeps so many slots ready for its next read. */
const SLOTS_A_SOCKET = 64;
/** Milliseconds after which the core kills a worker that was told to end. */
const PATIENCE_OF_CLOSE = 5_000;
const KIB = 1024;
const MIB = 1024 * KIB;
const bounds = {
  worker: { slope: 128 * KIB, drift: 0.03 },
  node: { slope: 128 * KIB, drift: 0.05 },
};

const mediaCodecs = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
];

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The clients' process, as something to ask. */
function startClients(seed) {
  const child = fork(fileURLToPath(new URL('soak/clients.mjs', import.meta.url)), [String(seed)]);
  const waiting = new Map();
  let lastId = 0;
  child.on('message', ({ id, value, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(error));
  });
  child.on('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the clients' process ended with ${code}`));
  });
  const ask = (method, ...args) =>
    new Promise((resolve, reject) => {
      if (!child.connected) throw new Error("the clients' process is gone");
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      child.send({ id, method, args });
    });
  return { ask, stop: () => child.kill('SIGKILL') };
}

const columns = [
  'time',
  'peers',
  'producers',
  'consumers',
  'packets held',
  'received',
  'worker',
  'node heap',
];
const mib = (bytes) => `${(bytes / MIB).toFixed(2)} MiB`;
const row = (cells) => console.log(cells.map((cell) => `${cell}`.padStart(14)).join(''));

async function sample(run, start) {
  const [{ packetsInUse }, { received }] = [await run.worker.dump(), await run.clients.ask('counts')];
  return {
    at: (performance.now() - start) / 1000,
    ...run.churn.counts,
    packetsInUse,
    received,
    worker: residentOf(run.worker.pid),
    node: heapAfterCollection(),
  };
}

function show(one) {
  const { at, peers, producers, consumers, packetsInUse, received, worker, node } = one;
  row([`${at.toFixed(0)} s`, peers, producers, consumers, packetsInUse, received, mib(worker), mib(node)]);
}

/** Acts and samples until the time is up; `isOver` ends it sooner. */
async function endure(run, seconds, isOver) {
  const start = performance.now();
  const samples = [];
  row(columns);
  while (performance.now() < start + seconds * 1000 && !isOver()) {
    run.churn.target = samples.length < SAMPLES / 4 ? PEERS_AT_FIRST : PEERS;
    run.churn.act();
    await sleep(MILLISECONDS_AN_ACT);
    if (performance.now() < start + (samples.length * seconds * 1000) / SAMPLES) continue;
    samples.push(await sample(run, start));
    if (samples.length % (SAMPLES / ROWS) === 0) show(samples.at(-1));
  }
  return samples;
}

/** What is still held when everybody has left, in words; it should be nothing. */
async function leftovers({ worker, router }) {
  const { transportIds, mapProducerIdConsumerIds: producers } = await router.dump();
  router.close();
  const { routerIds, packetsInUse } = await worker.dump();
  const rest = [];
  if (transportIds.length + producers.length > 0)
    rest.push(`${transportIds.length} transports and ${producers.length} producers are left`);
  if (routerIds.length > 0) rest.push(`${routerIds.length} routers are left`);
  if (packetsInUse > SLOTS_A_SOCKET) rest.push(`${packetsInUse} packets are held, with everything closed`);
  return rest;
}

function verdictOn(name, samples, series, bound) {
  const { slope, drift, isFlat } = judge(
    samples.map((one) => ({ at: one.at, bytes: one[series] })),
    bound,
  );
  const sign = (number) => (number < 0 ? '' : '+');
  console.log(
    `${name}: ${sign(slope)}${(slope / KIB).toFixed(1)} KiB a minute (below ${bound.slope / KIB}), last third ` +
      `${sign(drift)}${(drift * 100).toFixed(1)} % over the first (below ${bound.drift * 100} %): ` +
      `${isFlat ? 'flat' : 'GROWS'}`,
  );
  return isFlat;
}

/** A worker built with sanitizers writes what it finds beside the logs. */
const logs = join(root, 'build/logs');
const sanitizerLog = 'soak-sanitizer';
const sanitizerReports = (pid) =>
  readdirSync(logs)
    .filter((name) => name === `${sanitizerLog}.${pid}`)
    .map((name) => `the sanitizers complain: see build/logs/${name}`);

async function start(seed) {
  const { createWorker } = await import('../lib/server/core/index.js');
  const { Churn } = await import('./soak/churn.mjs');
  mkdirSync(logs, { recursive: true });
  process.env['ASAN_OPTIONS'] ??= `log_path=${join(logs, sanitizerLog)}`;
  const worker = await createWorker();
  const router = await worker.createRouter({ mediaCodecs });
  const clients = startClients(seed);
  const churn = new Churn({ worker, router, clients, random: seededRandom(seed) });
  return { worker, router, clients, churn };
}

/** Ends both processes, and waits for the worker's. The milliseconds that this took. */
async function stop({ worker, clients }) {
  const start = performance.now();
  clients.stop();
  if (worker.subprocessClosed) return 0;
  const gone = new Promise((resolve) => worker.once('subprocessclose', resolve));
  worker.close();
  await gone;
  return performance.now() - start;
}

async function soak(minutes, seed) {
  const run = await start(seed);
  let isOver = false;
  run.worker.on('died', (error) => {
    run.churn.surprises.push(error.message);
    isOver = true;
  });
  process.once('SIGINT', () => {
    isOver = true;
  });
  let samples = [];
  let rest = [];
  try {
    samples = await endure(run, minutes * 60, () => isOver);
    await run.churn.end();
    if (!run.worker.died) rest = await leftovers(run);
  } finally {
    if ((await stop(run)) >= PATIENCE_OF_CLOSE) rest.push('the worker did not end by itself, and was killed');
  }
  rest.push(...run.churn.surprises, ...sanitizerReports(run.worker.pid));
  console.log(`\n${run.churn.acts} acts, ${run.churn.joined} peers`);
  for (const text of rest) console.log(text);
  if (isOver) {
    console.log('ended early: no verdict');
    return false;
  }
  const isFlat = [
    verdictOn('worker', samples, 'worker', bounds.worker),
    verdictOn('node heap', samples, 'node', bounds.node),
  ].every(Boolean);
  const isGood = isFlat && rest.length === 0;
  console.log(isGood ? 'passed' : 'failed');
  return isGood;
}

await main(async () => {
  const [minutes = 10, seed = 1] = process.argv.slice(2).map(Number);
  if (!(minutes >= SHORTEST) || !Number.isInteger(seed))
    throw new Failure(`npm run soak -- [minutes, at least ${SHORTEST} [seed]]`);
  if (!existsSync('/proc/self/status'))
    throw new Failure('The memory of the worker is read from /proc: this needs Linux.');
  const own = process.env['CONSOMME_WORKER_BIN'] ? [] : ['native'];
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema', ...own, 'typescript'] });
  if (!(await soak(minutes, seed))) process.exitCode = 1;
});
