// Both ends against other software: ws, undici, Node.js' own servers, frameworks, and a browser.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import tls from 'node:tls';
import express from 'express';
import fastify from 'fastify';
import * as undici from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { upgrade } from '../index.mjs';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { ca, cert, key } from './certificate.mjs';
import { listen, raw, session, text } from './servers.mjs';

const supported = { extensions: ['permessage-deflate'], protocols: ['echo'] };

// Answers a request and echoes messages with the frame layer of ws.
function echo(request, socket, head, options = supported) {
  upgrade.handleUpgradeRequest(request, socket, head, options, (error, agreed) => {
    if (error) return;
    const webSocket = toWebSocket(socket, agreed, { isServer: true });
    webSocket.on('message', (data, binary) => webSocket.send(data, { binary }));
  });
}

// Sends messages of both kinds and checks the echoes, with a client that has the API of browsers.
async function exchange(webSocket) {
  webSocket.binaryType = 'arraybuffer';
  const next = (type) =>
    new Promise((resolve, reject) => {
      webSocket.addEventListener(type, resolve, { once: true });
      webSocket.addEventListener('error', ({ error }) => reject(error ?? new Error('failed')), { once: true });
    });
  if (webSocket.readyState === 0) await next('open');
  for (const message of ['Hello', 'a'.repeat(70_000)]) {
    for (const sent of [message, new TextEncoder().encode(message)]) {
      const received = next('message');
      webSocket.send(sent);
      const { data } = await received;
      assert.equal(typeof data, typeof sent === 'string' ? 'string' : 'object');
      assert.equal(typeof data === 'string' ? data : new TextDecoder().decode(data), message);
    }
  }
  const closed = next('close');
  webSocket.close(1000);
  const { code } = await closed;
  return { code, protocol: webSocket.protocol, extensions: webSocket.extensions };
}

const onUpgrade = (server) => server.on('upgrade', (request, socket, head) => echo(request, socket, head));

