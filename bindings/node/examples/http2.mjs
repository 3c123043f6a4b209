// WebSockets over HTTP/2 (RFC 8441), each on a stream of its own. Browsers need TLS for it.
//
//     node examples/http2.mjs CERTIFICATE KEY [PORT]
//
// Node.js sets no limits for silent clients over HTTP/2; server.mjs does.
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import process from 'node:process';
import { upgrade } from 'websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const [cert, key] = process.argv.slice(2, 4).map((file) => readFileSync(file));
const server = http2.createSecureServer({ cert, key, settings: { enableConnectProtocol: true } });

server.on('stream', (stream, headers, flags, rawHeaders) => {
  stream.on('error', (failure) => console.error(failure.message));
  if (headers[':protocol'] !== 'websocket') {
    stream.respond({ ':status': headers[':method'] === 'GET' ? 200 : 405 });
    stream.end('plain HTTP\n');
    return;
  }
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(rawHeaders, stream, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    return echo(toWebSocket(stream, agreed, { isServer: true }));
  });
});
// A client that resets its connection, or speaks no TLS.
server.on('sessionError', (failure) => console.error(failure.message));
server.on('tlsClientError', (failure) => console.error(failure.message));

server.listen(Number(process.argv[4] ?? 0), '127.0.0.1', () => {
  console.log(`listening on wss://127.0.0.1:${server.address().port}/echo`);
});
