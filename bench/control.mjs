// npm run bench:control [-- --json FILE]: what requests to a worker cost, over a process and over a thread. It takes
// about a minute. docs/performance.md says what is measured.
import { writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, main } from '../scripts/bootstrap.mjs';
import { Failure, progress, root } from '../scripts/tools.mjs';
import { bulkTable, latencyTable, throughputTable, trafficTable } from './control-report.mjs';

function optionsOf(words) {
  try {
    return parseArgs({ args: words, options: { json: { type: 'string' } } }).values;
  } catch (error) {
    throw new Failure(`${error.message}\nUsage: npm run bench:control [-- --json FILE]`);
  }
}

async function build() {
  const own = process.env['CONSOMME_WORKER_BIN'] && process.env['CONSOMME_ADDON'] ? [] : ['native'];
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema', ...own, 'typescript'] });
}

async function measureAll() {
  const { startCounted } = await import('./control/worker.mjs');
  const { makeStage, operations } = await import('./control/operations.mjs');
  const { IN_FLIGHT, measure } = await import('./control/measure.mjs');
  const sides = ['process', 'thread'].map(startCounted);
  try {
    for (const side of sides) side.stage = await makeStage(side.worker);
    const rows = [];
    for (const operation of operations)
      for (const most of IN_FLIGHT) rows.push(await measure(operation, sides, most));
    return rows;
  } finally {
    for (const { worker } of sides) worker.close();
  }
}

function report({ cpu, kernel, node, rows }) {
  console.log(`
${cpu}, kernel ${kernel}, Node.js ${node}. Medians.

Calls a second, and CPU time of a call in µs:

${throughputTable(rows)}

One after the other, µs until the answer:

${latencyTable(rows)}

What a call sends and gets:

${trafficTable(rows)}

Statistics of ${rows.find(({ objects }) => objects).objects} objects in one call:

${bulkTable(rows)}`);
}

await main(async () => {
  const { json } = optionsOf(process.argv.slice(2));
  await build();
  const rows = await progress('measuring', 'bench-control', false, measureAll);
  const figures = { cpu: cpus()[0]?.model ?? '', kernel: release(), node: process.version, rows };
  report(figures);
  if (json) writeFileSync(resolve(root, json), `${JSON.stringify(figures, null, 2)}\n`);
});
