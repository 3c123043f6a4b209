// npm ws as a server: sends one text message if there is one, then echoes. It answers plain HTTP with 200, for the health checks of
// proxies.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { parse } from './options.mjs';
import { perMessageDeflate } from './ws-options.mjs';

const { message, subprotocol, ...values } = parse('ws');
const http = createServer((request, response) => response.end('healthy\n'));
const server = new WebSocketServer({
  server: http,
  perMessageDeflate: perMessageDeflate(values),
  // By default ws accepts the first offer.
  handleProtocols: (offered) => [...offered].find((name) => subprotocol.includes(name)) ?? false,
});
http.listen(0, '127.0.0.1', () => console.log(`listening on ws://127.0.0.1:${http.address().port}/`));
server.on('connection', (socket) => {
  // Without a listener the first frame that breaks a rule ends the program.
  socket.on('error', () => {});
  if (message) socket.send(message);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
