// WebSockets beside those of socket.io, on one server. socket.io answers the upgrades below its path itself.
//
//     node examples/socket-io.mjs [PORT]
import http from 'node:http';
import process from 'node:process';
import { Server } from 'socket.io';
import { upgrade } from 'websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const PATH = '/socket.io/';

const server = http.createServer((request, response) => response.end('plain HTTP\n'));
const io = new Server(server, {
  path: PATH,
  // Otherwise it closes the upgrades of others that are not answered within a second.
  destroyUpgrade: false,
  allowRequest: (request, callback) => callback(null, isSameOrigin(request)),
});
io.on('connection', (socket) => socket.on('message', (text) => socket.emit('message', text)));

server.on('upgrade', (request, socket, head) => {
  if (request.url.startsWith(PATH)) return;
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    return echo(toWebSocket(socket, agreed, { isServer: true }));
  });
});

// As this package does by default: programs, which send no origin, and pages of this server.
function isSameOrigin({ headers }) {
  const { host, origin } = headers;
  return origin === undefined || [`http://${host}`, `https://${host}`].includes(origin);
}

server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`listening on ws://127.0.0.1:${server.address().port}/echo`);
});
