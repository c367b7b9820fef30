// npm run format: lays out every source file the way the check of `npm test` wants it.
import { bootstrap, main } from './bootstrap.mjs';
import { filesBelow, run } from './tools.mjs';

await main(async () => {
  await bootstrap({ tests: true, only: ['system', 'npm'] });
  await run('format', 'node_modules/.bin/biome', ['check', '--linter-enabled=false', '--write']);
  const cpp = filesBelow('worker', (name) => /\.(cpp|hpp)$/.test(name));
  if (cpp.length) await run('format', 'clang-format-14', ['-i', ...cpp], { append: true });
});
