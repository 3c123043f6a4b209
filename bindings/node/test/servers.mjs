// Common parts of the tests: servers on their own ports, and sockets in memory.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { handleUpgradeRequest } from '../index.mjs';

// Listens on loopback until the test ends, and returns the port.
export async function listen(t, server) {
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return server.address().port;
}

// Runs a server of Node.js with this listener for upgrades.
export async function upgrading(t, onUpgrade) {
  const server = http.createServer((request, response) => response.end('plain HTTP\n'));
  server.on('upgrade', onUpgrade);
  return listen(t, server);
}

// Runs a server that reads the head of any request, and then writes what it is told.
export async function answering(t, onRequest) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    let received = '';
    socket.on('data', function read(bytes) {
      received += bytes.toString('latin1');
      if (!received.includes('\r\n\r\n')) return;
      socket.removeListener('data', read);
      onRequest(socket, received);
    });
  });
  return listen(t, server);
}

// A connected pair of sockets.
export async function pair(t) {
  const server = net.createServer({ allowHalfOpen: true });
  const port = await listen(t, server);
  const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [socket] = await once(server, 'connection');
  return [client, socket];
}

// Sends bytes, and returns what comes back until the other side ends.
export async function raw(port, bytes) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  return text(socket);
}

// Returns everything that a socket delivers until it ends.
export async function text(socket) {
  const pieces = [];
  socket.on('data', (bytes) => pieces.push(bytes));
  if (!socket.readableEnded && !socket.destroyed) {
    await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  }
  return Buffer.concat(pieces).toString('latin1');
}

// Resolves when a socket is closed in any way, or has been.
export const closing = (socket) =>
  new Promise((resolve) => {
    if (socket.destroyed && socket.closed) resolve();
    else socket.once('close', resolve);
  });

// Reads this number of bytes from a socket.
export function take(socket, count) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const done = (act) => {
      socket.removeListener('data', data);
      socket.removeListener('close', close);
      act();
    };
    const data = (bytes) => {
      received = Buffer.concat([received, bytes]);
      if (received.length >= count) done(() => resolve(received.toString('latin1')));
    };
    const close = () => done(() => reject(new Error(`closed after ${received.length} bytes`)));
    socket.on('data', data);
    socket.once('close', close);
  });
}

// A socket in memory that records what is written to it.
export class Memory extends Duplex {
  written = '';
  _read() {}
  _write(bytes, encoding, callback) {
    this.written += bytes.toString('latin1');
    callback();
  }
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

// Replaces `setTimeout` until the test ends. Deno would keep it for the next test.
export function mockTimers(t) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => t.mock.timers.reset());
}

// Makes a request of a client, with further lines.
export function requestHead(...lines) {
  return [
    'GET /chat HTTP/1.1',
    'Host: server.example.com',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${KEY}`,
    'Sec-WebSocket-Version: 13',
    ...lines,
    '\r\n',
  ].join('\r\n');
}

// Makes a request as Node.js passes it on.
export function parsed(head) {
  const [start, ...lines] = head.trimEnd().split('\r\n');
  const [method, url] = start.split(' ');
  const rawHeaders = lines.flatMap((line) => line.split(/: (.*)/s, 2));
  return { method, url, rawHeaders, headers: {}, httpVersionMajor: 1, httpVersionMinor: 1 };
}

// Makes the answer to it.
export function answerHead(...lines) {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${ACCEPT}`,
    ...lines,
    '\r\n',
  ].join('\r\n');
}

// Opens a session with a server of HTTP/2. Returns a function that sends an extended CONNECT, and returns its stream
// and the answer's headers.
export async function session(t, url, options) {
  const session = http2.connect(url, options);
  t.after(() => session.destroy());
  await once(session, 'remoteSettings');
  return async (headers, onStream) => {
    const stream = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':path': '/chat',
      'sec-websocket-version': '13',
      ...headers,
    });
    stream.on('error', () => {});
    onStream?.(stream);
    const [answer] = await once(stream, 'response');
    return [stream, answer];
  };
}

// Opens a session with a server that passes on extended CONNECTs.
export async function connecting(t, onConnect, server = http2.createServer({ settings: { enableConnectProtocol: true } })) {
  if (onConnect) server.on('stream', (stream, headers, flags, rawHeaders) => onConnect(rawHeaders, stream));
  const port = await listen(t, server);
  return session(t, `http://127.0.0.1:${port}`);
}

// Every way to handle a request: over HTTP/1.1 and HTTP/2, with a callback and with a promise. Each takes options and
// fields of the request, and returns the answer to the client and what is called back.
export async function everyWay(t) {
  let current;
  const handle = (request, socket, head) => current.done(request, socket, head);
  const port = await upgrading(t, handle);
  const connect = await connecting(t, handle);

  const forms = {
    callback: (options, ended) => (request, socket, head) => {
      let calls = 0;
      handleUpgradeRequest(request, socket, head, options, (error, settings) => {
        assert.equal((calls += 1), 1, 'called back again');
        ended({ error, settings, socket });
      });
    },
    promise: (options, ended) => (request, socket, head) => {
      handleUpgradeRequest(request, socket, head, options).then(
        (done) => ended({ error: null, settings: done.options, socket }),
        (error) => ended({ error, socket }),
      );
    },
  };
  const clients = {
    'HTTP/1.1': async (called, fields) => {
      const given = Object.entries({ origin: 'http://server.example.com', ...fields });
      const answer = raw(port, requestHead(...given.map((field) => field.join(': '))));
      const { error, settings, socket } = await called;
      if (!error) socket.end();
      const [, status, lines, body] = (await answer).match(/^HTTP\/1\.1 (\d+) [^]*?\r\n([^]*?)\r\n\r\n([^]*)$/);
      const headers = new Headers(lines.split('\r\n').map((line) => line.split(/: (.*)/, 2)));
      return { status: status === '101' ? 'accepted' : Number(status), headers, body, error, settings };
    },
    'HTTP/2': async (called, given) => {
      const [stream, headers] = await connect(given);
      const { error, settings, socket } = await called;
      if (!error) socket.end();
      stream.end();
      const status = headers[':status'] === 200 ? 'accepted' : headers[':status'];
      const fields = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
      return { status, headers: new Headers(fields), body: await text(stream), error, settings };
    },
  };
  return Object.entries(clients).flatMap(([version, client]) =>
    Object.entries(forms).map(([form, make]) => ({
      name: `${version}, ${form}`,
      version,
      ask: (options, fields = {}) =>
        client(new Promise((ended) => (current = { done: make(options, ended) })), fields),
    })),
  );
}
