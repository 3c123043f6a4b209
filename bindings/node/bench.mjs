// Measures the cost of an upgrade, beside `handleUpgrade` of npm ws, on the same requests in one run:
//
//     npm run bench [-- memory | loopback]
//
// In memory: the time of a call; both make their requests and sockets. Over loopback: the processor time of the server
// for an upgrade, including Node.js' own work with the request, and the bytes that an idle connection holds.
//
// The order is another one in each round, the first round does not count, and no socket is left to the next one.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { upgrade } from './index.mjs';
import { toWebSocket } from './examples/ws-handoff.mjs';

const CALLS = 20_000;
const ROUNDS = 9;
const UPGRADES = 4_000;
const IN_FLIGHT = 64;
const IDLE = 2_000;

const HANDSHAKE = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Version', '13'],
];

// The fields that a browser sends.
const BROWSER = [
  ['Host', 'localhost:8080'],
  ['Connection', 'Upgrade'],
  ['Pragma', 'no-cache'],
  ['Cache-Control', 'no-cache'],
  [
    'User-Agent',
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  ],
  ['Upgrade', 'websocket'],
  ['Origin', 'http://localhost:8080'],
  ['Sec-WebSocket-Version', '13'],
  ['Accept-Encoding', 'gzip, deflate, br, zstd'],
  ['Accept-Language', 'en-US,en;q=0.9'],
  ['Cookie', 'session=0123456789abcdef0123456789abcdef; theme=dark'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits'],
];

const MANY = Array.from({ length: 54 }, (_, at) => [`X-Field-${at}`, 'a'.repeat(50)]);

const REQUESTS = {
  'minimal, 5 fields': [['Host', 'localhost:8080'], ...HANDSHAKE],
  'browser, 13 fields, permessage-deflate': BROWSER,
  '60 fields': [['Host', 'localhost:8080'], ...MANY, ...HANDSHAKE, ['X-Last', 'a']],
};

const supported = { extensions: ['permessage-deflate'] };

// The functions that answer a request. Both do the same work; ours makes all its usual checks.
function contenders() {
  const ws = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  return {
    'websocket-upgrade': (request, socket, head, done) =>
      upgrade.handleUpgradeRequest(request, socket, head, supported, done),
    'websocket-upgrade, handed to ws': (request, socket, head, done) =>
      upgrade.handleUpgradeRequest(request, socket, head, supported, (error, agreed) => {
        if (error) throw error;
        done(null, toWebSocket(socket, agreed, { isServer: true }));
      }),
    'ws handleUpgrade': (request, socket, head, done) =>
      ws.handleUpgrade(request, socket, head, (webSocket) => done(null, webSocket)),
  };
}

class Socket extends Duplex {
  _read() {}
  _write(bytes, encoding, callback) {
    callback();
  }
}

// Makes a request as Node.js' parser does.
function requestOf(fields, socket) {
  const request = new http.IncomingMessage(socket);
  request.method = 'GET';
  request.url = '/chat';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  // As in the parser, `headers` is made on demand.
  const raw = fields.flat();
  request._addHeaderLines(raw, raw.length);
  return request;
}

// Returns the nanoseconds of one call.
async function time(fields, handle) {
  const none = Buffer.alloc(0);
  const started = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call += 1) {
    const socket = new Socket();
    await new Promise((resolve) => handle(requestOf(fields, socket), socket, none, resolve));
  }
  return Number(process.hrtime.bigint() - started) / CALLS;
}

