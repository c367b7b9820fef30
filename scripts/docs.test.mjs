// The documents say what is there: their programs compile against the sources, and named files exist.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesBelow, root } from './tools.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const { scripts } = JSON.parse(read('package.json'));

const sources = { consomme: ['ts/server/index.ts'], 'consomme/client': ['ts/client/index.ts'] };

/** The fenced TypeScript blocks of a document. */
const programsIn = (path) => [...read(path).matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);

/** What the compiler says of each program, were it a file beside package.json: nothing, if it is right. */
function complaintsOn(programs) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root);
  Object.assign(options, { paths: sources, pathsBasePath: root, types: ['node'] });
  const files = new Map(programs.map((program, i) => [join(root, `program${i}.ts`), program]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    files.has(path)
      ? ts.createSourceFile(path, files.get(path), options.target)
      : getSourceFile(path, ...rest);
  const compiled = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((path) => {
    const file = compiled.getSourceFile(path);
    const found = [...compiled.getSyntacticDiagnostics(file), ...compiled.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  });
}

describe('README.md', () => {
  const programs = programsIn('README.md');

  it('has programs that compile, and one made wrong would not', () => {
    const wrong = programs[0].replace('openRoom', 'openDoor');
    const [onWrong, ...onOurs] = complaintsOn([wrong, ...programs]);
    expect(onOurs).toEqual(programs.map(() => []));
    expect(onWrong).toEqual([expect.stringContaining("'openDoor' does not exist")]);
  }, 120_000);

  it('has a first program of about twenty lines, which uses rooms', () => {
    expect(programs[0]).toContain("from 'consomme'");
    expect(programs[0].trimEnd().split('\n').length).toBeLessThanOrEqual(24);
  });
});

describe('docs/adaptation.md', () => {
  it('has programs that compile', () => {
    const programs = programsIn('docs/adaptation.md');
    expect(programs.length).toBeGreaterThan(4);
    expect(complaintsOn(programs)).toEqual(programs.map(() => []));
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
    const commands = [...text.matchAll(/`npm run ([\w:-]+)/g)].map(([, name]) => name);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });
});

test('docs/architecture.md names functions that are in the sources', () => {
  const sourcesOf = (folder) => filesBelow(folder, (name) => /\.(cpp|hpp|ts)$/.test(name)).map(read);
  const files = ['worker', 'ts'].flatMap(sourcesOf);
  const named = [...read('docs/architecture.md').matchAll(/`([A-Z]\w+)(?:::|\.)([a-z]\w+)(?:\(\))?`/g)];
  const isThere = ([, type, member]) =>
    files.some((text) => new RegExp(`\\b${type}\\b`).test(text) && new RegExp(`\\b${member}\\b`).test(text));
  const missing = named.filter((name) => !name[0].startsWith('`CMakeLists') && !isThere(name));
  expect(missing.map(([whole]) => whole)).toEqual([]);
  expect(named.length).toBeGreaterThan(15);
});
