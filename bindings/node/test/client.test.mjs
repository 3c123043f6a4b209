// createUpgradeRequest: the request, the handling of the response, and the end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import test from 'node:test';
import { UpgradeError, createUpgradeRequest } from '../index.mjs';
import { KEY, Memory, answerHead, answering, closing, listen, mockTimers, take, text } from './servers.mjs';

const fixed = { 'Sec-WebSocket-Key': KEY };

// Returns the result of a call.
function called(url, options) {
  return new Promise((resolve) => {
    createUpgradeRequest(url, options, (error, socket, settings, response) => {
      resolve({ error, socket, settings, response });
    });
  });
}

// Starts a client over a socket in memory.
function overMemory(options) {
  const socket = new Memory();
  const outcome = called('ws://server.example.com/chat', { ...fixed, ...options, createConnection: () => socket });
  return { socket, outcome };
}

test('the arguments in the middle may be left out', async (t) => {
  const port = await answering(t, (socket, request) => {
    const key = request.match(/Sec-WebSocket-Key: (.*)\r\n/)[1];
    assert.equal(Buffer.from(key, 'base64').length, 16);
    socket.end(answerHead());
  });
  const url = `ws://127.0.0.1:${port}`;
  // The key is new every time, so the answer to another key is wrong.
  const wrong = { name: 'UpgradeError', code: 'ERR_UPGRADE_RESPONSE', reason: 'accept' };
  await assert.rejects(createUpgradeRequest(url), wrong);
  await assert.rejects(createUpgradeRequest(new URL(url), undefined), wrong);
  const error = await new Promise((resolve) => createUpgradeRequest(url, resolve));
  assert.deepEqual([error.code, error.reason], [wrong.code, wrong.reason]);

  const { socket, options, response } = await createUpgradeRequest(url, fixed);
  assert.ok(socket instanceof net.Socket);
  assert.deepEqual(options, {});
  assert.equal(response.statusCode, 101);
  assert.equal(response.headers.upgrade, 'websocket');
  socket.destroy();
});

// Runs a function with this environment, and then restores the old one.
async function withEnvironment(variables, run) {
  const names = 'ALL_PROXY all_proxy HTTPS_PROXY https_proxy HTTP_PROXY http_proxy NO_PROXY no_proxy REQUEST_METHOD';
  const before = names.split(' ').map((name) => [name, process.env[name]]);
  const set = ([name, value]) => (value === undefined ? delete process.env[name] : (process.env[name] = value));
  for (const [name] of before) set([name, variables[name]]);
  try {
    return await run();
  } finally {
    before.forEach(set);
  }
}

test('a redirect says that it is not followed', async (t) => {
  for (const [status, says] of [[301, true], [302, true], [303, true], [307, true], [308, true], [300, false], [403, false]]) {
    const port = await answering(t, (socket) => {
      socket.end(`HTTP/1.1 ${status} No\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n`);
    });
    const { error } = await called(`ws://127.0.0.1:${port}`, { ...fixed, noProxy: true });
    assert.deepEqual([error.code, error.statusCode, error.headers.location], ['ERR_UPGRADE_REFUSED', status, '/next']);
    assert.equal(error.message.includes('headers.location says where it leads'), says, error.message);
  }
});

