// Over HTTP/2, what holds over HTTP/1.1: ends and resets, arguments that are none, and the async context.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import http2 from 'node:http2';
import test from 'node:test';
import { inspect } from 'node:util';
import { handleUpgradeRequest } from '../index.mjs';
import { closing, connecting, text } from './servers.mjs';

function deferred() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

// The two forms of a call. Each resolves to the error, or to null.
const FORMS = {
  callback: (...given) =>
    new Promise((resolve) => {
      let calls = 0;
      handleUpgradeRequest(...given, (error) => {
        assert.equal((calls += 1), 1, 'called back again');
        resolve(error);
      });
    }),
  promise: (...given) =>
    handleUpgradeRequest(...given).then(
      () => null,
      (error) => error,
    ),
};

const waiting = () => new Promise(() => {});

// The ways in which a client leaves.
const LEAVES = {
  'an end': (stream) => stream.end('early'),
  'a reset': (stream) => stream.close(http2.constants.NGHTTP2_CANCEL),
  'an error': (stream) => stream.destroy(new Error('gone')),
  'the end of its connection': (stream) => stream.session.destroy(),
};

// What the application has done with the stream before.
const HOLDS = {
  nothing: () => {},
  'a pause': (stream) => stream.pause(),
  'a listener for data': (stream) => stream.on('data', () => {}),
  'a listener for readable': (stream) => stream.on('readable', () => {}),
};

for (const [form, handle] of Object.entries(FORMS)) {
  test(`a client that leaves while the application decides, by ${form}`, async (t) => {
    for (const [leaving, leave] of Object.entries(LEAVES)) {
      for (const [held, hold] of Object.entries(HOLDS)) {
        const asked = deferred();
        const done = deferred();
        const decide = () => (asked.resolve(), waiting());
        const connect = await connecting(t, async (headers, stream) => {
          const closed = closing(stream);
          hold(stream);
          const error = await handle(headers, stream, { decide, timeout: Infinity });
          await closed;
          done.resolve(error);
        });
        connect({}, (stream) => asked.promise.then(() => leave(stream))).catch(() => {});
        const error = await done.promise;
        assert.equal(error?.code, 'ERR_UPGRADE_CLOSED', `${leaving}, after ${held}`);
      }
    }
  });

  test(`a stream that is gone before the call, by ${form}`, async (t) => {
    for (const options of [{}, { decide: () => true }, { decide: () => false }]) {
      const done = deferred();
      const connect = await connecting(t, (headers, stream) => {
        stream.close(http2.constants.NGHTTP2_CANCEL);
        handle(headers, stream, options).then(done.resolve);
      });
      connect({}).catch(() => {});
      const error = await done.promise;
      // The decision may come before the end is seen.
      const codes = ['ERR_UPGRADE_CLOSED', ...(options.decide?.() === false ? ['ERR_UPGRADE_REJECTED'] : [])];
      assert.ok(codes.includes(error?.code), `${error}`);
    }
  });

  test(`a request or a head that is none, by ${form}`, async (t) => {
    const throwing = new Proxy({}, { get: () => { throw null; }, ownKeys: () => { throw null; } });
    const pairs = [':method', 'CONNECT', ':protocol', 'websocket', ':scheme', 'http', ':authority', 'a', ':path', '/'];
    const wrong = [
      ...[undefined, null, 7, 'CONNECT', Symbol('a'), throwing].map((request) => [request]),
      ...[[...pairs, Symbol('a'), 'b'], [...pairs, 'a', Symbol('b')]].map((request) => [request]),
      // Without a callback, the options would be taken for one.
      ...(form === 'callback' ? ['early', 7, true, []] : []).map((head) => [pairs, head]),
    ];
    for (const [request, head] of wrong) {
      const done = deferred();
      const connect = await connecting(t, (_, stream) => handle(request, stream, head, {}).then(done.resolve));
      const [stream, answer] = await connect({});
      const error = await done.promise;
      const said = `${inspect(request, { showProxy: true })}, ${inspect(head)}`;
      assert.deepEqual([error.code, error.statusCode, answer[':status']], ['ERR_UPGRADE_OPTIONS', 500, 500], said);
      assert.equal(await text(stream), 'Internal Server Error\n');
    }
  });
}

