// A client's signal and URL, which can be any objects: whatever they do, the callback is called once.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { createUpgradeRequest } from '../index.mjs';
import { KEY, Memory, answerHead } from './servers.mjs';

const throwing = (value) => () => {
  throw value;
};

const cause = new Error('of the signal');

// A signal that is aborted by hand, with these properties instead of its own.
function signalOf(changed) {
  const signal = {
    aborted: false,
    addEventListener: (_, listener) => (signal.listener = listener),
    removeEventListener: () => {},
  };
  return Object.defineProperties(signal, Object.getOwnPropertyDescriptors(changed));
}

// Calls with a callback, and with a promise. Each gives the error or null, and the socket.
const FORMS = [
  (url, options) =>
    new Promise((resolve) => {
      let calls = 0;
      const result = createUpgradeRequest(url, options, (error, socket) => {
        assert.equal((calls += 1), 1, 'called back again');
        resolve({ error, socket });
      });
      assert.equal(result, undefined);
    }),
  (url, options) =>
    createUpgradeRequest(url, options).then(
      ({ socket }) => ({ error: null, socket }),
      (error) => ({ error }),
    ),
];

test('an abort, before and while, and after', async () => {
  const reason = new Error('changed my mind');
  for (const form of FORMS) {
    const early = await form('ws://a/', { signal: AbortSignal.abort(reason), createConnection: assert.fail });
    const controller = new AbortController();
    const socket = new Memory();
    const outcome = form('ws://a/', { signal: controller.signal, createConnection: () => socket });
    controller.abort(reason);
    for (const { error } of [early, await outcome]) {
      assert.deepEqual([error.name, error.code, error.cause], ['AbortError', 'ABORT_ERR', reason]);
    }
    assert.ok(socket.destroyed);
    // The established connection belongs to the application.
    const other = new AbortController();
    const accepted = new Memory();
    const options = { signal: other.signal, createConnection: () => accepted, 'Sec-WebSocket-Key': KEY };
    const established = form('ws://a/', options);
    accepted.push(answerHead());
    assert.equal((await established).error, null);
    other.abort();
    assert.equal(accepted.destroyed, false);
    accepted.destroy();
  }
});

const SIGNALS = [
  [{ get reason() { throw cause; } }, cause],
  [{ get reason() { throw null; } }, null],
  [{ removeEventListener: throwing(cause) }, undefined],
  [{ reason: cause, removeEventListener: throwing(null) }, cause],
];

test('a signal that throws is aborted as any other', async () => {
  for (const form of FORMS) {
    for (const [changed, reason] of SIGNALS) {
      const socket = new Memory();
      const signal = signalOf(changed);
      const outcome = form('ws://a/', { signal, createConnection: () => socket });
      signal.listener();
      signal.listener();
      const { error } = await outcome;
      assert.deepEqual([error.code, error.cause], ['ABORT_ERR', reason], inspect(changed));
      assert.ok(socket.destroyed);
      const aborted = signalOf(changed);
      aborted.aborted = true;
      const early = await form('ws://a/', { signal: aborted, createConnection: assert.fail });
      assert.deepEqual([early.error.code, early.error.cause], ['ABORT_ERR', reason], inspect(changed));
    }
  }
});

test('a signal that throws keeps no handshake from its end', async () => {
  for (const form of FORMS) {
    const signal = signalOf({ removeEventListener: throwing(cause) });
    const socket = new Memory();
    const outcome = form('ws://a/', { signal, createConnection: () => socket, 'Sec-WebSocket-Key': KEY });
    socket.push(answerHead());
    assert.deepEqual(await outcome, { error: null, socket });
    socket.destroy();

    const refused = form('ws://a/', {
      signal: signalOf({ addEventListener: throwing(cause) }),
      createConnection: assert.fail,
    });
    assert.equal((await refused).error, cause);
  }
});

test('a URL that can not be read', async () => {
  const { proxy, revoke } = Proxy.revocable(new URL('ws://a/'), {});
  revoke();
  for (const form of FORMS) {
    for (const url of [{ get href() { throw null; } }, { href: 7 }, proxy, new Proxy({}, { get: throwing(cause) })]) {
      const { error } = await form(url, { createConnection: assert.fail });
      assert.equal(error.code, 'ERR_UPGRADE_OPTIONS');
    }
  }
});
