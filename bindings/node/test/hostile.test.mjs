// Runs the serving examples with bad clients: silent, stalled, resetting, or of another origin. The example serves the
// next client, and gives up on those that wait.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import test from 'node:test';
import tls from 'node:tls';
import { upgrade } from '../index.mjs';
import { createServer } from '../examples/server.mjs';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { cert, key } from './certificate.mjs';
import { closing, listen, requestHead } from './servers.mjs';

const quiet = { error() {}, log() {} };
const request = requestHead();
const half = request.slice(0, 40);
const health = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
const elsewhere = { origin: 'https://elsewhere.example' };

// The bytes for a server of HTTP/2: the preface, settings, a request for /health, HEADERS without their last bytes,
// and HEADERS that need a CONTINUATION.
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const SETTINGS = '\0\0\0\x04\0\0\0\0\0';
const WHOLE = '\0\0\x0e\x01\x05\0\0\0\x01\x82\x86\x04\x07/health\x41\x01a';
// The same request with POST, and without the end of its stream.
const BODILESS = '\0\0\x0e\x01\x04\0\0\0\x01\x83\x86\x04\x07/health\x41\x01a';
const HALF = '\0\0\x0a\x01\x04\0\0\0\x03\x82';
const OPEN = '\0\0\x01\x01\0\0\0\0\x03\x82';
const PING = '\0\0\x08\x06\0\0\0\0\0pingping';

const body = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n';
const stalls = ['', 'G', half, body, health, health + half];
const stallsOfHttp2 = [
  '',
  PREFACE,
  PREFACE + SETTINGS,
  PREFACE + SETTINGS + HALF,
  PREFACE + SETTINGS + OPEN,
  PREFACE + SETTINGS + WHOLE,
  PREFACE + SETTINGS + BODILESS,
  PREFACE + SETTINGS + WHOLE + HALF,
  PREFACE + SETTINGS + WHOLE + OPEN,
];

// Connects a client that sends this.
async function client(port, sent, protocol) {
  const secure = { host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: [protocol] };
  const socket = protocol ? tls.connect(secure) : net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, protocol ? 'secureConnect' : 'connect');
  // A socket of Deno does not close after an empty write.
  if (sent !== '') socket.write(sent, 'latin1');
  return socket;
}

// Waits until all clients are closed, and names those that are not after a long time.
async function given_up(clients) {
  const waiting = new Set(Object.keys(clients));
  const all = Object.entries(clients).map(async ([name, socket]) => {
    socket.on('end', () => socket.end());
    socket.resume();
    await closing(socket);
    waiting.delete(name);
  });
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, 10_000)));
  await Promise.race([Promise.all(all), late]);
  clearTimeout(timer);
  assert.deepEqual([...waiting], []);
}

// Connects a client of every kind, of which those that wait stay. Then a good one is served.
async function serves(port, { secure } = {}) {
  const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/`;
  const protocol = secure && 'http/1.1';
  const held = [await client(port, ''), ...(await Promise.all(stalls.map((sent) => client(port, sent, protocol))))];
  for (const sent of ['', half, request]) {
    (await client(port, sent)).resetAndDestroy();
    (await client(port, sent, protocol)).destroy();
  }
  const options = { rejectUnauthorized: false };
  await assert.rejects(upgrade.createUpgradeRequest(url, { ...options, ...elsewhere }), { statusCode: 403 });
  for (let times = 0; times < 2; times += 1) {
    const { socket } = await upgrade.createUpgradeRequest(url, options);
    // Malformed frames, and then a reset.
    socket.on('error', () => {});
    socket.write(Buffer.alloc(64, 0xff));
    if (secure) socket.destroy();
    else socket.resetAndDestroy();
    await closing(socket);
  }
  const { socket } = await upgrade.createUpgradeRequest(url, options);
  socket.on('error', () => {});
  socket.end();
  socket.resume();
  await closing(socket);
  for (const waits of held) waits.destroy();
}

// As `serves`, over HTTP/2. Returns the session for further use.
async function servesStreams(port) {
  const session = http2.connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  await once(session, 'remoteSettings');
  for (const [origin, status] of [['https://elsewhere.example', 403], [`https://127.0.0.1:${port}`, 200]]) {
    const asked = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': 13 };
    const stream = session.request({ ...asked, origin });
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], status);
    stream.close();
  }
  return session;
}

test('the server to be copied, over HTTP/1.1', async (t) => {
  t.mock.method(console, 'log', () => {});
  const said = t.mock.method(console, 'error', () => {});
  await serves(await listen(t, createServer()));
  assert.match(said.mock.calls.map(({ arguments: [text] }) => text).join('\n'), /rejected: .*Origin/);
});

