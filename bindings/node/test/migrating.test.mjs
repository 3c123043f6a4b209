// The guide for those who come from `ws`, and each row of its tables, with `ws` and with this package.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { createUpgradeRequest, handleUpgradeRequest, upgrade } from '../index.mjs';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { KEY, answering, listen, pair, parsed, raw, requestHead, text, upgrading } from './servers.mjs';

const guide = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8');
const section = guide.slice(guide.indexOf('## From npm `ws`'));
const sides = Array.from(section.matchAll(/^(Before|After)\b[^]*?```js\n([^]*?)```/gm), ([, side, code]) => [side, code]);

function echo(data) {
  this.send(String(data));
}

test('the guide has both sides', () => {
  assert.deepEqual(sides.map(([side]) => side), ['Before', 'After']);
});

for (const [side, code] of sides) {
  test(`a server: ${side}`, async (t) => {
    const server = http.createServer();
    const names = { WebSocketServer, console, onMessage: echo, server, toWebSocket, upgrade };
    new Function(...Object.keys(names), code)(...Object.values(names));
    const client = new WebSocket(`ws://127.0.0.1:${await listen(t, server)}/`, 'chat');
    await once(client, 'open');
    assert.equal(client.protocol, 'chat');
    client.send('hello');
    const [received] = await once(client, 'message');
    assert.equal(String(received), 'hello');
    client.close();
    await once(client, 'close');
  });
}

const DEFLATE = 'permessage-deflate';

// Sends a request to a server of ws, and returns its answer. It closes an accepted connection.
async function askWs(t, options, head, look = () => {}) {
  const server = new WebSocketServer({ noServer: true, ...options });
  look(server);
  const port = await upgrading(t, (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (webSocket) => webSocket.terminate());
  });
  return raw(port, head);
}

// Sends the same request to a server of ours. Returns what it calls back, too.
async function askOurs(t, options, head) {
  const done = [];
  const port = await upgrading(t, (request, socket, head) => {
    handleUpgradeRequest(request, socket, head, options, (...result) => {
      done.push(...result);
      if (!result[0]) socket.end();
    });
  });
  const answer = await raw(port, head);
  return { answer, error: done[0], agreed: done[1] };
}

const statusOf = (answer) => Number(answer.slice(9, 12));

// Checks the statuses of both servers.
async function statuses(t, [theirs, theirOptions], [ours, ourOptions], head) {
  assert.equal(statusOf(await askWs(t, theirOptions, head)), theirs);
  const asked = await askOurs(t, ourOptions, head);
  assert.equal(statusOf(asked.answer), ours);
  return asked;
}

