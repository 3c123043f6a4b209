// The frame layer of npm `ws` on connections whose handshake was ours: a server that echoes, and a client.
//
//     node examples/ws-handoff.mjs
//
// ws has no public way to do this. This is what its own server does: `new WebSocket(null)` and `setSocket`, which are
// unchanged in all of ws 8. They are marked as private, so pin the version. The tests run this with the version in
// package-lock.json.
import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { upgrade } from 'websocket-upgrade';

// On Bun the name `ws` stands for a part of Bun that lacks the half of this, so this loads the file of the package.
const require = createRequire(import.meta.url);
const { PerMessageDeflate, WebSocket } = require(join(dirname(require.resolve('ws/package.json')), 'index.js'));

// Makes a WebSocket of ws on this socket, with the agreed settings.
export function toWebSocket(socket, agreed, { isServer, maxPayload = 1 << 20 }) {
  const options = {
    allowSynchronousEvents: true,
    autoPong: true,
    closeTimeout: 30_000,
    maxPayload,
    skipUTF8Validation: false,
  };
  const webSocket = new WebSocket(null, undefined, options);
  webSocket._isServer = isServer;
  webSocket._protocol = agreed.protocol ?? '';
  if (agreed.permessageDeflate) {
    // At level 0, zlib only stores: it refers to no window.
    const zlibDeflateOptions = agreed.permessageDeflate.mustNotCompress ? { level: 0 } : {};
    const deflate = new PerMessageDeflate({ isServer, maxPayload, threshold: 0, zlibDeflateOptions });
    deflate.accept([parameters(agreed.permessageDeflate)]);
    webSocket._extensions[PerMessageDeflate.extensionName] = deflate;
  }
  // The socket already begins with the bytes after the head.
  webSocket.setSocket(socket, Buffer.alloc(0), options);
  return webSocket;
}

// Echoes every message. None is read while one is sent, so that a client that takes nothing fills no memory.
export function echo(webSocket) {
  // A malformed frame, or a reset.
  webSocket.on('error', (failure) => console.error(failure.message));
  webSocket.on('message', (data, binary) => {
    webSocket.pause();
    webSocket.send(data, { binary }, (failure) => {
      // A message that comes while the connection closes can't be echoed.
      if (failure) console.error(failure.message);
      webSocket.resume();
    });
  });
}

// Returns the agreed parameters in the form of ws' parser.
function parameters(agreed) {
  const params = {};
  if (agreed.serverNoContextTakeover) params.server_no_context_takeover = [true];
  if (agreed.clientNoContextTakeover) params.client_no_context_takeover = [true];
  if (agreed.serverMaxWindowBits < 15) params.server_max_window_bits = [String(agreed.serverMaxWindowBits)];
  if (agreed.clientMaxWindowBits < 15) params.client_max_window_bits = [String(agreed.clientMaxWindowBits)];
  return params;
}

async function main() {
  const server = http.createServer();
  server.on('upgrade', (request, socket, head) => {
    const options = { extensions: ['permessage-deflate'], protocols: ['echo'] };
    upgrade.handleUpgradeRequest(request, socket, head, options, (error, agreed) => {
      if (error) return console.error(`rejected: ${error.message}`);
      return echo(toWebSocket(socket, agreed, { isServer: true }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { socket, options } = await upgrade.createUpgradeRequest(`ws://127.0.0.1:${server.address().port}/`, {
    extensions: ['permessage-deflate'],
    protocols: ['echo'],
  });
  const webSocket = toWebSocket(socket, options, { isServer: false });
  // `once` rejects for an earlier error. This listener handles later ones.
  webSocket.on('error', (failure) => console.error(failure.message));
  const echoed = once(webSocket, 'message');
  webSocket.send('Hello');
  const [data] = await echoed;
  console.log(`agreed: ${JSON.stringify(options)}`);
  console.log(`echoed: ${data}`);
  webSocket.close();
  await once(webSocket, 'close');
  server.close();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
