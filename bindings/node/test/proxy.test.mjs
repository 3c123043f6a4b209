// A client through a proxy, as in the example, and no connection that bypasses the proxy.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { through } from '../examples/proxy.mjs';
import { ca, cert, key } from './certificate.mjs';
import { KEY, answerHead, closing, listen, take } from './servers.mjs';

// Runs a proxy that connects to the requested server, or does what it is told.
async function proxied(t, connect) {
  const asked = [];
  const proxy = http.createServer().on('connect', (request, socket, head) => {
    asked.push([request.url, request.headers['proxy-authorization']]);
    socket.on('error', () => {});
    if (connect) return connect(socket);
    const { hostname, port } = new URL(`http://${request.url}`);
    const server = net.connect(port || 80, hostname.replace(/[[\]]/g, ''), () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.write(head);
      server.pipe(socket).pipe(server);
    });
    return server.on('error', () => socket.destroy());
  });
  const port = await listen(t, proxy);
  return { asked, proxy: `http://127.0.0.1:${port}` };
}

const answer = (request, socket, head) => {
  handleUpgradeRequest(request, socket, head, { dangerAnyOrigin: true }, () => socket.write('frames'));
};

test('through a proxy, with TLS and without', async (t) => {
  const { asked, proxy } = await proxied(t);
  const clear = await listen(t, http.createServer().on('upgrade', answer));
  const secure = await listen(t, https.createServer({ cert, key }).on('upgrade', answer));
  const headers = { 'Proxy-Authorization': 'Basic YTpi' };
  for (const url of [`ws://127.0.0.1:${clear}/`, `wss://localhost:${secure}/`]) {
    const { socket } = await createUpgradeRequest(url, { ca, createConnection: through(proxy, url, headers) });
    assert.equal(await take(socket, 6), 'frames');
    assert.equal(socket.encrypted === true, url.startsWith('wss'));
    socket.destroy();
  }
  // The certificate belongs to the server, not to the proxy.
  const other = `wss://127.0.0.1:${secure}/`;
  const error = await createUpgradeRequest(other, { createConnection: through(proxy, other, headers) }).catch((error) => error);
  assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  const authorities = [`127.0.0.1:${clear}`, `localhost:${secure}`, `127.0.0.1:${secure}`];
  assert.deepEqual(asked, authorities.map((authority) => [authority, 'Basic YTpi']));
});

