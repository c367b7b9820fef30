import type { Worker } from '../../ts/server/core/index.js';

type Stage = Record<string, unknown>;

export const entities: Record<string, (stage: Stage) => Promise<{ close(): void }>>;
export function makeStage(worker: Worker): Promise<Stage>;
export function cycle(
  make: (stage: Stage) => Promise<{ close(): void }>,
  stage: Stage,
  times: number,
): Promise<void>;
export function workerCycle(core: object, settings?: object): Promise<void>;
