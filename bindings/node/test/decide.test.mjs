// The values of `decide`: only documented ones accept, over both versions of HTTP, with callbacks and promises.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { UpgradeError, handleUpgradeRequest } from '../index.mjs';
import { Memory, closing, connecting, everyWay, parsed, requestHead } from './servers.mjs';

const throwing = (value) => () => {
  throw value;
};

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

// Makes a value of another realm, as in test runners and plugin hosts.
const foreign = (code) => runInNewContext(code);

class Decision {
  status = 401;
}

const ACCEPTED = [
  [undefined],
  [true],
  [{}],
  [Object.create(null)],
  [{ headers: undefined }],
  [{ headers: { 'X-A': 'b' } }],
  [{ headers: [['X-A', 'b']], extensions: 'x-a', requireProtocol: false }],
  [{ protocols: ['chat'] }],
  [{ __proto__: null, protocols: 'chat' }],
  [foreign('({ protocols: ["chat"], headers: { "X-A": ["b"] } })')],
];

const REJECTED = [
  [false, 403, ''],
  [{ status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'who?' }, 401, 'who?'],
  [{ __proto__: null, status: 503, body: new Uint8Array([33]) }, 503, '!'],
  [foreign('({ status: 403, body: new Uint8Array([33]) })'), 403, '!'],
  [{ status: 302, headers: [['Location', '/login']], body: undefined }, 302, ''],
];

// Values that are mistakes, and text of the errors.
const MISTAKES = [
  [401, 'got 401'],
  [0, 'got 0'],
  [1, 'got 1'],
  [NaN, 'got NaN'],
  [null, 'got null'],
  ['', 'got a string'],
  ['no', 'got a string'],
  ['true', 'got a string'],
  [1n, 'got a bigint'],
  [Symbol('no'), 'got a symbol'],
  [() => true, 'got a function'],
  [class {}, 'got a function'],
  [[], 'got an array'],
  [[['status', 401]], 'got an array'],
  [new Error('no'), 'got an instance of Error'],
  [new Decision(), 'got an instance of Decision'],
  [Object.create({ status: 401 }), 'got an object'],
  [foreign('new Error("no")'), 'got an instance of Error'],
  [foreign('[]'), 'got an array'],
  [foreign('Object.create({ status: 401 })'), 'got an object'],
  [foreign('new (class Decision {})()'), 'got an instance of Decision'],
  [new Map([['status', 401]]), 'got an instance of Map'],
  [new Set(), 'got an instance of Set'],
  [new Date(), 'got an instance of Date'],
  [/no/, 'got an instance of RegExp'],
  [new Boolean(true), 'got an instance of Boolean'],
  [Buffer.from('no'), 'got an instance of Buffer'],
  [new Response(null, { status: 401 }), 'got an instance of Response'],
  [new Headers(), 'got an instance of Headers'],
  [new URL('http://a'), 'got an instance of URL'],
  [(function* () {})(), 'got an object'],
  [(async function* () {})(), 'got an object'],
  [{ statusCode: 401 }, '"statusCode"'],
  [{ reject: true }, '"reject"'],
  [{ accept: false }, '"accept"'],
  [{ then: 401 }, '"then"'],
  [{ Status: 401 }, '"Status"'],
  [{ [Symbol('status')]: 401 }, '"Symbol(status)"'],
  [Object.defineProperty({}, 'statusCode', { value: 401 }), '"statusCode"'],
  [{ [`${'k'.repeat(99)}\n`]: 1 }, `"${'k'.repeat(40)}..."`],
  [{ body: 'no' }, '"body"'],
  [{ origins: ['http://a'] }, '"origins"'],
  [{ dangerAnyOrigin: true }, '"dangerAnyOrigin"'],
  [{ timeout: 1 }, '"timeout"'],
  [{ status: 401, statusMessage: 'no' }, '"statusMessage"'],
  [{ status: 403, protocols: ['chat'] }, '"protocols"'],
  [{ status: undefined }, 'status'],
  [{ status: null }, 'got null'],
  [{ status: '401' }, 'got a string'],
  [{ status: 403.5 }, '403.5'],
  [{ status: -1 }, '-1'],
  [{ status: 101 }, '101'],
  [{ status: 200 }, '200'],
  [{ status: 304 }, '304'],
  [{ status: 600 }, '600'],
  [{ status: 2 ** 16 + 403 }, '65939'],
  [{ status: 403, body: { error: 'no' } }, 'body'],
  [{ status: 403, body: null }, 'body'],
  [{ status: 403, headers: 'X-A: b' }, 'headers'],
  [{ status: 403, headers: { 'X-A': undefined } }, '"X-A"'],
  [{ status: 403, headers: { Connection: 'close' } }, 'Connection'],
  [{ headers: null }, 'headers'],
  [{ headers: { 'X-A': undefined } }, '"X-A"'],
  [{ headers: { Upgrade: 'a' } }, 'Upgrade'],
  [{ protocols: [undefined] }, 'protocols[0]'],
  [{ protocols: new Set(['chat']) }, 'protocols'],
  [{ protocols: ['a b'] }, 'a b'],
  [{ extensions: 7 }, 'extensions'],
  [{ extensions: [{ name: 'x-a', param: {} }] }, '"params"'],
  [{ requireProtocol: 'yes' }, 'requireProtocol'],
  [{ get status() { throw new Error('hidden'); } }, 'decide'],
  [{ get headers() { throw null; } }, 'decide'],
  [new Proxy({}, { ownKeys: throwing(null) }), 'decide'],
  [new Proxy({}, { getPrototypeOf: throwing(undefined) }), 'decide'],
  [new Proxy({}, { get: throwing(7) }), 'decide'],
  [revoked(), 'decide'],
];

