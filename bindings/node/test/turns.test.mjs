// An upgrade behind responses that are not complete yet, and clients that leave while the application decides.
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import {
  KEY,
  Memory,
  answerHead,
  answering,
  closing,
  connecting,
  everyWay,
  listen,
  pair,
  parsed,
  requestHead,
  text,
} from './servers.mjs';

const PLAIN = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

// The two forms of a call. Each gives the error, or null.
const FORMS = {
  callback: (...given) => new Promise((resolve) => handleUpgradeRequest(...given, resolve)),
  promise: (...given) => handleUpgradeRequest(...given).then(() => null, (error) => error),
};

// Runs a server that holds its responses. Returns them with the results of the upgrades, as they come.
async function holding(t, options, handle = FORMS.promise) {
  const responses = [];
  const server = http.createServer();
  server.keepAliveTimeout = 50;
  const upgraded = new Promise((resolve, reject) => {
    server.on('request', (request, response) => {
      responses.push(response);
      // Bun does not take it for an upgrade.
      if (request.headers.upgrade) reject(new Error('the upgrade is passed on as a plain request'));
    });
    server.on('upgrade', (request, socket, head) => {
      const closed = closing(socket);
      const outcome = handle(request, socket, head, options).then((error) => ({ error, socket, closed }));
      resolve({ outcome });
    });
  });
  const client = net.connect(await listen(t, server), '127.0.0.1');
  client.on('error', () => {});
  return { client, responses, upgraded };
}

const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

test('an upgrade behind responses waits for them', async (t) => {
  const large = 'a'.repeat(4 << 20);
  for (const [handle, decide] of [
    [FORMS.callback, undefined],
    [FORMS.promise, undefined],
    [FORMS.callback, async () => true],
    [FORMS.promise, () => new Promise((resolve) => setTimeout(resolve, 200))],
  ]) {
    const { client, responses, upgraded } = await holding(t, { decide }, handle);
    client.write(PLAIN + PLAIN + requestHead());
    const { outcome } = await upgraded;
    // The second one is complete first.
    responses[1].end('second');
    responses[0].setHeader('Content-Length', large.length);
    const pieces = [];
    client.on('data', (bytes) => pieces.push(bytes));
    // It waits for room: the application is told when there is some.
    for (let piece = 0; piece < 4; piece += 1) {
      if (!responses[0].write(large.slice(0, 1 << 20))) await once(responses[0], 'drain');
    }
    responses[0].end();
    const { error, socket } = await outcome;
    assert.equal(error, null);
    socket.end('frames');
    client.end();
    await once(client, 'close');
    const sent = Buffer.concat(pieces).toString('latin1');
    assert.deepEqual(statuses(sent), [200, 200, 101]);
    assert.ok(sent.endsWith(`second${answerHead()}frames`));
  }
});

test('a rejection behind responses comes after them', async (t) => {
  for (const handle of Object.values(FORMS)) {
    for (const options of [{ requireProtocol: true }, { decide: () => false }, { secure: 'yes' }]) {
      const { client, responses, upgraded } = await holding(t, options, handle);
      client.write(PLAIN + requestHead());
      const { outcome } = await upgraded;
      setImmediate(() => responses[0].end('first'));
      const { error } = await outcome;
      assert.deepEqual(statuses(await text(client)), [200, error.statusCode]);
    }
  }
});

test('a client that leaves before its turn has gone', async (t) => {
  for (const handle of Object.values(FORMS)) {
    for (const leave of ['end', 'destroy', 'resetAndDestroy']) {
      let asked = 0;
      const { client, upgraded } = await holding(t, { decide: () => void (asked += 1), timeout: Infinity }, handle);
      client.write(PLAIN + requestHead());
      const { outcome } = await upgraded;
      client[leave]();
      const { error, closed } = await outcome;
      await closed;
      assert.deepEqual([error?.code, asked], ['ERR_UPGRADE_CLOSED', 0]);
    }
  }
});

test('an upgrade whose turn does not come in time is refused behind the responses', async (t) => {
  const { client, responses, upgraded } = await holding(t, { timeout: 100 });
  client.write(PLAIN + requestHead());
  const { outcome } = await upgraded;
  const { error } = await outcome;
  assert.deepEqual([error.code, error.statusCode], ['ERR_UPGRADE_TIMEOUT', 503]);
  responses[0].end('late');
  assert.deepEqual(statuses(await text(client)), [200, 503]);

  // Nor does a response that never comes keep the socket.
  const never = await holding(t, { timeout: 100 });
  never.client.write(PLAIN + requestHead());
  const late = await (await never.upgraded).outcome;
  assert.equal(late.error.code, 'ERR_UPGRADE_TIMEOUT');
  await late.closed;
  assert.equal(await text(never.client), '');
});

// What the application has done with a socket before.
const HOLDS = [
  () => {},
  (socket) => socket.on('data', () => {}),
  (socket) => socket.on('readable', () => {}),
];

// Checks that the end of a client is seen while the application decides.
async function gone(t, hold) {
  for (const handle of Object.values(FORMS)) {
    for (const early of ['', 'early']) {
      const [client, socket] = await pair(t);
      const asked = deferred();
      const decide = () => {
        asked.resolve();
        return new Promise(() => {});
      };
      hold(socket);
      const outcome = handle(parsed(requestHead()), socket, { decide });
      const closed = closing(socket);
      await asked.promise;
      client.end(early);
      assert.equal((await outcome)?.code, 'ERR_UPGRADE_CLOSED');
      await closed;
      client.destroy();
    }
  }
}

test('a client of a paused socket that ends while the application decides has gone', async (t) => {
  await gone(t, (socket) => socket.pause());
});

