// Builds the core as WebAssembly, always optimised, and puts it where the package looks for it. With --vectors it also
// builds the one that the tests need.
//
// With NO_INSTALL=true in the environment, rustup does not add the target.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TARGET = 'wasm32-unknown-unknown';

// Every runtime has the vector instructions, with which the core reads fields.
const FLAGS = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: '-C target-feature=+simd128' };
const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

function output(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

// rustup has a compiler's libraries for each target. Without rustup, cargo says what is missing.
function addTarget() {
  const installed = output('rustup', 'target', 'list', '--installed');
  if (installed === undefined || installed.split('\n').includes(TARGET)) return;
  if (process.env.NO_INSTALL === 'true') throw new Error(`rustup has no ${TARGET}, and nothing may be installed`);
  console.log(`Adds the target ${TARGET} with rustup.`);
  if (output('rustup', 'target', 'add', TARGET) === undefined) {
    throw new Error(`the package needs Rust's target ${TARGET}: rustup target add ${TARGET}`);
  }
}

// A process that has read the file before keeps what it has.
function build(file, ...args) {
  const { error, status, stdout } = spawnSync(
    process.env.CARGO ?? 'cargo',
    [
      ...['build', '--package', 'websocket-upgrade-node', '--target', TARGET, '--profile', 'wasm'],
      ...['--message-format', 'json-render-diagnostics', ...args],
    ],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, ...FLAGS }, maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (error) throw new Error(`the core needs cargo to be built: ${error.message}`);
  if (status !== 0) throw new Error(`the core was not built: Rust and its target ${TARGET} are needed`);
  const module = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason, target }) => reason === 'compiler-artifact' && target.name === 'websocket_upgrade_node')
    .flatMap(({ filenames }) => filenames)
    .find((name) => name.endsWith('.wasm'));
  if (module === undefined) throw new Error('cargo has built no WebAssembly');
  const place = join(folder, file);
  copyFileSync(module, `${place}.new`);
  renameSync(`${place}.new`, place);
}

addTarget();
build('websocket-upgrade.wasm');
if (process.argv.includes('--vectors')) build(join('test', 'vectors.wasm'), '--features', 'vectors');