// The ways in which a function can return a value.
const GIVEN = {
  'at once': (value) => () => value,
  'with a promise': (value) => async () => value,
  'with a thenable': (value) => () => ({ then: (resolve) => void resolve(value) }),
};

// Deno can't show a proxy that was revoked.
function shown(value) {
  try {
    return inspect(value, { showProxy: true });
  } catch {
    return 'a revoked proxy';
  }
}

test('what decide gives, in every way', async (t) => {
  for (const { name, ask } of await everyWay(t)) {
    for (const [how, give] of Object.entries(GIVEN)) {
      const said = (value) => `${shown(value)} ${how} over ${name}`;
      for (const [value] of ACCEPTED) {
        const { status, error, settings } = await ask({ decide: give(value) });
        assert.deepEqual([status, error, settings], ['accepted', null, {}], said(value));
      }
      for (const [value, expected, body] of REJECTED) {
        const { status, error, body: sent } = await ask({ decide: give(value) });
        assert.deepEqual([status, error.code, error.statusCode], [expected, 'ERR_UPGRADE_REJECTED', status], said(value));
        assert.deepEqual([sent, error.body.toString()], [body, body]);
      }
      for (const [value, words] of MISTAKES) {
        const { status, error, body } = await ask({ decide: give(value) });
        assert.deepEqual([status, error.code, error.statusCode], [500, 'ERR_UPGRADE_DECIDE', 500], said(value));
        assert.ok(error instanceof UpgradeError);
        assert.ok(error.message.startsWith('decide') && error.message.includes(words), `${said(value)}: ${error.message}`);
        assert.doesNotMatch(error.message, /rust|napi|serde|line 1 column/i);
        // The client does not see the reason.
        assert.equal(body, 'Internal Server Error\n');
      }
    }
  }
});

test('a decide that fails, in every way', async (t) => {
  for (const { name, ask } of await everyWay(t)) {
    for (const cause of [new Error('no database'), null, undefined, 0, '', revoked()]) {
      for (const decide of [
        throwing(cause),
        async () => throwing(cause)(),
        () => Promise.reject(cause),
        () => ({ then: throwing(cause) }),
        () => ({ get then() { return throwing(cause)(); } }),
        () => ({ then: (resolve, reject) => (reject(cause), resolve(true)) }),
      ]) {
        const { status, error } = await ask({ decide });
        assert.deepEqual([status, error.code, error.message], [500, 'ERR_UPGRADE_DECIDE', 'decide failed'], name);
        assert.ok(error.cause === cause, name);
      }
    }
    // Only the first result counts.
    const twice = () => ({ then: (resolve) => (resolve(true), resolve(false), throwing(new Error('later'))()) });
    assert.equal((await ask({ decide: twice })).status, 'accepted');
    // A function that expects a callback would return nothing, which accepts.
    const { status, error } = await ask({ decide: (asked, done) => done(false) });
    assert.deepEqual([status, error.code], [500, 'ERR_UPGRADE_OPTIONS']);
    assert.match(error.message, /decide: .*one argument/);
  }
});

