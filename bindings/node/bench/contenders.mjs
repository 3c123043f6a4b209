// The servers and clients that are measured: ours, and others that do the same work.
import { WebSocket as UndiciWebSocket } from 'undici';
import { WebSocket, WebSocketServer } from 'ws';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { upgrade } from '../index.mjs';
import { plainUpgrade } from './plain.mjs';

const options = { extensions: ['permessage-deflate'] };

// Functions that answer a request. The callback gets what must be kept for the connection: a WebSocket, or nothing if
// the socket is all.
export function servers() {
  const ws = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  return {
    'plain JavaScript, crypto.hash': plainUpgrade,
    'websocket-upgrade': (request, socket, head, done) =>
      upgrade.handleUpgradeRequest(request, socket, head, options, done),
    'ws, handleUpgrade': (request, socket, head, done) =>
      ws.handleUpgrade(request, socket, head, (webSocket) => done(null, webSocket)),
    'websocket-upgrade, handed to ws': (request, socket, head, done) =>
      upgrade.handleUpgradeRequest(request, socket, head, options, (error, agreed) => {
        if (error) throw error;
        done(null, toWebSocket(socket, agreed, { isServer: true }));
      }),
  };
}

// Functions that connect to a server, and return what must be kept for the connection.
export function clients() {
  const opened = (webSocket) =>
    new Promise((resolve, reject) => {
      webSocket.addEventListener('error', ({ error, message }) => reject(error ?? new Error(message)));
      webSocket.addEventListener('open', () => resolve(webSocket));
    });
  const ours = async (url) => {
    const { socket, options: agreed } = await upgrade.createUpgradeRequest(url, { ...options, noProxy: true });
    socket.on('error', () => {});
    return { socket, agreed };
  };
  return {
    'websocket-upgrade': ours,
    "ws' client": (url) => opened(new WebSocket(url)),
    'websocket-upgrade, handed to ws': async (url) => {
      const { socket, agreed } = await ours(url);
      const webSocket = toWebSocket(socket, agreed, { isServer: false });
      webSocket.on('error', () => {});
      return webSocket;
    },
    "undici's client": (url) => opened(new UndiciWebSocket(url)),
  };
}
