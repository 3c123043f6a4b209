// handleUpgradeRequest over HTTP/1.1: arguments, options, decisions, and how it ends.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { UpgradeError, handleUpgradeRequest } from '../index.mjs';
import {
  Memory,
  answerHead,
  closing,
  connecting,
  listen,
  mockTimers,
  pair,
  parsed,
  raw,
  requestHead,
  take,
  text,
  upgrading,
} from './servers.mjs';

const request = (...lines) => parsed(requestHead(...lines));

// Returns the result of a call with these arguments after request and socket.
function called(socket, request, ...args) {
  return new Promise((resolve) => {
    handleUpgradeRequest(request, socket, ...args, (error, options) => resolve({ error, options }));
  });
}

test('the arguments in the middle may be left out', async () => {
  const extensions = 'Sec-WebSocket-Extensions: x-test';
  const head = Buffer.from('early');
  const supported = { extensions: ['x-test'] };
  for (const [args, agreed] of [
    [[], {}],
    [[undefined], {}],
    [[supported], supported],
    [[head], {}],
    [[head, undefined], {}],
    [[head, supported], supported],
    [[null, supported], supported],
    [[undefined, supported], supported],
  ]) {
    const socket = new Memory();
    const { error, options } = await called(socket, request(extensions), ...args);
    assert.equal(error, null);
    assert.deepEqual(options, agreed);
    assert.equal(socket.written, answerHead(...(agreed.extensions ? [extensions] : [])));
    assert.equal(socket.read()?.toString(), args[0] === head ? 'early' : undefined);

    const promised = await handleUpgradeRequest(request(extensions), new Memory(), ...args);
    assert.deepEqual(promised.options, agreed);
  }
});

test('a second call on the same socket throws', async () => {
  const socket = new Memory();
  const first = handleUpgradeRequest(request(), socket);
  const twice = { name: 'UpgradeError', code: 'ERR_UPGRADE_HANDLED' };
  assert.throws(() => handleUpgradeRequest(request(), socket, () => {}), twice);
  await first;
  await assert.rejects(handleUpgradeRequest(request(), socket), twice);
  assert.throws(() => handleUpgradeRequest(request(), undefined, () => {}), { code: 'ERR_UPGRADE_OPTIONS' });
  assert.equal(socket.written, answerHead());
});

test('what is agreed', async () => {
  const lines = ['Sec-WebSocket-Protocol: chat, superchat', 'Sec-WebSocket-Extensions: x-a; b=1; c, permessage-deflate'];
  for (const [options, agreed, ...fields] of [
    [{ protocols: ['superchat', 'chat'] }, { protocol: 'chat' }, 'Sec-WebSocket-Protocol: chat'],
    [{ protocols: 'superchat' }, { protocol: 'superchat' }, 'Sec-WebSocket-Protocol: superchat'],
    [{ 'Sec-WebSocket-Protocol': 'a, chat' }, { protocol: 'chat' }, 'Sec-WebSocket-Protocol: chat'],
    [{ extensions: ['x-a'] }, {}],
    [{ extensions: [{ name: 'x-a', params: { c: true, b: 2 } }] }, {}],
    [
      { extensions: [{ name: 'x-a', params: { c: true, b: 1 } }] },
      { extensions: [{ name: 'x-a', params: { b: '1', c: true } }] },
      'Sec-WebSocket-Extensions: x-a; b=1; c',
    ],
    [
      { 'sec-websocket-extensions': 'x-a, x-a; c; b="1"' },
      { extensions: [{ name: 'x-a', params: { b: '1', c: true } }] },
      'Sec-WebSocket-Extensions: x-a; c; b=1',
    ],
    [
      { extensions: [{ name: 'permessage-deflate', params: { server_max_window_bits: 10 } }] },
      {
        extensions: [{ name: 'permessage-deflate', params: { server_max_window_bits: '10' } }],
        permessageDeflate: {
          serverNoContextTakeover: false,
          clientNoContextTakeover: false,
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 15,
          mustNotCompress: false,
        },
      },
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10',
    ],
    [{ headers: { 'Set-Cookie': ['a=1', 'b=2'] } }, {}, 'Set-Cookie: a=1', 'Set-Cookie: b=2'],
    [{ headers: [['X-A', 'b']] }, {}, 'X-A: b'],
    [{ 'Sec-WebSocket-Version': 13 }, {}],
  ]) {
    const socket = new Memory();
    const done = await called(socket, request(...lines), options);
    assert.deepEqual(done, { error: null, options: agreed }, JSON.stringify(options));
    assert.equal(socket.written, answerHead(...fields));
  }
});

