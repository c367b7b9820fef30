import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Place = { what: string; path: string | undefined };

/** This file is ts/server/core/ or lib/server/core/ of the package. */
const BUILD = new URL('../../../build/release/', import.meta.url);

/** Where the worker's program is, unless it is told. */
export const workerBin: string = process.env['CONSOMME_WORKER_BIN'] ?? built('consomme-worker');

/** @throws Error that lists where it looked */
export function findWorkerBinary(given?: string): string {
  return firstOf('worker program', [
    { what: 'the setting workerBin', path: given },
    { what: 'the environment variable CONSOMME_WORKER_BIN', path: process.env['CONSOMME_WORKER_BIN'] },
    { what: 'the local build', path: built('consomme-worker') },
  ]);
}

/** @throws Error that lists where it looked */
export function findWorkerAddon(): string {
  return firstOf('worker addon', [
    { what: 'the environment variable CONSOMME_ADDON', path: process.env['CONSOMME_ADDON'] },
    { what: 'the local build', path: built('consomme.node') },
  ]);
}

/** The first place that is given: one that is wrong is an error, not passed over. */
function firstOf(name: string, places: Place[]): string {
  const tried = places.filter((place) => place.path !== undefined);
  const first = tried[0];
  if (first?.path !== undefined && existsSync(first.path)) return first.path;
  const list = places.map(({ what, path }) => `  ${what}: ${path ?? 'not set'}`).join('\n');
  throw new Error(
    `the ${name} is missing. Looked at\n${list}\nBuild it with 'npm run build' in the package's folder.`,
  );
}

function built(file: string): string {
  return fileURLToPath(new URL(file, BUILD));
}