test('the bytes of a head come first', async (t) => {
  const connect = await connecting(t, (headers, stream) => {
    handleUpgradeRequest(headers, stream, Buffer.from('early, '), () => stream.pipe(stream));
  });
  const [stream, answer] = await connect({});
  stream.end('late');
  assert.equal(answer[':status'], 200);
  assert.equal(await text(stream), 'early, late');
});

test('resets at every stage end nothing but their stream', async (t) => {
  const results = [];
  const connect = await connecting(t, (headers, stream) => {
    const decide = ({ target }) => (target === '/no' ? false : undefined);
    handleUpgradeRequest(headers, stream, { decide }, (error) => {
      results.push(error?.code ?? null);
      if (!error) stream.on('data', (data) => stream.write(data));
    });
  });
  const cancel = (stream) => stream.close(http2.constants.NGHTTP2_CANCEL);
  for (const path of ['/yes', '/no']) {
    // At once, with the answer, and in the middle of frames.
    connect({ ':path': path }, (stream) => setImmediate(cancel, stream)).catch(() => {});
    const [answered] = await connect({ ':path': path });
    cancel(answered);
    const [busy] = await connect({ ':path': path });
    busy.write(Buffer.alloc(1 << 20));
    setImmediate(cancel, busy);
  }
  const [stream, answer] = await connect({ ':path': '/yes' });
  stream.end('frames');
  assert.deepEqual([answer[':status'], await text(stream)], [200, 'frames']);
  assert.ok(results.every((code) => [null, 'ERR_UPGRADE_REJECTED', 'ERR_UPGRADE_CLOSED'].includes(code)));
});

test('a second call with a stream throws, or rejects its promise, whatever came of the first', async (t) => {
  for (const options of [{}, { decide: () => false }, { secure: 'yes' }, { decide: waiting }]) {
    const done = deferred();
    const connect = await connecting(t, (headers, stream) => {
      handleUpgradeRequest(headers, stream, options, () => {});
      assert.throws(() => handleUpgradeRequest(headers, stream, {}, () => {}), { code: 'ERR_UPGRADE_HANDLED' });
      handleUpgradeRequest(headers, stream).catch(done.resolve);
    });
    connect({}, (stream) => done.promise.then(() => stream.close())).catch(() => {});
    assert.equal((await done.promise).code, 'ERR_UPGRADE_HANDLED');
  }
});

test('callbacks and decisions run in the async context of the call', async (t) => {
  const storage = new AsyncLocalStorage();
  const later = (value) => new Promise((resolve) => setImmediate(resolve, value));
  for (const [name, options, leaves] of [
    ['accepted', {}],
    ['rejected', { requireProtocol: true }],
    ['wrong options', { secure: 'yes' }],
    ['accepted by a decision', { decide: () => true }],
    ['accepted by a later decision', { decide: () => later(true) }],
    ['rejected by a decision', { decide: () => false }],
    ['a decision that fails', { decide: () => Promise.reject(new Error('no')) }],
    ['a decision that is none', { decide: () => 7 }],
    ['the deadline', { decide: waiting, timeout: 1 }],
    ['a client that leaves', { decide: waiting }, true],
  ]) {
    const done = deferred();
    const seen = [];
    const { decide } = options;
    const note = (then) => {
      seen.push(storage.getStore());
      return then();
    };
    const noting = decide === undefined ? options : { ...options, decide: () => note(decide) };
    const connect = await connecting(t, (headers, stream) => {
      storage.run('call', () => handleUpgradeRequest(headers, stream, noting, () => note(done.resolve)));
      if (leaves) setImmediate(() => stream.close(http2.constants.NGHTTP2_CANCEL));
    });
    connect({}).catch(() => {});
    await done.promise;
    assert.deepEqual(seen, decide === undefined ? ['call'] : ['call', 'call'], name);
  }
});
