// WebSockets beside the routes of Fastify.
//
//     node examples/fastify.mjs [PORT]
import process from 'node:process';
import fastify from 'fastify';
import { upgrade } from 'websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const app = fastify();
app.get('/', async () => 'plain HTTP\n');

app.server.on('upgrade', (request, socket, head) => {
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    const webSocket = toWebSocket(socket, agreed, { isServer: true });
    open.add(webSocket);
    webSocket.once('close', () => open.delete(webSocket));
    return echo(webSocket);
  });
});

// Fastify does not know the WebSockets, and `app.close()` would wait for them.
const open = new Set();
app.addHook('preClose', async () => {
  for (const webSocket of open) webSocket.close(1001);
});

const address = await app.listen({ port: Number(process.argv[2] ?? 0), host: '127.0.0.1' });
console.log(`listening on ${address.replace('http', 'ws')}/echo`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => app.close());
