// What does not hold on every runtime. `scripts/test.mjs` runs these tests all the same, and fails if a row is no
// longer needed.

// Tests that fail on a runtime: its name, the file, the test, and what the runtime does. `npm run test:everywhere`
// prints them.
export const DIFFERENCES = [
  ...[
    'an upgrade behind responses waits for them',
    'a rejection behind responses comes after them',
    'a client that leaves before its turn has gone',
    'an upgrade whose turn does not come in time is refused behind the responses',
  ].map((test) => [
    'Bun',
    'turns.test.mjs',
    test,
    'while a response is not complete, Bun passes on the upgrade behind it as a plain request',
  ]),
  [
    'Deno',
    'turns.test.mjs',
    'a client of a paused socket that ends while the application decides has gone',
    'Deno reads nothing from a paused socket, whoever listens: the client has gone at the deadline',
  ],
  [
    'Bun',
    'hostile.test.mjs',
    'the server to be copied gives up on those that wait',
    'over HTTP/2, Bun keeps a stream whose request has not ended when its response has',
  ],
  [
    'Bun',
    'options.test.mjs',
    'what a callback throws is its own',
    'what is thrown and not caught fails the test of Bun, whatever listens',
  ],
];

// Files that are run on one runtime alone, with the reason.
export const ONCE = {
  'examples.test.mjs': 'it starts each example on the runtime that it is for',
  'forward.test.mjs': 'proxy.test.mjs tries the same agents on every runtime',
  'growth.test.mjs': "it collects garbage as V8's flag in Node.js does",
  'pack.test.mjs': 'it starts all runtimes itself',
  'published.test.mjs': 'it runs checkers, which say the same everywhere',
  'toolchain.test.mjs': 'it is about the script that builds the core, which Node.js runs',
  'types.test.mjs': 'it runs a compiler, which gives the same everywhere',
};

// On all runtimes but the first one, the tests that try many inputs try this part of them.
export const PART = 1 / 4;
