// CMake builds beside the release: one folder of build/ each, configured anew when its options change.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf, isFresh, jobs, root, run, stamp, which } from './tools.mjs';

export const generator = () => (which('ninja') ? 'Ninja' : 'Unix Makefiles');

/** Configures build/<folder> with these options and builds one target there; all output goes to the log of that name. */
export async function buildTarget(folder, target, options, { cc, cxx }) {
  const path = join(root, 'build', folder);
  const compilers = [`-DCMAKE_C_COMPILER=${cc}`, `-DCMAKE_CXX_COMPILER=${cxx}`];
  const configure = ['-S', root, '-B', path, '-G', generator(), ...compilers, ...options];
  const key = hashOf([], configure);
  if (!isFresh(`cmake-${folder}`, key)) rmSync(join(path, 'CMakeCache.txt'), { force: true });
  await run(folder, 'cmake', configure);
  stamp(`cmake-${folder}`, key);
  await run(folder, 'cmake', ['--build', path, '--parallel', jobs, '--target', target], { append: true });
  return path;
}