test('options that can not be are answered with 500, and called back', async () => {
  for (const [options, words] of [
    [{ extensions: ['x test'] }, /x test/],
    [{ extensions: [{ name: 'x-a', params: { b: 'c d' } }] }, /tokens/],
    [{ extensions: [{ name: 'x-a, x-b' }] }, /tokens/],
    [{ extensions: ['x-a', 'x-a'] }, /named twice/],
    [{ extensions: [{ name: 'x-a', rsv: 4 }] }, /RSV4/],
    [{ extensions: [{ name: 'permessage-deflate', params: { server_max_window_bits: 7 } }] }, /RFC 7692/],
    [{ extensions: [7] }, /extensions|variant/],
    [{ protocols: ['a', 'a'] }, /named twice/],
    [{ protocols: ['a b'] }, /not a token/],
    [{ origins: ['example.com'] }, /example\.com.*file:\/\//],
    [{ origins: ['*'] }, /https:\/\/\*\.example\.com, or accept every origin: dangerAnyOrigin/],
    [{ origins: ['https://*'] }, /dangerAnyOrigin/],
    [{ origins: ['https://a*.example.com'] }, /moz-extension:\/\/\*/],
    [{ origins: ['https://*.0x1'] }, /subdomains/],
    [{ origins: ['https://a.example https://b.example'] }, /not a scheme/],
    [{ origins: [''] }, /not a scheme/],
    [{ headers: { 'X-A': 'b\r\nX-C: d' } }, /control character/],
    [{ headers: { Connection: 'close' } }, /itself/],
    [{ headers: { 'X-A': '\u0141' } }, /no byte/],
    [{ 'Sec-WebSocket-Version': 8 }, /13/],
    [{ 'Sec-WebSocket-Key': 'a' }, /client's/],
    [{ 'Sec-WebSocket-Accept': 'a' }, /itself/],
    [{ timeout: 0 }, /timeout/],
    [{ decide: true }, /decide/],
    [{ timeout: '1' }, /timeout/],
    [{ limits: { offer: 1 } }, /offer/],
  ]) {
    const socket = new Memory();
    const { error } = await called(socket, request(), options);
    assert.ok(error instanceof UpgradeError);
    assert.equal(error.code, 'ERR_UPGRADE_OPTIONS');
    assert.match(error.message, words, JSON.stringify(options));
    assert.match(socket.written, /^HTTP\/1\.1 500 Internal Server Error\r\nConnection: close\r\n/);
    socket.destroy();
  }
});

test('a request that is wrong is answered, and called back', async () => {
  for (const [head, options, status, reason, names] of [
    [requestHead('Sec-WebSocket-Key: a'), {}, 400, 'key_repeated', /Sec-WebSocket-Key/],
    [requestHead('Origin: https://evil.example'), {}, 403, 'origin_not_allowed', /evil/],
    [requestHead('Origin: https://a.example', 'Origin: https://b.example'), { dangerAnyOrigin: true }, 403, 'origin_repeated', /Origin/],
    [requestHead().replace('Version: 13', 'Version: 8'), {}, 426, 'version_unsupported', /8/],
    [requestHead().replace('GET', 'POST'), {}, 405, 'method', /GET/],
    [requestHead().replace('websocket', 'h2c'), {}, 426, 'not_upgrade', /websocket/],
    [requestHead(), { requireProtocol: true, protocols: ['chat'] }, 400, 'subprotocol_required', /required/],
    [requestHead('Sec-WebSocket-Extensions: a b'), {}, 400, 'extensions_malformed', /9\.1/],
    [requestHead('X-A: b\x1fc'), {}, 400, 'syntax', /control/],
    [requestHead('X-A: \u0141'), {}, 400, 'syntax', /control/],
  ]) {
    const socket = new Memory();
    const { error } = await called(socket, parsed(head), options);
    assert.deepEqual([error.code, error.statusCode, error.reason], ['ERR_UPGRADE_REJECTED', status, reason]);
    assert.equal(error.notUpgrade, reason === 'not_upgrade');
    assert.match(error.message, names);
    assert.equal(error.body.toString(), `${error.message}\n`);
    assert.equal(error.headers['content-length'], String(error.body.length));
    assert.ok(socket.written.startsWith(`HTTP/1.1 ${status} `) && socket.written.endsWith(`\r\n\r\n${error.body}`));
    assert.ok(socket.writableEnded);
    socket.destroy();
  }
});

test('origins', async () => {
  const origin = 'Origin: https://app.example.com';
  for (const [options, encrypted, accepted] of [
    [{}, false, false],
    [{ origins: ['https://*.example.com'] }, false, true],
    [{ origins: ['https://other.example'] }, false, false],
    [{ sameOriginAs: 'app.example.com' }, false, true],
    [{ sameOriginAs: 'app.example.com' }, true, true],
    [{ sameOriginAs: 'app.example.com', secure: false }, false, false],
    [{ dangerAnyOrigin: true }, false, true],
  ]) {
    const socket = Object.assign(new Memory(), { encrypted });
    const { error } = await called(socket, request(origin), options);
    assert.equal(error === null, accepted, JSON.stringify(options));
    socket.destroy();
  }
  // Over TLS, a page that was loaded without TLS is of another origin.
  const socket = Object.assign(new Memory(), { encrypted: true });
  const { error } = await called(socket, request('Origin: http://server.example.com'));
  assert.equal(error.reason, 'origin_not_allowed');
  socket.destroy();
});

test('authorities', async () => {
  for (const [options, authority, accepted] of [
    [{}, 'evil.example', true],
    [{ authorities: ['server.example.com'] }, 'server.example.com', true],
    [{ authorities: ['server.example.com'] }, 'evil.example', false],
    [{ authorities: ['localhost:*', '*.example.com'] }, 'localhost:8080', true],
    [{ authorities: ['localhost'] }, 'localhost:8080', false],
    [{ authorities: [] }, 'server.example.com', false],
    [{ authorities: ['app.example.com'], sameOriginAs: 'app.example.com' }, 'internal:8080', true],
    [{ authorities: ['app.example.com'], sameOriginAs: 'evil.example' }, 'app.example.com', false],
  ]) {
    const socket = new Memory();
    const head = requestHead(`Origin: http://${options.sameOriginAs ?? authority}`);
    let decided = false;
    const decide = () => {
      decided = true;
    };
    const { error } = await called(socket, parsed(head.replace('server.example.com', authority)), { ...options, decide });
    assert.equal(error === null, accepted, JSON.stringify(options));
    assert.equal(decided, accepted);
    if (!accepted) assert.deepEqual([error.statusCode, error.reason], [421, 'authority_not_served']);
    socket.destroy();
  }
});

test('a scheme that is not the connection\'s', async () => {
  for (const [scheme, options, encrypted, reason] of [
    ['https', {}, true, undefined],
    ['https', {}, false, undefined],
    ['https', { secure: false }, false, 'not_secured'],
    ['http', {}, true, undefined],
    ['http', {}, false, undefined],
    ['https', { secure: false, sameOriginAs: 'server.example.com' }, false, undefined],
  ]) {
    const socket = Object.assign(new Memory(), { encrypted });
    const head = requestHead().replace('GET /', `GET ${scheme}://server.example.com/`);
    const { error } = await called(socket, parsed(head), options);
    assert.deepEqual([error?.reason, error?.statusCode], reason ? [reason, 421] : [undefined, undefined]);
    socket.destroy();
  }
});

test('over HTTP/2: white space around a value and capitals in a name are malformed', async (t) => {
  for (const [name, value, reason] of [
    ['x-a', ' b', 'syntax'],
    ['x-a', 'b\t', 'syntax'],
    ['X-A', 'b', 'syntax'],
  ]) {
    let seen;
    // Node.js would have removed or refused such a field; another library may pass it on.
    const connect = await connecting(t, (headers, stream) => {
      handleUpgradeRequest([...headers, name, value], stream, {}, (error) => (seen = error));
    });
    const [stream, answer] = await connect({});
    assert.equal(answer[':status'], 400);
    assert.match(await text(stream), /^field (name|value): /);
    assert.equal(seen.reason, reason);
  }
});

test('decide: what it is given, and what it can say', async () => {
  const lines = ['Origin: http://server.example.com', 'Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Extensions: x-a; b'];
  const given = [];
  for (const [decision, written] of [
    [undefined, answerHead()],
    [true, answerHead()],
    [{}, answerHead('X-Server: a')],
    [{ headers: { 'Set-Cookie': 'id=1' } }, answerHead('X-Server: a', 'Set-Cookie: id=1')],
    [{ protocols: ['chat'] }, answerHead('Sec-WebSocket-Protocol: chat', 'X-Server: a')],
    [false, /^HTTP\/1\.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n$/],
    [
      { status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'who?' },
      /^HTTP\/1\.1 401 Unauthorized\r\n[^]*\r\nWWW-Authenticate: Basic\r\n\r\nwho\?$/,
    ],
    [{ status: 302, headers: { Location: '/login' } }, /^HTTP\/1\.1 302 Found\r\n[^]*Location: \/login\r\n/],
    [{ status: 418, body: new Uint8Array([0xe9]) }, /^HTTP\/1\.1 418 \r\n[^]*\r\n\r\n\u00e9$/],
    [{ status: 200 }, /^HTTP\/1\.1 500 /],
    [{ headers: { Upgrade: 'a' } }, /^HTTP\/1\.1 500 /],
    [Promise.reject(new Error('no database')), /^HTTP\/1\.1 500 /],
  ]) {
    const socket = new Memory();
    const message = request(...lines);
    const decide = async (asked) => {
      given.push(asked);
      return decision;
    };
    const options = { headers: { 'X-Server': 'a' }, decide };
    const { error } = await called(socket, message, options);
    if (typeof written === 'string') {
      assert.equal(error, null);
      const expected = written.includes('X-Server') ? written : written.replace(/\r\n$/, 'X-Server: a\r\n\r\n');
      assert.equal(socket.written, expected);
    } else {
      assert.match(socket.written, written);
      if (error.statusCode !== undefined) assert.ok(socket.written.includes(` ${error.statusCode} `));
    }
    const { headers, request: same, ...asked } = given.pop();
    assert.equal(same, message);
    assert.equal(headers, message.headers);
    assert.deepEqual(asked, {
      origin: 'http://server.example.com',
      authority: 'server.example.com',
      target: '/chat',
      protocols: ['chat'],
      extensions: [{ name: 'x-a', params: { b: true } }],
    });
    socket.destroy();
  }
  // `decide` is not asked about a wrong request.
  const socket = new Memory();
  const decide = () => assert.fail('asked');
  const { error } = await called(socket, request('Origin: http://evil.example'), { decide });
  assert.equal(error.reason, 'origin_not_allowed');
  socket.destroy();
});

test('decide: a failure names its cause, the deadline answers 503, a client that leaves is not answered', async (t) => {
  mockTimers(t);
  const cause = new Error('no database');
  const failing = new Memory();
  const failed = await called(failing, request(), { decide: () => { throw cause; } });
  assert.deepEqual([failed.error.code, failed.error.cause, failed.error.statusCode], ['ERR_UPGRADE_DECIDE', cause, 500]);

  const slow = new Memory();
  const waiting = called(slow, request(), { timeout: 3000, decide: () => new Promise(() => {}) });
  t.mock.timers.tick(2999);
  assert.equal(slow.written, '');
  t.mock.timers.tick(1);
  const { error } = await waiting;
  assert.deepEqual([error.code, error.statusCode, error.headers['retry-after']], ['ERR_UPGRADE_TIMEOUT', 503, '1']);
  assert.match(slow.written, /^HTTP\/1\.1 503 /);

  const gone = new Memory();
  const left = called(gone, request(), { decide: () => new Promise(() => {}) });
  gone.destroy(new Error('reset'));
  assert.equal((await left).error.code, 'ERR_UPGRADE_CLOSED');
  assert.equal(gone.written, '');
  for (const socket of [failing, slow]) socket.destroy();
});

test('a socket that is closed already is called back as such', async () => {
  const socket = new Memory();
  socket.destroy();
  const { error } = await called(socket, request());
  assert.equal(error.code, 'ERR_UPGRADE_CLOSED');
});

test('over TCP: early bytes first, then those that follow, in order', async (t) => {
  const port = await upgrading(t, (request, socket, head) => {
    handleUpgradeRequest(request, socket, head, (error) => {
      assert.equal(error, null);
      socket.on('data', (bytes) => socket.write(bytes));
    });
  });
  const client = net.connect(port, '127.0.0.1');
  client.write(`${requestHead()}first, `);
  const answered = await take(client, answerHead().length);
  client.write('second');
  const echoed = answered.slice(answerHead().length) || (await take(client, 'first, '.length));
  assert.equal(echoed, 'first, ');
  assert.equal(await take(client, 'second'.length), 'second');
  client.destroy();
});

test('over TCP: a rejection arrives whole, whatever the client goes on to send', async (t) => {
  let closed;
  const port = await upgrading(t, (request, socket, head) => {
    closed = closing(socket);
    handleUpgradeRequest(request, socket, head, { decide: () => ({ status: 403, body: 'no' }) }, () => {});
  });
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.write(requestHead());
  client.write(Buffer.alloc(1 << 20));
  const answer = await text(client);
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/);
  // It still discards what arrives.
  await new Promise((resolve) => client.write(Buffer.alloc(1 << 20), resolve));
  client.end();
  await closed;
});

test('over TCP: a client that stays after a rejection is left at the deadline', async (t) => {
  const [client, socket] = await pair(t);
  mockTimers(t);
  const { error } = await called(socket, parsed(requestHead().replace('GET', 'PUT')), { timeout: 5000 });
  assert.equal(error.statusCode, 405);
  const left = closing(socket);
  t.mock.timers.tick(5000);
  await left;
  client.destroy();
});

test('over TCP: resets at every stage end nothing but their connection', async (t) => {
  const outcomes = [];
  let onOutcome = () => {};
  let onAsked = () => {};
  const port = await upgrading(t, (request, socket, head) => {
    const decide = request.url === '/chat' ? undefined : () => new Promise((resolve) => onAsked(resolve, socket));
    const options = request.url === '/rejected' ? { requireProtocol: true } : { decide };
    handleUpgradeRequest(request, socket, head, options, (error) => {
      outcomes.push(error?.code ?? 'accepted');
      onOutcome(socket);
    });
  });
  const connect = (path) => {
    const client = net.connect(port, '127.0.0.1');
    client.on('error', () => {});
    client.write(requestHead().replace('/chat', path));
    return client;
  };
  const outcome = () => new Promise((resolve) => (onOutcome = resolve));

  // After the 101, when only our listener handles errors.
  let waiting = outcome();
  let client = connect('/chat');
  let socket = await waiting;
  let closed = closing(socket);
  client.resetAndDestroy();
  socket.write('into the void');
  await closed;

  // While the application decides.
  const asked = new Promise((resolve) => (onAsked = (decided, socket) => resolve([decided, socket])));
  waiting = outcome();
  client = connect('/decided');
  const [decided] = await asked;
  client.resetAndDestroy();
  await waiting;
  decided(undefined);

  // After a rejection.
  waiting = outcome();
  client = connect('/rejected');
  socket = await waiting;
  closed = closing(socket);
  client.resetAndDestroy();
  await closed;

  // In the middle of the request, when only Node.js handles it.
  client = net.connect(port, '127.0.0.1');
  client.on('error', () => {});
  await new Promise((resolve) => client.write(requestHead().slice(0, 40), resolve));
  client.resetAndDestroy();

  assert.deepEqual(outcomes, ['accepted', 'ERR_UPGRADE_CLOSED', 'ERR_UPGRADE_REJECTED']);
  assert.match(await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 200 OK/);
});

test('Expect: 100-continue is answered with 100 before the 101', async (t) => {
  const port = await upgrading(t, (request, socket) => handleUpgradeRequest(request, socket, () => socket.end()));
  const answer = await raw(port, requestHead('Expect: 100-continue'));
  assert.equal(answer, `HTTP/1.1 100 Continue\r\n\r\n${answerHead()}`);
});

test('a time limit of the server ends no WebSocket', async (t) => {
  const server = http.createServer();
  server.timeout = 60_000;
  const upgraded = new Promise((resolve) => {
    server.on('upgrade', (request, socket, head) => {
      handleUpgradeRequest(request, socket, head, () => resolve(socket));
    });
  });
  const port = await listen(t, server);
  const client = net.connect(port, '127.0.0.1');
  client.write(requestHead());
  assert.equal((await upgraded).timeout, 0);
  client.destroy();
});
