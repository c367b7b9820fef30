// From a bare clone to a worker, an addon and a library that run. Every step is skipped while its result is up to date.
import { existsSync, readFileSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generator } from './cmake.mjs';
import { ensureDeps } from './deps.mjs';
import { compilers, ensureSystem } from './system.mjs';
import { Failure, filesBelow, hashOf, isFresh, jobs, progress, root, run, stamp } from './tools.mjs';

const has = (path) => existsSync(join(root, path));
const packagesIn = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;

/** Whether node_modules holds what package-lock.json says; only packages of other platforms may be absent. */
function packagesAreInstalled() {
  if (!has('node_modules/.package-lock.json')) return false;
  const { '': _, ...wanted } = packagesIn('package-lock.json');
  const installed = packagesIn('node_modules/.package-lock.json');
  const isSame = (name) => wanted[name]?.integrity === installed[name]?.integrity;
  const isSettled = (name) => (name in installed ? isSame(name) : wanted[name].optional);
  return Object.keys(wanted).every(isSettled) && Object.keys(installed).every(isSame);
}

async function npm({ quiet }) {
  if (packagesAreInstalled()) return;
  // No package of ours needs its install script: what it would download or build is not used.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
  const advice = 'Check that npm reaches its registry, then run this again.';
  await progress('npm packages', 'npm', quiet, () => run('npm', 'npm', args, { advice }));
}

const schemaTool = 'ts/tools/generate.mjs';
const messages = 'ts/shared/channel/messages.gen.ts';

async function schema({ quiet }) {
  const key = hashOf([...filesBelow('worker/protocol'), ...filesBelow('ts/tools')]);
  if (isFresh('schema', key, messages)) return;
  const generate = () => run('schema', process.execPath, [schemaTool, '--ts', messages]);
  await progress('channel messages from worker/protocol', 'schema', quiet, generate);
  stamp('schema', key);
}

const release = 'build/release';

/** cmake-js downloads nothing: package.json says "napi_versions", so it takes its headers from node-api-headers. */
function cmakeJs(command, ...args) {
  return [
    join(root, 'node_modules/cmake-js/bin/cmake-js'),
    command,
    '-d',
    root,
    '-O',
    join(root, release),
    ...args,
  ];
}

async function compileNative() {
  const advice = 'To build anew from nothing: npm run clean.';
  const { cc, cxx } = compilers();
  const configure = cmakeJs(
    ...['configure', '-G', generator(), '--cc', cc, '--cxx', cxx],
    `--CDCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(root, release)}`,
  );
  rmSync(join(root, release, 'CMakeCache.txt'), { force: true });
  await run('native', process.execPath, configure, { advice });
  const targets = ['--', '--target', 'consomme-worker', 'consomme-addon'];
  await run('native', process.execPath, cmakeJs('build', '-p', jobs, ...targets), { advice, append: true });
}

async function native({ quiet }) {
  const isBuilt = (name) => /\.(cpp|hpp|proto|map)$/.test(name) && !/_(test|fuzz|bench)\.cpp$/.test(name);
  const inputs = [
    'CMakeLists.txt',
    schemaTool,
    ...filesBelow('worker', isBuilt),
    ...filesBelow('deps', (name) => name === 'recipe.json'),
  ];
  const key = hashOf(inputs, generator(), compilers(), root);
  if (isFresh('native', key, `${release}/consomme-worker`, `${release}/consomme.node`)) return;
  await progress('worker and addon', 'native', quiet, compileNative);
  stamp('native', key);
}

async function bundleClient(folder) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: ['ts/client/index.ts'],
    outfile: `${folder}/client/consomme-client.js`,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    sourcemap: true,
    logLevel: 'silent',
  }).catch((error) => {
    throw new Failure(`The browser bundle: ${error.message}`);
  });
}

/** Compiled aside and moved into place whole: a failure leaves the library that was there. */
async function compileTypeScript() {
  const folder = 'build/lib';
  rmSync(join(root, folder), { recursive: true, force: true });
  const tsc = [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--outDir',
    folder,
  ];
  await run('typescript', process.execPath, tsc);
  if (has('ts/client/index.ts')) await bundleClient(folder);
  rmSync(join(root, 'lib'), { recursive: true, force: true });
  renameSync(join(root, folder), join(root, 'lib'));
}

async function typescript({ quiet }) {
  const sources = filesBelow('ts', (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const key = hashOf([
    ...sources,
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
    'scripts/bootstrap.mjs',
  ]);
  if (isFresh('typescript', key, 'lib')) return;
  await progress('TypeScript', 'typescript', quiet, compileTypeScript);
  stamp('typescript', key);
}

const steps = { system: ensureSystem, npm, deps: ensureDeps, schema, native, typescript };

/**
 * Does the named steps (all by default), each only where its result is out of date. `tests` also asks the system for
 * what only the tests need; `quiet` says nothing unless something fails.
 */
export async function bootstrap({ tests = false, quiet = false, only = Object.keys(steps) } = {}) {
  for (const [name, step] of Object.entries(steps)) {
    if (only.includes(name)) await step({ tests, quiet });
  }
}

/** Runs what a script does; a failure with an explanation is printed, not thrown. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

const isMain = process.argv[1] && pathToFileURL(realpathSync(process.argv[1])).href === import.meta.url;
if (isMain) await main(() => bootstrap());