test('our server, the client of ws', async (t) => {
  const port = await listen(t, onUpgrade(http.createServer()));
  for (const perMessageDeflate of [false, true, { serverMaxWindowBits: 10, clientNoContextTakeover: true }]) {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`, ['other', 'echo'], { perMessageDeflate });
    const extensions = perMessageDeflate === false ? '' : 'permessage-deflate';
    assert.deepEqual(await exchange(webSocket), { code: 1000, protocol: 'echo', extensions });
  }
});

test('our server, the client of undici', async (t) => {
  const port = await listen(t, onUpgrade(http.createServer()));
  const agreed = await exchange(new undici.WebSocket(`ws://127.0.0.1:${port}/`, ['echo']));
  assert.deepEqual([agreed.code, agreed.protocol], [1000, 'echo']);
  assert.match(agreed.extensions, /^permessage-deflate/);
});

test('our server, the client of ws, refused', async (t) => {
  const port = await listen(
    t,
    http.createServer().on('upgrade', (request, socket, head) => {
      echo(request, socket, head, { decide: () => ({ status: 401, headers: { 'WWW-Authenticate': 'Basic' } }) });
    }),
  );
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const [, response] = await once(webSocket, 'unexpected-response');
  assert.deepEqual([response.statusCode, response.headers['www-authenticate']], [401, 'Basic']);
  response.destroy();
});

test('our client, the server of ws', async (t) => {
  for (const perMessageDeflate of [
    false,
    true,
    { serverNoContextTakeover: true, clientMaxWindowBits: 11 },
    // zlib can't compress with such a window.
    { clientMaxWindowBits: 8 },
  ]) {
    const server = http.createServer();
    const port = await listen(t, server);
    const theirs = new WebSocketServer({ server, perMessageDeflate });
    theirs.on('connection', (webSocket) => {
      webSocket.on('message', (data, binary) => webSocket.send(data, { binary }));
    });
    const { socket, options } = await upgrade.createUpgradeRequest(`ws://127.0.0.1:${port}/`, supported);
    assert.equal(options.permessageDeflate === undefined, perMessageDeflate === false);
    assert.equal(options.permessageDeflate?.mustNotCompress ?? false, perMessageDeflate.clientMaxWindowBits === 8);
    const compresses = options.permessageDeflate?.mustNotCompress === false;
    const before = socket.bytesWritten;
    const { code, protocol } = await exchange(toWebSocket(socket, options, { isServer: false }));
    assert.deepEqual([code, protocol], [1000, 'echo']);
    // Two of the messages have 70,000 bytes.
    assert.equal(socket.bytesWritten - before < 140_000, compresses);
  }
});

test('our client, refused by the server of ws', async (t) => {
  const server = http.createServer();
  const port = await listen(t, server);
  new WebSocketServer({ server, verifyClient: (_, done) => done(false, 403, 'not you') });
  await assert.rejects(upgrade.createUpgradeRequest(`ws://127.0.0.1:${port}/`), {
    code: 'ERR_UPGRADE_REFUSED',
    statusCode: 403,
    body: Buffer.from('not you'),
  });
});

test('over TLS: our server and our client, with options of tls and of an agent', async (t) => {
  const port = await listen(t, onUpgrade(https.createServer({ cert, key })));
  const url = `wss://localhost:${port}/`;
  const lookup = { family: 4 };
  for (const options of [{ ca, ...lookup }, { agent: new https.Agent({ ca, ...lookup }) }]) {
    const { socket, options: agreed } = await upgrade.createUpgradeRequest(url, { ...supported, ...options });
    assert.ok(socket instanceof tls.TLSSocket && socket.authorized);
    assert.equal((await exchange(toWebSocket(socket, agreed, { isServer: false }))).code, 1000);
  }
  await assert.rejects(upgrade.createUpgradeRequest(url, lookup), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  const other = { ca, servername: 'other.example', ...lookup };
  await assert.rejects(upgrade.createUpgradeRequest(url, other), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  // If a function of the caller throws, its error is called back too.
  const cause = new Error('another key');
  for (const [thrown, code] of [[cause, undefined], [null, 'ERR_UPGRADE_OPTIONS']]) {
    const checkServerIdentity = () => {
      throw thrown;
    };
    const error = await upgrade.createUpgradeRequest(url, { ca, checkServerIdentity, ...lookup }).catch((error) => error);
    assert.ok(code === undefined ? error === cause : error.code === code && error.cause === null);
  }
  // The origin of a page of this server, and one without TLS.
  await upgrade.createUpgradeRequest(url, { ca, origin: `https://localhost:${port}`, ...lookup });
  const insecure = { ca, origin: `http://localhost:${port}`, ...lookup };
  await assert.rejects(upgrade.createUpgradeRequest(url, insecure), { statusCode: 403 });
});

for (const [name, make] of [
  ['Express', async () => http.createServer(express().get('/', (_, response) => response.send('plain HTTP\n')))],
  [
    'Fastify',
    async () => {
      const app = fastify().get('/', async () => 'plain HTTP\n');
      await app.ready();
      return app.server;
    },
  ],
]) {
  test(`beside the routes of ${name}`, async (t) => {
    const port = await listen(t, onUpgrade(await make()));
    const answer = await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*plain HTTP\n/);
    const { socket, options } = await upgrade.createUpgradeRequest(`ws://127.0.0.1:${port}/`, supported);
    assert.equal((await exchange(toWebSocket(socket, options, { isServer: false }))).protocol, 'echo');
  });
}

// An HTTP/2 server with extended CONNECT, which Node.js passes on in two ways.
function http2Server(way, options) {
  const server = http2.createSecureServer({ cert, key, settings: { enableConnectProtocol: true } });
  if (way === 'compatibility') {
    // Without a listener for requests, Node.js does not emit them.
    server.on('request', (request, response) => response.end('plain HTTP\n'));
    server.on('connect', (request, response) => echo(request, response.stream, undefined, options));
    return server;
  }
  return server.on('stream', (stream, headers, flags, rawHeaders) => {
    if (headers[':protocol'] === 'websocket') {
      echo(way === 'raw' ? rawHeaders : headers, stream, undefined, options);
    } else {
      stream.respond({ 'content-type': 'text/html' });
      stream.end('plain HTTP\n');
    }
  });
}

const http2Session = (t, port) => session(t, `https://localhost:${port}`, { ca, family: 4 });

for (const way of ['headers', 'raw', 'compatibility']) {
  test(`extended CONNECT on a secure HTTP/2 server, by way of ${way}`, async (t) => {
    const port = await listen(t, http2Server(way));
    const connect = await http2Session(t, port);
    const [stream, response] = await connect({
      'sec-websocket-protocol': 'other, echo',
      'sec-websocket-extensions': 'x-test, permessage-deflate',
      origin: `https://localhost:${port}`,
    });
    const { date, ...fields } = response;
    delete fields[http2.sensitiveHeaders];
    assert.ok(date);
    assert.deepEqual({ ...fields }, {
      ':status': 200,
      'sec-websocket-protocol': 'echo',
      'sec-websocket-extensions': 'permessage-deflate',
    });
    const deflate = { serverMaxWindowBits: 15, clientMaxWindowBits: 15, mustNotCompress: false };
    const agreed = { protocol: 'echo', permessageDeflate: deflate };
    assert.equal((await exchange(toWebSocket(stream, agreed, { isServer: false }))).code, 1000);

    for (const [headers, status, words] of [
      [{ 'sec-websocket-version': '8' }, 400, /Sec-WebSocket-Version/],
      [{ origin: 'https://evil.example' }, 403, /evil/],
      [{ 'sec-websocket-extensions': 'a b' }, 400, /Sec-WebSocket-Extensions/],
    ]) {
      const [refused, response] = await connect(headers);
      assert.equal(response[':status'], status);
      assert.equal(response.connection, undefined);
      assert.match(await text(refused), words);
    }
    // A reset stream does not affect the others.
    const [other] = await connect({});
    const [reset] = await connect({});
    reset.close(http2.constants.NGHTTP2_CANCEL);
    await new Promise((resolve) => reset.once('close', resolve));
    const plain = toWebSocket(other, {}, { isServer: false });
    assert.equal((await exchange(plain)).code, 1000);
  });
}

test('extended CONNECT: the application decides', async (t) => {
  const seen = [];
  const decide = async ({ headers, request, ...asked }) => {
    seen.push([asked, headers.cookie, typeof request]);
    return { status: 401, headers: { 'WWW-Authenticate': 'Basic' }, body: 'who?' };
  };
  const port = await listen(t, http2Server('headers', { decide }));
  const connect = await http2Session(t, port);
  const [stream, response] = await connect({ cookie: 'a=1', 'sec-websocket-protocol': 'echo' });
  assert.deepEqual([response[':status'], response['www-authenticate']], [401, 'Basic']);
  assert.equal(await text(stream), 'who?');
  const asked = { authority: `localhost:${port}`, target: '/chat', protocols: ['echo'], extensions: [] };
  assert.deepEqual(seen, [[asked, 'a=1', 'object']]);
});

test('the example of the hand-off to ws', async () => {
  const example = fileURLToPath(new URL('../examples/ws-handoff.mjs', import.meta.url));
  const child = spawn(process.execPath, [example], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0);
  assert.match(printed, /^agreed: \{"protocol":"echo","extensions":\["permessage-deflate"\]/);
  assert.match(printed, /\nechoed: Hello\n$/);
});

// The page that Chromium runs.
const page = `<!doctype html><pre id="out"></pre><script>
  const lines = [];
  const socket = new WebSocket(location.href.replace(/^http/, 'ws'), ['other', 'echo']);
  socket.onopen = () => { lines.push(socket.protocol, socket.extensions); socket.send('from a browser'); };
  socket.onmessage = ({ data }) => { lines.push(data); socket.close(1000); };
  socket.onclose = ({ code }) => { lines.push(code); out.textContent = lines.join('|'); fetch('/done'); };
</script><img src="/held">`;

// Runs the browser without a window. It prints the page when everything in it has loaded.
async function browse(url, ...more) {
  const profile = mkdtempSync(join(tmpdir(), 'upgrade-chromium-'));
  const child = spawn(
    'chromium',
    [
      '--headless',
      // It needs this to run as root; it only opens our own pages.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-proxy-server',
      '--ignore-certificate-errors',
      `--user-data-dir=${profile}`,
      ...more,
      '--dump-dom',
      url,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'], timeout: 60_000 },
  );
  const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  rmSync(profile, { recursive: true, force: true });
  return printed.match(/<pre id="out">(.*)<\/pre>/)?.[1];
}

const hasChromium = spawnSync('chromium', ['--version']).status === 0;
// In CI, no peer may be missing.
const skip = !hasChromium && process.env.CI !== 'true' && 'there is no chromium';

test('Chromium, over HTTP/1.1 and over HTTP/2', { skip }, async (t) => {
  assert.ok(hasChromium, 'there is no chromium');
  const versions = [];
  const held = [];
  const answer = (request, response) => {
    if (request.url === '/held') {
      held.push(response);
      return;
    }
    response.setHeader('Content-Type', 'text/html');
    response.end(page);
    if (request.url === '/done') for (const each of held.splice(0)) each.end();
  };

  const plain = http.createServer(answer);
  plain.on('upgrade', (request, socket, head) => {
    versions.push('1.1');
    echo(request, socket, head);
  });
  const port = await listen(t, plain);
  assert.match(await browse(`http://127.0.0.1:${port}/`), /^echo\|permessage-deflate\|from a browser\|1000$/);

  const secure = http2.createSecureServer({ cert, key, settings: { enableConnectProtocol: true } }, answer);
  secure.on('connect', (request, response) => {
    versions.push('2');
    echo(request, response.stream);
  });
  const securePort = await listen(t, secure);
  const printed = await browse(`https://localhost:${securePort}/`, '--host-resolver-rules=MAP localhost 127.0.0.1');
  assert.match(printed, /^echo\|permessage-deflate\|from a browser\|1000$/);
  assert.deepEqual(versions, ['1.1', '2']);
});
