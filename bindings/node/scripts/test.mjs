// Runs every test file, on every Node.js from 20 on: it does not agree with itself on what a pattern is.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const chosen = process.argv.slice(2);
const files = readdirSync(join(folder, 'test')).filter((name) => /\.test\.m?js$/.test(name));
const tests = files.filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)));
if (tests.length === 0) throw new Error(`no test file has ${chosen.join(' or ')} in its name`);
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...tests.map((name) => join('test', name))], {
  cwd: folder,
  // No proxy of this machine's is for servers on loopback.
  env: { ...process.env, NO_PROXY: '*', no_proxy: '*' },
  stdio: 'inherit',
});
process.exit(status ?? 1);
