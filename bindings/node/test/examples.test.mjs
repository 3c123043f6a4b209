// Starts each serving example as a program, and asks it with a client of `ws`, with ours, and over plain HTTP.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { upgrade } from '../index.mjs';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { present } from '../scripts/runtimes.mjs';
import { ca, cert, key } from './certificate.mjs';
import { raw, requestHead, session, text } from './servers.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..');

// Starts a program, and returns the URL that it prints. What it complains of is checked at the end: its own lines.
async function started(t, program, args, cwd = folder) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let printed = '';
  let complaints = '';
  child.stderr.on('data', (bytes) => (complaints += bytes));
  const url = await new Promise((resolve, reject) => {
    child.stdout.on('data', (bytes) => {
      printed += bytes;
      const line = printed.match(/^listening on (\S+)\n/m);
      if (line) resolve(line[1]);
    });
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`ended with ${code}: ${printed}${complaints}`)));
  });
  return { url, child, complaints: () => complaints };
}

// Sends messages of both kinds, and expects them back.
async function echoes(webSocket) {
  for (const sent of ['Hello', Buffer.from('Hello'), 'a'.repeat(70_000)]) {
    const echoed = once(webSocket, 'message');
    webSocket.send(sent);
    const [data, isBinary] = await echoed;
    assert.deepEqual([String(data), isBinary], [String(sent), typeof sent !== 'string']);
  }
  const closed = once(webSocket, 'close');
  webSocket.close(1000);
  assert.equal((await closed)[0], 1000);
}

// Asks a server with every client, beside those that wait or have reset.
async function asked({ url, child, complaints }) {
  const { host, port } = new URL(url);
  const held = ['', requestHead().slice(0, 40), requestHead()].flatMap((sent) =>
    [false, true].map((resets) => {
      const socket = net.connect(Number(port), '127.0.0.1', () => resets && socket.resetAndDestroy());
      socket.on('error', () => {});
      if (sent !== '') socket.write(sent);
      return socket;
    }),
  );
  const theirs = new WebSocket(url, ['echo'], { origin: `http://${host}` });
  await once(theirs, 'open');
  assert.equal(theirs.protocol, 'echo');
  await echoes(theirs);

  const { socket, options } = await upgrade.createUpgradeRequest(url, { protocols: ['echo'] });
  await echoes(toWebSocket(socket, options, { isServer: false }));

  for (const [target, options, status] of [
    ['/echo', { origin: 'https://elsewhere.example' }, 403],
    ['/elsewhere', {}, 404],
  ]) {
    const asks = new WebSocket(new URL(target, url), options);
    asks.on('error', () => {});
    const [, response] = await once(asks, 'unexpected-response');
    assert.equal(response.statusCode, status);
    response.destroy();
    asks.terminate();
  }
  // Malformed frames, and a reset, do not end it.
  const { socket: bad } = await upgrade.createUpgradeRequest(url);
  bad.on('error', () => {});
  bad.write(Buffer.alloc(64, 0xff));
  bad.resetAndDestroy();
  const plain = await raw(Number(port), `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  assert.match(plain, /^HTTP\/1\.1 200 OK\r\n[^]*plain HTTP\n/);
  for (const socket of held) socket.destroy();
  assert.match(complaints(), /rejected: .*Origin/);
  assert.equal(child.exitCode, null);
}

const example = (name) => join('examples', `${name}.mjs`);

for (const name of ['express', 'fastify', 'behind-http-proxy']) {
  test(`the example ${name}`, async (t) => {
    await asked(await started(t, process.execPath, [example(name)]));
  });
}

const withoutSignals = process.platform === 'win32' && 'Windows has no signals';

test('Fastify ends its WebSockets when it is told to end', { skip: withoutSignals }, async (t) => {
  const { url, child } = await started(t, process.execPath, [example('fastify')]);
  const webSocket = new WebSocket(url);
  await once(webSocket, 'open');
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  assert.equal((await once(webSocket, 'close'))[0], 1001);
  assert.equal((await ended)[0], 0);
});

test('the example socket-io', async (t) => {
  const server = await started(t, process.execPath, [example('socket-io')]);
  await asked(server);
  // Its own clients still work, by polling and by a WebSocket, and pages of other origins have none.
  const { origin } = new URL(server.url.replace('ws', 'http'));
  for (const transports of [['polling', 'websocket'], ['websocket'], ['polling']]) {
    const client = io(origin, { transports, reconnection: false });
    t.after(() => client.close());
    const echoed = once(client, 'message');
    client.emit('message', 'Hello');
    assert.deepEqual(await echoed, ['Hello']);
    const { engine } = client.io;
    if (transports.length === 2 && engine.transport.name !== 'websocket') await once(engine, 'upgrade');
    const elsewhere = { forceNew: true, extraHeaders: { origin: 'https://elsewhere.example' } };
    const foreign = io(origin, { transports, reconnection: false, ...elsewhere });
    t.after(() => foreign.close());
    const [refused] = await once(foreign, 'connect_error');
    assert.ok(refused instanceof Error);
  }
});

test('the example http2', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
  t.after(() => rmSync(place, { recursive: true }));
  const files = Object.entries({ cert, key }).map(([name, pem]) => {
    writeFileSync(join(place, name), pem);
    return join(place, name);
  });
  const { url, child, complaints } = await started(t, process.execPath, [example('http2'), ...files]);
  const { host, origin } = new URL(url.replace('wss', 'https'));
  const connect = await session(t, origin, { ca });
  const [stream, { ':status': status, 'sec-websocket-protocol': protocol }] = await connect({
    ':path': '/echo',
    'sec-websocket-protocol': 'echo',
    origin: `https://${host}`,
  });
  assert.deepEqual([status, protocol], [200, 'echo']);
  await echoes(toWebSocket(stream, { protocol }, { isServer: false }));
  for (const [headers, expected] of [
    [{ ':path': '/echo', origin: 'https://elsewhere.example' }, 403],
    [{ ':path': '/elsewhere' }, 404],
    [{ ':method': 'GET', ':protocol': undefined, ':path': '/' }, 200],
  ]) {
    const [refused, answer] = await connect(headers, (stream) => headers[':method'] && stream.end());
    assert.equal(answer[':status'], expected);
    await text(refused);
  }
  assert.match(complaints(), /rejected: .*Origin/);
  assert.equal(child.exitCode, null);
});