// Returns the members in a random order.
function shuffled(members) {
  const ordered = members.map((member) => [Math.random(), member]).sort(([a], [b]) => a - b);
  return ordered.map(([, member]) => member);
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function inMemory() {
  for (const [name, fields] of Object.entries(REQUESTS)) {
    console.log(`\nin memory, ${name}: microseconds of a call, median of ${ROUNDS} rounds of ${CALLS}`);
    const all = { 'request and socket alone': (_, socket, head, done) => process.nextTick(done), ...contenders() };
    const rounds = Object.fromEntries(Object.keys(all).map((name) => [name, []]));
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [name, handle] of shuffled(Object.entries(all))) {
        const nanoseconds = await time(fields, handle);
        globalThis.gc?.();
        // The first round lets the compiler warm up.
        if (round > 0) rounds[name].push(nanoseconds);
      }
    }
    print(Object.entries(rounds).map(([name, values]) => [name, (median(values) / 1000).toFixed(2)]));
  }
}

function print(rows) {
  for (const [name, ...values] of rows) {
    console.log(`  ${name.padEnd(34)}${values.map((value) => String(value).padStart(12)).join('')}`);
  }
}

// Runs a server with a contender, and clients in another process.
async function withClients(handle, message, then) {
  const server = http.createServer();
  const held = [];
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    handle(request, socket, head, (error, webSocket) => {
      if (error) throw error;
      held.push(webSocket?._socket ? webSocket : socket);
      socket.on('error', () => {});
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clients = fork(fileURLToPath(import.meta.url), ['clients']);
  await once(clients, 'message');
  const result = await then(async () => {
    clients.send({ port: server.address().port, ...message });
    await once(clients, 'message');
    return held;
  });
  clients.kill();
  await once(clients, 'exit');
  const closed = Array.from(sockets, (socket) => socket.destroyed || once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  server.close();
  await once(server, 'close');
  return result;
}

async function overLoopback() {
  const head = ['GET /chat HTTP/1.1', ...BROWSER.map((field) => field.join(': ')), '\r\n'].join('\r\n');
  console.log(`\nover loopback, ${IN_FLIGHT} in flight: microseconds of the server's processor for an upgrade;`);
  console.log(`bytes on the heap and beside it for an idle connection, of ${IDLE}`);
  const figures = Object.fromEntries(Object.keys(contenders()).map((name) => [name, [[], []]]));
  for (let round = 0; round <= 5; round += 1) {
    for (const [name, handle] of shuffled(Object.entries(contenders()))) {
      const cpu = await withClients(handle, { head, count: UPGRADES, inFlight: IN_FLIGHT }, async (run) => {
        const before = process.cpuUsage();
        const held = await run();
        const { user, system } = process.cpuUsage(before);
        return (user + system) / held.length;
      });
      const bytes = await withClients(handle, { head, count: IDLE, inFlight: IN_FLIGHT, keep: true }, async (run) => {
        const before = memory();
        const held = await run();
        const bytes = (memory() - before) / held.length;
        held.length = 0;
        return bytes;
      });
      // The first round lets the compiler warm up.
      if (round === 0) continue;
      figures[name][0].push(cpu);
      figures[name][1].push(bytes);
    }
  }
  print([
    ['', 'CPU', 'bytes'],
    ...Object.entries(figures).map(([name, [cpu, bytes]]) => [name, median(cpu).toFixed(1), Math.round(median(bytes))]),
  ]);
}

function memory() {
  for (let times = 0; times < 4; times += 1) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

// The clients: a number of upgrades, some of them at a time; each is then closed or kept.
function clients() {
  const kept = [];
  process.on('message', async ({ port, head, count, inFlight, keep }) => {
    let left = count;
    const one = () =>
      new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', reject);
        socket.once('data', (bytes) => {
          if (!bytes.toString('latin1').startsWith('HTTP/1.1 101 ')) reject(new Error(`got ${bytes}`));
          if (keep) kept.push(socket);
          else socket.resetAndDestroy();
          resolve();
        });
        socket.write(head);
      });
    const some = async () => {
      while (left > 0) {
        left -= 1;
        await one();
      }
    };
    await Promise.all(Array.from({ length: inFlight }, some));
    process.send('done');
  });
  process.send('ready');
}

const [, , part] = process.argv;
if (part === 'clients') {
  clients();
} else {
  if (part !== 'loopback') await inMemory();
  if (part !== 'memory') await overLoopback();
}
