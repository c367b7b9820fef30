// npm run cycles [-- times]: makes and closes everything that the core has, 10,000 times each, and looks at what
// that leaves behind: memory, objects, requests, descriptors. By the rules in cycles/verdict.mjs.
import { existsSync } from 'node:fs';
import { bootstrap, main } from './bootstrap.mjs';
import { cycle, entities, makeStage, workerCycle } from './cycles/entities.mjs';
import { BOUND, judge, SLACK } from './cycles/verdict.mjs';
import { countsOf, descriptorsOf, startWatched, watchChannels } from './cycles/watch.mjs';
import { heapAfterCollection, residentOf } from './soak/memory.mjs';
import { Failure } from './tools.mjs';

const TIMES = 10_000;
/** With less, compiled code would not have settled before the second half. */
const LEAST_TIMES = 4_000;
/** Each is a process that starts and ends. */
const WORKERS = 200;
const SAMPLES = 40;

const pad = (cells) => cells.map((cell, index) => `${cell}`[index ? 'padStart' : 'padEnd'](index ? 14 : 34));
const row = (...cells) => console.log(pad(cells).join(''));
const signed = (bytes) => `${bytes < 0 ? '' : '+'}${bytes.toFixed(1)} B`;

/** What must be after the cycles as it was before them. */
async function traceOf({ worker, control, watch }) {
  const counts = await countsOf(control);
  return {
    ...counts,
    workerDescriptors: descriptorsOf(worker.pid),
    ownDescriptors: descriptorsOf(process.pid),
    requestsInFlight: watch.inFlight,
  };
}

function differences(before, after) {
  const names = Object.keys(before).filter((name) => before[name] !== after[name]);
  return names.map((name) => `${name} ${before[name]} → ${after[name]}`);
}

/** Runs `batch` until `times` cycles are done, with a sample of each memory after each batch. */
async function sampled(times, memories, batch) {
  const samples = memories.map(() => []);
  const step = Math.ceil(times / SAMPLES);
  for (let at = step; at <= times; at += step) {
    await batch(step);
    memories.forEach((bytes, index) => {
      samples[index].push({ at, bytes: bytes() });
    });
  }
  return samples;
}

function report(name, times, start, verdicts, left) {
  const micros = ((performance.now() - start) * 1000) / times;
  const isGood = verdicts.every(({ isFlat }) => isFlat) && left.length === 0;
  const slopes = verdicts.map(({ slope }) => signed(slope));
  if (slopes.length < 2) slopes.unshift('–');
  row(name, times, `${micros.toFixed(0)} µs`, ...slopes, left.length ? 'LEFT' : isGood ? 'flat' : 'GROWS');
  for (const text of left) console.log(`  ${text}`);
  return isGood;
}

async function cyclesOf(name, times, run) {
  const { stage, worker } = run;
  await cycle(entities[name], stage, 3);
  const before = await traceOf(run);
  const start = performance.now();
  const memories = [() => residentOf(worker.pid), heapAfterCollection];
  const samples = await sampled(times, memories, (step) => cycle(entities[name], stage, step));
  const left = differences(before, await traceOf(run));
  return report(name, times, start, samples.map(judge), left);
}

async function workerCycles(core, times, run) {
  await workerCycle(core);
  const before = await traceOf(run);
  const start = performance.now();
  const samples = await sampled(times, [heapAfterCollection], async (step) => {
    for (let done = 0; done < step; done++) await workerCycle(core);
  });
  return report('Worker', times, start, samples.map(judge), differences(before, await traceOf(run)));
}

async function start() {
  const core = await import('../lib/server/core/index.js');
  const { Channel } = await import('../lib/server/core/channel.js');
  const { Control } = await import('../lib/shared/channel/messages.gen.js');
  const watch = watchChannels(Channel);
  const { worker, control } = await startWatched(core, Control, watch);
  return { core, watch, worker, control, stage: await makeStage(worker) };
}

async function run(times) {
  const all = await start();
  const { core, worker } = all;
  row('what', 'cycles', 'each takes', 'worker grows', 'Node.js grows', '');
  let isGood = true;
  try {
    for (const name of Object.keys(entities)) isGood = (await cyclesOf(name, times, all)) && isGood;
    isGood = (await workerCycles(core, Math.min(times, WORKERS), all)) && isGood;
  } finally {
    worker.close();
  }
  console.log(
    `\nGrowth is in bytes a cycle, over the second half; the bound is ${BOUND}, or ${SLACK / 1024} KiB in all.`,
  );
  console.log(isGood ? 'passed' : 'failed');
  return isGood;
}

await main(async () => {
  const [times = TIMES] = process.argv.slice(2).map(Number);
  if (!(Number.isInteger(times) && times >= LEAST_TIMES))
    throw new Failure(`npm run cycles [-- times, at least ${LEAST_TIMES}]`);
  if (!existsSync('/proc/self/status'))
    throw new Failure('The memory of the worker is read from /proc: this needs Linux.');
  const own = process.env['CONSOMME_WORKER_BIN'] ? [] : ['native'];
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema', ...own, 'typescript'] });
  if (!(await run(times))) process.exitCode = 1;
});