// Each row of the table of servers, by its first cell.
const SERVER = {
  '`new WebSocketServer({ noServer: true, .. })` and `wss.handleUpgrade(request, socket, head, callback)`': (t) =>
    statuses(t, [101, {}], [101, {}], requestHead()),

  '`callback(webSocket)`, called only on success': async (t) => {
    const server = new WebSocketServer({ noServer: true });
    const port = await upgrading(t, (...args) => server.handleUpgrade(...args, () => assert.fail('called back')));
    const head = requestHead().replace(KEY, 'short');
    assert.equal(statusOf(await raw(port, head)), 400);
    assert.equal((await askOurs(t, {}, head)).error.statusCode, 400);
  },

  '`wss.clients`; after `wss.close()`, requests get 503': async (t) => {
    assert.equal(statusOf(await askWs(t, {}, requestHead(), (server) => server.close())), 503);
    const { answer } = await askOurs(t, { decide: () => ({ status: 503 }) }, requestHead());
    assert.equal(statusOf(answer), 503);
  },

  '`verifyClient(info, done)`': async (t) => {
    const verifyClient = (info, done) => setImmediate(done, false, 401, 'who?', { 'WWW-Authenticate': 'Basic' });
    const decide = async () => ({ status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'who?' });
    const answers = [await askWs(t, { verifyClient }, requestHead()), (await askOurs(t, { decide }, requestHead())).answer];
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 401 [^]*\r\nWWW-Authenticate: Basic\r\n[^]*\r\nwho\?$/);
  },

  '`verifyClient` returns `false`: 401': (t) =>
    statuses(t, [401, { verifyClient: () => false }], [403, { decide: () => false }], requestHead()),

  'the origin is checked only in `verifyClient`': async (t) => {
    const head = requestHead('Origin: https://elsewhere.example');
    const { error } = await statuses(t, [101, {}], [403, {}], head);
    assert.equal(error.reason, 'origin_not_allowed');
    assert.equal(statusOf((await askOurs(t, { origins: ['https://elsewhere.example'] }, head)).answer), 101);
  },

  '`handleProtocols(protocols, request)`; without it the client\'s first one is used': async (t) => {
    const head = requestHead('Sec-WebSocket-Protocol: a, b');
    const chosen = (answer) => answer.match(/Sec-WebSocket-Protocol: (.*)\r\n/)?.[1];
    assert.equal(chosen(await askWs(t, {}, head)), 'a');
    assert.equal(chosen(await askWs(t, { handleProtocols: () => 'b' }, head)), 'b');
    assert.equal(chosen((await askOurs(t, {}, head)).answer), undefined);
    for (const options of [{ protocols: ['b'] }, { decide: () => ({ protocols: ['b'] }) }]) {
      assert.equal(chosen((await askOurs(t, options, head)).answer), 'b');
    }
  },

  'the event `headers`, which can change every line of the 101': async (t) => {
    const change = (lines) => lines.splice(1, 1, 'Upgrade: WebSocket', 'X-A: b');
    const answer = await askWs(t, {}, requestHead(), (server) => server.on('headers', change));
    assert.match(answer, /\r\nUpgrade: WebSocket\r\nX-A: b\r\n/);
    for (const options of [{ headers: { 'X-A': 'b' } }, { decide: () => ({ headers: { 'X-A': 'b' } }) }]) {
      assert.match((await askOurs(t, options, requestHead())).answer, /^HTTP\/1\.1 101 [^]*\r\nX-A: b\r\n/);
    }
    const { answer: refused, error } = await askOurs(t, { headers: { Upgrade: 'WebSocket' } }, requestHead());
    assert.deepEqual([statusOf(refused), error.code], [500, 'ERR_UPGRADE_OPTIONS']);
  },

  '`perMessageDeflate: { serverMaxWindowBits: 10 }`': async (t) => {
    const head = requestHead(`Sec-WebSocket-Extensions: ${DEFLATE}`);
    const extensions = [{ name: DEFLATE, params: { server_max_window_bits: 10 } }];
    const theirs = await askWs(t, { perMessageDeflate: { serverMaxWindowBits: 10 } }, head);
    const { answer, agreed } = await askOurs(t, { extensions }, head);
    for (const each of [theirs, answer]) assert.match(each, /\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n/);
    assert.equal(agreed.permessageDeflate.serverMaxWindowBits, 10);
  },

  '`path`; another one gets 400': async (t) => {
    const decide = ({ target }) => (target === '/chat' ? undefined : { status: 404 });
    await statuses(t, [101, { path: '/chat' }], [101, { decide }], requestHead());
    await statuses(t, [400, { path: '/other' }], [101, {}], requestHead());
    await statuses(t, [400, { path: '/chat' }], [404, { decide }], requestHead().replace('/chat', '/other'));
  },

  'the event `wsClientError`, whose listener has to answer': async (t) => {
    const head = requestHead().replace(KEY, 'short');
    const look = (server) => server.on('wsClientError', (error, socket) => socket.end('HTTP/1.1 418 Mine\r\n\r\n'));
    assert.equal(statusOf(await askWs(t, {}, head, look)), 418);
    const { answer, error } = await askOurs(t, {}, head);
    assert.equal(statusOf(answer), error.statusCode);
    assert.ok(answer.endsWith(`\r\n\r\n${error.body}`) && error.headers['content-length'] > 0);
  },

  '`socket.on(\'error\')` while your handler is waiting': async (t) => {
    const [, socket] = await pair(t);
    const done = handleUpgradeRequest(parsed(requestHead()), socket, { decide: () => new Promise(() => {}) });
    // ws adds its listener in `handleUpgrade` and removes it with the answer. Ours stays.
    assert.equal(socket.listenerCount('error'), 1);
    socket.destroy(new Error('reset'));
    await assert.rejects(done, { code: 'ERR_UPGRADE_CLOSED' });
  },

  'versions 8 and 13': async (t) => {
    const head = requestHead().replace('Version: 13', 'Version: 8');
    const { answer } = await statuses(t, [101, {}], [426, {}], head);
    assert.match(answer, /\r\nSec-WebSocket-Version: 13\r\n/);
  },

  'an unacceptable offer of permessage-deflate: 400': async (t) => {
    const head = requestHead(`Sec-WebSocket-Extensions: ${DEFLATE}; server_max_window_bits=7, ${DEFLATE}`);
    const ours = [101, { extensions: [DEFLATE] }];
    const { answer } = await statuses(t, [400, { perMessageDeflate: true }], ours, head);
    assert.match(answer, /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/);
  },

  'a malformed list of extensions: ignored without `perMessageDeflate`': async (t) => {
    const head = requestHead('Sec-WebSocket-Extensions: a b');
    await statuses(t, [101, {}], [400, {}], head);
    await statuses(t, [400, { perMessageDeflate: true }], [400, {}], head);
  },

  '`Upgrade: websocket` alone; a list or another protocol gets 400': async (t) => {
    const naming = (protocols) => requestHead().replace('Upgrade: websocket', `Upgrade: ${protocols}`);
    await statuses(t, [400, {}], [101, {}], naming('other, websocket'));
    const { error } = await statuses(t, [400, {}], [426, {}], naming('other'));
    assert.equal(error.notUpgrade, true);
  },

  'a refused client: the socket is destroyed when the answer is written': async (t) => {
    const head = requestHead().replace(KEY, 'short');
    for (const [isOurs, answer] of [
      [false, (...given) => new WebSocketServer({ noServer: true }).handleUpgrade(...given, () => {})],
      [true, (...given) => handleUpgradeRequest(...given, () => {})],
    ]) {
      const [client, socket] = await pair(t);
      const finished = once(socket, 'finish');
      answer({ ...parsed(head), headers: { upgrade: 'websocket' } }, socket, Buffer.alloc(0));
      await finished;
      assert.equal(socket.destroyed, !isOurs);
      if (isOurs) {
        const closed = once(socket, 'close');
        // What the client still sends is read, and its end closes the socket.
        client.end(Buffer.alloc(1000));
        await text(client);
        await closed;
        assert.equal(socket.bytesRead, 1000);
      }
    }
  },

  'a second call with a socket: throws, after the hooks have run': async (t) => {
    let asked = 0;
    const server = new WebSocketServer({ noServer: true, verifyClient: () => (asked += 1) });
    const results = [];
    const port = await upgrading(t, (request, socket, head) => {
      server.handleUpgrade(request, socket, head, () => {});
      try {
        server.handleUpgrade(request, socket, head, () => {});
      } catch (error) {
        results.push(error.message);
      }
      socket.destroy();
    });
    await raw(port, requestHead());
    assert.match(results[0], /more than once/);
    assert.equal(asked, 2);

    const [, socket] = await pair(t);
    const decide = () => void (asked += 1);
    await handleUpgradeRequest(parsed(requestHead()), socket, { decide });
    assert.throws(() => handleUpgradeRequest(parsed(requestHead()), socket, { decide }, () => {}), { code: 'ERR_UPGRADE_HANDLED' });
    await assert.rejects(handleUpgradeRequest(parsed(requestHead()), socket, { decide }), { code: 'ERR_UPGRADE_HANDLED' });
    assert.equal(asked, 3);
  },
};

