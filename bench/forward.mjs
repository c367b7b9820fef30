// npm run bench [-- --json FILE]: what forwarding costs on this machine, beside a naive and a best possible loop,
// and with adaptation beside without.
// docs/performance.md says what is measured.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, main } from '../scripts/bootstrap.mjs';
import { buildTarget } from '../scripts/cmake.mjs';
import { compilers } from '../scripts/system.mjs';
import { buildFolder, Failure, progress, root, run } from '../scripts/tools.mjs';
import { adaptationTable, burstTable, forwardingTable, memoryTable } from './report.mjs';

function optionsOf(words) {
  try {
    return parseArgs({ args: words, options: { json: { type: 'string' } } }).values;
  } catch (error) {
    throw new Failure(`${error.message}\nUsage: npm run bench [-- --json FILE]`);
  }
}

async function build(name) {
  const make = () => buildTarget('bench', name, [], compilers());
  return join(await progress(`building ${name}`, 'bench', false, make), name);
}

async function measure(name) {
  const program = await build(name);
  const file = join(buildFolder, `${name}.json`);
  rmSync(file, { force: true });
  await progress(`running ${name}`, name, false, () => run(name, program, [file]));
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function measureAll() {
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema'] });
  const forwarding = await measure('forward_bench');
  const adaptation = await measure('adaptation_bench');
  return { ...forwarding, adaptation, cpu: cpus()[0]?.model ?? '', kernel: release() };
}

function report({ receivers, packetSize, repeats, srtp, cpu, kernel, rows, memory, adaptation }) {
  console.log(`
CPU seconds of the worker's thread per million forwarded packets: 1 producer, ${receivers} consumers,
packets of ${packetSize} bytes; median (min–max) of ${repeats} repeats. SRTP by ${srtp}.
${cpu}, kernel ${kernel}

${forwardingTable(rows)}

${memoryTable(memory)}

The same in real time, 30 frames a second: with estimator, pacer and allocator beside without; ${adaptation.viewers} consumers,
${adaptation.repeats} repeats of a second.

${adaptationTable(adaptation.loads)}

What comes together of one transport, as a share of what its pacer allows at one moment:

${burstTable(adaptation.bursts)}`);
}

await main(async () => {
  const { json } = optionsOf(process.argv.slice(2));
  const figures = await measureAll();
  report(figures);
  if (json) writeFileSync(resolve(root, json), `${JSON.stringify(figures, null, 2)}\n`);
});
