// Runs operations against the same stage over a process and over a thread, in turns, and takes the figures.

export const IN_FLIGHT = [1, 16, 256];
/** In one slice; more where more are in flight, so that most of it has as many as it should. */
const CALLS = 256;
const CALLS_A_LANE = 4;
/** Of a call that tells of many objects there are fewer. */
const BULK_SHARE = 8;
/** Milliseconds for one operation with so many in flight, over both modes. */
const BUDGET = 1_400;
const LEAST_SLICES = 3;

/** Runs all items, never more than `most` at once, and gives their results and how long each took, in µs. */
async function inFlight(items, most, run) {
  const results = [];
  const micros = [];
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const item = items[next++];
      const start = performance.now();
      results.push(await run(item));
      micros.push((performance.now() - start) * 1000);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return { results, micros };
}

/** Of the worker, in µs. The request is also a barrier: what was asked before has been answered. */
async function workerTime({ worker }) {
  const { ru_utime, ru_stime } = await worker.getResourceUsage();
  return (ru_utime + ru_stime) * 1000;
}

/** CPU time in µs. A thread's cannot be told from that of Node.js: there is only the sum. */
async function cpuOf(side, work) {
  const before = await workerTime(side);
  const start = process.cpuUsage();
  const done = await work();
  const { user, system } = process.cpuUsage(start);
  const after = await workerTime(side);
  if (side.mode === 'thread') return { done, both: user + system };
  return { done, node: user + system, worker: after - before, both: user + system + after - before };
}

/** One run of an operation. Everything but the waiting time of each call is per call. */
async function slice(operation, side, most) {
  const calls = Math.ceil(Math.max(CALLS, CALLS_A_LANE * most) / (operation.objects ? BULK_SHARE : 1));
  const items = await operation.prepare(side.stage, calls);
  await workerTime(side);
  const before = { ...side.counts };
  let elapsed = 0;
  const { done, ...cpu } = await cpuOf(side, async () => {
    const start = performance.now();
    const all = await inFlight(items, most, (item) => operation.run(side.stage, item));
    elapsed = performance.now() - start;
    return all;
  });
  // Without the two requests that ask for the CPU time.
  const asked = { messagesOut: 2, messagesIn: 2 };
  const traffic = Object.fromEntries(
    Object.keys(before).map((name) => [
      name,
      (side.counts[name] - before[name] - (asked[name] ?? 0)) / calls,
    ]),
  );
  await operation.clean(done.results);
  await workerTime(side);
  const perCall = Object.fromEntries(Object.entries(cpu).map(([name, time]) => [name, time / calls]));
  return { perSecond: (calls * 1000) / elapsed, micros: done.micros, cpu: perCall, traffic };
}

/** `{ process: slices, thread: slices }`, each slice beside its counterpart. */
export async function measure(operation, sides, most) {
  const slices = Object.fromEntries(sides.map(({ mode }) => [mode, []]));
  for (const side of sides) await slice(operation, side, most);
  const start = performance.now();
  for (let done = 0; done < LEAST_SLICES || performance.now() < start + BUDGET; done++) {
    for (const side of sides) slices[side.mode].push(await slice(operation, side, most));
  }
  return { name: operation.name, objects: operation.objects, inFlight: most, slices };
}
