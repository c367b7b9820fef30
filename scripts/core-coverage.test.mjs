// docs/core-coverage.md is complete and true: see core-coverage.mjs.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULE, membersOf, publicMembers, rowsOf, titlesIn } from './core-coverage.mjs';
import { root } from './tools.mjs';

const read = (path) => readFileSync(join(root, path), 'utf8');
const once = (make) => {
  const made = new Map();
  return (key) => made.get(key) ?? made.set(key, make(key)).get(key);
};
const titlesOf = once(titlesIn);
const textOf = once(read);

/** What is wrong with the rows of a document. */
function complaintsOn(text, members) {
  const rows = rowsOf(text);
  const has = (owner, name) => rows.some((row) => row.owner === owner && row.names.includes(name));
  const missing = [...members].flatMap(([owner, names]) =>
    [...names].filter((name) => !has(owner, name)).map((name) => `no row for ${owner} ${name}`),
  );
  const invented = rows.flatMap(({ owner, names, line }) =>
    names
      .filter((name) => owner !== '' && !members.get(owner)?.has(name))
      .map((name) => `${line}: there is no ${owner} ${name}`),
  );
  return [...missing, ...invented, ...rows.flatMap(untrueOf)];
}

function untrueOf({ owner, names, tests, line }) {
  if (tests.length === 0) return [`${line}: no test`];
  const wrong = tests.flatMap(({ file, title }) => {
    if (!existsSync(join(root, file))) return [`${line}: there is no ${file}`];
    const found = titlesOf(file).some((whole) => whole.includes(title));
    return found ? [] : [`${line}: ${file} has no test '${title}'`];
  });
  if (wrong.length > 0 || owner === '') return wrong;
  const texts = tests.map(({ file }) => textOf(file));
  const silent = names.filter(
    (name) => !texts.some((text) => mentions(text, name.split(/\.(?=\w+$)/).at(-1))),
  );
  return silent.map((name) => `${line}: no named file mentions ${name}`);
}

function mentions(text, name) {
  const escaped = name.replace(/[^\w]/g, '\\$&');
  return new RegExp(`(?<!\\w)${escaped}(?!\\w)`).test(text);
}

describe('docs/core-coverage.md', () => {
  const text = read('docs/core-coverage.md');
  const members = publicMembers();

  it('has a row for every public member, each with a test that is there, and no other row', () => {
    expect(complaintsOn(text, members)).toEqual([]);
  });

  it('is read as a whole', () => {
    expect(rowsOf(text).length).toBe(text.split('\n').filter((line) => /^\| .*`: /.test(line)).length);
    expect([...members.values()].reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(900);
    expect(members.get('ConsumerOptions')).toContain('ignoreDtx');
    expect(members.get('BaseTransportDump')).toContain('rtpListener.midTable');
    expect(members.get('SctpState')).toContain('failed');
    expect(members.get('Consumer')).toContain('close');
    expect(members.get(MODULE)).toContain('createWorker');
  });

  it('would not pass without a row, with one too many, or with a test that is not there', () => {
    const row = text.split('\n').find((line) => line.startsWith('| `ignoreDtx` |'));
    const changed = (from, to) => complaintsOn(text.replace(from, to), members);

    expect(changed(`${row}\n`, '')).toEqual(['no row for ConsumerOptions ignoreDtx']);
    expect(changed(row, `${row}\n${row.replace('ignoreDtx', 'ignoreAll')}`)).toEqual([
      expect.stringContaining('there is no ConsumerOptions ignoreAll'),
      expect.stringContaining('no named file mentions ignoreAll'),
    ]);
    expect(changed(row, row.replace('ignoreDtx leaves', 'nothing leaves'))).toEqual([
      expect.stringContaining("has no test 'nothing leaves"),
    ]);
    expect(changed(row, row.replace('core-direct', 'core-nowhere'))).toEqual([
      expect.stringContaining('there is no test/integration/core-nowhere.test.ts'),
    ]);
  });

  it('would not pass if a type had a member more', () => {
    const more = membersOf(`
      export type Options = { known?: boolean; inner: { deep: number }[] };
      export class Thing { get value() { return 1; } #hidden() {} private alone() {} act() {} }
      export type State = 'open' | 'shut';
      export const made = 1;`);

    expect(Object.fromEntries([...more].map(([name, names]) => [name, [...names]]))).toEqual({
      [MODULE]: ['Thing', 'made'],
      Options: ['known', 'inner', 'inner.deep'],
      Thing: ['value', 'act'],
      State: ['open', 'shut'],
    });
  });
});
