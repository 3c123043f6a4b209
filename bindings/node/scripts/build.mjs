// Builds the core as WebAssembly, always optimised, and puts it where the package looks for it. With --vectors it also
// builds the one that the tests need.
//
// With NO_INSTALL=true in the environment, nothing is installed for it.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TARGET, findToolchain } from './toolchain.mjs';

// Every runtime has the vector instructions, with which the core reads fields.
const FLAGS = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: '-C target-feature=+simd128' };
const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

// A process that has read the file before keeps what it has.
function build({ cargo, args, env }, file, ...features) {
  const { error, status, stdout } = spawnSync(
    cargo,
    [
      ...['build', '--package', 'websocket-upgrade-node', '--target', TARGET, '--profile', 'wasm', ...args],
      ...['--message-format', 'json-render-diagnostics', ...features],
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ...FLAGS, ...env },
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  if (error) throw new Error(`the core needs cargo to be built: ${error.message}`);
  if (status !== 0) throw new Error('the core was not built: cargo has printed the reason');
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

try {
  const toolchain = findToolchain({ mayInstall: process.env.NO_INSTALL !== 'true' });
  build(toolchain, 'websocket-upgrade.wasm');
  if (process.argv.includes('--vectors')) build(toolchain, join('test', 'vectors.wasm'), '--features', 'vectors');
} catch ({ message }) {
  console.error(message);
  process.exitCode = 1;
}