// Runs a server that answers the key with these lines, and keeps the heads of the requests.
async function replying(t, ...lines) {
  const heads = [];
  const answer = new WebSocketServer({ noServer: true });
  answer.on('headers', (headers) => headers.push(...lines));
  const port = await upgrading(t, (request, socket, head) => {
    heads.push(request);
    answer.handleUpgrade(request, socket, head, () => {});
  });
  return { url: `ws://127.0.0.1:${port}/chat`, heads };
}

// Runs a server that answers every request with these bytes.
async function saying(t, answer) {
  return `ws://127.0.0.1:${await answering(t, (socket) => socket.end(answer))}/chat`;
}

const REFUSAL = 'HTTP/1.1 403 Forbidden\r\nX-A: b\r\nContent-Length: 2\r\n\r\nno';
const REDIRECT = 'HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n';

// Waits for the error of a client of ws.
async function failing(...given) {
  const [error] = await once(new WebSocket(...given), 'error');
  return error;
}

// Waits for the error of ours.
const refused = (url, options) => createUpgradeRequest(url, options).then(() => assert.fail('established'), (error) => error);

// Each row of the table of clients, by its first cell.
const CLIENT = {
  '`new WebSocket(url, protocols, options)`': async (t) => {
    const { url, heads } = await replying(t);
    const [theirs] = [new WebSocket(url, ['chat'], { headers: { 'X-A': 'b' } })];
    await once(theirs, 'open');
    const { socket, options } = await createUpgradeRequest(url, { protocols: ['chat'], headers: { 'X-A': 'b' } });
    const ours = toWebSocket(socket, options, { isServer: false });
    for (const webSocket of [theirs, ours]) {
      assert.equal(webSocket.protocol, 'chat');
      webSocket.terminate();
    }
    for (const { headers } of heads) assert.equal(headers['x-a'], 'b');
  },

  'the events `open`, `error` and `upgrade`': async (t) => {
    const { url } = await replying(t, 'X-A: b');
    const theirs = new WebSocket(url);
    const [[response]] = await Promise.all([once(theirs, 'upgrade'), once(theirs, 'open')]);
    theirs.terminate();
    assert.equal(response.headers['x-a'], 'b');
    const calls = await new Promise((resolve) => createUpgradeRequest(url, (...result) => resolve(result)));
    const [error, socket, agreed, { statusCode, headers }] = calls;
    assert.deepEqual([error, agreed, statusCode, headers['x-a']], [null, {}, 101, 'b']);
    socket.destroy();
  },

  'an invalid URL or subprotocol: throws': async () => {
    for (const [url, protocols] of [['ws://a/#b', []], ['ws://a/', ['b c']], ['ws://a/', ['b', 'b']]]) {
      assert.throws(() => new WebSocket(url, protocols), SyntaxError);
      const error = await new Promise((resolve) => createUpgradeRequest(url, { protocols }, resolve));
      assert.equal(error.code, 'ERR_UPGRADE_OPTIONS');
    }
  },

  'the event `unexpected-response`, or an error that has the status in its text': async (t) => {
    const url = await saying(t, REFUSAL);
    assert.match((await failing(url)).message, /403/);
    const theirs = new WebSocket(url);
    const [, response] = await once(theirs, 'unexpected-response');
    assert.deepEqual([response.statusCode, await text(response)], [403, 'no']);
    const { code, statusCode, headers, body } = await refused(url);
    assert.deepEqual([code, statusCode, headers['x-a'], String(body)], ['ERR_UPGRADE_REFUSED', 403, 'b', 'no']);
  },

  'a response that breaks the protocol: an error without a code': async (t) => {
    const url = await saying(t, 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    assert.equal((await failing(url)).code, undefined);
    const { code, reason } = await refused(url);
    assert.deepEqual([code, reason], ['ERR_UPGRADE_RESPONSE', 'accept_missing']);
  },

  '`followRedirects`, `maxRedirects`, the event `redirect`': async (t) => {
    const url = await saying(t, REDIRECT);
    assert.match((await failing(url, { followRedirects: true, maxRedirects: 1 })).message, /redirects exceeded/);
    const { statusCode, headers } = await refused(url);
    assert.deepEqual([statusCode, headers.location], [302, '/other']);
    for (const options of [{ followRedirects: true }, { maxRedirects: 1 }]) {
      assert.equal((await refused(url, options)).code, 'ERR_UPGRADE_OPTIONS');
    }
  },

  '`handshakeTimeout`; without it, no limit': async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let asked;
    const requested = new Promise((resolve) => (asked = resolve));
    const url = `ws://127.0.0.1:${await answering(t, asked)}/`;
    const error = refused(url);
    (await requested).write('HTTP/1.1 100 Continue\r\n\r\n');
    t.mock.timers.tick(9999);
    await new Promise(setImmediate);
    t.mock.timers.tick(1);
    assert.equal((await error).code, 'ERR_UPGRADE_TIMEOUT');
  },

  '`perMessageDeflate`, offered by default': async (t) => {
    const { url, heads } = await replying(t);
    const theirs = new WebSocket(url);
    await once(theirs, 'open');
    theirs.terminate();
    for (const options of [{}, { extensions: [DEFLATE] }]) (await createUpgradeRequest(url, options)).socket.destroy();
    const offered = `${DEFLATE}; client_max_window_bits`;
    assert.deepEqual(heads.map(({ headers }) => headers['sec-websocket-extensions']), [offered, undefined, offered]);
  },

  'a server that chooses none of the subprotocols: an error': async (t) => {
    const port = await upgrading(t, (request, socket) => handleUpgradeRequest(request, socket, () => {}));
    const url = `ws://127.0.0.1:${port}/`;
    assert.match((await failing(url, ['chat'])).message, /no subprotocol/);
    const { socket, options } = await createUpgradeRequest(url, { protocols: ['chat'] });
    assert.equal('protocol' in options, false);
    socket.destroy();
  },

  'a server that allows a window of 8 bits: established': async (t) => {
    const { url } = await replying(t, `Sec-WebSocket-Extensions: ${DEFLATE}; client_max_window_bits=8`);
    const theirs = new WebSocket(url);
    await once(theirs, 'open');
    theirs.terminate();
    const { socket, options } = await createUpgradeRequest(url, { extensions: [DEFLATE] });
    assert.deepEqual([options.permessageDeflate.clientMaxWindowBits, options.permessageDeflate.mustNotCompress], [8, true]);
    socket.destroy();
  },

  '`protocolVersion: 8`': async (t) => {
    const { url, heads } = await replying(t);
    const theirs = new WebSocket(url, { protocolVersion: 8 });
    await once(theirs, 'open');
    theirs.terminate();
    assert.equal(heads[0].headers['sec-websocket-version'], '8');
    for (const options of [{ protocolVersion: 8 }, { 'Sec-WebSocket-Version': 8 }]) {
      assert.equal((await refused(url, options)).code, 'ERR_UPGRADE_OPTIONS');
    }
  },

  '`http:` and `https:` URLs': async (t) => {
    const { url } = await replying(t);
    const theirs = new WebSocket(url.replace('ws:', 'http:'));
    await once(theirs, 'open');
    theirs.terminate();
    assert.equal((await refused(url.replace('ws:', 'http:'))).code, 'ERR_UPGRADE_OPTIONS');
  },

  '`ws+unix:/path/to.sock:/chat`': async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
    const socketPath = process.platform === 'win32' ? String.raw`\\.\pipe\websocket-upgrade` : join(folder, 's');
    const server = http.createServer();
    const paths = [];
    server.on('upgrade', (request, socket) => {
      paths.push(request.url);
      handleUpgradeRequest(request, socket, () => {});
    });
    server.listen(socketPath);
    await once(server, 'listening');
    const theirs = new WebSocket(`ws+unix:${socketPath}:/chat`);
    await once(theirs, 'open');
    theirs.terminate();
    (await createUpgradeRequest('ws://localhost/chat', { socketPath })).socket.destroy();
    assert.deepEqual(paths, ['/chat', '/chat']);
    server.close();
    rmSync(folder, { recursive: true });
  },

  '`headers` with `Host`': async (t) => {
    const { url, heads } = await replying(t);
    const theirs = new WebSocket(url, { headers: { Host: 'a.example' } });
    await once(theirs, 'open');
    theirs.terminate();
    assert.equal(heads[0].headers.host, 'a.example');
    assert.equal((await refused(url, { headers: { Host: 'a.example' } })).code, 'ERR_UPGRADE_OPTIONS');
    const { port } = new URL(url);
    const createConnection = (options) => http.globalAgent.createConnection({ ...options, host: '127.0.0.1', port });
    (await createUpgradeRequest('ws://a.example/chat', { createConnection })).socket.destroy();
    assert.equal(heads[1].headers.host, 'a.example');
  },

  '`finishRequest(request)`, `auth`': async (t) => {
    const { url, heads } = await replying(t);
    const finishRequest = (request) => request.setHeader('X-A', 'b').end();
    const theirs = new WebSocket(url, { auth: 'user:password', finishRequest });
    await once(theirs, 'open');
    theirs.terminate();
    for (const options of [{ auth: 'user:password' }, { finishRequest }]) {
      assert.equal((await refused(url, options)).code, 'ERR_UPGRADE_OPTIONS');
    }
    const headers = { Authorization: 'Basic dXNlcjpwYXNzd29yZA==', 'X-A': 'b' };
    (await createUpgradeRequest(url, { headers })).socket.destroy();
    for (const { headers } of heads) assert.deepEqual([headers.authorization, headers['x-a']], ['Basic dXNlcjpwYXNzd29yZA==', 'b']);
  },

  '`terminate()` before `open`': async (t) => {
    const url = `ws://127.0.0.1:${await answering(t, () => {})}/`;
    const theirs = new WebSocket(url);
    const failed = once(theirs, 'error');
    theirs.terminate();
    assert.match((await failed)[0].message, /closed before/);
    assert.equal((await refused(url, { signal: AbortSignal.abort() })).code, 'ABORT_ERR');
  },

  'proxies of the environment are ignored': async (t) => {
    const { url } = await replying(t);
    const names = ['HTTP_PROXY', 'NO_PROXY', 'no_proxy'];
    const before = names.map((name) => [name, process.env[name]]);
    const set = ([name, value]) => (value === undefined ? delete process.env[name] : (process.env[name] = value));
    for (const name of names) set([name]);
    process.env.HTTP_PROXY = 'http://127.0.0.1:1';
    try {
      const theirs = new WebSocket(url);
      await once(theirs, 'open');
      theirs.terminate();
      assert.match((await refused(url)).message, /^HTTP_PROXY: /);
      (await createUpgradeRequest(url, { noProxy: true })).socket.destroy();
      (await createUpgradeRequest(url, { agent: new http.Agent() })).socket.destroy();
    } finally {
      before.forEach(set);
    }
  },
};

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

for (const [heading, rows] of [["### From `ws`' `handleUpgrade`", SERVER], ["### From `ws`' client", CLIENT]]) {
  test(`${heading.slice(4)}: every row has a test`, () => {
    const [, section] = readme.split(`${heading}\n`);
    const [table] = section.split(/\n## |\n### /);
    const cells = Array.from(table.matchAll(/^\| (.*?) \| .* \|$/gm), ([, cell]) => cell);
    assert.deepEqual(cells.slice(1), Object.keys(rows));
  });
  for (const [row, run] of Object.entries(rows)) test(`from ws: ${row}`, run);
}
