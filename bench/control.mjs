// What requests to a worker cost, over a process and over a thread.
import { progress } from '../scripts/tools.mjs';

export async function measureControl() {
  const { startCounted } = await import('./control/worker.mjs');
  const { makeStage, operations } = await import('./control/operations.mjs');
  const { IN_FLIGHT, measure } = await import('./control/measure.mjs');
  const sides = ['process', 'thread'].map(startCounted);
  const all = async () => {
    for (const side of sides) side.stage = await makeStage(side.worker);
    const rows = [];
    for (const operation of operations)
      for (const most of IN_FLIGHT) rows.push(await measure(operation, sides, most));
    return rows;
  };
  try {
    return await progress('requests', 'bench-control', false, all);
  } finally {
    for (const { worker } of sides) worker.close();
  }
}
