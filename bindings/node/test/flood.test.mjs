// Clients that never stop sending: deadlines and limits still hold, over both versions of HTTP.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import test from 'node:test';
import { handleUpgradeRequest } from '../index.mjs';
import { closing, connecting, requestHead, text, upgrading } from './servers.mjs';

const PIECE = Buffer.alloc(64 * 1024, 'a');

// Writes for as long as the other side takes it.
function flood(stream) {
  stream.on('error', () => {});
  const next = () => {
    if (stream.destroyed || !stream.writable) return;
    if (stream.write(PIECE)) setImmediate(next);
    else stream.once('drain', next);
  };
  next();
}

const never = () => new Promise(() => {});

// Returns the result of a server's call, with its socket.
function handling(options) {
  let done;
  const outcome = new Promise((resolve) => (done = resolve));
  const handle = (request, socket, head) => {
    const closed = closing(socket);
    handleUpgradeRequest(request, socket, head, options, (error) => done({ error, closed }));
  };
  return { handle, outcome };
}

for (const [name, options, code, status] of [
  ['while the application decides', { timeout: 200, decide: never }, 'ERR_UPGRADE_TIMEOUT', 503],
  ['behind a rejection', { timeout: 200, decide: () => false }, 'ERR_UPGRADE_REJECTED', 403],
  ['behind a rejection without a deadline', { timeout: Infinity, decide: () => false }, 'ERR_UPGRADE_REJECTED', 403],
]) {
  test(`${name}, over HTTP/1.1`, async (t) => {
    const { handle, outcome } = handling(options);
    const client = net.connect({ port: await upgrading(t, handle), host: '127.0.0.1', allowHalfOpen: true });
    client.write(requestHead());
    flood(client);
    const answered = text(client);
    const { error, closed } = await outcome;
    assert.deepEqual([error.code, error.statusCode], [code, status]);
    await closed;
    client.destroy();
    await answered;
  });

  test(`${name}, over HTTP/2`, async (t) => {
    const { handle, outcome } = handling(options);
    const connect = await connecting(t, handle);
    const [stream, answer] = await connect({}, flood);
    const { error, closed } = await outcome;
    assert.deepEqual([error.code, error.statusCode, answer[':status']], [code, status, status]);
    await closed;
    stream.resume();
    if (!stream.closed) await once(stream, 'close');
  });
}
