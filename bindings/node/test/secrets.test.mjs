// No secret is in an error, however it is logged.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { Memory, answering, parsed, requestHead } from './servers.mjs';

const SECRET = 'hunter2';

// Returns everything that a log may show of an error.
function logged(error) {
  const properties = Object.entries(error).map(([name, value]) => `${name}: ${inspect(value)}`);
  return [error.message, error.stack, String(error), inspect(error, { depth: 9 }), JSON.stringify(error), ...properties].join('\n');
}

function hides(error, said) {
  assert.ok(error instanceof Error, said);
  assert.doesNotMatch(logged(error), new RegExp(SECRET, 'i'), said);
}

const attempt = (url, options) => createUpgradeRequest(url, options).then(() => undefined, (error) => error);

test('no secret of what a client is given', async () => {
  const createConnection = () => {
    throw new Error('connected');
  };
  for (const url of [
    `ws://user:${SECRET}@host:port/`,
    `ws://user:${SECRET}@host:99999/`,
    `ws://user:${SECRET}@/`,
    `ws://${SECRET}:${SECRET}@ho st/`,
    `http://user:${SECRET}@host/`,
    `ws://user:${SECRET}%zz@host/`,
    `ws://host/?token=${SECRET}#fragment`,
    `ws://host/?token=${SECRET} %`,
    `ws://host/?token=${SECRET}%zz`,
    `ws://host/\u00e9?token=${SECRET}`,
    `wss//host?token=${SECRET}`,
    `?token=${SECRET}`,
  ]) {
    hides(await attempt(url, { createConnection }), url);
  }
  for (const options of [
    { headers: { Authorization: `Bearer ${SECRET}\r\n` } },
    { headers: { Authorization: `Bearer ${SECRET}\u0141` } },
    { headers: { Authorization: [[SECRET]] } },
    { headers: { Authorization: { [SECRET]: SECRET } } },
    { headers: `Authorization: ${SECRET}` },
    { headers: ['Authorization', SECRET] },
    { headers: [[SECRET, SECRET, SECRET]] },
    { headers: { Host: SECRET } },
    { protocols: ['chat', `token ${SECRET}`] },
    { protocols: ['chat', SECRET, SECRET] },
    { protocols: `token,${SECRET}` },
    { 'Sec-WebSocket-Protocol': `chat, "${SECRET}"` },
    { 'Sec-WebSocket-Key': SECRET },
    { 'Sec-WebSocket-Version': SECRET },
    { timeout: SECRET },
    { origin: `https://user:${SECRET}@host` },
    { agent: SECRET },
    { signal: SECRET },
    { passphrase: SECRET, timeout: NaN },
  ]) {
    hides(await attempt('ws://host/', { createConnection, ...options }), inspect(options));
  }
});

test('no secret of what a server answers', async (t) => {
  const answers = {
    '/refused': `HTTP/1.1 401 No\r\nSet-Cookie: id=${SECRET}\r\nLocation: /?token=${SECRET}\r\nContent-Length: 7\r\n\r\n${SECRET}`,
    '/accept': `HTTP/1.1 101 a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSet-Cookie: id=${SECRET}\r\n\r\n`,
    '/broken': `HTTP/1.1 200 OK\r\nSet-Cookie: id=${SECRET}\r\nX Y: b\r\n\r\n`,
    '/closed': `HTTP/1.1 200 OK\r\nSet-Cookie: id=${SECRET}\r\n`,
  };
  const port = await answering(t, (socket, request) => socket.end(answers[request.split(' ')[1].split('?')[0]]));
  const options = { headers: { Authorization: SECRET, Cookie: SECRET }, protocols: [SECRET] };
  for (const path of Object.keys(answers)) {
    const error = await attempt(`ws://127.0.0.1:${port}${path}?token=${SECRET}`, options);
    hides(error, path);
    // The error still has it.
    if (path === '/refused') assert.equal(error.body.toString() + error.headers['set-cookie'], `${SECRET}id=${SECRET}`);
  }
  hides(await attempt(`ws://user:${SECRET}@127.0.0.1:1/?token=${SECRET}`, options), 'nobody is there');
});

test('no secret of what a server is asked, or answers', async () => {
  const line = (name, value = SECRET) => `${name}: ${value}`;
  const secrets = [line('Authorization'), line('Cookie'), line('Sec-WebSocket-Protocol')];
  const headers = { 'Set-Cookie': SECRET };
  for (const [lines, options] of [
    [[line('Origin', 'https://evil.example')], {}],
    [[line('Sec-WebSocket-Version', '8')], {}],
    [[line('Sec-WebSocket-Protocol', `chat, ${SECRET} ${SECRET}`)], {}],
    [[line('Sec-WebSocket-Protocol', `"${SECRET}"`)], {}],
    [[line('Sec-WebSocket-Extensions', 'a b')], {}],
    [[line('X-A', `${SECRET}\x01`)], {}],
    [[line('Authorization', `${SECRET}\u0141`)], {}],
    [[], { protocols: ['chat'], requireProtocol: true }],
    [[], { decide: () => false }],
    [[], { decide: () => SECRET }],
    [[], { decide: () => ({ status: 401, headers, body: SECRET }) }],
    [[], { decide: () => ({ status: 401, headers: { 'Set-Cookie': `${SECRET}\n` } }) }],
    [[], { headers: { 'Set-Cookie': `${SECRET}\n` } }],
    [[], { headers, timeout: SECRET }],
    [[], { protocols: [`${SECRET} a`] }],
  ]) {
    const request = { ...parsed(requestHead(...lines, ...secrets)), url: `/chat?token=${SECRET}` };
    const socket = new Memory();
    const error = await handleUpgradeRequest(request, socket, options).catch((error) => error);
    hides(error, inspect([lines, options]));
    socket.destroy();
  }
});
