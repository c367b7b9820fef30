// One engine for the recipes in deps/: bring the pinned release, check it, unpack it, build it static.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from './cmake.mjs';
import { compilers } from './system.mjs';
import {
  ask,
  buildFolder,
  exitCodeOf,
  Failure,
  filesBelow,
  hashOf,
  isFresh,
  jobs,
  progress,
  root,
  run,
  stamp,
  which,
} from './tools.mjs';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'consomme');

const recipes = readdirSync(join(root, 'deps'))
  .filter((name) => existsSync(join(root, 'deps', name, 'recipe.json')))
  .map((name) => JSON.parse(readFileSync(join(root, 'deps', name, 'recipe.json'), 'utf8')));

const title = (recipe) => `${recipe.name} ${recipe.version}`;

/** Throws unless the bytes are the release that the recipe pins. */
export function check(recipe, bytes, origin) {
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === recipe.sha256) return;
  throw new Failure(
    `${title(recipe)}: ${origin} is not the release that deps/${recipe.name}/recipe.json pins. It was changed or is damaged.
  pinned SHA-256: ${recipe.sha256}
  found SHA-256:  ${found}
Nothing of it was used. Remove it, or put the real archive in its place.`,
  );
}

/** Keeps a checked archive where the next checkout finds it. */
function keep(recipe, bytes) {
  mkdirSync(cache, { recursive: true });
  const path = join(cache, recipe.archive);
  writeFileSync(`${path}.${process.pid}`, bytes);
  renameSync(`${path}.${process.pid}`, path);
}

function fromFolder(recipe, folder) {
  const path = [recipe.archive, recipe.apt.file].map((name) => join(folder, name)).find(existsSync);
  if (!path) return undefined;
  const bytes = readFileSync(path);
  check(recipe, bytes, path);
  return bytes;
}

/** The entries of `codename` among these apt sources (deb822 or one-line), as source entries of another suite. */
export function sourceEntries(text, codename, suite) {
  const paragraphs = text
    .split(/\n\s*\n/)
    .filter((one) => one.match(/^Suites:\s*(\S+)/m)?.[1] === codename)
    .map((one) => one.replace(/^Types:.*$/m, 'Types: deb-src').replace(/^Suites:.*$/m, `Suites: ${suite}`));
  const lines = text
    .split('\n')
    .map((line) => line.match(/^deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s/))
    .filter((line) => line?.[3] === codename)
    .map(([, options = '', address]) => `deb-src ${options}${address} ${suite} main`);
  return { sources: paragraphs.join('\n\n'), list: lines.join('\n') };
}

function aptEntries(codename, suite) {
  const folder = '/etc/apt/sources.list.d';
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const files = ['/etc/apt/sources.list', ...parts].filter(
    (path) => /\.(list|sources)$/.test(path) && existsSync(path),
  );
  return sourceEntries(files.map((path) => readFileSync(path, 'utf8')).join('\n\n'), codename, suite);
}

function debianCodename() {
  if (!which('apt-get') || !existsSync('/etc/os-release')) return undefined;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID=debian$/m.test(release) ? release.match(/^VERSION_CODENAME=(.*)$/m)?.[1] : undefined;
}

