// What the tests need: the core as WebAssembly, and the packages of package-lock.json.
//
// With NO_INSTALL=true in the environment nothing is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

function run(command, ...args) {
  const { error, status } = spawnSync(command, args, { cwd: folder, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
const installedFrom = join(folder, 'node_modules', 'installed-from.txt');
if (!existsSync(installedFrom) || readFileSync(installedFrom, 'utf8') !== lock) {
  if (process.env.NO_INSTALL === 'true') {
    throw new Error('the packages of package-lock.json are not installed, and nothing may be');
  }
  console.log('Installs the packages of package-lock.json into node_modules.');
  run('npm', 'ci', '--ignore-scripts');
  writeFileSync(installedFrom, lock);
}
run(process.execPath, join('scripts', 'build.mjs'), '--vectors');
