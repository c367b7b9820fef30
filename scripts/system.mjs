// What the system must have: a compiler, build tools, libraries, and for the tests browsers and clang.
// Missing packages are installed where that is possible without asking, else the one command is printed.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, Failure, hashOf, isFresh, progress, run, stamp, which } from './tools.mjs';

function versionOf(program, ...args) {
  const text = ask(program, ...args)?.match(/\d+(\.\d+)*/)?.[0] ?? '0';
  return text.split('.').map(Number);
}

function isAtLeast(version, wanted) {
  for (const [i, part] of wanted.entries()) {
    if ((version[i] ?? 0) !== part) return (version[i] ?? 0) > part;
  }
  return true;
}

const newest = [21, 20, 19, 18, 17, 16, 15, 14, 13, 12];

function isGoodCompiler(cxx) {
  const isClang = /clang/i.test(ask(cxx, '--version') ?? '');
  return isAtLeast(versionOf(cxx, '-dumpversion'), [isClang ? 14 : 12]);
}

let chosen;

/** The C and C++ compilers that build everything: those of CC and CXX, else the first that is new enough. */
export function compilers() {
  chosen ??= findCompilers();
  return chosen;
}

function findCompilers() {
  if (process.env.CXX) return { cxx: process.env.CXX, cc: process.env.CC ?? 'cc' };
  const names = ['g++', ...newest.map((v) => `g++-${v}`), 'clang++', ...newest.map((v) => `clang++-${v}`)];
  const cxx = names.find((name) => which(name) && isGoodCompiler(name));
  return cxx && { cxx, cc: cxx.replace('clang++', 'clang').replace('g++', 'gcc') };
}

/** The clang that builds the fuzz targets. */
export function fuzzCompiler() {
  const cxx = ['clang++-14', 'clang++'].find(which);
  return cxx && { cxx, cc: cxx.replace('++', '') };
}

const header = (path) =>
  ['/usr/include', '/usr/local/include', '/opt/homebrew/include']
    .map((folder) => join(folder, path))
    .find(which);

function fuzzerLinks() {
  const folder = mkdtempSync(join(tmpdir(), 'consomme-'));
  const source = join(folder, 'probe.cpp');
  writeFileSync(source, 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }');
  const flags = ['-fsanitize=fuzzer,address,undefined', source, '-o', join(folder, 'probe')];
  const links = ask(fuzzCompiler().cxx, ...flags) !== undefined;
  rmSync(folder, { recursive: true });
  return links;
}

function hasEncoders(ffmpeg, ...names) {
  const known = ask(ffmpeg, '-hide_banner', '-encoders') ?? '';
  return names.every((name) => known.includes(` ${name} `));
}

const gstreamerSets = ['plugins-base', 'plugins-good', 'plugins-bad', 'plugins-ugly', 'libav'];

function hasElements(inspect, ...names) {
  const has = (name) => ask(inspect, '--exists', '--atleast-version=1.20', name) !== undefined;
  return names.every(has);
}

