// The tarball of the package, installed under another name where there is neither Rust nor a compiler.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const tests = dirname(fileURLToPath(import.meta.url));

// Returns the script of npm, which the same Node.js runs.
function npm() {
  const { npm_execpath: script, PATH } = process.env;
  if (script?.endsWith('.js')) return script;
  for (const folder of PATH.split(delimiter)) {
    try {
      return realpathSync(join(folder, 'npm'));
    } catch {
      // It is in another one.
    }
  }
  return undefined;
}

function run(folder, PATH, ...args) {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env });
  assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

test("the tarball, as 'websockets', without Rust", { skip: npm() === undefined && 'there is no npm' }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const bin = join(folder, 'bin');
  const app = join(folder, 'app');
  for (const each of [bin, app, join(app, 'test')]) mkdirSync(each);
  symlinkSync(process.execPath, join(bin, 'node'));

  // The file has been built for this test run.
  const packed = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const [{ filename, files }] = JSON.parse(run(join(tests, '..'), process.env.PATH, npm(), ...packed));
  const names = files.map(({ path }) => path);
  assert.deepEqual(names.filter((name) => /^(test|src|scripts|Cargo)|\.node$/.test(name)), []);
  for (const name of ['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'websocket-upgrade.wasm']) assert.ok(names.includes(name), name);

  writeFileSync(join(app, 'package.json'), '{ "private": true }');
  run(app, bin, npm(), 'install', '--offline', `websockets@file:${join(folder, filename)}`);
  // The examples of the specification, to the letter.
  for (const name of ['servers.mjs', 'specification.test.js']) cpSync(join(tests, name), join(app, 'test', name));
  cpSync(join(tests, '..', 'README.md'), join(app, 'README.md'));
  const code = `const Module = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...others) => resolve(name === '..' ? 'websockets' : name, ...others);`;
  writeFileSync(join(app, 'index.mjs'), "export { handleUpgradeRequest } from 'websockets';\n");
  writeFileSync(join(app, 'named.cjs'), code);
  run(app, bin, '--require', './named.cjs', '--test', join('test', 'specification.test.js'));
  run(app, bin, '--input-type=module', '--eval', "import { upgrade } from 'websockets'; upgrade.handleUpgradeRequest.name;");
  assert.match(run(app, bin, '--print', "require('websockets/package.json').version"), /^\d/);
});