test('a client that ends while the application decides has gone', async (t) => {
  for (const hold of HOLDS) await gone(t, hold);
  let closed;
  const outcome = deferred();
  const connect = await connecting(t, (headers, stream) => {
    closed = closing(stream);
    handleUpgradeRequest(headers, stream, { decide: () => new Promise(() => {}) }, outcome.resolve);
  });
  connect({}, (stream) => stream.end('early')).catch(() => {});
  assert.equal((await outcome.promise).code, 'ERR_UPGRADE_CLOSED');
  await closed;
});

function deferred() {
  let resolve;
  const promise = new Promise((each) => (resolve = each));
  return { promise, resolve };
}

test('a socket that was paused is paused after the decision', async () => {
  for (const isPaused of [false, true]) {
    const socket = new Memory();
    if (isPaused) socket.pause();
    await handleUpgradeRequest(parsed(requestHead()), socket, { decide: async () => true });
    assert.equal(socket.isPaused(), isPaused);
    socket.destroy();
  }
});

test('an echo to the letter of the specification leaves no half of a socket', async (t) => {
  for (const { name, ask } of await everyWay(t)) assert.equal((await ask({})).status, 'accepted', name);
  const server = http.createServer();
  const sockets = [];
  server.on('upgrade', (request, socket) => {
    sockets.push(closing(socket));
    handleUpgradeRequest(request, socket, { extensions: ['x-test'] }, (error) => {
      if (error) throw error;
      socket.on('data', (data) => socket.write(data));
    });
  });
  const port = await listen(t, server);
  const { socket } = await createUpgradeRequest(`ws://127.0.0.1:${port}/`, { allowHalfOpen: true });
  socket.end('frames');
  assert.equal(await text(socket), 'frames');
  // The client has ended with its request.
  const gone = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  gone.end(requestHead());
  await text(gone);
  await Promise.all(sockets);

  let closed;
  const connect = await connecting(t, (headers, stream) => {
    closed = closing(stream);
    handleUpgradeRequest(headers, stream, () => stream.on('data', (data) => stream.write(data)));
  });
  const [stream] = await connect({});
  stream.end('frames');
  assert.equal(await text(stream), 'frames');
  await closed;
});

test('over HTTP/2 a rejected stream that was paused, or read from, is closed', async (t) => {
  for (const hold of [(stream) => stream.pause(), (stream) => stream.on('readable', () => {}), () => {}]) {
    let closed;
    const connect = await connecting(t, (headers, stream) => {
      closed = closing(stream);
      hold(stream);
      handleUpgradeRequest(headers, stream, { timeout: Infinity, requireProtocol: true }, () => {});
    });
    const [stream, answer] = await connect({}, (stream) => stream.write('early'));
    assert.equal(answer[':status'], 400);
    stream.resume();
    await closed;
  }
});

test('callbacks run in the async context of the call', async (t) => {
  const storage = new AsyncLocalStorage();
  const seen = [];
  const note = (done) => () => {
    seen.push(storage.getStore());
    done();
  };
  // The events of these sockets are in another context.
  for (const make of [() => pair(t), async () => [undefined, new Memory()]]) {
    for (const leave of [false, true]) {
      const [client, socket] = await storage.run('socket', make);
      const decide = () => {
        seen.push(storage.getStore());
        return leave ? new Promise(() => {}) : true;
      };
      const called = new Promise((resolve) => {
        storage.run('call', () => handleUpgradeRequest(parsed(requestHead()), socket, { decide }, note(resolve)));
      });
      if (leave) setImmediate(() => (client ?? socket).destroy());
      await called;
      client?.destroy();
      socket.destroy();
    }
  }
  assert.deepEqual(seen.splice(0), Array.from({ length: 8 }, () => 'call'));

  const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n';
  const controller = new AbortController();
  for (const [answer, options, act] of [
    [(socket) => socket.end(REFUSAL), {}],
    [(socket) => socket.end(answerHead()), { 'Sec-WebSocket-Key': KEY }],
    [(socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n'), {}],
    [(socket) => socket.destroy(), {}],
    [() => {}, { timeout: 1 }],
    [() => {}, { signal: controller.signal }, () => controller.abort()],
    [() => {}, { signal: AbortSignal.abort() }],
    [() => {}, { protocols: 7 }],
    [undefined, {}],
  ]) {
    const port = answer === undefined ? 1 : await answering(t, answer);
    await new Promise((resolve) => {
      const createConnection = (options) => storage.run('agent', () => net.connect(options));
      const given = { createConnection, ...options };
      storage.run('call', () => createUpgradeRequest(`ws://127.0.0.1:${port}/`, given, note(resolve)));
      if (act) storage.run('act', act);
    });
  }
  assert.deepEqual(seen, Array.from({ length: 9 }, () => 'call'));
});

test('a second call with a socket rejects its promise', async (t) => {
  const socket = new Memory();
  await handleUpgradeRequest(parsed(requestHead()), socket);
  await assert.rejects(handleUpgradeRequest(parsed(requestHead()), socket), { code: 'ERR_UPGRADE_HANDLED' });
  await assert.rejects(handleUpgradeRequest(parsed(requestHead()), {}), { code: 'ERR_UPGRADE_OPTIONS' });
  const second = deferred();
  const connect = await connecting(t, (headers, stream) => {
    handleUpgradeRequest(headers, stream)
      .then(() => handleUpgradeRequest(headers, stream))
      .catch(second.resolve);
  });
  const [stream, answer] = await connect({});
  assert.equal(answer[':status'], 200);
  assert.equal((await second.promise).code, 'ERR_UPGRADE_HANDLED');
  stream.close();
});
