// The tarball of the package, installed under another name where there is neither Rust nor a compiler, and used by each
// runtime that is there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { present } from '../scripts/runtimes.mjs';
import { npm } from './npm.mjs';

const tests = dirname(fileURLToPath(import.meta.url));

function run(folder, PATH, program, ...args) {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PATH };
  const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8', env });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

const skip = npm() === undefined && 'there is no npm';
const place = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
process.once('exit', () => rmSync(place, { recursive: true }));
let tarball;

test('the tarball has what is needed, and no more', { skip }, () => {
  // The file has been built for this test run.
  const packed = [npm(), 'pack', '--ignore-scripts', '--json', '--pack-destination', place];
  const [{ filename, files }] = JSON.parse(run(join(tests, '..'), process.env.PATH, process.execPath, ...packed));
  const names = files.map(({ path }) => path);
  const sources = names.filter((name) => name.startsWith('lib/'));
  assert.ok(sources.every((name) => /^lib\/[a-z-]+\.js$/.test(name)), `${sources}`);
  const others = names.filter((name) => !name.startsWith('lib/')).sort();
  assert.deepEqual(others, [
    ...['LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'index.d.mts', 'index.d.ts', 'index.js', 'index.mjs'],
    ...['package.json', 'websocket-upgrade.wasm'],
  ]);
  tarball = join(place, filename);
});

for (const { name, program, test: testing } of present()) {
  test(`the tarball, as 'websockets', without Rust, on ${name}`, { skip }, () => {
    const app = join(place, name);
    const bin = join(app, 'bin');
    for (const each of [app, bin, join(app, 'test')]) mkdirSync(each);
    symlinkSync(program, join(bin, basename(program)));
    const asked = `websockets@file:${tarball}`;
    writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "commonjs", "main": "index.cjs" }');
    if (name === 'Bun') run(app, bin, program, 'add', asked);
    // Deno installs no tarballs, and uses what npm has installed.
    else run(app, bin, name === 'Deno' ? process.execPath : program, npm(), 'install', '--offline', asked);

    // The examples of the specification, to the letter: the test finds the package under the name.
    writeFileSync(join(app, 'index.cjs'), "module.exports = require('websockets');\n");
    writeFileSync(join(app, 'index.mjs'), "export * from 'websockets';\n");
    for (const file of ['servers.mjs', 'specification.test.js']) cpSync(join(tests, file), join(app, 'test', file));
    cpSync(join(tests, '..', 'README.md'), join(app, 'README.md'));
    run(app, bin, program, ...testing('./test/specification.test.js', join(app, 'results.xml')));

    writeFileSync(join(app, 'imports.mjs'), "import { upgrade } from 'websockets';\nupgrade.handleUpgradeRequest.name;\n");
    run(app, bin, program, ...(name === 'Deno' ? ['run', '--allow-all'] : []), 'imports.mjs');
    writeFileSync(join(app, 'version.cjs'), "console.log(require('websockets/package.json').version);\n");
    assert.match(run(app, bin, program, ...(name === 'Deno' ? ['run', '--allow-all'] : []), 'version.cjs'), /^\d/);
  });
}
