import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundle, pageOf, serve, type Web } from './web.js';

let web: Web;
beforeAll(async () => {
  web = await serve({ '/': pageOf('/a.js'), '/a.js': 'one()' });
});
afterAll(() => web.close());

test('a route answers with its text and type', async () => {
  const page = await fetch(web.url);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(await page.text()).toContain('<script src="/a.js">');
  const script = await fetch(new URL('/a.js?version=2', web.url));
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(await script.text()).toBe('one()');
});

test('only given routes exist', async () => {
  for (const path of ['/b.js', '/toString', '/../package.json']) {
    expect((await fetch(new URL(path, web.url))).status).toBe(404);
  }
});

test('only GET is allowed', async () => {
  const response = await fetch(web.url, { method: 'POST', body: 'x' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET']);
});

test('a closed server no longer answers', async () => {
  const brief = await serve({ '/': '' });
  await fetch(brief.url);
  await brief.close();
  await expect(fetch(brief.url)).rejects.toThrow('fetch failed');
});

test('a bundle is one script that offers its exports under one name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  try {
    await writeFile(join(folder, 'word.ts'), `export const word: string = 'hello';`);
    await writeFile(
      join(folder, 'entry.ts'),
      `import { word } from './word.js'; export const loud = () => word.toUpperCase();`,
    );
    const script = await bundle(join(folder, 'entry.ts'), 'speech');
    expect(vm.runInNewContext(`${script}; speech.loud()`)).toBe('HELLO');
  } finally {
    await rm(folder, { recursive: true });
  }
});
