// Clients over loopback, with their server in another process.
import { clients as contenders } from './contenders.mjs';
import { Peer } from './peer.mjs';
import { held, inRounds, print, processor } from './rounds.mjs';

const CONNECTIONS = 2_000;
const IN_FLIGHT = 64;
const ROUNDS = 9;

export async function clients() {
  const rounds = await inRounds(ROUNDS, contenders(), async (connect) => {
    const peer = await Peer.start('accept');
    const url = `ws://127.0.0.1:${peer.port}/chat`;
    const before = held();
    const kept = [];
    const used = processor();
    const some = async () => {
      while (kept.length < CONNECTIONS) {
        const at = kept.push(undefined) - 1;
        kept[at] = await connect(url);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, some));
    const microseconds = used() / kept.length;
    const bytes = (held() - before) / kept.length;
    await peer.ask({});
    await peer.stop();
    // The sockets see their end before the next contender begins.
    await new Promise(setImmediate);
    kept.length = 0;
    return [microseconds, bytes];
  });
  const title = `clients over loopback, ${IN_FLIGHT} in flight: a connection, ${ROUNDS} rounds of ${CONNECTIONS};
bytes of an idle connection`;
  print(title, ['CPU', 'bytes'], rounds, { "ws' client": ': ws', "undici's client": ': undici' });
}
