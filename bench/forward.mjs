// What forwarding costs, beside a naive and a best possible loop, and with adaptation beside without: native programs
// (worker/bench), which write their figures as JSON.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildTarget } from '../scripts/cmake.mjs';
import { compilers } from '../scripts/system.mjs';
import { buildFolder, progress, run } from '../scripts/tools.mjs';

async function measure(name) {
  const make = () => buildTarget('bench', name, [], compilers());
  const program = join(await progress(`building ${name}`, 'bench', false, make), name);
  const file = join(buildFolder, `${name}.json`);
  rmSync(file, { force: true });
  await progress(`running ${name}`, name, false, () => run(name, program, [file]));
  return JSON.parse(readFileSync(file, 'utf8'));
}

export const measureForwarding = () => measure('forward_bench');
export const measureAdaptation = () => measure('adaptation_bench');