/** Debian keeps the upstream archive beside its package; its own lists and caches are left alone. */
async function fromApt(recipe) {
  const codename = debianCodename();
  if (!codename) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'consomme-apt-'));
  try {
    for (const part of ['parts', 'lists/partial', 'cache/archives/partial'])
      mkdirSync(join(folder, part), { recursive: true });
    const { sources, list } = aptEntries(codename, recipe.apt.suite);
    writeFileSync(join(folder, 'parts', 'consomme.sources'), `${sources}\n`);
    writeFileSync(join(folder, 'parts', 'consomme.list'), `${list}\n`);
    const settings = {
      'Dir::Etc::sourcelist': '/dev/null',
      'Dir::Etc::sourceparts': join(folder, 'parts'),
      'Dir::State::lists': join(folder, 'lists'),
      'Dir::Cache': join(folder, 'cache'),
      'APT::Sandbox::User': 'root',
      'Acquire::Retries': '1',
      'Acquire::http::Timeout': '20',
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    const log = `deps-${recipe.name}-apt`;
    await exitCodeOf(log, 'apt-get', [...options, 'update'], { seconds: 120 });
    // The description of the package may be gone while the archive is there: what counts is the file.
    const fetchSource = [...options, 'source', '--download-only', recipe.apt.package];
    await exitCodeOf(log, 'apt-get', fetchSource, { cwd: folder, append: true, seconds: 120 });
    return fromFolder(recipe, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fromReleasePage(recipe) {
  const response = await fetch(recipe.url, { signal: AbortSignal.timeout(60_000) }).catch(() => undefined);
  if (!response?.ok) return undefined;
  const bytes = Buffer.from(await response.arrayBuffer());
  check(recipe, bytes, recipe.url);
  return bytes;
}

async function bring(recipe) {
  const bytes = fromFolder(recipe, cache) ?? (await fromApt(recipe)) ?? (await fromReleasePage(recipe));
  if (bytes) return bytes;
  throw new Failure(
    `${title(recipe)}: its archive could not be brought (tried: Debian's source packages, ${recipe.url}).
Put ${recipe.archive} from there into a folder and name that folder: CONSOMME_DEPS_ARCHIVES=...`,
  );
}

const sourceFolder = (recipe) => `deps/${recipe.name}/source`;
const treeHash = (recipe) => hashOf(filesBelow(sourceFolder(recipe)));

/** Hidden files belong to the library's own repository; a .gitignore among them would thin out our npm package. */
function removeHiddenFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) removeHiddenFiles(path);
  }
}

async function unpack(recipe, bytes) {
  const target = join(root, sourceFolder(recipe));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const archive = join(target, '..', recipe.archive);
  writeFileSync(archive, bytes);
  const args = ['-xzf', archive, '-C', target, '--strip-components=1', '--no-same-owner'];
  try {
    await run(`deps-${recipe.name}-unpack`, 'tar', args);
  } finally {
    rmSync(archive);
  }
  for (const name of recipe.unused) rmSync(join(target, name), { recursive: true });
  removeHiddenFiles(target);
}

async function build(recipe) {
  const folder = join(buildFolder, 'deps', recipe.name);
  rmSync(folder, { recursive: true, force: true });
  const configure = [
    ...['-S', join(root, sourceFolder(recipe)), '-B', folder],
    ...['-G', generator()],
    `-DCMAKE_C_COMPILER=${compilers().cc}`,
    '-DCMAKE_BUILD_TYPE=Release',
    '-DCMAKE_POSITION_INDEPENDENT_CODE=ON',
    '-DCMAKE_POLICY_VERSION_MINIMUM=3.5',
    '-DCMAKE_INSTALL_LIBDIR=lib',
    `-DCMAKE_INSTALL_PREFIX=${join(root, 'deps', recipe.name, 'install')}`,
    '-DBUILD_SHARED_LIBS=OFF',
    ...recipe.cmake,
  ];
  const log = `deps-${recipe.name}`;
  const advice = `The build of ${title(recipe)} failed. Remove ${sourceFolder(recipe)} to bring its source anew.`;
  await run(log, 'cmake', configure, { advice });
  await run(log, 'cmake', ['--build', folder, '--parallel', jobs], { advice, append: true });
  await run(log, 'cmake', ['--install', folder], { advice, append: true });
}

/** The source: a named folder's archive first, then what is unpacked already, then what can be brought. */
async function ensureSource(recipe) {
  const named = process.env.CONSOMME_DEPS_ARCHIVES;
  const given = named && fromFolder(recipe, named);
  if (!given && treeHash(recipe) === recipe.tree) return;
  const bytes = given || (await bring(recipe));
  keep(recipe, bytes);
  await unpack(recipe, bytes);
  const found = treeHash(recipe);
  if (found === recipe.tree) return;
  throw new Failure(`${title(recipe)}: unpacked it hashes to ${found}, not to the "tree" of its recipe.`);
}

async function ensure(recipe, { quiet }) {
  const log = `deps-${recipe.name}`;
  const tools = [ask('pkg-config', '--modversion', 'libcrypto'), ask(compilers().cc, '--version')];
  const key = hashOf(['scripts/deps.mjs'], recipe, tools, root);
  if (isFresh(log, key, `deps/${recipe.name}/install/${recipe.library}`)) return;
  await progress(`${title(recipe)}: bringing and building it`, log, quiet, async () => {
    await ensureSource(recipe);
    await build(recipe);
  });
  stamp(log, key);
}

/** Every library of deps/, built and installed into deps/<name>/install. */
export async function ensureDeps(options) {
  for (const recipe of recipes) await ensure(recipe, options);
}
