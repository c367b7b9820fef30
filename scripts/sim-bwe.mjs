// npm run sim:bwe [-- NAME…]: whole calls over simulated networks that are too narrow. Writes docs/bwe, or only
// prints the rows of the scenarios that were named.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { bootstrap, main } from './bootstrap.mjs';
import { buildTarget } from './cmake.mjs';
import { plotOf } from './sim-bwe/plot.mjs';
import { documentOf, summaryOf, tableOf } from './sim-bwe/report.mjs';
import { compilers } from './system.mjs';
import { buildFolder, Failure, filesBelow, logPath, progress, root, run } from './tools.mjs';

const processes = 2;
const scratch = join(buildFolder, 'sim-bwe');

async function build() {
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema'] });
  const make = () => buildTarget('bench', 'sim_bwe', [], compilers());
  return join(await progress('building the simulation', 'bench', false, make), 'sim_bwe');
}

async function namesOf(program, wanted) {
  await run('sim-bwe', program, []);
  const all = readFileSync(logPath('sim-bwe'), 'utf8').trim().split('\n');
  const unknown = wanted.filter((name) => !all.includes(name));
  if (unknown.length > 0)
    throw new Failure(`There is no scenario ${unknown.join(', ')}. There are: ${all.toSorted().join(' ')}`);
  return wanted.length > 0 ? wanted : all;
}

/** Runs the scenarios, some at a time; results in the order of their definition. */
async function runAll(program, names) {
  mkdirSync(scratch, { recursive: true });
  const waiting = [...names];
  const results = [];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const file = join(scratch, `${name}.json`);
      await run(`sim-bwe-${name}`, program, [name, file]);
      results.push(JSON.parse(readFileSync(file, 'utf8')));
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return results.sort((a, b) => a.position - b.position);
}

function writePlots(folder, results) {
  mkdirSync(folder, { recursive: true });
  for (const result of results) writeFileSync(join(folder, `${result.name}.svg`), plotOf(result));
}

function writeDocument(results) {
  const folder = join(root, 'docs/bwe');
  for (const old of filesBelow('docs/bwe', (name) => name.endsWith('.svg'))) rmSync(join(root, old));
  writePlots(folder, results);
  writeFileSync(join(folder, 'README.md'), documentOf(results));
}

await main(async () => {
  const wanted = process.argv.slice(2);
  const program = await build();
  const names = await namesOf(program, wanted);
  const working = () => runAll(program, names);
  const results = await progress(`simulating ${names.length} calls`, 'sim-bwe', false, working);
  if (wanted.length > 0) writePlots(scratch, results);
  else writeDocument(results);
  const plots = relative(root, wanted.length > 0 ? scratch : join(root, 'docs/bwe'));
  console.log(`\n${tableOf(results)}\n\n${summaryOf(results)} Plots: ${plots}`);
});
