// npm run bench: what the server costs on this machine. docs/performance.md says what is measured.
//
//   --only PARTS     of forwarding, adaptation, calls and control, or names of calls; with commas between
//   --json FILE      keeps all figures
//   --compare FILE   beside an earlier result
//   --server MODULE  the calls with another server that has the same core API: a module that exports createWorker()
//   --write          puts the tables into docs/performance.md
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { bootstrap, main } from '../scripts/bootstrap.mjs';
import { Failure, root } from '../scripts/tools.mjs';
import { besideTable, callTable, comparison, idleTable, joinTable } from './calls-report.mjs';
import { measureControl } from './control.mjs';
import { bulkTable, latencyTable, throughputTable, trafficTable } from './control-report.mjs';
import { measureAdaptation, measureForwarding } from './forward.mjs';
import { adaptationTable, burstTable, forwardingTable, memoryTable } from './report.mjs';
import { withTables } from './tables.mjs';

const PARTS = ['forwarding', 'adaptation', 'calls', 'control'];
const DOCUMENT = resolve(root, 'docs/performance.md');

function optionsOf(words) {
  const string = { type: 'string' };
  const options = { only: string, json: string, compare: string, server: string, write: { type: 'boolean' } };
  try {
    return parseArgs({ args: words, options }).values;
  } catch (error) {
    throw new Failure(
      `${error.message}\nUsage: npm run bench [-- --only PARTS --json FILE --compare FILE --server MODULE --write]`,
    );
  }
}

async function serverOf(module) {
  const { createWorker } = await import(
    module ? pathToFileURL(resolve(module)).href : '../lib/server/core/index.js'
  );
  if (typeof createWorker !== 'function') throw new Failure(`${module} exports no createWorker()`);
  return createWorker;
}

async function measureAll({ only, server }) {
  const wanted = only?.split(',') ?? PARTS;
  const calls = wanted.filter((name) => !PARTS.includes(name));
  const has = (part) => wanted.includes(part);
  const own = process.env['CONSOMME_WORKER_BIN'] && process.env['CONSOMME_ADDON'] ? [] : ['native'];
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema', ...own, 'typescript'] });
  const figures = { cpu: cpus()[0]?.model ?? '', kernel: release(), node: process.version };
  if (has('forwarding')) figures.forwarding = await measureForwarding();
  if (has('adaptation')) figures.adaptation = await measureAdaptation();
  if (has('calls') || calls.length > 0) {
    const { measureCalls } = await import('./calls.mjs');
    figures.calls = await measureCalls(await serverOf(server), has('calls') ? undefined : calls);
    if (figures.calls.length === 0)
      throw new Failure(`nothing is called ${only}: see bench/load/scenarios.mjs`);
  }
  if (has('control')) figures.control = await measureControl();
  return figures;
}

/** By the names that docs/performance.md has for them. */
function tablesOf({ forwarding, adaptation, calls, control }) {
  return {
    ...(forwarding && {
      forwarding: forwardingTable(forwarding.rows),
      memory: memoryTable(forwarding.memory),
    }),
    ...(adaptation && {
      adaptation: adaptationTable(adaptation.loads),
      bursts: burstTable(adaptation.bursts),
    }),
    ...(calls && {
      calls: callTable(calls),
      beside: besideTable(calls, forwarding?.rows),
      joins: joinTable(calls),
      idle: idleTable(calls),
    }),
    ...(control && {
      throughput: throughputTable(control),
      latency: latencyTable(control),
      traffic: trafficTable(control),
      bulk: bulkTable(control),
    }),
  };
}

await main(async () => {
  const options = optionsOf(process.argv.slice(2));
  const before = options.compare && JSON.parse(readFileSync(resolve(root, options.compare), 'utf8'));
  const figures = await measureAll(options);
  const tables = Object.entries(tablesOf(figures)).filter(([, table]) => table);
  console.log(`\n${figures.cpu}, kernel ${figures.kernel}, Node.js ${figures.node}`);
  for (const [name, table] of tables) console.log(`\n${name}\n\n${table}`);
  if (before) console.log(`\ncomparison\n\n${comparison(before, figures)}`);
  if (options.json) writeFileSync(resolve(root, options.json), `${JSON.stringify(figures, null, 2)}\n`);
  if (options.write)
    writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8'), Object.fromEntries(tables)));
});
