// npm test [-- stage...]: every check of the project, stage after stage, with a count over all at the end.
// npm run fuzz [-- seconds]: the fuzz targets alone, each for that long, over a corpus that is kept.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { buildTarget } from './cmake.mjs';
import { compilers, fuzzCompiler } from './system.mjs';
import {
  ask,
  exitCodeOf,
  Failure,
  filesBelow,
  jobs,
  lastLines,
  logPath,
  progress,
  root,
  run,
} from './tools.mjs';

const nothing = { passed: 0, failed: 0, skipped: 0 };
const onePassed = { ...nothing, passed: 1 };
const oneFailed = { ...nothing, failed: 1 };

const sum = (counts) =>
  counts.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: a.skipped + b.skipped,
    }),
    nothing,
  );

const say = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`;

const complaints = [];

function complain(log, text) {
  complaints.push(`${text}\nThe whole output: ${relative(root, logPath(log))}`);
}

const biome = 'node_modules/.bin/biome';

async function format() {
  const advice = 'npm run format lays them out.';
  await run('format', biome, ['check', '--linter-enabled=false'], { advice });
  const cpp = filesBelow('worker', (name) => /\.(cpp|hpp)$/.test(name));
  if (cpp.length) await run('format-cpp', 'clang-format-14', ['--dry-run', '-Werror', ...cpp], { advice });
  return onePassed;
}

async function lint() {
  await run('lint', biome, ['lint', '--error-on-warnings']);
  return onePassed;
}

async function types() {
  await run('types', process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit']);
  return onePassed;
}

const sanitizers = { UBSAN_OPTIONS: 'print_stacktrace=1' };

/** What one doctest executable counted; one that died or could not finish counts as a failure. */
async function doctest(name, command) {
  const log = `cpp-${name}`;
  const code = await exitCodeOf(log, command, [], { env: sanitizers, seconds: 600 });
  const line = readFileSync(logPath(log), 'utf8').match(
    /test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped/,
  );
  const [passed, failed, skipped] = line ? line.slice(1).map(Number) : [0, 0, 0];
  if (code === 0 && line) return { passed, failed, skipped };
  complain(log, `test_${name} ended with code ${code}:\n${lastLines(logPath(log), 40)}`);
  return { passed, failed: Math.max(1, failed), skipped };
}

async function cpp() {
  const folder = await buildTarget('sanitize', 'unit_tests', ['-DCONSOMME_SANITIZE=ON'], compilers());
  const { tests } = JSON.parse(ask('ctest', '--test-dir', folder, '--show-only=json-v1'));
  const counts = [];
  for (const { name, command } of tests) counts.push(await doctest(name, command[0]));
  return sum(counts);
}

let fuzzSeconds;

/** In the test run: the same inputs each time, bounded in number and time. On request: for long, over a kept corpus. */
function fuzzArguments(name) {
  const kept = `build/fuzz/corpus/${name}`;
  const seeds = `worker/fuzz/corpus/${name}`;
  mkdirSync(join(root, kept), { recursive: true });
  mkdirSync(join(root, 'build/fuzz/findings'), { recursive: true });
  const corpora = [...(fuzzSeconds ? [kept] : []), ...(existsSync(join(root, seeds)) ? [seeds] : [])];
  const bounds = fuzzSeconds
    ? [`-max_total_time=${fuzzSeconds}`]
    : ['-seed=1', '-runs=200000', '-max_total_time=5'];
  return [
    ...bounds,
    '-timeout=10',
    '-len_control=0', // several targets take rows of records: short inputs say little
    '-rss_limit_mb=2048',
    `-artifact_prefix=build/fuzz/findings/${name}-`,
    ...corpora,
  ];
}

async function fuzzOne(target) {
  const log = target.replace('_', '-');
  const program = join(root, 'build/fuzz', target);
  const args = fuzzArguments(target.replace(/_fuzz$/, ''));
  const code = await exitCodeOf(log, program, args, { env: sanitizers, seconds: (fuzzSeconds ?? 5) + 60 });
  if (code === 0) return onePassed;
  complain(log, `${target} ended with code ${code}:\n${lastLines(logPath(log), 40)}`);
  return oneFailed;
}

async function fuzz() {
  const targets = filesBelow('worker/fuzz', (name) => name.endsWith('_fuzz.cpp')).map((path) =>
    basename(path, '.cpp'),
  );
  if (targets.length === 0) return nothing;
  await buildTarget('fuzz', 'fuzzers', ['-DCONSOMME_FUZZ=ON', '-DCONSOMME_SANITIZE=ON'], fuzzCompiler());
  const counts = [];
  const worker = async () => {
    for (let target = targets.shift(); target; target = targets.shift()) counts.push(await fuzzOne(target));
  };
  await Promise.all(Array.from({ length: Number(jobs) }, worker));
  return sum(counts);
}

/** The message of a failed test without the frames inside its tools. */
function trimmed(message) {
  const lines = message.split('\n').filter((line) => !/^\s+at .*(node_modules|node:)/.test(line));
  return lines.slice(0, 30).join('\n');
}

function complainOfJest(log, results) {
  for (const suite of results.testResults.filter(({ status }) => status === 'failed')) {
    const tests = suite.assertionResults.filter(({ status }) => status === 'failed');
    const told = tests.map((test) => `${test.fullName}\n${test.failureMessages.map(trimmed).join('\n')}`);
    complain(log, `${relative(root, suite.name)}\n${told.join('\n\n') || trimmed(suite.message)}`);
  }
}

async function jestProject(project, { log = `jest-${project}`, options = [] } = {}) {
  const report = join(root, 'build/logs', `${log}.json`);
  rmSync(report, { force: true });
  const node = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
  const args = [
    ...node,
    '--selectProjects',
    project,
    '--passWithNoTests',
    '--json',
    '--outputFile',
    report,
    ...options,
  ];
  const code = await exitCodeOf(log, process.execPath, args, { seconds: 2400 });
  if (!existsSync(report)) throw new Failure(`jest ended with code ${code}:\n${lastLines(logPath(log), 40)}`);
  const results = JSON.parse(readFileSync(report, 'utf8'));
  complainOfJest(log, results);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  if (code !== 0 && failed === 0)
    throw new Failure(`jest ended with code ${code}:\n${lastLines(logPath(log), 40)}`);
  return { passed: results.numPassedTests, failed, skipped: results.numPendingTests };
}

const nativePeers =
  'test/(interop/(native-clients|data-channels)|integration/core-webrtc|harness/libdatachannel)';
const addonTests = 'test/integration/';

/**
 * A process for those that load another native WebRTC library, one for those that load the addon, and one for the rest: what
 * a native library does wrong, at once or later, is then seen where it was done (see test/harness/libdatachannel.ts).
 */
const integrationRuns = {
  'jest-integration-native': ['--testPathPatterns', nativePeers],
  'jest-integration-addon': ['--testPathPatterns', addonTests, '--testPathIgnorePatterns', nativePeers],
  'jest-integration': ['--testPathIgnorePatterns', nativePeers, addonTests],
};

async function integration() {
  const counts = [];
  for (const [log, selection] of Object.entries(integrationRuns))
    counts.push(await jestProject('integration', { log, options: ['--runInBand', ...selection] }));
  return sum(counts);
}

const native = ['system', 'npm', 'deps', 'schema'];
const everything = [...native, 'native', 'typescript'];

const stages = {
  format: { needs: ['system', 'npm'], work: format },
  lint: { needs: ['npm'], work: lint },
  types: { needs: ['npm', 'schema'], work: types },
  cpp: { needs: native, work: cpp, log: 'sanitize' },
  fuzz: { needs: native, work: fuzz },
  jest: { needs: ['npm', 'schema'], work: () => jestProject('unit'), log: 'jest-unit' },
  integration: {
    needs: everything,
    work: integration,
    log: 'jest-integration',
  },
};

/** Runs one stage to its counts. What stops it, a missing tool or a build that fails, is one failure. */
async function runStage(name) {
  const { needs, work, log = name } = stages[name];
  try {
    await bootstrap({ tests: true, only: needs });
    return await progress(name, log, false, work);
  } catch (error) {
    complaints.push(error instanceof Failure ? error.message : error.stack);
    return oneFailed;
  }
}

async function runStages(names) {
  const counts = {};
  for (const name of names) {
    counts[name] = await runStage(name);
    for (const text of complaints.splice(0)) console.log(`\n${text}\n`);
  }
  return counts;
}

const words = process.argv.slice(2);
const isFuzzing = words[0] === '--fuzz-seconds';
if (isFuzzing) fuzzSeconds = Number(words[1] ?? 60);
const names = isFuzzing ? ['fuzz'] : words.length ? words : Object.keys(stages);
const unknown = names.filter((name) => !(name in stages));

if (unknown.length || (isFuzzing && !(fuzzSeconds > 0))) {
  console.error(`Not understood: ${words.join(' ')}. Stages: ${Object.keys(stages).join(' ')}`);
  process.exitCode = 2;
} else {
  const counts = await runStages(names);
  console.log();
  for (const [name, count] of Object.entries(counts)) {
    const isEmpty = count.passed + count.failed + count.skipped === 0;
    console.log(`${name.padEnd(12)} ${isEmpty ? 'has no tests' : say(count)}`);
  }
  const total = sum(Object.values(counts));
  console.log(`\n${say(total)}`);
  process.exitCode = total.failed || total.passed === 0 ? 1 : 0;
}
