// What the scripts share: paths, file lists, stamps, and running a tool with its output kept in a log.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const buildFolder = join(root, 'build');
export const jobs = String(Math.max(1, availableParallelism()));

/** A failure that was explained to the user already: its message is all there is to say. */
export class Failure extends Error {}

/** Every file below `folder` whose name passes, sorted; an absent folder holds none. */
export function filesBelow(folder, passes = () => true) {
  const absolute = join(root, folder);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && passes(entry.name))
    .map((entry) => join(relative(root, entry.parentPath ?? entry.path), entry.name))
    .filter((path) => !path.includes('node_modules'))
    .sort();
}

/** Hash of names and contents: the key under which a step's result stays valid. */
export function hashOf(files, ...more) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.update(JSON.stringify(more)).digest('hex');
}

const stampPath = (name) => join(buildFolder, 'stamps', name);

export function isFresh(name, key, ...results) {
  const stamp = stampPath(name);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== key) return false;
  return results.every((result) => existsSync(join(root, result)));
}

export function stamp(name, key) {
  mkdirSync(dirname(stampPath(name)), { recursive: true });
  writeFileSync(stampPath(name), key);
}

/** The path of a program, looked up as a shell would (and where system tools lie outside a user's PATH). */
export function which(program) {
  if (!program) return undefined;
  if (program.includes('/')) return existsSync(program) ? program : undefined;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  const found = folders.find(
    (folder) => folder && statSync(join(folder, program), { throwIfNoEntry: false })?.isFile(),
  );
  return found && join(found, program);
}

/** Output of a short command, or undefined when it fails. */
export function ask(command, ...args) {
  const result = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

const children = new Set();

function killGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has ended by itself.
  }
}

function killChildren() {
  for (const child of children) killGroup(child);
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
const dieWithChildren = (signal) => {
  killChildren();
  process.exit(exitCodes[signal]);
};

function adopt(child) {
  if (children.size === 0) for (const signal in exitCodes) process.on(signal, dieWithChildren);
  children.add(child);
}

function release(child) {
  children.delete(child);
  if (children.size === 0) for (const signal in exitCodes) process.off(signal, dieWithChildren);
}

process.on('exit', killChildren);

export function lastLines(path, count) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.slice(-count).join('\n');
}

export const logPath = (name) => join(buildFolder, 'logs', `${name}.log`);

/**
 * Runs a tool to its end, its whole output in build/logs/<name>.log, and returns its exit code.
 * It runs in a process group of its own that dies with this process, or after `seconds`.
 */
export function exitCodeOf(
  name,
  command,
  args,
  { cwd = root, env = {}, append = false, seconds = 3600 } = {},
) {
  mkdirSync(dirname(logPath(name)), { recursive: true });
  const log = openSync(logPath(name), append ? 'a' : 'w');
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    adopt(child);
    const timer = setTimeout(() => {
      writeFileSync(log, `\nkilled after ${seconds} s\n`);
      killGroup(child);
    }, seconds * 1000);
    const end = (code) => {
      clearTimeout(timer);
      if (!children.has(child)) return;
      killGroup(child);
      release(child);
      closeSync(log);
      resolve(code);
    };
    child.on('error', (error) => {
      writeFileSync(log, `${command}: ${error.message}\n`);
      end(127);
    });
    child.on('exit', (code) => end(code ?? 1));
  });
}

/** As exitCodeOf, but a failure throws what a reader needs: the end of the log, its place, and the advice. */
export async function run(name, command, args, { advice = '', ...options } = {}) {
  const code = await exitCodeOf(name, command, args, options);
  if (code === 0) return;
  const log = logPath(name);
  throw new Failure(
    [
      lastLines(log, 25),
      '',
      `${command} ended with code ${code}. The whole output: ${relative(root, log)}`,
      advice,
    ]
      .join('\n')
      .trimEnd(),
  );
}

/** Announces work, does it, and says how long it took. On a terminal the line follows the tool's log meanwhile. */
export async function progress(what, log, quiet, work) {
  if (quiet) return work();
  const start = performance.now();
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  const { isTTY, columns } = process.stdout;
  const show = () => {
    const line = existsSync(logPath(log)) ? lastLines(logPath(log), 1) : '';
    process.stdout.write(`\r\x1b[K${what} … ${seconds()} ${line}`.slice(0, columns + 3));
  };
  if (!isTTY) console.log(`${what} …`);
  const timer = isTTY && setInterval(show, 300);
  let outcome = 'failed after';
  try {
    const result = await work();
    outcome = 'done in';
    return result;
  } finally {
    clearInterval(timer);
    console.log(`${isTTY ? '\r\x1b[K' : ''}${what}: ${outcome} ${seconds()}`);
  }
}
