// Measures the cost of a handshake beside other software, on the same requests in one run:
//
//     npm run bench [-- memory | loopback | clients | start]
//
// - memory: a call of a server, with its request and socket made in memory
// - loopback: an upgrade on a server of Node.js, and the bytes that an idle connection holds
// - clients: a connection of a client over loopback, and the bytes that it holds
// - start: the start of a process, and the first handshake in it
//
// The unit is the microsecond of processor time, except at the start. The order is another one in each round, the first
// round does not count, and no socket is left to the next contender. Other work on the machine changes all figures:
// compare only those of one run.
import { clients } from './clients.mjs';
import { loopback } from './loopback.mjs';
import { memory } from './memory.mjs';
import { start } from './start.mjs';

const PARTS = { memory, loopback, clients, start };

const chosen = process.argv.slice(2);
const unknown = chosen.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) throw new Error(`no ${unknown}: expected ${Object.keys(PARTS).join(', ')}`);
for (const [name, measure] of Object.entries(PARTS)) {
  if (chosen.length === 0 || chosen.includes(name)) await measure();
}
