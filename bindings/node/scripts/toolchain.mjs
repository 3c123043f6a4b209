// Finds a Rust compiler for WebAssembly, and installs what it needs where that is possible:
//
// - the toolchain in the search path, with the target, which rustup can add
// - the same toolchain, with the sources of the standard library, which rustup can add too
// - Debian's toolchain, with these sources, which root can install
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export const TARGET = 'wasm32-unknown-unknown';

// Building the standard library is an unstable feature of cargo.
const BUILD_STD = { args: ['-Z', 'build-std=std,panic_abort'], env: { RUSTC_BOOTSTRAP: '1' } };

// Those of bookworm that are not too old for this workspace. Its compiler comes without a linker for the target.
const DEBIAN = ['cargo-web', 'lld-22', 'rust-web-src', 'rustc-web'];

// Returns the way to build: `cargo` with its `args` and environment. The first way that works without installing is
// taken, or else the first one that can be installed. The error has all reasons.
export function findToolchain({ mayInstall, root = '/', env = process.env }) {
  let reasons;
  for (const installs of mayInstall ? [false, true] : [false]) {
    reasons = [];
    for (const way of [withTarget, withSources, ofDebian]) {
      try {
        return way({ installs, root, env });
      } catch ({ message }) {
        reasons.push(message);
      }
    }
  }
  throw new Error(`the core needs Rust with its target ${TARGET}, or the sources to build it: ${reasons.join('; ')}`);
}

function withTarget({ installs, env }) {
  const own = ownToolchain(env);
  if (installs && !hasTarget(own, env)) install(env, 'rustup', ['target', 'add', TARGET]);
  if (!hasTarget(own, env)) throw new Error(`Rust has no ${TARGET}`);
  return { ...own, args: [], env: {} };
}

function withSources({ installs, env }) {
  const own = ownToolchain(env);
  if (installs && !hasSources(own, env)) install(env, 'rustup', ['component', 'add', 'rust-src']);
  if (!hasSources(own, env)) throw new Error('Rust has no sources of its standard library');
  return { ...own, ...BUILD_STD };
}

function ofDebian({ installs, root, env }) {
  const [rustc, cargo, linker] = ['rustc', 'cargo', 'wasm-ld-22'].map((name) => join(root, 'usr', 'bin', name));
  const isThere = () => [rustc, cargo, linker].every((file) => existsSync(file)) && hasSources({ rustc }, env);
  if (installs && !isThere()) {
    if (!existsSync(join(root, 'etc', 'debian_version'))) throw new Error('this is not Debian, which has packages');
    if (said(env, 'id', ['-u']).trim() !== '0') throw new Error(`only root can install Debian's ${DEBIAN.join(', ')}`);
    said(env, 'apt-get', ['update', '--quiet']);
    install(env, 'apt-get', ['install', '--yes', '--quiet', '--no-install-recommends', ...DEBIAN]);
  }
  if (!isThere()) throw new Error(`Debian's ${DEBIAN.join(', ')} are not installed`);
  const programs = { RUSTC: rustc, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker };
  return { rustc, cargo, args: BUILD_STD.args, env: { ...BUILD_STD.env, ...programs } };
}

// A cargo that runs this script names itself and its compiler.
function ownToolchain({ CARGO = 'cargo', RUSTC = 'rustc' }) {
  return { cargo: CARGO, rustc: RUSTC };
}

function hasTarget({ rustc }, env) {
  const folder = said(env, rustc, ['--print', 'target-libdir', '--target', TARGET]).trim();
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('libstd-'));
}

function hasSources({ rustc }, env) {
  return existsSync(join(said(env, rustc, ['--print', 'sysroot']).trim(), 'lib/rustlib/src/rust/library/std'));
}

function install(env, program, args) {
  console.log(`Installs what the core needs: ${program} ${args.join(' ')}`);
  said(env, program, args);
}

// Returns the output of a program. The error says in one line why it failed.
function said(env, program, args) {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  if (error) throw new Error(`${program}: ${error.code === 'ENOENT' ? 'it is not installed' : error.message}`);
  if (status === 0) return stdout;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  throw new Error(`${program}: ${lines.find((line) => /^(error|E: )/.test(line)) ?? lines.at(-1) ?? 'it failed'}`);
}