test('decide is not asked about a request that the options refuse', async (t) => {
  for (const { name, ask } of await everyWay(t)) {
    for (const [options, fields, status, reason] of [
      [{}, { origin: 'https://elsewhere.example' }, 403, 'origin_not_allowed'],
      [{ authorities: ['elsewhere.example'] }, {}, 421, 'authority_not_served'],
      [{ protocols: ['chat'], requireProtocol: true }, {}, 400, 'subprotocol_required'],
      [{}, { 'sec-websocket-protocol': 'a b' }, 400, 'subprotocols_malformed'],
      [{}, { 'sec-websocket-extensions': '=' }, 400, 'extensions_malformed'],
    ]) {
      let asked = 0;
      const decide = () => void (asked += 1);
      const outcome = await ask({ ...options, decide }, fields);
      assert.deepEqual([outcome.status, outcome.error?.reason, asked], [status, reason, 0], `${reason} over ${name}`);
      // The client sees what it sees without the function.
      const plain = await ask(options, fields);
      for (const { headers } of [outcome, plain]) headers.delete('date');
      assert.deepEqual([outcome.status, [...outcome.headers], outcome.body], [status, [...plain.headers], plain.body]);
    }
    let asked = 0;
    const decide = () => void (asked += 1);
    assert.deepEqual([(await ask({ decide })).status, asked], ['accepted', 1], name);
  }
});

test('decide is called once, as a method of its options, and reads them no more', async (t) => {
  for (const { ask } of await everyWay(t)) {
    let reads = 0;
    let calls = 0;
    class Options {
      get protocols() {
        reads += 1;
        return ['chat'];
      }
      decide(asked) {
        calls += 1;
        return { headers: { 'X-A': `${this instanceof Options} ${asked.target}` } };
      }
    }
    const { status } = await ask(new Options());
    assert.deepEqual([status, reads, calls], ['accepted', 1, 1]);
  }
});

test('a decision that does not come in time, or comes when the client has gone', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const { name, ask } of await everyWay(t)) {
    const { decide, asked, settle } = waiting();
    const outcome = ask({ timeout: 3000, decide });
    await asked;
    t.mock.timers.tick(3000);
    const { status, error } = await outcome;
    assert.deepEqual([status, error.code, error.statusCode], [503, 'ERR_UPGRADE_TIMEOUT', 503], name);
    await settle();
  }

  for (const late of ['resolve', 'reject']) {
    const { decide, asked, settle } = waiting(late);
    const socket = new Memory();
    const calls = [];
    handleUpgradeRequest(parsed(requestHead()), socket, { decide }, (...results) => calls.push(results));
    await asked;
    const closed = closing(socket);
    socket.destroy(new Error('reset'));
    await closed;
    await settle();
    assert.deepEqual([calls.length, calls[0][0].code, socket.written], [1, 'ERR_UPGRADE_CLOSED', '']);
  }

  for (const late of ['resolve', 'reject']) {
    const { decide, asked, settle } = waiting(late);
    const outcome = withResolvers();
    const calls = [];
    const connect = await connecting(t, (headers, stream) => {
      handleUpgradeRequest(headers, stream, { decide }, (...results) => {
        calls.push(results);
        outcome.resolve();
      });
      asked.then(() => stream.close(8));
    });
    connect({}).catch(() => {});
    await outcome.promise;
    await settle();
    assert.deepEqual([calls.length, calls[0][0].code], [1, 'ERR_UPGRADE_CLOSED']);
  }
});

function withResolvers() {
  const outcome = {};
  outcome.promise = new Promise((resolve, reject) => Object.assign(outcome, { resolve, reject }));
  return outcome;
}

// A decision that the test makes, in this way.
function waiting(late = 'resolve') {
  const called = withResolvers();
  const decision = withResolvers();
  return {
    decide: () => {
      called.resolve();
      return decision.promise;
    },
    asked: called.promise,
    // Settles it, and waits for everything that may follow.
    settle: async () => {
      decision[late](late === 'resolve' ? true : new Error('late'));
      for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    },
  };
}
