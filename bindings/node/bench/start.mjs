// The start: what a process pays before its first handshake.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { inRounds, print } from './rounds.mjs';

const ROUNDS = 25;

const require = createRequire(import.meta.url);

// Each runs in a new process, and prints the milliseconds to load the package, and those of the first handshake.
const code = (load, handle) => `
const { Duplex } = require('node:stream');
const http = require('node:http');
const started = performance.now();
${load}
const loaded = performance.now();
const socket = new Duplex({ read() {}, write(bytes, encoding, callback) { callback(); } });
const request = new http.IncomingMessage(socket);
Object.assign(request, { method: 'GET', url: '/chat', httpVersionMajor: 1, httpVersionMinor: 1 });
const raw = ['Host', 'localhost', 'Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13',
  'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
request._addHeaderLines(raw, raw.length);
const done = () => console.log(JSON.stringify([loaded - started, performance.now() - loaded]));
${handle}
`;

export async function start() {
  const contenders = {
    'websocket-upgrade': code(
      `const { upgrade } = require(${JSON.stringify(fileURLToPath(new URL('../index.js', import.meta.url)))});`,
      'upgrade.handleUpgradeRequest(request, socket, Buffer.alloc(0), done);',
    ),
    ws: code(
      `const { WebSocketServer } = require(${JSON.stringify(require.resolve('ws'))});`,
      'new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, Buffer.alloc(0), done);',
    ),
  };
  const rounds = await inRounds(ROUNDS, contenders, (text) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--eval', text], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  });
  print(`start: milliseconds, ${ROUNDS} processes`, ['to load', 'first call'], rounds, { ws: ': ws' });
}
