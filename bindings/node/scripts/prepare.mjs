// What the tests need: the core as WebAssembly, and the packages of package-lock.json.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const missing = install(folder, 'the packages that the tests need');
if (missing) throw new Error(`what the tests need: ${missing}`);
const build = [join('scripts', 'build.mjs'), '--vectors'];
const { error, status } = spawnSync(process.execPath, build, { cwd: folder, stdio: 'inherit' });
if (error) throw error;
process.exit(status ?? 1);
