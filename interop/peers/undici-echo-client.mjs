// undici as a client: echoes until the server closes. It always offers permessage-deflate.
import { WebSocket } from 'undici';
import { subprotocols, url } from './echo-offer.mjs';

const socket = new WebSocket(url, subprotocols);
socket.binaryType = 'arraybuffer';
socket.addEventListener('message', ({ data }) => socket.send(data));
socket.addEventListener('error', ({ error }) => {
  console.error(error?.message ?? 'failed');
  process.exit(1);
});
