// A server on Deno, with its `node:http`: `Deno.serve` gives no socket.
//
//     deno run --allow-env --allow-net=127.0.0.1 --allow-read examples/deno.mjs [PORT]
import http from 'node:http';
import { upgrade } from 'npm:websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const server = http.createServer((request, response) => response.end('plain HTTP\n'));
server.on('upgrade', (request, socket, head) => {
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    return echo(toWebSocket(socket, agreed, { isServer: true }));
  });
});

server.listen(Number(Deno.args[0] ?? 0), '127.0.0.1', () => {
  console.log(`listening on ws://127.0.0.1:${server.address().port}/echo`);
});
