// Whole calls over a load generator (bench/load): how much of a processor they cost, and how much later packets come.

import { progress } from '../scripts/tools.mjs';
import { buildGenerator } from './load/generator.mjs';
import { scenarios } from './load/scenarios.mjs';
import { Stage } from './load/stage.mjs';

/** The names of `only`, or all. */
export async function measureCalls(createWorker, only) {
  const program = await buildGenerator();
  const rows = [];
  for (const { name, title, burst, run } of scenarios) {
    if (only && !only.includes(name)) continue;
    const stage = await Stage.open(createWorker, program);
    try {
      const figures = await progress(title, 'bench-calls', false, () => run(stage));
      rows.push({ name, title, ...(burst && { burst }), figures });
    } finally {
      stage.close();
    }
  }
  return rows;
}