test('a proxy that the environment names is not gone around', async (t) => {
  const port = await answering(t, (socket) => socket.end(answerHead()));
  const proxy = 'http://user:s-password@127.0.0.1:1';
  const url = `ws://127.0.0.1:${port}`;
  const agent = new http.Agent();
  for (const [variables, options, name] of [
    [{ HTTP_PROXY: proxy }, {}, 'HTTP_PROXY'],
    [{ http_proxy: proxy }, {}, 'http_proxy'],
    [{ all_proxy: 'nonsense://' }, {}, 'all_proxy'],
    [{ HTTP_PROXY: proxy, NO_PROXY: '*.example.com' }, {}, 'HTTP_PROXY'],
    [{ HTTP_PROXY: proxy, NO_PROXY: `127.0.0.0/8:${port + 1}` }, {}, 'HTTP_PROXY'],
    [{ HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' }, {}],
    [{ HTTP_PROXY: proxy, NO_PROXY: `x, 127.0.0.0/8:${port}` }, {}],
    [{ HTTP_PROXY: proxy, no_proxy: '*' }, {}],
    [{ HTTP_PROXY: '' }, {}],
    [{ HTTPS_PROXY: proxy }, {}],
    [{ HTTP_PROXY: proxy }, { noProxy: true }],
    [{ HTTP_PROXY: proxy }, { agent }],
    [{ HTTP_PROXY: proxy }, { createConnection: () => net.connect(port, '127.0.0.1') }],
  ]) {
    await withEnvironment(variables, async () => {
      const { error, socket } = await called(url, { ...fixed, ...options });
      socket?.destroy();
      assert.equal(error?.code, name && 'ERR_UPGRADE_OPTIONS', `${JSON.stringify([variables, options])}: ${error}`);
      if (name) assert.match(error.message, new RegExp(`^${name}: .*noProxy$`));
      assert.doesNotMatch(String(error), /s-password/);
    });
  }
});

test('what the options ask for stands in the request', async () => {
  for (const [options, ...lines] of [
    [{}],
    [{ origin: 'https://example.com' }, 'Origin: https://example.com'],
    [{ protocols: ['chat', 'superchat'] }, 'Sec-WebSocket-Protocol: chat, superchat'],
    [{ protocols: 'chat' }, 'Sec-WebSocket-Protocol: chat'],
    [{ 'Sec-WebSocket-Protocol': 'chat, a' }, 'Sec-WebSocket-Protocol: chat, a'],
    [{ extensions: ['x-test'] }, 'Sec-WebSocket-Extensions: x-test'],
    [
      { extensions: ['x-a', { name: 'x-b', params: { c: true, d: 1, e: 'f', g: false } }] },
      'Sec-WebSocket-Extensions: x-a, x-b; c; d=1; e=f',
    ],
    [{ extensions: 'x-a; b="c", x-a' }, 'Sec-WebSocket-Extensions: x-a; b=c, x-a'],
    [{ 'sec-websocket-extensions': ['x-a', 'x-b'] }, 'Sec-WebSocket-Extensions: x-a, x-b'],
    [{ extensions: ['permessage-deflate'] }, 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
    [
      { extensions: [{ name: 'permessage-deflate', offers: [{ server_max_window_bits: 9 }, {}] }] },
      'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9, permessage-deflate',
    ],
    [
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; server_no_context_takeover' },
      'Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover',
    ],
    [{ headers: { Cookie: 'a=\u00e9', 'X-A': [1, 2] } }, 'Cookie: a=\u00e9', 'X-A: 1', 'X-A: 2'],
    [{ headers: new Headers({ 'X-A': 'b' }) }, 'x-a: b'],
    [{ 'Sec-WebSocket-Version': '13' }],
  ]) {
    const { socket, outcome } = overMemory(options);
    assert.equal(
      socket.written,
      [
        'GET /chat HTTP/1.1',
        'Host: server.example.com',
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${KEY}`,
        ...lines,
        '\r\n',
      ].join('\r\n'),
      JSON.stringify(options),
    );
    socket.destroy();
    assert.equal((await outcome).error.code, 'ERR_UPGRADE_CLOSED');
  }
});

test('options and URLs that can not be are called back, and nothing is connected', async () => {
  const createConnection = () => assert.fail('connected');
  for (const [url, options, words] of [
    ['http://a', {}, /ws:\/\//],
    ['ws://a#b', {}, /fragment/],
    ['nonsense', {}, /scheme/],
    ['ws://a', { origin: 'a' }, /Origin/],
    ['ws://u:p@a', { headers: { Authorization: 'b' } }, /Authorization/],
    ['ws://a', { protocols: ['a b'] }, /token/],
    ['ws://a', { extensions: 'a b' }, /9\.1/],
    ['ws://a', { headers: { Host: 'b' } }, /itself/],
    ['ws://a', { headers: { 'X-A': 'b\nc' } }, /control/],
    ['ws://a', { 'Sec-WebSocket-Key': 'a' }, /Key/],
    ['ws://a', { 'Sec-WebSocket-Version': 12 }, /13/],
    ['ws://a', { timeout: NaN }, /timeout/],
    ['ws://a', { limits: { head: -1 } }, /-1/],
  ]) {
    const { error } = await called(url, { ...options, createConnection });
    assert.ok(error instanceof UpgradeError, url);
    assert.equal(error.code, 'ERR_UPGRADE_OPTIONS');
    assert.match(error.message, words);
  }
});

test('a response that accepts: settings, response, and the bytes behind it first', async () => {
  const { socket, outcome } = overMemory({ protocols: ['chat'], extensions: ['x-a', 'x-b'] });
  const lines = ['Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Extensions: x-b', 'Set-Cookie: a=1', 'Set-Cookie: b=2'];
  socket.push('HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n');
  socket.push(`${answerHead(...lines)}frames`);
  const { error, settings, response, socket: same } = await outcome;
  assert.equal(error, null);
  assert.equal(same, socket);
  assert.deepEqual(settings, { protocol: 'chat', extensions: ['x-b'] });
  assert.equal(response.statusMessage, 'Switching Protocols');
  assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
  assert.deepEqual(response.interim, [103]);
  assert.equal(response.rawHeaders.length, 14);
  socket.push(', more');
  assert.equal(await take(socket, 'frames, more'.length), 'frames, more');
  assert.deepEqual(
    ['data', 'end', 'readable', 'close', 'error'].map((event) => socket.listenerCount(event)),
    [0, 0, 0, 0, 1],
  );
});

test('byte by byte, and at every split point, the same comes out', async () => {
  const bytes = Buffer.from(`${answerHead()}frames`, 'latin1');
  const pieces = Array.from(bytes.subarray(0, -1), (_, at) => [bytes.subarray(0, at + 1), bytes.subarray(at + 1)]);
  pieces.push(Array.from(bytes, (byte) => Buffer.from([byte])));
  for (const parts of pieces) {
    const { socket, outcome } = overMemory();
    for (const part of parts) {
      socket.push(part);
      await new Promise(setImmediate);
    }
    const { error } = await outcome;
    assert.equal(error, null);
    assert.equal(await take(socket, 6), 'frames');
  }
});

test('a server that says no is an error with its answer', async (t) => {
  const bodies = { '/length': 'Content-Length: 4\r\n\r\nno!\n', '/chunked': 'Transfer-Encoding: chunked\r\n\r\n4\r\nno!\n\r\n0\r\n\r\n' };
  const port = await answering(t, (socket, request) => {
    const body = bodies[request.split(' ')[1]] ?? '\r\nno!\n';
    socket.write(`HTTP/1.1 403 Forbidden\r\nX-Why: a\r\nX-Why: b\r\n${body}`);
    if (body.startsWith('\r\n')) socket.end();
  });
  for (const path of ['/length', '/chunked', '/close']) {
    const { error } = await called(`ws://127.0.0.1:${port}${path}`);
    assert.ok(error instanceof UpgradeError);
    assert.deepEqual(
      [error.code, error.statusCode, error.statusMessage, error.headers['x-why'], error.body.toString(), error.truncated],
      ['ERR_UPGRADE_REFUSED', 403, 'Forbidden', 'a, b', 'no!\n', false],
    );
    assert.equal(error.message, 'the server refused: 403 Forbidden');
  }
});

test('what is kept of a refusal is bounded', async () => {
  const { socket, outcome } = overMemory({ limits: { refusalBody: 3 } });
  socket.push('HTTP/1.1 500 Oops\r\nContent-Length: 1000000\r\n\r\nabcdef');
  const { error } = await outcome;
  assert.deepEqual([error.statusCode, error.body.toString(), error.truncated], [500, 'abc', true]);
  assert.ok(socket.destroyed);
});

test('a server that ends early, resets, or breaks the protocol', async (t) => {
  const acts = {
    '/silent': (socket) => socket.end(),
    '/half': (socket) => socket.end('HTTP/1.1 101 Swi'),
    '/reset': (socket) => socket.resetAndDestroy(),
    '/body': (socket) => socket.write('HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc', () => socket.end()),
    '/garbage': (socket) => socket.write('SSH-2.0-a\r\n'),
    '/large': (socket) => socket.write(`HTTP/1.1 101 a\r\nX-A: ${'a'.repeat(20_000)}`),
    '/unasked': (socket) => socket.write(answerHead('Sec-WebSocket-Protocol: chat')),
  };
  const port = await answering(t, (socket, request) => acts[request.split(' ')[1]](socket));
  for (const [path, code, reason] of [
    ['/silent', 'ERR_UPGRADE_CLOSED'],
    ['/half', 'ERR_UPGRADE_CLOSED'],
    ['/reset', 'ECONNRESET'],
    ['/body', 'ERR_UPGRADE_REFUSED'],
    ['/garbage', 'ERR_UPGRADE_RESPONSE', 'syntax'],
    ['/large', 'ERR_UPGRADE_RESPONSE', 'syntax'],
    ['/unasked', 'ERR_UPGRADE_RESPONSE', 'subprotocol_not_offered'],
  ]) {
    const { error, socket } = await called(`ws://127.0.0.1:${port}${path}`, fixed);
    assert.equal(socket, undefined);
    assert.deepEqual([error.code, error.reason], [code, reason], `${path}: ${error}`);
    if (path === '/body') assert.deepEqual([error.body.toString(), error.truncated], ['abc', true]);
  }
});

test('a connection that can not be made', async (t) => {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  assert.equal((await called(`ws://127.0.0.1:${port}`)).error.code, 'ECONNREFUSED');
  const cause = new Error('no way');
  const throwing = { createConnection: () => { throw cause; } };
  assert.equal((await called('ws://a', throwing)).error, cause);
  assert.equal((await called('ws://a', { createConnection: (_, done) => done(cause) })).error, cause);
});

test('TLS where none was expected, and none where it was: the error says what to do', async (t) => {
  const alert = Buffer.from([21, 3, 3, 0, 2, 2, 70]);
  const secure = await answering(t, (socket) => socket.end(alert));
  const { error } = await called(`ws://127.0.0.1:${secure}`);
  assert.equal(error.code, 'ERR_UPGRADE_RESPONSE');
  assert.match(error.message, /the server speaks TLS here, ask with wss:\/\//);
  for (const banner of ['HTTP/1.1 400 Bad Request\r\n\r\n', '220 mail.example\r\n', 'SSH-2.0-a\r\n']) {
    const port = await listen(t, net.createServer((socket) => socket.on('error', () => {}).write(banner)));
    const { error } = await called(`wss://127.0.0.1:${port}`);
    assert.match(error.code, /^(EPROTO|ERR_SSL_)/);
    assert.match(error.message, /^the server does not speak TLS here: ws:\/\/ instead of wss:\/\/ \(/);
  }
});

test('the deadline is one for everything', async (t) => {
  mockTimers(t);
  // Silence; then single bytes, which do not extend the deadline; then an endless body of a refusal.
  for (const sent of [[], [...'HTTP/1.1 101'], ['HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\n', 'a', 'b']]) {
    const { socket, outcome } = overMemory({ timeout: 1000 });
    for (const part of sent) {
      socket.push(part);
      await new Promise(setImmediate);
      t.mock.timers.tick(50);
    }
    assert.equal(socket.destroyed, false);
    t.mock.timers.tick(1000 - 50 * sent.length);
    const { error } = await outcome;
    assert.ok(socket.destroyed);
    if (sent.length === 3) {
      assert.deepEqual([error.code, error.body.toString(), error.truncated], ['ERR_UPGRADE_REFUSED', 'ab', true]);
    } else {
      assert.equal(error.code, 'ERR_UPGRADE_TIMEOUT');
    }
  }
});

test('a refusal is told when its body has ended, at the limit, or after a second without more of it', async (t) => {
  mockTimers(t);
  const turn = () => new Promise(setImmediate);
  for (const framing of ['Content-Length: 9', 'Transfer-Encoding: chunked', 'X-A: b']) {
    const piece = framing.startsWith('T') ? '1\r\na\r\n' : 'a';
    const idle = framing === 'X-A: b' ? 50 : undefined;
    const { socket, outcome } = overMemory({ timeout: 10_000, refusalBodyIdle: idle });
    socket.push(`HTTP/1.1 503 Busy\r\n${framing}\r\n\r\n`);
    // The wait restarts with each part. It takes a second, or as long as the options say.
    for (let count = 0; count < 3; count += 1) {
      await turn();
      t.mock.timers.tick((idle ?? 1000) - 1);
      assert.equal(socket.destroyed, false, framing);
      socket.push(piece);
    }
    await turn();
    t.mock.timers.tick(idle ?? 1000);
    const { error } = await outcome;
    assert.deepEqual([error.statusCode, error.body.toString(), error.truncated], [503, 'aaa', true], framing);
    assert.ok(socket.destroyed);
  }
  // The client does not wait after the end of the body, or after its limit.
  for (const [limit, sent, body, truncated] of [
    [0, 'Content-Length: 4\r\n\r\n', '', true],
    [0, 'Transfer-Encoding: chunked\r\n\r\n', '', true],
    [0, '\r\n', '', true],
    [0, 'Content-Length: 0\r\n\r\n', '', false],
    [4, 'Content-Length: 5\r\n\r\nfull', 'full', true],
    [4, 'Content-Length: 4\r\n\r\nfull', 'full', false],
    [3, 'Content-Length: 4\r\n\r\nfull', 'ful', true],
    [3, '\r\nfull', 'ful', true],
    [3, 'Transfer-Encoding: chunked\r\n\r\n4\r\nfull', 'ful', true],
  ]) {
    const { socket, outcome } = overMemory({ limits: { refusalBody: limit } });
    socket.push(`HTTP/1.1 401 No\r\n${sent}`);
    const { error } = await outcome;
    assert.deepEqual([error.statusCode, error.body.toString(), error.truncated], [401, body, truncated], sent);
  }
  // An incomplete head is not a refusal: only the deadline ends it.
  const { socket, outcome } = overMemory({ timeout: 5000 });
  socket.push('HTTP/1.1 503 Busy\r\n');
  await turn();
  t.mock.timers.tick(4999);
  assert.equal(socket.destroyed, false);
  t.mock.timers.tick(1);
  assert.equal((await outcome).error.code, 'ERR_UPGRADE_TIMEOUT');
});

// Each of them goes on as long as the other side takes it.
const FLOODS = {
  'interim responses': ['', 'HTTP/1.1 100 Continue\r\n\r\n'],
  'a head': ['HTTP/1.1 101 Switching Protocols\r\n', 'X-A: b\r\n'],
  "a refusal's body": ['HTTP/1.1 503 Busy\r\n\r\n', 'more '],
  'a chunked body': ['HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\na\r\n'],
};

test('a deadline holds under a flood', async (t) => {
  const limits = {};
  for (const name of ['fields', 'head', 'interim', 'refusalBody', 'refusalOverhead']) limits[name] = 2 ** 31;
  let flood;
  const port = await answering(t, (socket) => {
    const [first, more] = flood;
    socket.write(first);
    const piece = more.repeat(200);
    const next = () => socket.destroyed || socket.write(piece, () => setImmediate(next));
    next();
  });
  for (const [name, sent] of Object.entries(FLOODS)) {
    flood = sent;
    const { error } = await called(`ws://127.0.0.1:${port}`, { limits, timeout: 100 });
    const isRefusal = sent[0].includes('503');
    assert.equal(error.code, isRefusal ? 'ERR_UPGRADE_REFUSED' : 'ERR_UPGRADE_TIMEOUT', name);
    assert.equal(error.truncated, isRefusal ? true : undefined);
  }
  // If a socket always has more data, no timer runs.
  for (const [name, [first, more]] of Object.entries(FLOODS)) {
    class Endless extends Memory {
      _read() {
        this.push(more);
      }
    }
    const socket = new Endless();
    socket.push(first);
    const { error } = await called('ws://a', { limits, timeout: 100, createConnection: () => socket });
    assert.match(error.code, /^ERR_UPGRADE_(REFUSED|TIMEOUT)$/, name);
    assert.ok(socket.destroyed);
  }
});

test('a socket that comes too late is closed', async (t) => {
  mockTimers(t);
  let connected;
  let signal;
  const createConnection = (options, done) => {
    signal = options.signal;
    connected = done;
  };
  const outcome = called('ws://a', { timeout: 10, createConnection });
  assert.equal(signal.aborted, false);
  t.mock.timers.tick(10);
  assert.ok(signal.aborted);
  assert.equal((await outcome).error.code, 'ERR_UPGRADE_TIMEOUT');
  const late = new Memory();
  connected(null, late);
  assert.ok(late.destroyed);
  late.emit('error', new Error('nobody is interested'));
});

test('the way to the server: options of net, an agent, a function', async (t) => {
  const requests = [];
  const port = await answering(t, (socket, request) => {
    requests.push(request.split('\r\n')[1]);
    socket.write(answerHead());
  });
  const to = (options) => ({ ...fixed, ...options });
  const lookup = (_, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));

  class Elsewhere extends http.Agent {
    createConnection(options, done) {
      assert.deepEqual([options.host, options.port, options.keepAlive], ['name.invalid', 80, true]);
      return super.createConnection({ ...options, host: '127.0.0.1', port }, done);
    }
  }
  const lateAgent = new http.Agent();
  lateAgent.createConnection = (_, done) => {
    const socket = net.connect(port, '127.0.0.1', () => done(null, socket));
  };
  for (const [url, options] of [
    [`ws://name.invalid:${port}/`, to({ lookup })],
    ['ws://name.invalid/', to({ agent: new Elsewhere({ keepAlive: true }) })],
    ['ws://name.invalid/', to({ agent: lateAgent })],
    ['ws://name.invalid/', to({ createConnection: () => net.connect(port, '127.0.0.1') })],
  ]) {
    const { error, socket } = await called(url, options);
    assert.equal(error, null);
    socket.destroy();
  }
  assert.deepEqual(requests, [`Host: name.invalid:${port}`, ...Array(3).fill('Host: name.invalid')]);
});

test('behind the handshake an error that nobody listens to ends nothing', async (t) => {
  let other;
  const port = await answering(t, (socket) => {
    other = socket;
    socket.write(answerHead());
  });
  const { socket } = await createUpgradeRequest(`ws://127.0.0.1:${port}`, fixed);
  const closed = closing(socket);
  socket.on('data', () => {});
  other.resetAndDestroy();
  await closed;
});

test('a promise loses no bytes, and no end', async (t) => {
  const port = await answering(t, (socket) => socket.end(`${answerHead()}frames`));
  const { socket } = await createUpgradeRequest(`ws://127.0.0.1:${port}`, fixed);
  await new Promise(setImmediate);
  assert.equal(await text(socket), 'frames');
});


test('repeated fields of a refusal are shown as Node.js shows them', async (t) => {
  const names = ['Location', 'Retry-After', 'Server', 'Cookie', 'Set-Cookie', 'Vary', 'ETag', 'WWW-Authenticate'];
  const lines = names.flatMap((name) => [`${name}: 1`, `${name.toLowerCase()}: 2`]);
  const answer = ['HTTP/1.1 302 Found', 'Content-Length: 0', 'Connection: close', ...lines, '\r\n'].join('\r\n');
  const port = await answering(t, (socket) => socket.end(answer));
  const [response] = await once(http.get({ port, host: '127.0.0.1' }), 'response');
  const error = await createUpgradeRequest(`ws://127.0.0.1:${port}/`).catch((error) => error);
  assert.deepEqual({ ...error.headers }, { ...response.headers });
  assert.equal(error.headers.location, '1');
  response.resume();
});
