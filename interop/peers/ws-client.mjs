// npm ws as a client: prints the agreement, then sends messages and checks the echoes.
import { WebSocket } from 'ws';
import { parse } from './options.mjs';
import { perMessageDeflate } from './ws-options.mjs';

const { message, subprotocol, url, ...values } = parse('ws');
const messages = [message, Buffer.from(message), message];
const socket = new WebSocket(url, subprotocol, { perMessageDeflate: perMessageDeflate(values) });

function fail(reason) {
  console.error(reason);
  process.exit(1);
}

socket.on('error', (error) => fail(error.message));
socket.on('upgrade', (response) => {
  console.log(`status: ${response.statusCode}`);
  const extensions = response.headers['sec-websocket-extensions'];
  if (extensions) console.log(`extensions: ${extensions}`);
});
socket.on('open', () => {
  if (socket.protocol) console.log(`subprotocol: ${socket.protocol}`);
  socket.send(messages[0]);
});
let echoed = 0;
socket.on('message', (data, isBinary) => {
  const sent = messages[echoed];
  if (isBinary !== Buffer.isBuffer(sent)) fail(`message ${echoed} came back as another type`);
  if (data.toString() !== sent.toString()) fail(`message ${echoed} came back changed`);
  echoed += 1;
  if (echoed === messages.length) {
    console.log(`echoed: ${echoed}`);
    socket.close();
  } else {
    socket.send(messages[echoed]);
  }
});
socket.on('close', () => {
  if (echoed < messages.length) fail(`closed after ${echoed} messages`);
});
