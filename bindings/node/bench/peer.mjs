// The other side, in a process of its own: clients that connect to a server, or a server for clients.
import { hash } from 'node:crypto';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

export class Peer {
  static async start(role) {
    const peer = new Peer();
    peer.child = fork(fileURLToPath(import.meta.url), [role]);
    const [said] = await once(peer.child, 'message');
    return Object.assign(peer, said);
  }

  // Sends it a task, and waits for its end.
  async ask(task) {
    this.child.send(task);
    await once(this.child, 'message');
  }

  async stop() {
    this.child.kill();
    await once(this.child, 'exit');
  }
}

// Makes a number of upgrades, some of them at a time; each is then reset or kept.
function connect() {
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
    process.send({});
  });
  process.send({});
}

const KEY = /^sec-websocket-key: *(\S+)/im;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

// Accepts every client, with permessage-deflate, and resets all of them when it is asked to.
function accept() {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('data', (bytes) => {
      const [, key] = KEY.exec(bytes.toString('latin1'));
      const lines = [
        'HTTP/1.1 101 Switching Protocols',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Accept: ${hash('sha1', key + GUID, 'base64')}`,
        'Sec-WebSocket-Extensions: permessage-deflate',
        '\r\n',
      ];
      socket.write(lines.join('\r\n'));
    });
  });
  process.on('message', async () => {
    const closed = Array.from(sockets, (socket) => once(socket, 'close'));
    for (const socket of sockets) socket.resetAndDestroy();
    await Promise.all(closed);
    process.send({});
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ({ accept, connect })[process.argv[2]]();
