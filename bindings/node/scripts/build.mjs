// Builds the addon and puts it where the package looks for it. With --release it is as fast as it can be.
import { spawnSync } from 'node:child_process';
import { copyFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const release = process.argv.includes('--release') ? ['--release'] : [];
const { error, status, stdout } = spawnSync(
  process.env.CARGO ?? 'cargo',
  ['build', ...release, '--package', 'websocket-upgrade-node', '--message-format', 'json-render-diagnostics'],
  { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'inherit'] },
);
if (error) throw new Error(`the addon needs cargo to be built: ${error.message}`);
if (status !== 0) process.exit(status ?? 1);
const library = stdout
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line))
  .filter(({ reason, target }) => reason === 'compiler-artifact' && target.name === 'websocket_upgrade_node')
  .flatMap(({ filenames }) => filenames)
  .find((name) => /\.(so|dylib|dll)$/.test(name));
if (library === undefined) throw new Error('cargo has built no library');
// A process that has loaded the one before keeps it.
const addon = join(folder, 'websocket-upgrade.node');
copyFileSync(library, `${addon}.new`);
renameSync(`${addon}.new`, addon);
