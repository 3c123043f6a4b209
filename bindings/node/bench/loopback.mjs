// Upgrades on a server of Node.js, with its clients in another process.
import { once } from 'node:events';
import http from 'node:http';
import { servers } from './contenders.mjs';
import { Peer } from './peer.mjs';
import { BROWSER } from './requests.mjs';
import { held, inRounds, print, processor } from './rounds.mjs';

const UPGRADES = 3_000;
const IDLE = 2_000;
const IN_FLIGHT = 64;
const ROUNDS = 9;

// Runs a server with a contender, and clients that send it requests. Returns what `measure` does.
async function serving(handle, request, measure) {
  const server = http.createServer();
  const kept = [];
  const sockets = new Set();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket, head) => {
    handle(request, socket, head, (error, webSocket) => {
      if (error) throw error;
      kept.push(webSocket?._socket ? webSocket : socket);
      socket.on('error', () => {});
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.start('connect');
  const result = await measure(async () => {
    await peer.ask({ port: server.address().port, ...request });
    return kept;
  });
  await peer.stop();
  const closed = Array.from(sockets, (socket) => socket.destroyed || once(socket, 'close'));
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  server.close();
  await once(server, 'close');
  return result;
}

export async function loopback() {
  const head = ['GET /chat HTTP/1.1', ...BROWSER.map((field) => field.join(': ')), '\r\n'].join('\r\n');
  const rounds = await inRounds(ROUNDS, servers(), async (handle) => {
    const request = { head, inFlight: IN_FLIGHT };
    const microseconds = await serving(handle, { ...request, count: UPGRADES }, async (run) => {
      const used = processor();
      const { length } = await run();
      return used() / length;
    });
    const bytes = await serving(handle, { ...request, count: IDLE, keep: true }, async (run) => {
      const before = held();
      const kept = await run();
      const bytes = (held() - before) / kept.length;
      kept.length = 0;
      return bytes;
    });
    return [microseconds, bytes];
  });
  const title = `servers over loopback, ${IN_FLIGHT} in flight: a browser's upgrade, ${ROUNDS} rounds of ${UPGRADES};
bytes of an idle connection, of ${IDLE}`;
  print(title, ['CPU', 'bytes'], rounds, { 'plain JavaScript, crypto.hash': ': plain', 'ws, handleUpgrade': ': ws' });
}