test('the server to be copied, over TLS and HTTP/2', async (t) => {
  for (const method of ['log', 'error']) t.mock.method(console, method, () => {});
  const port = await listen(t, createServer({ tls: { cert, key } }));
  const held = await Promise.all(stallsOfHttp2.map((sent) => client(port, sent, 'h2')));
  await serves(port, { secure: true });
  (await servesStreams(port)).close();
  for (const waits of held) waits.destroy();
});

test('the server to be copied gives up on those that wait', async (t) => {
  for (const method of ['log', 'error']) t.mock.method(console, method, () => {});
  const silence = 300;
  const clear = await listen(t, createServer({ silence }));
  const secure = await listen(t, createServer({ silence, tls: { cert, key } }));
  const sent = [PREFACE + SETTINGS, PREFACE + SETTINGS + WHOLE];
  const busy = await Promise.all(sent.map((bytes) => client(secure, bytes, 'h2')));
  // These clients always send another PING, and no request, or no further one.
  for (const pings of busy) pings.on('data', () => pings.writable && pings.write(PING, 'latin1'));
  const clients = { ...busy, 'no TLS': await client(secure, ''), 'half of TLS': await client(secure, '\x16\x03\x01\x02\0\x01') };
  for (const [at, bytes] of stalls.entries()) {
    clients[`HTTP/1.1, ${at}`] = await client(clear, bytes);
    clients[`HTTP/1.1 over TLS, ${at}`] = await client(secure, bytes, 'http/1.1');
  }
  for (const [at, bytes] of stallsOfHttp2.entries()) clients[`HTTP/2, ${at}`] = await client(secure, bytes, 'h2');
  await given_up(clients);
});

test('the server to be copied gives up on one that takes nothing', async (t) => {
  const server = createServer({ silence: 300 });
  const accepted = once(server, 'connection');
  const socket = await client(await listen(t, server), '');
  const send = () => {
    while (socket.write(health.repeat(100)));
    socket.once('drain', send);
  };
  send();
  const [connection] = await accepted;
  await closing(connection);
  socket.destroy();
});

// Returns a block of the README as a function of the names that it uses.
function block(above, ...names) {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const at = readme.indexOf(above);
  assert.notEqual(at, -1, `the README has no "${above}"`);
  const [, code] = readme.slice(at).match(/```js\n([^]*?)```/);
  return new Function(...names, code.replace(/^import .*$/m, ''));
}

test('what stands in the README', async (t) => {
  const server = http.createServer();
  block("### The specification's server", 'upgrade', 'server', 'console')(upgrade, server, quiet);
  await serves(await listen(t, server));

  const handed = http.createServer();
  const names = ['upgrade', 'server', 'options', 'toWebSocket', 'onMessage', 'console'];
  block('## With the frame layer of `ws`', ...names)(upgrade, handed, {}, toWebSocket, () => {}, quiet);
  await serves(await listen(t, handed));

  const streams = http2.createSecureServer({ cert, key, settings: { enableConnectProtocol: true } });
  block('Over HTTP/2 it is', 'upgrade', 'server', 'console')(upgrade, streams, quiet);
  const port = await listen(t, streams);
  const held = await Promise.all(stallsOfHttp2.map((sent) => client(port, sent, 'h2')));
  (await client(port, PREFACE + SETTINGS)).resetAndDestroy();
  const session = await servesStreams(port);
  const [plain] = await once(session.request({ ':path': '/' }), 'response');
  assert.equal(plain[':status'], 404);
  session.close();
  for (const waits of held) waits.destroy();

  // The client must not throw either if there is no server, or if the server resets.
  const said = [];
  const run = block("### The specification's client", 'upgrade', 'console');
  const fail = (url) =>
    new Promise((resolve) => {
      const told = (text) => resolve(said.push(text));
      const there = { createUpgradeRequest: (_, options, callback) => upgrade.createUpgradeRequest(url, options, callback) };
      run(there, { error: told, log() {} });
    });
  const closed = http.createServer();
  const dead = await listen(t, closed);
  closed.close();
  await fail(`ws://127.0.0.1:${dead}/`);
  const resets = http.createServer().on('upgrade', (asked, socket) => {
    upgrade.handleUpgradeRequest(asked, socket, () => setTimeout(() => socket.resetAndDestroy(), 10));
  });
  await fail(`ws://127.0.0.1:${await listen(t, resets)}/`);
  assert.match(said.join('\n'), /ECONNREFUSED[^]*ECONNRESET/);
});