test('bytes behind the answer of a proxy are the first of the server', async (t) => {
  const { proxy } = await proxied(t, (socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${answerHead()}frames`));
  const url = 'ws://name.invalid/';
  const options = { createConnection: through(proxy, url), 'Sec-WebSocket-Key': KEY };
  const { socket } = await createUpgradeRequest(url, options);
  assert.equal(await take(socket, 6), 'frames');
  socket.destroy();
});

test('a proxy that refuses, resets, is silent, or is not there: an error, and nobody else is asked', async (t) => {
  let direct = 0;
  const port = await listen(t, http.createServer().on('upgrade', () => (direct += 1)));
  const url = `ws://127.0.0.1:${port}/`;
  for (const [connect, expected, timeout] of [
    [(socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n'), /answered 407/],
    [(socket) => socket.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n'), /answered 403/],
    [(socket) => socket.destroy(), /socket hang up|ECONNRESET/],
    [() => {}, /not complete after 100 ms/, 100],
    [(socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), /answered 100/],
  ]) {
    let closed;
    const { proxy } = await proxied(t, (socket) => {
      closed = closing(socket);
      connect(socket);
      socket.on('end', () => socket.end()).resume();
    });
    const options = { createConnection: through(proxy, url), timeout };
    await assert.rejects(createUpgradeRequest(url, options), ({ message, code }) => expected.test(`${message} ${code}`));
    await closed;
  }
  const closed = net.createServer();
  const dead = await listen({ after() {} }, closed);
  closed.close();
  await assert.rejects(createUpgradeRequest(url, { createConnection: through(`http://127.0.0.1:${dead}`, url) }), {
    code: 'ECONNREFUSED',
  });
  assert.equal(direct, 0);
});

// Runs a proxy that speaks SOCKS 5 (RFC 1928), without authentication.
async function socks(t) {
  const proxy = net.createServer(async (socket) => {
    socket.on('error', () => {});
    const read = async (count) => {
      for (;;) {
        const bytes = socket.read(count);
        if (bytes !== null) return bytes;
        await once(socket, 'readable');
      }
    };
    const [, methods] = await read(2);
    await read(methods);
    socket.write('\x05\0', 'latin1');
    const [, , , kind] = await read(4);
    const name = kind === 1 ? [...(await read(4))].join('.') : (await read((await read(1))[0])).toString();
    const server = net.connect((await read(2)).readUInt16BE(), name, () => {
      socket.write('\x05\0\0\x01\0\0\0\0\0\0', 'latin1');
      server.pipe(socket).pipe(server);
    });
    server.on('error', () => socket.destroy());
  });
  return `127.0.0.1:${await listen(t, proxy)}`;
}

test('through the agents of others, with TLS and without', async (t) => {
  const { asked, proxy } = await proxied(t);
  const server = await socks(t);
  const clear = await listen(t, http.createServer().on('upgrade', answer));
  const secure = await listen(t, https.createServer({ cert, key }).on('upgrade', answer));
  const agents = [
    new HttpsProxyAgent(proxy, { headers: { 'Proxy-Authorization': 'Basic YTpi' } }),
    new SocksProxyAgent(`socks5://${server}`),
    new SocksProxyAgent(`socks5h://${server}`, { keepAlive: true }),
  ];
  for (const agent of agents) {
    for (const url of [`ws://127.0.0.1:${clear}/`, `wss://localhost:${secure}/`, `ws://127.0.0.1:${clear}/`]) {
      const { socket } = await createUpgradeRequest(url, { agent, ca });
      assert.equal(await take(socket, 6), 'frames');
      assert.equal(socket.encrypted === true, url.startsWith('wss'));
      socket.destroy();
      assert.deepEqual(Object.keys(agent.sockets), []);
    }
    // The certificate belongs to the server, not to the proxy.
    const error = await createUpgradeRequest(`wss://127.0.0.1:${secure}/`, { agent }).catch((error) => error);
    assert.equal(error.code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  }
  assert.equal(asked.length, 4);
});

test('an agent whose proxy refuses, resets, or is not there', async (t) => {
  const refusal = 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno';
  for (const url of ['ws://name.invalid/', 'wss://name.invalid/']) {
    const refusing = new HttpsProxyAgent((await proxied(t, (socket) => socket.end(refusal))).proxy);
    const error = await createUpgradeRequest(url, { agent: refusing }).catch((error) => error);
    assert.deepEqual([error.code, error.statusCode], ['ERR_UPGRADE_REFUSED', 407]);
    const resetting = new HttpsProxyAgent((await proxied(t, (socket) => socket.destroy())).proxy);
    await assert.rejects(createUpgradeRequest(url, { agent: resetting }), /Proxy connection ended|ECONNRESET/);
    const missing = new SocksProxyAgent('socks5h://127.0.0.1:1');
    await assert.rejects(createUpgradeRequest(url, { agent: missing }), /ECONNREFUSED/);
  }
});

test('an agent and the path of a Unix socket', async (t) => {
  const socketPath = path.join(os.tmpdir(), `websocket-upgrade-${process.pid}.sock`);
  for (const [scheme, server, agent] of [
    ['ws', http.createServer(), new http.Agent()],
    ['wss', https.createServer({ cert, key }), new https.Agent({ keepAlive: true })],
  ]) {
    server.on('upgrade', answer).listen(socketPath);
    await new Promise((resolve) => server.once('listening', resolve));
    const { socket } = await createUpgradeRequest(`${scheme}://localhost/`, { agent, ca, socketPath });
    assert.equal(await take(socket, 6), 'frames');
    const closed = closing(socket);
    socket.destroy();
    await closed;
    await new Promise((resolve) => server.close(resolve));
  }
});
