// The runtimes on which the tests can be run: this Node.js, and those of the folder `runtimes`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'runtimes');

// Each has its name, its program in `runtimes/node_modules`, and the arguments that run a file with tests and write
// their results as JUnit's XML.
const RUNTIMES = [
  ...[20, 22, 24, 26].map((major) => ({ name: `Node.js ${major}`, program: `node${major}/bin/node`, test: ofNode })),
  { name: 'Bun', program: 'bun/bin/bun', test: ofBun },
  { name: 'Deno', program: 'deno/deno', test: ofDeno },
];

// This Node.js, under the name of its kind.
export const here = {
  name: `Node.js ${process.versions.node.split('.')[0]}`,
  program: process.execPath,
  test: ofNode,
};

// Returns the runtimes, installs them if they are missing, and calls back for each that is not there.
export function everywhere(notRun) {
  const reason = install(folder, 'four versions of Node.js, Bun and Deno (300 MB) into bindings/node/runtimes');
  const elsewhere = `there is none for ${process.platform} on ${process.arch} that runs here`;
  return present((name) => notRun(name, reason ?? elsewhere));
}

// Returns the runtimes that are there: this one, and those that are installed. Calls back for each other one.
export function present(missing = () => {}) {
  const found = RUNTIMES.flatMap((runtime) => {
    const program = join(folder, 'node_modules', runtime.program);
    if (existsSync(program) && runs(program)) return [{ ...runtime, program }];
    if (runtime.name === here.name) return [here];
    missing(runtime.name);
    return [];
  });
  // A version that no package is pinned for.
  return found.some(({ name }) => name === here.name) ? found : [here, ...found];
}

function runs(program) {
  return spawnSync(program, ['--version']).status === 0;
}

function ofNode(file, results) {
  const reports = ['junit', results, 'spec', 'stdout'];
  return [
    ...reports.map((value, at) => `--test-reporter${at % 2 === 0 ? '' : '-destination'}=${value}`),
    file,
  ];
}

function ofBun(file, results) {
  return ['test', '--timeout=30000', '--reporter=junit', `--reporter-outfile=${results}`, file];
}

function ofDeno(file, results) {
  return ['test', '--allow-all', '--no-check', '--no-lock', `--junit-path=${results}`, file];
}
