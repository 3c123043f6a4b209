// Runs both sides of the guide for those who come from `ws`, and asks each with a client of `ws`.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import test from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { upgrade } from '../index.mjs';
import { toWebSocket } from '../examples/ws-handoff.mjs';
import { listen } from './servers.mjs';

const guide = readFileSync(new URL('../../../docs/migrating.md', import.meta.url), 'utf8');
const section = guide.slice(guide.indexOf('## From npm `ws`'));
const sides = Array.from(section.matchAll(/^(Before|After)\b[^]*?```js\n([^]*?)```/gm), ([, side, code]) => [side, code]);

function echo(data) {
  this.send(String(data));
}

test('the guide has both sides', () => {
  assert.deepEqual(sides.map(([side]) => side), ['Before', 'After']);
});

for (const [side, code] of sides) {
  test(`a server: ${side}`, async (t) => {
    const server = http.createServer();
    const names = { WebSocketServer, console, onMessage: echo, server, toWebSocket, upgrade };
    new Function(...Object.keys(names), code)(...Object.values(names));
    const client = new WebSocket(`ws://127.0.0.1:${await listen(t, server)}/`, 'chat');
    await once(client, 'open');
    assert.equal(client.protocol, 'chat');
    client.send('hello');
    const [received] = await once(client, 'message');
    assert.equal(String(received), 'hello');
    client.close();
    await once(client, 'close');
  });
}
