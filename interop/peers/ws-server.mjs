// npm ws as a server: sends one text message, then echoes.
import { WebSocketServer } from 'ws';
import { parse } from './options.mjs';
import { perMessageDeflate } from './ws-options.mjs';

const { message, subprotocol, ...values } = parse('ws');
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: perMessageDeflate(values),
  // By default ws takes whatever is offered first.
  handleProtocols: (offered) => [...offered].find((name) => subprotocol.includes(name)) ?? false,
});
server.on('listening', () => console.log(`listening on ws://127.0.0.1:${server.address().port}/`));
server.on('connection', (socket) => {
  socket.send(message);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
