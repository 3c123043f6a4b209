// Nothing is kept of a handshake that has ended, in any way: after thousands of each, neither the heap nor the memory
// of the core has grown.
import assert from 'node:assert/strict';
import test from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { wasm } from './cases.mjs';
import { KEY, Memory, answerHead, parsed, requestHead } from './servers.mjs';

const HANDSHAKES = 2_000;
const AT_ONCE = 500;

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

// The heap may grow by this number of bytes for each. That is less than a socket, or any object with its properties;
// the engine itself needs up to a megabyte more or less.
const LEFT = 400;

async function served(options, { head = requestHead(), act } = {}) {
  const socket = new Memory();
  const done = handleUpgradeRequest(parsed(head), socket, options).then(() => 'accepted', ({ code }) => code);
  act?.(socket);
  const outcome = await done;
  socket.destroy();
  return outcome;
}

async function asked(answer) {
  const socket = new Memory();
  const options = { createConnection: () => socket, 'Sec-WebSocket-Key': KEY, headers: { Authorization: 'secret' } };
  const done = createUpgradeRequest('ws://host/', options).then(() => 'accepted', ({ code }) => code);
  await undefined;
  socket.push(answer);
  const outcome = await done;
  socket.destroy();
  return outcome;
}

const fails = () => {
  throw new Error('failed');
};
const never = () => new Promise(() => {});
const protocols = ['chat'];
const foreign = { head: requestHead('Origin: http://evil') };
const secret = () => ({ headers: { 'Set-Cookie': `${Math.random()}` } });
const leaves = { act: (socket) => socket.destroy() };

for (const [name, expected, handshake] of [
  ['a server that accepts', 'accepted', () => served({ protocols })],
  ['a server that rejects', 'ERR_UPGRADE_REJECTED', () => served(undefined, foreign)],
  ['a server that accepts with secrets', 'accepted', () => served({ decide: secret })],
  ['a server whose decision fails', 'ERR_UPGRADE_DECIDE', () => served({ decide: fails })],
  ['a server that is late', 'ERR_UPGRADE_TIMEOUT', () => served({ decide: never, timeout: 1 })],
  ['a server whose client leaves', 'ERR_UPGRADE_CLOSED', () => served({ decide: never }, leaves)],
  ['a server with invalid options', 'ERR_UPGRADE_OPTIONS', () => served({ protocols: ['a b'] })],
  ['a client that is accepted', 'accepted', () => asked(answerHead())],
  ['a client that is refused', 'ERR_UPGRADE_REFUSED', () => asked('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno')],
  ['a client with a malformed answer', 'ERR_UPGRADE_RESPONSE', () => asked('HTTP/1.1 101 Yes\r\n\r\n')],
]) {
  test(name, async () => {
    const some = async (count) => {
      for (let made = 0; made < count; made += AT_ONCE) {
        const outcomes = await Promise.all(Array.from({ length: AT_ONCE }, handshake));
        assert.deepEqual([...new Set(outcomes)], [expected]);
      }
    };
    const held = async () => {
      // What a socket does at its end goes on for some turns.
      for (let turns = 0; turns < 4; turns += 1) await new Promise(setImmediate);
      for (let times = 0; times < 4; times += 1) gc();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    await some(2 * AT_ONCE);
    const [before, pages] = [await held(), wasm.core.exports.memory.buffer.byteLength];
    await some(HANDSHAKES);
    const grown = (await held()) - before;
    assert.ok(grown < LEFT * HANDSHAKES, `${grown} bytes more`);
    assert.equal(wasm.core.exports.memory.buffer.byteLength, pages);
  });
}
