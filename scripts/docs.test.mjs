// The documents say what is there: the first program compiles against the sources, and named files exist.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow, root } from './tools.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json'));

const sources = { consomme: ['ts/server/index.ts'], 'consomme/client': ['ts/client/index.ts'] };

/** The fenced TypeScript blocks of a document. */
const programsIn = (path) => [...read(path).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** What the compiler says of a program that stands beside this package's users: nothing, if it is right. */
function complaintsOn(program) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  const file = join(root, 'program.ts');
  const host = ts.createCompilerHost({ ...options, paths: sources, pathsBasePath: root });
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, program, options.target) : getSourceFile(path, ...rest);
  const paths = { ...options, paths: sources, pathsBasePath: root, types: ['node'] };
  const compiled = ts.createProgram([file], paths, host);
  const own = compiled.getSourceFile(file);
  return [...compiled.getSyntacticDiagnostics(own), ...compiled.getSemanticDiagnostics(own)].map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
}

describe('README.md', () => {
  const programs = programsIn('README.md');

  test.each(programs.map((program) => [program.split('\n')[0], program]))(
    'has a program that compiles: %s',
    (_, program) => {
      expect(complaintsOn(program)).toEqual([]);
    },
    120_000,
  );

  it('has a first program of about twenty lines, which uses rooms', () => {
    expect(programs[0]).toContain("from 'consomme'");
    expect(programs[0].trimEnd().split('\n').length).toBeLessThanOrEqual(24);
  });

  it('would hear of it if a program were wrong', () => {
    const wrong = programs[0].replace('openRoom', 'openDoor');
    expect(complaintsOn(wrong)).toEqual([expect.stringContaining("'openDoor' does not exist")]);
  }, 120_000);
});

const documents = ['README.md', ...filesBelow('docs', (name) => name.endsWith('.md'))];

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('names files and folders that exist', () => {
    const named = [...text.matchAll(/`((?:worker|ts|test|scripts|docs|deps|examples|bench)\/[\w./-]*\w)`/g)];
    const missing = named.map(([, path]) => path).filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  it('links to files that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => path);
    const from = join(root, document, '..');
    expect(links.filter((path) => !existsSync(join(from, path)))).toEqual([]);
  });

  it('names commands that npm knows', () => {
    const commands = [...text.matchAll(/`npm run ([\w-]+)/g)].map(([, name]) => name);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });
});

/** `Class::member` and `Class.member` of the architecture, with the file that is named last before or next after it. */
test('docs/architecture.md names functions that are in the sources', () => {
  const everything = ['worker', 'ts']
    .flatMap((folder) => filesBelow(folder, (name) => /\.(cpp|hpp|ts|mjs)$/.test(name)))
    .map(read)
    .join('\n');
  const named = [...read('docs/architecture.md').matchAll(/`(\w+)(?:::|\.)(\w+)(?:\(\))?`/g)];
  const absent = named.filter(([, , member]) => !new RegExp(`\\b${member}\\b`).test(everything));
  expect(absent.map(([whole]) => whole)).toEqual([]);
  expect(named.length).toBeGreaterThan(15);
});
