// Runs the tests, each file in a process of its own.
//
//     node scripts/test.mjs [--everywhere] [PART OF A FILE'S NAME ..]
//
// With --everywhere they run on the runtimes of the folder `runtimes` too. Rows of `runtimes/differences.mjs` may fail
// there. A line `not run: WHAT: WHY` names each test, or runtime, that is left out.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIFFERENCES, ONCE, PART } from '../runtimes/differences.mjs';
import { readResults } from './results.mjs';
import { everywhere, here } from './runtimes.mjs';

// Milliseconds for a file.
const LIMIT = 120_000;

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');
const chosen = process.argv.slice(2).filter((argument) => argument !== '--everywhere');
const files = readdirSync(join(folder, 'test'))
  .filter((name) => /\.test\.m?js$/.test(name))
  .filter((name) => chosen.length === 0 || chosen.some((part) => name.includes(part)));
if (files.length === 0) throw new Error(`no test file has ${chosen.join(' or ')} in its name`);

const notRun = (what, why) => console.log(`not run: ${what}: ${why}`);
const runtimes = process.argv.includes('--everywhere')
  ? everywhere((name, why) => notRun(`the tests of the Node.js package on ${name}`, why))
  : [here];
// The first one runs all of it.
const whole = runtimes.find(({ name }) => name === here.name);
const temporary = mkdtempSync(join(tmpdir(), 'websocket-upgrade-tests-'));
const outcomes = [];

// Runs a file on a runtime, and records what every test of it gave.
async function run(runtime, file) {
  const results = join(temporary, `${runtime.name} ${file}.xml`);
  const child = spawn(runtime.program, runtime.test(`./test/${file}`, results), {
    cwd: folder,
    env: {
      ...process.env,
      // No proxy of this machine's is for servers on loopback.
      NO_PROXY: '*',
      no_proxy: '*',
      NO_COLOR: '1',
      TEST_PART: runtime === whole ? '1' : String(PART),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT,
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => output.push(bytes));
  const [code, signal] = await new Promise((resolve) => {
    child.once('error', ({ message }) => resolve([message]));
    child.once('close', (...ended) => resolve(ended));
  });
  let tests = [];
  try {
    tests = readResults(readFileSync(results, 'utf8'));
  } catch {
    // It has not come so far.
  }
  if (tests.length === 0 || (code !== 0 && tests.every(({ outcome }) => outcome !== 'failed'))) {
    tests.push({ name: 'the whole file', outcome: 'failed' });
  }
  let isExpected = true;
  for (const test of tests) {
    const known = DIFFERENCES.find((row) => [runtime.name, file, test.name].every((value, at) => row[at] === value));
    outcomes.push({ ...test, known, runtime });
    if (test.outcome === 'failed' && !known) isExpected = false;
    if (test.outcome === 'skipped') notRun(`a test of the Node.js package on ${runtime.name}, ${test.name}`, test.reason);
  }
  if (!isExpected) console.log(`\n${runtime.name}, ${file}: ${signal ?? code}\n${Buffer.concat(output)}`);
}

// Those that run once take longest.
const tasks = [
  ...files.filter((file) => file in ONCE).map((file) => [whole, file]),
  ...runtimes.flatMap((runtime) => files.filter((file) => !(file in ONCE)).map((file) => [runtime, file])),
];
// Most files wait for half of their time.
const workers = Array.from({ length: 2 * availableParallelism() }, async () => {
  for (let task = tasks.shift(); task; task = tasks.shift()) await run(...task);
});
await Promise.all(workers);
rmSync(temporary, { recursive: true });

const problems = [];
for (const runtime of runtimes) {
  const own = outcomes.filter((each) => each.runtime === runtime);
  const named = (outcome, isKnown) => own.filter((each) => each.outcome === outcome && Boolean(each.known) === isKnown);
  const counts = ['passed', 'failed', 'skipped'].map((outcome) => `${named(outcome, false).length} ${outcome}`);
  const expected = named('failed', true);
  console.log(`${runtime.name}: ${counts.join(', ')}${expected.length > 0 ? `, ${expected.length} known to fail:` : ''}`);
  for (const { known } of expected) console.log(`  ${known.slice(1, 3).join(': ')}\n    ${known[3]}`);
  for (const { name } of named('failed', false)) problems.push(`${runtime.name}: failed: ${name}`);
  for (const row of DIFFERENCES.filter(([name, file]) => name === runtime.name && files.includes(file))) {
    const still = own.some(({ known, outcome }) => known === row && outcome === 'failed');
    if (!still) problems.push(`${runtime.name}: does not fail any more, remove the row: ${row.slice(1, 3).join(': ')}`);
  }
}
for (const problem of problems) console.log(problem);
process.exit(problems.length === 0 ? 0 : 1);