// `find` gives the file that shows a requirement is there; `isGood` looks closer, only when something has changed.
// A package manager that is not named has no package that is known to do.
const requirements = [
  {
    what: 'a C++20 compiler (g++ 12 or clang++ 14, or newer)',
    find: () => which(compilers()?.cxx),
    isGood: isGoodCompiler,
    packages: { apt: which('g++') ? 'g++-12' : 'g++', dnf: 'gcc-c++', apk: 'g++', brew: 'llvm' },
  },
  {
    what: 'cmake 3.20 or newer',
    find: () => which('cmake'),
    isGood: (cmake) => isAtLeast(versionOf(cmake, '--version'), [3, 20]),
    packages: { apt: 'cmake', dnf: 'cmake', apk: 'cmake', brew: 'cmake' },
  },
  {
    what: 'ninja or make',
    find: () => which('ninja') ?? which('make'),
    packages: { apt: 'ninja-build', dnf: 'ninja-build', apk: 'samurai', brew: 'ninja' },
  },
  {
    what: 'pkg-config',
    find: () => which('pkg-config'),
    packages: { apt: 'pkg-config', dnf: 'pkgconf-pkg-config', apk: 'pkgconf', brew: 'pkgconf' },
  },
  {
    what: 'the headers of OpenSSL 3.0 or newer',
    find: () => header('openssl/ssl.h'),
    isGood: () => ask('pkg-config', '--atleast-version=3.0', 'libssl') !== undefined,
    packages: { apt: 'libssl-dev', dnf: 'openssl-devel', apk: 'openssl-dev', brew: 'openssl@3' },
  },
  {
    what: 'the headers of intel-ipsec-mb',
    isNeeded: process.arch === 'x64' && process.platform === 'linux',
    find: () => header('intel-ipsec-mb.h'),
    packages: { apt: 'libipsec-mb-dev', dnf: 'intel-ipsec-mb-devel', apk: 'intel-ipsec-mb-dev' },
  },
  { what: 'tar', find: () => which('tar'), packages: { apt: 'tar', dnf: 'tar', apk: 'tar' } },
  {
    what: 'doctest',
    isForTests: true,
    find: () => header('doctest/doctest.h'),
    packages: { apt: 'doctest-dev', dnf: 'doctest-devel', brew: 'doctest' },
  },
  {
    what: 'clang 14 or newer with libFuzzer',
    isForTests: true,
    find: () => which(fuzzCompiler()?.cxx),
    isGood: fuzzerLinks,
    packages: {
      apt: 'clang-14 libclang-rt-14-dev',
      dnf: 'clang compiler-rt',
      apk: 'clang compiler-rt',
      brew: 'llvm',
    },
  },
  {
    what: 'clang-format 14',
    isForTests: true,
    find: () => which('clang-format-14'),
    packages: { apt: 'clang-format-14' },
  },
  {
    what: 'Chromium',
    isForTests: true,
    find: () => which('chromium'),
    packages: { apt: 'chromium', dnf: 'chromium', apk: 'chromium', brew: 'chromium' },
  },
  {
    what: 'Firefox ESR',
    isForTests: true,
    find: () => which('firefox-esr'),
    packages: { apt: 'firefox-esr', apk: 'firefox-esr' },
  },
  {
    what: 'FFmpeg with libvpx, x264 and Opus',
    isForTests: true,
    find: () => which('ffmpeg'),
    isGood: (ffmpeg) => hasEncoders(ffmpeg, 'libvpx', 'libx264', 'libopus'),
    packages: { apt: 'ffmpeg', apk: 'ffmpeg', brew: 'ffmpeg' },
  },
  {
    what: 'GStreamer 1.20 or newer with its base, good, bad, ugly and libav plugins',
    isForTests: true,
    find: () => which('gst-launch-1.0') && which('gst-inspect-1.0'),
    // One of each set of plugins.
    isGood: (inspect) => hasElements(inspect, 'opusenc', 'vp8enc', 'srtpenc', 'x264enc', 'avdec_h264'),
    packages: {
      apt: `gstreamer1.0-tools ${gstreamerSets.map((set) => `gstreamer1.0-${set}`).join(' ')}`,
      apk: `gstreamer-tools ${gstreamerSets.map((set) => `gst-${set}`).join(' ')}`,
      brew: 'gstreamer',
    },
  },
  {
    what: 'ip (iproute2)',
    isForTests: true,
    isNeeded: process.platform === 'linux',
    find: () => which('ip'),
    packages: { apt: 'iproute2', dnf: 'iproute', apk: 'iproute2' },
  },
];

const managers = {
  apt: { program: 'apt-get', install: 'apt-get install --no-install-recommends -y' },
  dnf: { program: 'dnf', install: 'dnf install -y' },
  apk: { program: 'apk', install: 'apk add' },
  brew: { program: 'brew', install: 'brew install' },
};

const packagesFor = (manager, missing) =>
  missing.flatMap(({ packages }) => packages[manager]?.split(' ') ?? []);

/** Command parts that make one root without a question, or undefined. */
function becomingRoot() {
  if (process.getuid?.() === 0) return [];
  return which('sudo') && ask('sudo', '-n', 'true') !== undefined ? ['sudo', '-n'] : undefined;
}

async function installWithApt(packages, quiet) {
  const asRoot = becomingRoot();
  const apt = (...args) => [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  await progress(`installing ${packages.join(' ')}`, 'system', quiet, async () => {
    const [update, ...updateArgs] = apt('update');
    await run('system-update', update, updateArgs, { advice: 'Check the package sources of this system.' });
    const [install, ...installArgs] = apt('install', '--no-install-recommends', '-y', ...packages);
    await run('system', install, installArgs, { advice: `Install by hand: ${packages.join(' ')}` });
  });
}

function explain(missing) {
  const manager = Object.keys(managers).find((name) => which(managers[name].program));
  const list = missing.map(({ what }) => `  - ${what}`).join('\n');
  if (!manager) return `This system lacks:\n${list}\nInstall them, then run this again.`;
  const prefix = manager === 'brew' || process.getuid?.() === 0 ? '' : 'sudo ';
  const command = `${prefix}${managers[manager].install} ${packagesFor(manager, missing).join(' ')}`;
  return `This system lacks:\n${list}\nInstall them, then run this again:\n\n  ${command}\n`;
}

const fingerprint = (path) => path && `${path} ${statSync(path).mtimeMs}`;

function missingOf(needed) {
  chosen = undefined;
  return needed.filter(({ find, isGood }) => {
    const path = find();
    return !path || (isGood && !isGood(path));
  });
}

export async function ensureSystem({ tests, quiet }) {
  const needed = requirements.filter((one) => (tests || !one.isForTests) && one.isNeeded !== false);
  const name = tests ? 'system-tests' : 'system';
  const key = () =>
    hashOf(
      ['scripts/system.mjs'],
      needed.map(({ find }) => fingerprint(find())),
      process.env.CXX,
    );
  if (isFresh(name, key())) return;
  let missing = missingOf(needed);
  if (missing.length && which('apt-get') && becomingRoot()) {
    await installWithApt(packagesFor('apt', missing), quiet);
    missing = missingOf(needed);
  }
  if (missing.length) throw new Failure(explain(missing));
  stamp(name, key());
}
