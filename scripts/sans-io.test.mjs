// The core is sans-IO: it asks nothing of the system it runs on, and its folders know only those below them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, root } from './tools.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');

const forbidden = {
  sockets: /<(sys|net|netinet|arpa|linux)\/[^>]*>|<(poll|netdb)\.h>/,
  'the system': /<(unistd|fcntl|signal|pthread)\.h>|\b(secure_)?getenv\b|\bsystem\(/,
  'a clock':
    /\b(clock_gettime|gettimeofday|(steady|system|high_resolution)_clock|std::time)\b|<(ctime|time\.h)>/,
  threads:
    /\bstd::(jthread|thread|atomic|(shared_)?mutex|condition_variable|async|future)\b|\bthread_local\b/,
  files: /<(fstream|iostream|filesystem)>|\bfopen\b/,
  'virtual functions': /\bvirtual\b|\boverride\b/,
  callbacks: /\bstd::(move_only_)?function\b/,
  'shared ownership': /\bstd::(shared|weak)_ptr\b/,
  exceptions: /\bthrow\b|\btry \{|\bcatch \(/,
};

const allowed = {
  'worker/core/base/address.cpp': { '<arpa/inet.h>': 'inet_pton and inet_ntop: text, no sockets' },
  'worker/core/dtls/session.cpp': { '<sys/time.h>': "timeval, in which OpenSSL tells its DTLS timer's rest" },
  'worker/core/sctp/library.cpp': {
    'std::mutex': 'usrsctp is one for all threads of the process (docs/decisions/0008)',
    '<sys/time.h>': 'timeval, in which usrsctp asks for our time',
  },
};

const isTest = (name) => /(_test\.cpp|test\w*\.hpp)$/.test(name);
const sources = filesBelow('worker/core', (name) => /\.(cpp|hpp)$/.test(name) && !isTest(name));

/** The code without its comments and texts; the names of included files stay. */
const codeOf = (text) =>
  text
    .replace(
      /^(#include [^\n]*)$|\/\/[^\n]*$|\/\*.*?\*\/|"(\\.|[^"\\\n])*"/gms,
      (_, include) => include ?? '""',
    )
    .replace(/(#include [<"][^>"]*[>"]).*/g, '$1');

function offences(text, exceptions = {}) {
  const code = codeOf(text);
  return Object.entries(forbidden).flatMap(([what, pattern]) =>
    [...code.matchAll(new RegExp(pattern, 'g'))]
      .filter(([found]) => !(found in exceptions))
      .map(([found]) => `${what}: ${found}`),
  );
}

const includesOf = (text) => [...text.matchAll(/^#include "([^"]+)"/gm)].map(([, path]) => path);

describe.each(sources)('%s', (path) => {
  it('asks nothing of the system', () => {
    expect(offences(read(path), allowed[path])).toEqual([]);
  });
});

test('each exception is still needed', () => {
  for (const [path, exceptions] of Object.entries(allowed))
    for (const name of Object.keys(exceptions)) expect(codeOf(read(path))).toContain(name);
});

test.each([
  ['#include <sys/socket.h>', 'sockets'],
  ['#include <unistd.h>  // close', 'the system'],
  ['const char* home = getenv("HOME");', 'the system'],
  ['auto now = std::chrono::steady_clock::now();', 'a clock'],
  ['timespec t; clock_gettime(CLOCK_MONOTONIC, &t);', 'a clock'],
  ['std::thread reader;', 'threads'],
  ['  virtual void on_packet() = 0;', 'virtual functions'],
  ['std::function<void()> done;', 'callbacks'],
])('%s would be found', (line, what) => {
  expect(offences(`int a;\n${line}\n`)).toEqual([expect.stringMatching(`^${what}: `)]);
});

test('what follows a comment is looked at', () => {
  expect(
    offences('// What this is.\n#pragma once\n#include <poll.h>\nint a; /* b */ std::mutex c;\n'),
  ).toEqual(['sockets: <poll.h>', 'threads: std::mutex']);
});

test('words in comments and texts are none of it', () => {
  expect(offences('// virtual, std::function\nauto a = "getenv";  // throw\n/* std::thread\n */')).toEqual(
    [],
  );
});

// CMakeLists.txt says of each folder which others it stands on: core_folder(name core_other ...).
const declared = Object.fromEntries(
  [...read('CMakeLists.txt').matchAll(/^core_folder\((\w+)([^)]*)\)/gm)].map(([, name, rest]) => [
    name,
    [...rest.matchAll(/\bcore_(\w+)/g)].map(([, other]) => other),
  ]),
);
const below = (name) => [name, ...declared[name].flatMap(below)];
const folderOf = (path) => path.match(/core\/(\w+)\//)?.[1] ?? 'sfu';

describe.each(Object.keys(declared))('core/%s', (folder) => {
  const files = filesBelow('worker/core', (name) => /\.(cpp|hpp)$/.test(name)).filter(
    (path) => folderOf(path) === folder,
  );
  const reachable = new Set(below(folder));

  it('includes only what stands below it', () => {
    const wrong = files.flatMap((path) =>
      includesOf(read(path))
        .filter((include) => !include.startsWith('core/') || !reachable.has(folderOf(include)))
        .map((include) => `${path} includes ${include}`),
    );
    expect(files).not.toEqual([]);
    expect(wrong).toEqual([]);
  });
});

test('every folder of the core is declared', () => {
  expect(new Set(sources.map(folderOf))).toEqual(new Set(Object.keys(declared)));
});
