// A client through the agents of others and proxies of Debian, with TLS to the server and without.
//
// `cargo xtask interop` installs the same proxies.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { ca, cert, key } from './certificate.mjs';
import { listen, take } from './servers.mjs';

const USER = 'alice:open-sesame';

function found(program) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

// Returns a port that nobody has at the moment.
async function free() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// Returns whether somebody accepts connections at the port.
const accepts = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => resolve(true) ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });

// Starts a proxy until the test ends, on another port if somebody else was faster.
async function started(t, program, args) {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await free();
    const child = spawn(program, args(port), { stdio: 'ignore' });
    let isOver = false;
    const over = new Promise((resolve) => child.once('exit', resolve)).then(() => (isOver = true));
    t.after(() => child.kill() && over);
    while (!isOver) if (await accepts(port)) return port;
  }
  throw new Error(`${program} does not start`);
}

const TINYPROXY = (folder, ...lines) => (port) => {
  const file = join(folder, `${port}.conf`);
  const own = [`Port ${port}`, 'Listen 127.0.0.1', `PidFile "${join(folder, 'pid')}"`, 'MaxClients 20', 'Timeout 30'];
  writeFileSync(file, [...own, ...lines, ''].join('\n'));
  return ['-d', '-c', file];
};

for (const [name, program, args, agent] of [
  ['tinyproxy', 'tinyproxy', TINYPROXY, (port, user) => new HttpsProxyAgent(`http://${user}127.0.0.1:${port}`)],
  [
    'microsocks',
    'microsocks',
    (folder, password) => (port) => {
      const own = ['-i', '127.0.0.1', '-p', String(port)];
      return password ? [...own, '-u', 'alice', '-P', 'open-sesame'] : own;
    },
    (port, user) => new SocksProxyAgent(`socks5h://${user}127.0.0.1:${port}`),
  ],
]) {
  test(`through ${name}`, { skip: found(program) === undefined && `there is no ${program}` }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'websocket-upgrade-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const answer = (request, socket, head) => {
      handleUpgradeRequest(request, socket, head, () => socket.write('frames'));
    };
    const clear = await listen(t, http.createServer().on('upgrade', answer));
    const secure = await listen(t, https.createServer({ cert, key }).on('upgrade', answer));
    const urls = [`ws://localhost:${clear}/`, `wss://localhost:${secure}/`];
    const open = await started(t, found(program), args(folder));
    const guarded = await started(t, found(program), args(folder, 'BasicAuth alice open-sesame'));
    for (const url of urls) {
      for (const [port, user] of [[open, ''], [guarded, `${USER}@`]]) {
        const { socket } = await createUpgradeRequest(url, { agent: agent(port, user), ca });
        assert.equal(await take(socket, 6), 'frames');
        assert.equal(socket.encrypted === true, url.startsWith('wss'));
        socket.destroy();
      }
      // The proxy refuses a client without the password, and nobody else is asked.
      const error = await createUpgradeRequest(url, { agent: agent(guarded, ''), ca }).catch((error) => error);
      assert.ok(error instanceof Error, url);
    }
  });
}
