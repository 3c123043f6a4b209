// A client with the API of browsers: prints the agreement, then sends messages and checks the echoes.
export async function exchange(WebSocket, { url, subprotocol, message, print }) {
  const socket = new WebSocket(url, subprotocol);
  socket.binaryType = 'arraybuffer';
  const failed = new Promise((_, reject) => {
    socket.onclose = ({ code, reason }) => reject(new Error(`closed early: ${code} ${reason}`));
  });
  const next = (type) =>
    Promise.race([failed, new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))]);

  await next('open');
  // The API does not show the status; an open WebSocket means 101.
  print('status: 101');
  if (socket.extensions) print(`extensions: ${socket.extensions}`);
  if (socket.protocol) print(`subprotocol: ${socket.protocol}`);
  const messages = [message, new TextEncoder().encode(message), message];
  for (const [place, sent] of messages.entries()) {
    const received = next('message');
    socket.send(sent);
    const { data } = await received;
    if ((typeof data === 'string') !== (typeof sent === 'string')) {
      throw new Error(`message ${place} came back as another type`);
    }
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data);
    if (text !== message) throw new Error(`message ${place} came back changed`);
  }
  print(`echoed: ${messages.length}`);
  const closed = new Promise((resolve) => (socket.onclose = resolve));
  socket.close(1000);
  const { code, wasClean } = await closed;
  print(`closed: ${wasClean ? code : `without a goodbye, ${code}`}`);
}
