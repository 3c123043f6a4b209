// WebSockets beside the routes of Express.
//
//     node examples/express.mjs [PORT]
import process from 'node:process';
import express from 'express';
import { upgrade } from 'websocket-upgrade';
import { echo, toWebSocket } from './ws-handoff.mjs';

const app = express();
app.get('/', (request, response) => void response.send('plain HTTP\n'));

// Express has no routes for upgrades: its server passes them on.
const server = app.listen(Number(process.argv[2] ?? 0), '127.0.0.1', (error) => {
  if (error) throw error;
  console.log(`listening on ws://127.0.0.1:${server.address().port}/echo`);
});
server.on('upgrade', (request, socket, head) => {
  const decide = ({ target }) => target === '/echo' || { status: 404 };
  upgrade.handleUpgradeRequest(request, socket, head, { protocols: ['echo'], decide }, (error, agreed) => {
    // The client has its answer.
    if (error) return console.error(`rejected: ${error.message}`);
    return echo(toWebSocket(socket, agreed, { isServer: true }));
  });
});
