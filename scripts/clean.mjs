// npm run clean: removes all that the scripts made, but for npm's packages and the kept archives.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, root } from './tools.mjs';

const folders = ['build', 'lib', 'coverage'];
const libraries = readdirSync(join(root, 'deps')).flatMap((name) => [
  `deps/${name}/source`,
  `deps/${name}/install`,
]);
const generated = filesBelow('ts', (name) => name.endsWith('.gen.ts'));

for (const path of [...folders, ...libraries, ...generated])
  rmSync(join(root, path), { recursive: true, force: true });
