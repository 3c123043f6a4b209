// Installs the packages of a folder's package-lock.json, unless they are there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// Returns why they are not installed, or `undefined` if they are. With NO_INSTALL=true in the environment, nothing is
// installed.
export function install(folder, what) {
  const lock = readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const installedFrom = join(folder, 'node_modules', 'installed-from.txt');
  if (existsSync(installedFrom) && readFileSync(installedFrom, 'utf8') === lock) return undefined;
  if (process.env.NO_INSTALL === 'true') return 'it is not installed, and nothing may be';
  console.log(`Installs ${what} with npm.`);
  const shell = process.platform === 'win32';
  const { error, status } = spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: folder, shell, stdio: 'inherit' });
  if (error || status !== 0) return `npm could not install it (${error?.message ?? `status ${status}`})`;
  writeFileSync(installedFrom, lock);
  return undefined;
}
