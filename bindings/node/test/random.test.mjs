// Random options of every JavaScript type: each call calls back once, with an `UpgradeError` or the agreed settings.
// The client is answered, and nothing else follows.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { KEY, Memory, answerHead, parsed, requestHead } from './servers.mjs';

// Generates the same numbers for the same seed.
function generator(seed) {
  let state = seed;
  const below = (count) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % count;
  };
  return { below, pick: (values) => values[below(values.length)] };
}

const throwing = (value) => () => {
  throw value;
};

const PLAIN = [
  ...[undefined, null, true, false, 0, 1, -1, 1.5, 8, 13, 401, 403, NaN, Infinity, 2 ** 33, 10n, Symbol('a')],
  ...['', 'chat', 'x-a; b=1', 'permessage-deflate', 'a b', 'a\r\nb', '\ud800', '\u00e9', '\u0141', 'https://a', '*', '13'],
  ...[() => {}, () => true, async () => false, throwing(null), () => ({ status: 401 }), class {}, function* () {}],
  ...[Buffer.from('a'), new Map([['a', 'b']]), new Date(), /a/, new Error('a'), new AbortController(), new Headers({ a: 'b' })],
  ...[{ get: throwing(1) }, { ownKeys: throwing(null) }, { getPrototypeOf: throwing(2) }].map((traps) => new Proxy({}, traps)),
];

const NAMES = (
  'extensions protocols headers limits timeout requireProtocol origins dangerAnyOrigin sameOriginAs secure dangerNoKey ' +
  'decide authorities origin agent signal socketPath ALPNProtocols refusalBodyIdle Sec-WebSocket-Protocol ' +
  'sec-websocket-extensions Sec-WebSocket-Version name params rsv codec offers status body head fields X-A Connection then'
).split(' ');

// Generates a value, which may contain others.
function value(random, depth = 0) {
  const { below, pick } = random;
  const kind = depth > 2 ? 0 : below(6);
  if (kind < 2) return pick(PLAIN);
  const some = (make) => Array.from({ length: below(4) }, make);
  if (kind === 2) return some(() => value(random, depth + 1));
  const pairs = some(() => [pick(NAMES), value(random, depth + 1)]);
  if (kind === 3) return pairs;
  const object = Object.fromEntries(pairs);
  if (below(8) === 0) Object.defineProperty(object, pick(NAMES), { enumerable: true, get: throwing(pick(PLAIN)) });
  return kind === 4 ? object : Object.assign(Object.create(pick([null, { name: 'a' }])), { ...pairs.slice(0, 1) });
}

function options(random) {
  const { below, pick } = random;
  if (below(20) === 0) return value(random);
  const names = Array.from({ length: 1 + below(2) }, () => pick(NAMES));
  return Object.fromEntries(names.map((name) => [name, value(random)]));
}

// Returns the result of one call, after everything that may follow from it.
async function outcome(call, said) {
  const calls = [];
  call((...results) => calls.push(results));
  for (let turn = 0; turn < 50 && calls.length === 0; turn += 1) await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(calls.length, 1, said);
  const [[error]] = calls;
  if (error === null) return error;
  assert.match(error.code, /^(ERR_UPGRADE_|ABORT_ERR)/, said);
  assert.doesNotMatch(error.message, /rust|napi|serde|variant|line 1|panic/i, said);
  return error;
}

const ROUNDS = 3000 * Number(process.env.TEST_PART ?? 1);

test('random options of a server', async () => {
  const random = generator(1);
  const head = requestHead('Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Extensions: x-a, permessage-deflate');
  const statuses = new Set();
  for (let round = 0; round < ROUNDS; round += 1) {
    const given = options(random);
    const said = `${round}: ${inspect(given, { showProxy: true })}`;
    if (random.below(2) === 0 && typeof given === 'object' && given !== null) {
      const decision = value(random);
      Reflect.defineProperty(given, 'decide', { enumerable: true, value: random.pick([() => decision, async () => decision]) });
    }
    const socket = new Memory();
    const error = await outcome((callback) => handleUpgradeRequest(parsed(head), socket, undefined, given, callback), said);
    const [, status] = socket.written.match(/^HTTP\/1\.1 (\d+) /) ?? assert.fail(`${said}: not answered`);
    assert.equal(status === '101', error === null, said);
    if (error) assert.equal(error.statusCode, Number(status), said);
    statuses.add(status);
    socket.destroy();
  }
  for (const status of ['101', '500']) assert.ok(statuses.has(status), [...statuses].join());
});

test('random options of a client', async () => {
  const random = generator(2);
  let accepted = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const socket = new Memory();
    const extra = { createConnection: () => socket, 'Sec-WebSocket-Key': KEY };
    const given = options(random) ?? {};
    const all = typeof given === 'object' && !Array.isArray(given) ? mixed(given, extra) : given;
    const said = `${round}: ${inspect(given, { showProxy: true })}`;
    socket.push(answerHead());
    const error = await outcome((callback) => createUpgradeRequest('ws://server.example.com/chat', all, callback), said);
    if (error === null) accepted += 1;
    else assert.equal(socket.written === '' || error.code === 'ERR_UPGRADE_RESPONSE', true, said);
    socket.destroy();
  }
  assert.ok(accepted > 0);
});

// Merges the own properties of both objects without reading them.
function mixed(one, other) {
  try {
    return Object.defineProperties(Object.create(null), {
      ...Object.getOwnPropertyDescriptors(one),
      ...Object.getOwnPropertyDescriptors(other),
    });
  } catch {
    return one;
  }
}
