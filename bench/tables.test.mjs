import { withTables } from './tables.mjs';

const document =
  'before\n<!-- table a -->\n\nold\n\n<!-- end -->\nbetween\n<!-- table b -->\n<!-- end -->\nafter\n';

test('a table takes the place of the one before, and nothing else changes', () => {
  expect(withTables(document, { a: '| $1 |' })).toBe(
    document.replace('old', '| $1 |'.replaceAll('$', '$$$$')),
  );
});

test('a place that is empty is filled, and stays one', () => {
  const filled = withTables(document, { b: 'new' });
  expect(filled).toContain('<!-- table b -->\n\nnew\n\n<!-- end -->\nafter');
  expect(withTables(filled, { b: 'newer' })).not.toContain('new\n');
});

test('a table without a place is an error', () => {
  expect(() => withTables(document, { c: 'new' })).toThrow("no place for the table 'c'");
});
