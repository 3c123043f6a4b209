// A server to copy. No client can block it or bring it down. With a certificate it accepts HTTP/1.1 and HTTP/2,
// without one only HTTP/1.1.
//
//     node examples/server.mjs [PORT [CERTIFICATE KEY]]
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { upgrade } from 'websocket-upgrade';

// `silence` is how many milliseconds a client may be silent. `tls` has `cert` and `key`.
export function createServer({ silence = 10_000, tls = undefined } = {}) {
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
  // Deno does not read it from the options of a server of HTTP/2.
  server.keepAliveTimeout = silence;
  server.on('request', (request, response) => response.end('healthy\n'));
  server.on('upgrade', answer);
  // Over HTTP/2 the request is an extended CONNECT.
  server.on('connect', (request, socket, head) => {
    if (request.stream) answer(request, request.stream);
    else answer(request, socket, head);
  });
  // The following is only for a server of HTTP/2, which has none of the limits above, not even for HTTP/1.1.
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol !== 'h2') socket.setTimeout(silence, () => socket.destroy());
  });
  server.on('session', (session) => {
    let open = 0;
    // There was no request for this time. WebSockets go on, and no new stream begins.
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

// Answers a handshake, and reads from the connection.
function answer(request, socket, head) {
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['chat'] }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    console.log('accepted: %j', agreed);
    socket.on('error', (failure) => console.error(failure.message));
    socket.on('data', (bytes) => console.log('%d bytes of frames, for any frame layer', bytes.length));
    // Otherwise, a socket of an HTTP server stays open after the client has closed.
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
