// What the tarball says of itself: the ways to resolve it and its types, by the checkers that package authors use.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

// Returns the script of a package's command.
function command(name) {
  const installed = join(folder, 'node_modules', name);
  const [script] = Object.values(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).bin);
  return join(installed, script);
}

function run(...args) {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  return { status, printed: `${stdout}${stderr}`, stdout };
}

test('the tarball is resolved as it says, and the types too', { skip: npm() === undefined && 'there is no npm' }, (t) => {
  const target = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
  t.after(() => rmSync(target, { recursive: true }));
  const packed = run(npm(), 'pack', '--ignore-scripts', '--json', '--pack-destination', target);
  assert.equal(packed.status, 0, packed.printed);
  const [{ filename }] = JSON.parse(packed.stdout);
  const tarball = join(target, filename);
  for (const [name, ...args] of [
    ['@arethetypeswrong/cli', '--no-definitely-typed', '--no-emoji', '--profile', 'strict', tarball],
    ['publint', 'run', '--strict', '--pack', 'false', tarball],
  ]) {
    const { status, printed } = run(command(name), ...args);
    assert.equal(status, 0, `${name}: ${printed}`);
    assert.match(printed, /No problems found|All good/, name);
  }
});
