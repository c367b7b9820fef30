// npm run bench [-- --json FILE]: what forwarding costs on this machine, beside a naive and a best possible loop.
// docs/performance.md says what is measured.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, main } from '../scripts/bootstrap.mjs';
import { buildTarget } from '../scripts/cmake.mjs';
import { compilers } from '../scripts/system.mjs';
import { buildFolder, Failure, progress, root, run } from '../scripts/tools.mjs';
import { forwardingTable, memoryTable } from './report.mjs';

function optionsOf(words) {
  try {
    return parseArgs({ args: words, options: { json: { type: 'string' } } }).values;
  } catch (error) {
    throw new Failure(`${error.message}\nUsage: npm run bench [-- --json FILE]`);
  }
}

async function build() {
  await bootstrap({ only: ['system', 'npm', 'deps', 'schema'] });
  const make = () => buildTarget('bench', 'forward_bench', [], compilers());
  return join(await progress('building the benchmark', 'bench', false, make), 'forward_bench');
}

async function measure(program) {
  const file = join(buildFolder, 'bench-figures.json');
  rmSync(file, { force: true });
  const measuring = () => run('bench-forward', program, [file]);
  await progress('measuring', 'bench-forward', false, measuring);
  return { ...JSON.parse(readFileSync(file, 'utf8')), cpu: cpus()[0]?.model ?? '', kernel: release() };
}

function report({ receivers, packetSize, repeats, srtp, cpu, kernel, rows, memory }) {
  console.log(`
CPU seconds of the worker's thread per million forwarded packets: 1 producer, ${receivers} consumers,
packets of ${packetSize} bytes; median (min–max) of ${repeats} repeats. SRTP by ${srtp}.
${cpu}, kernel ${kernel}

${forwardingTable(rows)}

${memoryTable(memory)}`);
}

await main(async () => {
  const { json } = optionsOf(process.argv.slice(2));
  const figures = await measure(await build());
  report(figures);
  if (json) writeFileSync(resolve(root, json), `${JSON.stringify(figures, null, 2)}\n`);
});
