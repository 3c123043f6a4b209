// The WebAssembly of the core, as the package uses it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { wasm } from './cases.mjs';
import { KEY, Memory, answerHead, parsed, requestHead } from './servers.mjs';

const { core } = wasm;

// Lets the next call of an exported function fail, as one without memory does.
function failing(name) {
  const fault = () => {
    throw new WebAssembly.RuntimeError('unreachable');
  };
  core.exports = { ...core.exports, [name]: fault };
}

async function served(options, head = requestHead()) {
  const socket = new Memory();
  const error = await handleUpgradeRequest(parsed(head), socket, options).then(() => null, (error) => error);
  return { error, written: socket.written };
}

test('it imports nothing, and exports nothing for the tests', () => {
  const module = new WebAssembly.Module(readFileSync(wasm.FILE));
  assert.deepEqual(WebAssembly.Module.imports(module), []);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  assert.deepEqual(names.filter((name) => /read|responses/.test(name)), []);
});

test('it is compiled when it is needed, and that it is missing is an error before', () => {
  const { Server, core } = wasm.load(wasm.FILE);
  assert.equal(core.exports, undefined);
  assert.equal(new Server('{}').judge('GET\x1f/', 2, 1).status, 400);
  assert.notEqual(core.exports, undefined);
  assert.throws(() => wasm.load(`${wasm.FILE}.missing`), { code: 'ENOENT' });
});

test('a fault is an answer and an error, and the next handshake begins anew', async () => {
  const options = { protocols: ['chat'] };
  assert.equal((await served(options)).error, null);
  failing('core_judge');
  const { error, written } = await served(options);
  assert.match(written, /^HTTP\/1\.1 500 /);
  assert.equal(error.message, 'the core has failed');
  assert.equal((await served(options)).written, answerHead());

  // A client whose state is lost.
  const socket = new Memory();
  const lost = createUpgradeRequest('ws://a/', { createConnection: () => socket, 'Sec-WebSocket-Key': KEY });
  failing('core_judge');
  await served({});
  socket.push(answerHead());
  await assert.rejects(lost, { code: 'ERR_UPGRADE_RESPONSE', message: /lost in another handshake/ });
});

test('the memory grows for large requests, and every result is still found', async () => {
  for (const size of [1 << 10, 1 << 20, 1 << 24]) {
    const value = 'a'.repeat(size);
    const { written } = await served({ headers: { 'X-A': value } }, requestHead(`X-B: ${value}`));
    assert.ok(written === answerHead(`X-A: ${value}`), `${size}`);
  }
});

test('an object with options is read once, and others do not change what it says', async () => {
  let reads = 0;
  const counted = {
    get protocols() {
      reads += 1;
      return ['chat'];
    },
  };
  const head = requestHead('Sec-WebSocket-Protocol: chat, superchat');
  for (let time = 0; time < 3; time += 1) {
    assert.equal((await served(counted, head)).written, answerHead('Sec-WebSocket-Protocol: chat'));
    const decide = async () => ({ protocols: ['superchat'], headers: { 'Set-Cookie': 'secret' } });
    const decided = answerHead('Sec-WebSocket-Protocol: superchat', 'Set-Cookie: secret');
    assert.equal((await served({ decide }, head)).written, decided);
    // What was decided for one request is not kept for the next.
    assert.equal(core.server, undefined);
  }
  assert.equal(reads, 1);
});

test('clients of one time do not touch each other', async () => {
  const clients = Array.from({ length: 20 }, () => {
    const socket = new Memory();
    const options = { createConnection: () => socket, 'Sec-WebSocket-Key': KEY };
    return { socket, outcome: createUpgradeRequest('ws://a/', options) };
  });
  await new Promise(setImmediate);
  for (const [at, { socket }] of clients.entries()) {
    const answer = at % 2 === 0 ? answerHead() : `HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n${at + 10}`;
    for (const byte of answer) socket.push(byte);
  }
  for (const [at, { outcome }] of clients.entries()) {
    if (at % 2 === 0) await outcome;
    else await assert.rejects(outcome, ({ statusCode, body }) => statusCode === 403 && String(body) === String(at + 10));
  }
});
