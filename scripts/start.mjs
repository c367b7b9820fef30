// npm start: builds what is missing, then runs the conference example in this process with the given arguments.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, main } from './bootstrap.mjs';
import { Failure, root } from './tools.mjs';

const server = join(root, 'examples/conference/server.mjs');

await main(async () => {
  if (!existsSync(server))
    throw new Failure(`${server} is missing: this copy of the project is not complete.`);
  await bootstrap();
  process.argv[1] = server;
  await import(pathToFileURL(server).href);
});
