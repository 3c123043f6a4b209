// A server behind http-proxy, which passes on plain HTTP and upgrades.
//
//     node examples/behind-http-proxy.mjs [PORT]
import { once } from 'node:events';
import http from 'node:http';
import process from 'node:process';
import httpProxy from 'http-proxy';
import { upgrade } from 'websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const server = http.createServer((request, response) => response.end('plain HTTP\n'));
server.on('upgrade', (request, socket, head) => {
  // The proxy leaves `Host` as it is, so that the page's origin is still that of the request. If yours rewrites it, the
  // option `sameOriginAs` takes what the client asked for, from a field that the proxy sets.
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    return echo(toWebSocket(socket, agreed, { isServer: true }));
  });
});

server.listen(0, '127.0.0.1');
await once(server, 'listening');

const proxy = httpProxy.createProxyServer({ target: { host: '127.0.0.1', port: server.address().port } });
// The server is not there, or the client has gone. For an upgrade, the third argument is the client's socket.
proxy.on('error', (error, request, answer) => {
  console.error(`not passed on: ${error.message}`);
  if (answer instanceof http.ServerResponse) {
    if (!answer.headersSent) answer.writeHead(502);
    answer.end();
  } else {
    answer.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
});
const front = http.createServer((request, response) => proxy.web(request, response));
front.on('upgrade', (request, socket, head) => {
  socket.on('error', (failure) => console.error(failure.message));
  proxy.ws(request, socket, head);
});
front.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`listening on ws://127.0.0.1:${front.address().port}/echo`);
});
