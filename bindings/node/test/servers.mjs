// What the tests have in common: servers on ports of their own, and sockets in memory.
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Duplex } from 'node:stream';

// Listens on loopback for as long as the test runs; the port.
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

// A server of Node.js' with this listener for upgrades.
export async function upgrading(t, onUpgrade) {
  const server = http.createServer((request, response) => response.end('plain HTTP\n'));
  server.on('upgrade', onUpgrade);
  return listen(t, server);
}

// A server that writes what it is told once it has read a request's head, whatever that is.
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

// Sends bytes and gives what comes back, until the other side ends.
export async function raw(port, bytes) {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes, 'latin1');
  return text(socket);
}

// All that a socket gives until it ends.
export async function text(socket) {
  const pieces = [];
  socket.on('data', (bytes) => pieces.push(bytes));
  if (!socket.readableEnded && !socket.destroyed) {
    await Promise.race([once(socket, 'end'), once(socket, 'close')]);
  }
  return Buffer.concat(pieces).toString('latin1');
}

// When a socket is closed, in whatever way.
export const closing = (socket) => new Promise((resolve) => socket.once('close', resolve));

// So many bytes of a socket.
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

// A socket in memory that keeps what is written to it.
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

// A request of a client, with further lines.
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

// The answer to it.
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
