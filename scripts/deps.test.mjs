import { createHash } from 'node:crypto';
import { check, sourceEntries } from './deps.mjs';

const bytes = Buffer.from('the release');
const recipe = { name: 'lib', version: '1.0', sha256: createHash('sha256').update(bytes).digest('hex') };

describe('an archive', () => {
  it('passes when its hash is the pinned one', () => {
    expect(() => check(recipe, bytes, 'a file')).not.toThrow();
  });

  it('is refused when one bit of it is another', () => {
    const changed = Buffer.from(bytes);
    changed[3] ^= 1;
    expect(() => check(recipe, changed, 'a file')).toThrow(
      /a file is not the release.*changed or is damaged/s,
    );
  });
});

describe('source entries', () => {
  it('are made of a deb822 entry of this release, keeping its address and key', () => {
    const text = `Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main`;
    expect(sourceEntries(text, 'bookworm', 'trixie').sources).toBe(`Types: deb-src
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian.gpg`);
  });

  it('are made of a one-line entry of this release', () => {
    const text = `deb [signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian bookworm-updates main
# deb http://mirror.example/debian bookworm main
deb http://tools.example stable main`;
    expect(sourceEntries(text, 'bookworm', 'trixie').list).toBe(
      'deb-src [signed-by=/k.gpg] http://mirror.example/debian trixie main',
    );
  });
});