// Each is run as in an application that has installed the package.
const installed = present();
for (const [name, args] of [
  ['Bun', []],
  ['Deno', ['run', '--allow-env', '--allow-net=127.0.0.1', '--allow-read']],
]) {
  const runtime = installed.find((each) => each.name === name);
  test(`the example for ${name}`, { skip: !runtime && `${name} is not installed` }, async (t) => {
    const app = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
    t.after(() => rmSync(app, { recursive: true }));
    mkdirSync(join(app, 'node_modules'));
    symlinkSync(folder, join(app, 'node_modules', 'websocket-upgrade'), 'junction');
    symlinkSync(join(folder, 'node_modules', 'ws'), join(app, 'node_modules', 'ws'), 'junction');
    writeFileSync(join(app, 'package.json'), '{ "dependencies": { "websocket-upgrade": "*", "ws": "8" } }');
    cpSync(join(folder, 'examples'), join(app, 'examples'), { recursive: true });
    await asked(await started(t, runtime.program, [...args, example(name.toLowerCase())], app));
  });
}

// What the compiler can't know, in JavaScript.
const UNKNOWN = [
  /'port' does not exist on type 'string \| AddressInfo'/,
  // A server of HTTP/1.1 or HTTP/2.
  /server\.mjs.*'(keepAliveTimeout|stream)' does not exist on type/,
  /proxy\.mjs.*'string\[\]' is not assignable to parameter of type '\[any, any\]'/,
];

test('the examples use the API as its types say', () => {
  const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  // The compiler does not know the specifiers of Deno.
  const files = readdirSync(join(folder, 'examples')).filter((name) => name !== 'deno.mjs');
  const checks = ['--noEmit', '--allowJs', '--checkJs', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
  const paths = files.map((name) => join('examples', name));
  const { stdout } = spawnSync(process.execPath, [compiler, ...checks, ...paths], { cwd: folder, encoding: 'utf8' });
  const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
  assert.deepEqual(errors.filter((line) => !UNKNOWN.some((pattern) => pattern.test(line))), []);
  // Each of them is still there, so the files were checked.
  for (const pattern of UNKNOWN) assert.ok(errors.some((line) => pattern.test(line)), String(pattern));
});
