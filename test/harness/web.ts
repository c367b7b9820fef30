import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** What a path answers. Its type follows from the path's ending: `.js` is a script, all else a page. */
export type Routes = Record<string, string>;

export type Web = { url: string; server: http.Server; close(): Promise<void> };

/** A static server on a free port of 127.0.0.1, which browsers take for a secure context: getUserMedia works. */
export async function serve(routes: Routes): Promise<Web> {
  const server = http.createServer((request, response) => answer(routes, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      const done = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await done;
    },
  };
}

/** Serves a page that has the known media as `media`, and the given routes beside it. */
export async function serveMedia(routes: Routes = {}): Promise<Web> {
  return serve({ '/': pageOf('/media.js'), '/media.js': await mediaScript(), ...routes });
}

/** A page that runs the given scripts. */
export function pageOf(...scripts: string[]): string {
  const tags = scripts.map((path) => `<script src="${path}"></script>`);
  // The empty icon keeps browsers from asking for one and reporting that it is missing.
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title><body>${tags.join('')}</body>`;
}

/** One script of a TypeScript or JavaScript entry and all it imports; its exports become the global `name`. */
export async function bundle(entry: string | URL, name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [typeof entry === 'string' ? entry : fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: name,
    target: 'es2022',
    sourcemap: 'inline',
  });
  return outputFiles[0]!.text;
}

/** The script that offers the known media as the global `media`. */
export function mediaScript(): Promise<string> {
  return bundle(new URL('./media-page.ts', import.meta.url), 'media');
}

function answer(routes: Routes, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.method !== 'GET') return void response.writeHead(405, { allow: 'GET' }).end();
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (!Object.hasOwn(routes, pathname)) return void response.writeHead(404).end();
  const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html';
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(routes[pathname]);
}
