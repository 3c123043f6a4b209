// npm ws as a client: echoes until the server closes.
import { WebSocket } from 'ws';
import { deflate, subprotocols, timeout, url } from './echo-offer.mjs';

const perMessageDeflate = deflate && { threshold: 0 };
const socket = new WebSocket(url, subprotocols, { perMessageDeflate, handshakeTimeout: timeout });
socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
