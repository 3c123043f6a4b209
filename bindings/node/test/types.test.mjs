// Checks index.d.ts against uses of it, and against the exports.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import * as module from '../index.mjs';

const require = createRequire(import.meta.url);
const folder = dirname(fileURLToPath(import.meta.url));

test('the uses are legal, with import and with require', () => {
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
  const arguments_ = ['--noEmit', ...strict, '--target', 'es2022', '--module', 'nodenext', 'types.ts', 'imported.mts'];
  const compiler = require.resolve('typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...arguments_], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('require and import give the same', () => {
  const required = require('..');
  assert.deepEqual({ ...module }, required);
  assert.deepEqual(Object.keys(required.upgrade), ['createUpgradeRequest', 'handleUpgradeRequest']);
});
