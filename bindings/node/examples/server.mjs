// A server to be copied: no client can hold it up or bring it down. Without a certificate it takes HTTP/1.1, with one HTTP/2
// as well.
//
//     node examples/server.mjs [PORT [CERTIFICATE KEY]]
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { upgrade } from 'websocket-upgrade';

// `silence`: how many milliseconds a client may be silent. `tls`: `cert` and `key`.
export function createServer({ silence = 10_000, tls } = {}) {
  const limits = {
    connectionsCheckingInterval: silence / 10,
    handshakeTimeout: silence,
    headersTimeout: silence,
    keepAliveTimeout: silence,
    requestTimeout: silence,
  };
  const server = tls
    ? http2.createSecureServer({ ...tls, ...limits, allowHTTP1: true, settings: { enableConnectProtocol: true } })
    : http.createServer(limits).setTimeout(silence);
  server.on('request', (request, response) => response.end('healthy\n'));
  server.on('upgrade', answer);
  // Over HTTP/2 it is an extended CONNECT.
  server.on('connect', (request, socket, head) => {
    if (request.stream) answer(request, request.stream);
    else answer(request, socket, head);
  });
  // What follows is for a server of HTTP/2 alone: it has none of the limits above, for HTTP/1.1 neither.
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol !== 'h2') socket.setTimeout(silence, () => socket.destroy());
  });
  server.on('session', (session) => {
    let open = 0;
    // It was asked for nothing for so long. WebSockets go on, and nothing new begins.
    const idle = () => (open === 0 ? session.destroy() : session.close());
    let timer = setTimeout(idle, silence);
    const count = (change) => {
      open += change;
      clearTimeout(timer);
      if (!session.destroyed) timer = setTimeout(idle, silence);
    };
    session.on('stream', (stream) => {
      count(1);
      stream.once('close', () => count(-1));
    });
    session.once('close', () => clearTimeout(timer));
  });
  return server;
}

// Answers a handshake, and reads what comes of it.
function answer(request, socket, head) {
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['chat'] }, (error, agreed) => {
    // The client has been told.
    if (error) return console.error(`rejected: ${error.message}`);
    console.log('accepted: %j', agreed);
    socket.on('error', (failure) => console.error(failure.message));
    socket.on('data', (bytes) => console.log('%d bytes of frames, for any frame layer', bytes.length));
    // Without this, a socket of an HTTP server stays open when the client has closed.
    return socket.on('end', () => socket.end());
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [port = '0', cert, key] = process.argv.slice(2);
  const server = createServer({ tls: cert && { cert: readFileSync(cert), key: readFileSync(key) } });
  server.listen(Number(port), '127.0.0.1', () => {
    console.log(`listening on ${cert ? 'wss' : 'ws'}://127.0.0.1:${server.address().port}/`);
  });
}
