// How the script that builds the core finds a compiler: with programs in a folder that only say that they are Rust's,
// rustup's or Debian's.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { TARGET, findToolchain } from '../scripts/toolchain.mjs';

const LIBRARY = `lib/rustlib/${TARGET}/lib/libstd-1.rlib`;
const SOURCES = 'lib/rustlib/src/rust/library/std/Cargo.toml';
const BUILT = ['-Z', 'build-std=std,panic_abort'];

// What the rustup or apt-get in the folder do: they write the files of a compiler, or fail.
const adding = (...files) => files.map((file) => `mkdir -p "$(dirname "${file}")" && : > "${file}"`).join('\n');
const FAILS = 'echo "error: no network" >&2; exit 1';
const RUSTC = (sysroot) =>
  `case "$2" in sysroot) echo ${sysroot};; *) echo ${sysroot}/lib/rustlib/${TARGET}/lib;; esac`;
const APT_GET = `case "$1" in
install) cp usr/lib/rustc usr/bin/rustc; : > usr/bin/cargo; : > usr/bin/wasm-ld-22
${adding(`usr/${SOURCES}`)};;
*) mkdir -p usr/bin;;
esac`;
const NO_PACKAGE = 'echo "E: no package" >&2; exit 100';

// Makes a machine with these programs and files, and returns what is found there and what was run.
function machine(t, { programs = {}, files = [], debian = false, user = 0 }) {
  const root = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
  t.after(() => rmSync(root, { recursive: true }));
  const log = join(root, 'log');
  const write = (file, text, mode = 0o644) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
    chmodSync(join(root, file), mode);
  };
  write('log', '');
  const tools = '/usr/bin:/bin';
  for (const [name, code] of Object.entries({ id: `echo ${user}`, ...programs })) {
    const path = name.includes('/') ? name : `bin/${name}`;
    const said = ['rustup', 'apt-get'].includes(name) ? `echo "${name} $*" >> ${log}\n` : '';
    write(path, `#!/bin/sh\nPATH=${tools}\ncd ${root}\n${said}${code}\n`, 0o755);
  }
  for (const file of files) write(file, '');
  if (debian) write('etc/debian_version', '12\n');
  const find = (mayInstall) => findToolchain({ mayInstall, root, env: { PATH: join(root, 'bin') } });
  const ran = () => readFileSync(log, 'utf8').split('\n').filter(Boolean);
  return { root, find, ran };
}

const own = () => ({ rustc: RUSTC(`"$PWD"/own`) });

for (const [name, made, { args, installed = [], debian = false }] of [
  ['the target is there', { programs: own(), files: [`own/${LIBRARY}`] }, { args: [] }],
  [
    'rustup adds the target',
    { programs: { ...own(), rustup: adding(`own/${LIBRARY}`) } },
    { args: [], installed: [`rustup target add ${TARGET}`] },
  ],
  ['the sources are there', { programs: own(), files: [`own/${SOURCES}`] }, { args: BUILT }],
  [
    'the sources are there, and rustup could add the target',
    { programs: { ...own(), rustup: adding(`own/${LIBRARY}`) }, files: [`own/${SOURCES}`] },
    { args: BUILT },
  ],
  [
    'rustup can add the sources alone',
    { programs: { ...own(), rustup: `case "$1" in target) ${FAILS};; esac\n${adding(`own/${SOURCES}`)}` } },
    { args: BUILT, installed: [`rustup target add ${TARGET}`, 'rustup component add rust-src'] },
  ],
  [
    "Debian's sources are there",
    {
      programs: { 'usr/bin/rustc': RUSTC('"$PWD"/usr'), 'usr/bin/cargo': ':' },
      files: [`usr/${SOURCES}`, 'usr/bin/wasm-ld-22'],
      debian: true,
      user: 1000,
    },
    { args: BUILT, debian: true },
  ],
  [
    'root installs those of Debian',
    {
      programs: {
        ...own(),
        rustup: FAILS,
        'usr/lib/rustc': RUSTC('"$PWD"/usr'),
        'apt-get': APT_GET,
      },
      debian: true,
    },
    {
      args: BUILT,
      debian: true,
      installed: [
        `rustup target add ${TARGET}`,
        'rustup component add rust-src',
        'apt-get update --quiet',
        'apt-get install --yes --quiet --no-install-recommends cargo-web lld-22 rust-web-src rustc-web',
      ],
    },
  ],
]) {
  test(name, { skip: process.platform === 'win32' && 'there are no shell scripts' }, (t) => {
    t.mock.method(console, 'log', () => {});
    const { root, find, ran } = machine(t, made);
    if (installed.length > 0) {
      assert.throws(() => find(false), /needs Rust with its target/);
      assert.deepEqual(ran(), []);
    }
    const found = find(true);
    assert.deepEqual(found.args, args);
    assert.equal(found.env.RUSTC_BOOTSTRAP, args.length > 0 ? '1' : undefined);
    assert.equal(found.cargo, debian ? join(root, 'usr/bin/cargo') : 'cargo');
    assert.deepEqual(ran(), installed);
  });
}

for (const [name, made, reasons] of [
  ['there is no Rust', {}, [/rustc: it is not installed/, /not Debian/]],
  ['rustup fails', { programs: { ...own(), rustup: FAILS } }, [/rustup: error: no network/]],
  ['there is no rustup', { programs: own() }, [/rustup: it is not installed/]],
  ['another user of Debian', { programs: own(), debian: true, user: 1000 }, [/only root can install Debian's/]],
  ['apt-get fails', { programs: { ...own(), 'apt-get': NO_PACKAGE }, debian: true }, [/apt-get: E: no package/]],
]) {
  test(`named: ${name}`, { skip: process.platform === 'win32' && 'there are no shell scripts' }, (t) => {
    t.mock.method(console, 'log', () => {});
    const { find } = machine(t, made);
    for (const reason of [new RegExp(`its target ${TARGET}`), ...reasons]) assert.throws(() => find(true), reason);
  });
}
