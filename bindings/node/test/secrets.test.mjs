// No secret in what is logged of a failure: its text, what `util.inspect` and JSON make of it, and its causes.
import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { Memory, answering, requestHead } from './servers.mjs';

const SECRET = 's3cr3t';

function hidden(error, what) {
  assert.ok(error instanceof Error, what);
  const texts = [error.message, error.stack, String(error), JSON.stringify(error), inspect(error, { depth: null })];
  for (let { cause } = error; cause !== undefined; { cause } = cause) texts.push(String(cause), inspect(cause));
  for (const text of texts) assert.ok(!text.includes(SECRET), `${what}: ${text}`);
}

const failure = (url, options) =>
  createUpgradeRequest(url, options).then(
    () => assert.fail(`${url} is accepted`),
    (error) => error,
  );

test('of a URL', async () => {
  for (const url of [
    'wss//user:s3cr3t@a.example/',
    'user:s3cr3t@a.example',
    '?s3cr3t://a.example',
    'http://user:s3cr3t@a.example/',
    'ws://user:s3cr3t@a.example:99999/?s3cr3t',
    'ws://user:s3cr3t@a.example:b/?s3cr3t',
    'ws://user:s3cr3t@/?s3cr3t',
    'ws://user:a/s3cr3t@a.example/',
    'ws://user:s3cr3t/a@a.example/',
    'ws://a.example/?token=%zzs3cr3t',
    'ws://a.example/?token=a s3cr3t',
    'ws://a.example/?s3cr3t#s3cr3t',
  ]) {
    hidden(await failure(url, {}), url);
  }
});

test('of options', async () => {
  for (const options of [
    { headers: { 'Cookie: s3cr3t': 'a' } },
    { headers: { 'Bearer s3cr3t': '\u0100' } },
    { headers: { Cookie: 's3cr3t\n' } },
    { headers: { Origin: 'https://a:s3cr3t@a.example' } },
    { protocols: ['Bearer s3cr3t'] },
    { protocols: ['s3cr3t', 's3cr3t'] },
    { extensions: 'x; a="b s3cr3t"' },
    { extensions: [{ name: 'x; s3cr3t', params: { a: 's3cr3t' } }] },
    { extensions: [{ name: 'x', params: { a: 'b s3cr3t' } }] },
    { origin: 'https://a:s3cr3t@a.example' },
    { 'Sec-WebSocket-Key': 's3cr3t' },
    { 'Sec-WebSocket-Version': 's3cr3t' },
  ]) {
    hidden(await failure('ws://a.example/', options), JSON.stringify(options));
  }
});

test('of a response', async (t) => {
  const accept = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n';
  for (const answer of [
    'HTTP/1.1 401 No\r\nWWW-Authenticate: s3cr3t\r\nSet-Cookie: id=s3cr3t\r\nContent-Length: 6\r\n\r\ns3cr3t',
    'HTTP/1.1 302 Found\r\nLocation: /?s3cr3t\r\nContent-Length: 0\r\n\r\n',
    `${accept}Sec-WebSocket-Accept: s3cr3t\r\nSet-Cookie: id=s3cr3t\r\n\r\n`,
    `${accept}Cookie s3cr3t: a\r\n\r\n`,
  ]) {
    const port = await answering(t, (socket) => socket.end(answer));
    const options = { protocols: ['s3cr3t'], headers: { Cookie: 'id=s3cr3t' } };
    const error = await failure(`ws://user:s3cr3t@127.0.0.1:${port}/?s3cr3t`, options);
    hidden(error, answer);
    if (error.statusCode === 401) {
      // There by its name.
      assert.deepEqual([error.body.toString(), error.headers['set-cookie']], [SECRET, ['id=s3cr3t']]);
    }
  }
});

// What a request with these lines fails with.
async function rejected(options, ...lines) {
  const rawHeaders = requestHead(...lines)
    .trimEnd()
    .split('\r\n')
    .slice(1)
    .flatMap((line) => line.split(/: (.*)/s, 2));
  const request = { method: 'GET', url: '/?s3cr3t', rawHeaders, headers: {}, httpVersionMajor: 1, httpVersionMinor: 1 };
  return handleUpgradeRequest(request, new Memory(), options).then(
    () => assert.fail('accepted'),
    (error) => error,
  );
}

test('of a request', async () => {
  for (const line of [
    'Sec-WebSocket-Protocol: chat, Bearer s3cr3t',
    'Sec-WebSocket-Extensions: x; a="b s3cr3t"',
    'Origin: https://user:s3cr3t@a.example?s3cr3t',
    'Cookie: id=s3cr3t\0',
  ]) {
    const error = await rejected({}, 'X-Token: s3cr3t', line);
    hidden(error, line);
    assert.ok(!error.body.includes(SECRET), error.body.toString());
  }
  for (const decide of [
    () => ({ status: 401, headers: { 'Set-Cookie': 'id=s3cr3t' }, body: SECRET }),
    () => ({ headers: { 'Set-Cookie': 'id=s3cr3t\n' } }),
    () => SECRET,
  ]) {
    const error = await rejected({ decide }, 'Authorization: Bearer s3cr3t');
    hidden(error, String(decide));
  }
});
