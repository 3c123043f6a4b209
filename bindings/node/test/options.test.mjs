// Arguments are checked before a socket is used. An error is called back at once, and nothing else follows.
import assert from 'node:assert/strict';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import test from 'node:test';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { UpgradeError, createUpgradeRequest, handleUpgradeRequest } from '../index.mjs';
import { bytes, cases } from './cases.mjs';
import {
  Memory,
  answerHead,
  answering,
  closing,
  connecting,
  everyWay,
  parsed,
  requestHead,
  text,
  upgrading,
} from './servers.mjs';

const throwing = (value) => () => {
  throw value;
};

const getting = (name, value) => Object.defineProperty({}, name, { enumerable: true, get: throwing(value) });

const promised = Promise.resolve({ decide: () => false });

class Unknown {
  retries = 3;
}

// Options that neither role accepts, and the words of their errors.
const OF_BOTH = [
  [7, 'options: expected an object, got 7'],
  ['chat', 'options: expected an object, got a string'],
  [['chat'], 'options: expected an object, got an array'],
  [promised, 'options: expected an object, got an instance of Promise'],
  [new Map([['protocols', 'chat']]), 'options: expected an object, got an instance of Map'],
  [Object.assign(new Date(), { protocols: 'chat' }), 'options: expected an object, got an instance of Date'],
  [{ then() {} }, 'options: expected an object'],
  [new Proxy({}, { ownKeys: throwing(null) }), 'options can not be read'],
  [new Proxy({}, { get: throwing(null) }), 'options: expected an object, got a proxy'],
  [getting('headers', new Error('hidden')), 'options: "headers" can not be read'],
  [getting('timeout', null), 'options: "timeout" can not be read'],
  [getting('protocols', undefined), 'options: "protocols" can not be read'],
  [{ headers: getting('X-A', null) }, 'can not be read'],
  [{ headers: { [Symbol.iterator]: throwing(7) } }, 'can not be read'],
  [{ limits: getting('head', undefined) }, 'can not be read'],
  [{ Protocols: 'chat' }, 'no "Protocols": did you mean "protocols"?'],
  [{ protocol: 'chat' }, 'no "protocol": did you mean "protocols"?'],
  [{ subprotocols: ['chat'] }, 'no "subprotocols": did you mean "protocols"?'],
  [{ extension: 'x-a' }, 'no "extension": did you mean "extensions"?'],
  [{ handshakeTimeout: 1000 }, 'no "handshakeTimeout": did you mean "timeout"?'],
  [{ tiemout: 1000 }, 'no "tiemout": did you mean "timeout"?'],
  [{ header: {} }, 'no "header": did you mean "headers"?'],
  [Object.create({ limit: {} }), 'no "limit": did you mean "limits"?'],
  [{ headers: null }, 'headers: expected an object or pairs, got null'],
  [{ headers: 'X-A: b' }, 'headers: expected an object or pairs, got a string'],
  [{ headers: promised }, 'headers: expected an object or pairs, got an instance of Promise'],
  [{ headers: ['X-A', 'b'] }, 'headers: expected pairs of a name and a value, got a string'],
  [{ headers: [['X-A', 'b', 'c']] }, 'headers: expected pairs of a name and a value, got an array'],
  [{ headers: [[7, 'b']] }, 'headers: a name: expected a string, got 7'],
  [{ headers: { Authorization: undefined } }, 'headers: "Authorization": expected a string, a number, or an array of them, got undefined'],
  [{ headers: { 'X-A': null } }, '"X-A": expected a string, a number, or an array of them, got null'],
  [{ headers: { 'X-A': {} } }, 'got an object'],
  [{ headers: { 'X-A': true } }, 'got true'],
  [{ headers: { 'X-A': NaN } }, 'got NaN'],
  [{ headers: { 'X-A': 1n } }, 'got a bigint'],
  [{ headers: { 'X-A': Symbol('b') } }, 'got a symbol'],
  [{ headers: { 'X-A': () => 'b' } }, 'got a function'],
  [{ headers: { 'X-A': ['b', undefined] } }, 'got undefined'],
  [{ headers: { 'X-A': [['b']] } }, 'got an array'],
  [{ headers: { 'X-A': new String('b') } }, 'got an instance of String'],
  [{ headers: { 'X-A': '\ud800' } }, 'surrogate'],
  [{ headers: { 'X-A': '\u0141' } }, 'no byte'],
  [{ headers: { 'X-A': 'b\r\nX-C: d' } }, 'control character'],
  [{ headers: { 'X A': 'b' } }, 'X A'],
  [{ headers: { Connection: 'close' } }, 'Connection'],
  [{ timeout: 0 }, 'timeout: expected milliseconds above 0, or Infinity, got 0'],
  [{ timeout: -1 }, 'got -1'],
  [{ timeout: NaN }, 'got NaN'],
  [{ timeout: '1' }, 'got a string'],
  [{ timeout: null }, 'got null'],
  [{ timeout: 1n }, 'got a bigint'],
  [{ protocols: 7 }, 'protocols: expected an array, got 7'],
  [{ protocols: null }, 'protocols: expected an array, got null'],
  [{ protocols: new Set(['chat']) }, 'protocols: expected an array, got an instance of Set'],
  [{ protocols: ['chat', undefined] }, 'protocols[1]: expected a string, got undefined'],
  [{ protocols: [, 'chat'] }, 'protocols[0]: expected a string, got undefined'],
  [{ protocols: ['\udfff'] }, 'protocols[0]'],
  [{ protocols: ['a b'] }, 'a b'],
  [{ extensions: {} }, 'extensions: expected an array, got an object'],
  [{ extensions: [7] }, 'extensions[0]: expected a string or an object, got 7'],
  [{ extensions: [null] }, 'extensions[0]: expected a string or an object, got null'],
  [{ extensions: [{ params: {} }] }, 'extensions[0].name: expected a string, got undefined'],
  [{ extensions: [{ list: 'x-a' }] }, 'extensions[0] have no "list"'],
  [{ extensions: [{ name: 'x-a', parms: {} }] }, 'did you mean "params"?'],
  [{ extensions: [{ name: 'x-a', params: [] }] }, 'extensions[0].params: expected an object, got an array'],
  [{ extensions: [{ name: 'x-a', params: { b: 1.5 } }] }, 'extensions[0].params.b: expected a whole number'],
  [{ extensions: [{ name: 'x-a', params: { b: null } }] }, 'extensions[0].params.b: expected a string, got null'],
  [{ extensions: [{ name: 'x-a', rsv: '1' }] }, 'extensions[0].rsv: expected a whole number'],
  [{ extensions: [{ name: 'permessage-deflate', codec: { windowBits: 9 } }] }, 'no "windowBits"'],
  [{ extensions: [{ name: 'permessage-deflate', codec: { keepsInflateContext: 1 } }] }, 'expected true or false, got 1'],
  [{ extensions: [{ name: 'permessage-deflate', offers: {} }] }, 'extensions[0].offers: expected an array'],
  [{ limits: 7 }, 'limits: expected an object, got 7'],
  [{ limits: { offer: 1 } }, 'limits have no "offer": did you mean "offers"?'],
  [{ limits: { head: '1' } }, 'limits.head: expected a whole number from 0 to 4294967295, got a string'],
  [{ limits: { head: -1 } }, 'got -1'],
  [{ limits: { head: Infinity } }, 'got Infinity'],
  [{ 'Sec-WebSocket-Protocol': {} }, 'Sec-WebSocket-Protocol: expected a string, got an object'],
  [{ 'Sec-WebSocket-Protocol': ['chat', null] }, 'Sec-WebSocket-Protocol[1]: expected a string, got null'],
  [{ 'Sec-WebSocket-Version': 8 }, 'Sec-WebSocket-Version: expected 13'],
  [{ 'Sec-WebSocket-Accept': 'a' }, 'Sec-WebSocket-Accept'],
  [{ 'Sec-WebSocket-Protcol': 'a' }, 'Sec-WebSocket-Protcol'],
];

const OF_SERVER = [
  ...OF_BOTH,
  [new Unknown(), 'no "retries": expected one of extensions, headers, '],
  [{ origin: 'http://a' }, 'no "origin": did you mean "origins"?'],
  [{ verifyClient: () => false }, 'no "verifyClient"'],
  [{ signal: AbortSignal.abort() }, 'no "signal"'],
  [{ decide: null }, 'decide: expected a function, got null'],
  [{ decide: promised }, 'decide: expected a function, got an instance of Promise'],
  [getting('decide', null), '"decide" can not be read'],
  [{ secure: 'yes' }, 'secure: expected true or false, got a string'],
  [{ secure: 1 }, 'secure: expected true or false, got 1'],
  [{ secure: null }, 'secure: expected true or false, got null'],
  [{ dangerAnyOrigin: 'false' }, 'dangerAnyOrigin: expected true or false, got a string'],
  [{ dangerNoKey: 1 }, 'dangerNoKey: expected true or false, got 1'],
  [{ requireProtocol: 'no' }, 'requireProtocol: expected true or false, got a string'],
  [{ authorities: 'a' }, 'authorities: expected an array, got a string'],
  [{ authorities: [null] }, 'authorities[0]: expected a string, got null'],
  [{ authorities: ['*'] }, 'authority "*": not a host and perhaps a port'],
  [{ authorities: ['https://a'] }, 'authority "https://a": '],
  [{ origins: 'https://a' }, 'origins: expected an array, got a string'],
  [{ origins: [null] }, 'origins[0]: expected a string, got null'],
  [{ origins: ['example.com'] }, 'example.com'],
  [{ sameOriginAs: new URL('http://a') }, 'sameOriginAs: expected a string, got an instance of URL'],
  [{ 'Sec-WebSocket-Key': 'a' }, 'Sec-WebSocket-Key'],
];

const OF_CLIENT = [
  ...OF_BOTH,
  [{ decide: () => false }, 'decide is an option of a server'],
  [{ origins: [] }, 'origins is an option of a server'],
  [{ host: 'a' }, 'host stands in the URL'],
  [{ port: 80 }, 'port stands in the URL'],
  [{ path: '/chat' }, 'path stands in the URL'],
  [{ onread: {} }, 'onread'],
  [{ auth: 'user:password' }, 'no "auth": expected the field Authorization in headers'],
  [{ finishRequest: () => {} }, 'no "finishRequest"'],
  [{ followRedirects: true }, 'no "followRedirects": no redirect is followed here'],
  [{ maxRedirects: 1 }, 'no "maxRedirects"'],
  [{ perMessageDeflate: false }, 'no "perMessageDeflate": expected permessage-deflate in extensions'],
  [{ protocolVersion: 8 }, 'no "protocolVersion"'],
  [{ orgin: 'http://a' }, 'did you mean "origin"?'],
  [{ signals: [] }, 'did you mean "signal"?'],
  [{ httpsAgent: new http.Agent() }, 'did you mean "agent"?'],
  [{ checkServerIdentiy: () => new Error('another') }, 'did you mean "checkServerIdentity"?'],
  [{ signal: new AbortController() }, 'signal: expected an AbortSignal, got an instance of AbortController'],
  [{ signal: null }, 'signal: expected an AbortSignal, got null'],
  [{ signal: { aborted: false } }, 'signal: expected an AbortSignal, got an object'],
  [{ signal: getting('aborted', null) }, 'can not be read'],
  [{ agent: true }, 'agent: expected an agent with createConnection, got true'],
  [{ agent: {} }, 'agent: expected an agent with createConnection, got an object'],
  [{ createConnection: 'net' }, 'createConnection: expected a function, got a string'],
  [{ ALPNProtocols: 'http/1.1' }, 'ALPNProtocols: expected an array of names, each of 1 to 255 bytes, got a string'],
  [{ ALPNProtocols: [''] }, 'ALPNProtocols: expected an array of names'],
  [{ ALPNProtocols: ['a'.repeat(256)] }, 'ALPNProtocols: expected an array of names'],
  [{ ALPNProtocols: Buffer.from('a') }, 'ALPNProtocols: expected an array of names'],
  [{ ALPNProtocols: new Uint8Array([0]) }, 'ALPNProtocols: expected an array of names'],
  [{ refusalBodyIdle: 0 }, 'refusalBodyIdle: expected milliseconds above 0, or Infinity, got 0'],
  [{ socketPath: 7 }, 'socketPath: expected a string, got 7'],
  [{ origin: null }, 'origin: expected a string, got null'],
  [{ origin: 'a' }, 'Origin'],
  [{ 'Sec-WebSocket-Key': 'a' }, 'Key'],
];

function isSaid(error, words, said) {
  assert.ok(error instanceof UpgradeError, said);
  assert.equal(error.code, 'ERR_UPGRADE_OPTIONS', said);
  assert.ok(error.message.includes(words), `${said}: ${error.message}`);
  assert.doesNotMatch(error.message, /rust|napi|serde|variant|column|u8|u16|u32|Option</i);
}

const inspected = (value) => inspect(value, { showProxy: true });

test('the options of a server: 500, and the error', async (t) => {
  for (const { name, ask } of await everyWay(t)) {
    for (const [options, words] of OF_SERVER) {
      const { status, body, error } = await ask(options);
      const said = `${inspected(options)} over ${name}`;
      assert.deepEqual([status, body], [500, 'Internal Server Error\n'], said);
      isSaid(error, words, said);
      assert.equal(error.statusCode, 500);
    }
    assert.equal((await ask(null)).status, 'accepted');
    // An object of another realm.
    assert.equal((await ask(runInNewContext('({ protocols: ["chat"], limits: { offers: 1 } })'))).status, 'accepted');
    assert.equal((await ask({ protocols: undefined, decide: undefined, unknown: undefined })).status, 'accepted');
  }
});

test('what an option inherits counts, but nothing of what every object has', async (t) => {
  for (const { ask } of await everyWay(t)) {
    assert.equal((await ask(Object.create({ decide: () => false }))).status, 403);
    assert.equal((await ask(Object.create(Object.create(null, { decide: { value: () => false } })))).status, 403);
  }
  Object.prototype.dangerAnyOrigin = true;
  t.after(() => delete Object.prototype.dangerAnyOrigin);
  const { error } = await serve(requestHead('Origin: http://evil.example'), {});
  assert.equal(error.reason, 'origin_not_allowed');
});

// Returns the result of a request over a socket in memory.
async function serve(head, ...args) {
  const socket = new Memory();
  return new Promise((resolve) => {
    handleUpgradeRequest(parsed(head), socket, ...args, (error, settings) => resolve({ socket, error, settings }));
  });
}

test('the options of a client: the error, and nothing is connected', async () => {
  const createConnection = () => assert.fail('connected');
  for (const [options, words] of OF_CLIENT) {
    // The test would see if they were used.
    if (inspected(options).startsWith('{') && !('createConnection' in options)) Object.assign(options, { createConnection });
    let isLater = false;
    const error = await new Promise((resolve) => {
      createUpgradeRequest('ws://127.0.0.1:1/', options, (...results) => {
        assert.ok(isLater && results.length === 1);
        resolve(results[0]);
      });
      isLater = true;
    });
    isSaid(error, words, inspected(options));
    const rejected = await createUpgradeRequest('ws://127.0.0.1:1/', options).catch((error) => error);
    isSaid(rejected, words, inspected(options));
  }
  for (const url of [undefined, null, 7, Symbol('ws://a'), {}, ['ws://a'], () => 'ws://a']) {
    const error = await createUpgradeRequest(url, { createConnection }).catch((error) => error);
    isSaid(error, 'url: expected a string or a URL, got ', inspected(url));
  }
});

test('a callback that is none is thrown at once, and the client is answered', async (t) => {
  const wrong = { code: 'ERR_UPGRADE_OPTIONS', message: /^callback: expected a function, got / };
  for (const callback of [null, 'x', 7, {}, true, Promise.resolve()]) {
    assert.throws(() => createUpgradeRequest('ws://127.0.0.1:1/', {}, callback), wrong);
    for (const args of [[{}], [undefined, {}], [Buffer.alloc(0), {}], [null, null]]) {
      const socket = new Memory();
      assert.throws(() => handleUpgradeRequest(parsed(requestHead()), socket, ...args, callback), wrong);
      assert.match(socket.written, /^HTTP\/1\.1 500 /);
      socket.destroy();
    }
    const connect = await connecting(t, (headers, stream) => {
      assert.throws(() => handleUpgradeRequest(headers, stream, {}, callback), wrong);
    });
    const [stream, answer] = await connect({});
    assert.equal(answer[':status'], 500);
    assert.equal(await text(stream), 'Internal Server Error\n');
  }
});

test('a head, a request or a socket that is none', async (t) => {
  for (const head of ['early', 7, true, [], {}]) {
    const { socket, error } = await serve(requestHead(), head, {});
    isSaid(error, 'head: expected bytes, got ', inspected(head));
    assert.match(socket.written, /^HTTP\/1\.1 500 /);
    socket.destroy();
  }
  const symbols = { ...parsed(requestHead()), rawHeaders: [Symbol('Host'), 'a'] };
  const hostile = new Proxy({}, { get: throwing(null) });
  for (const request of [undefined, null, 7, 'GET / HTTP/1.1', {}, [], { method: 'GET', url: '/' }, symbols, hostile]) {
    const socket = new Memory();
    const error = await handleUpgradeRequest(request, socket).catch((error) => error);
    assert.equal(error.code, 'ERR_UPGRADE_OPTIONS', inspected(request));
    assert.match(socket.written, /^HTTP\/1\.1 500 /);
    socket.destroy();
  }
  for (const version of [undefined, null, NaN, -1, 1.5, 300, '1']) {
    const socket = new Memory();
    const request = { ...parsed(requestHead()), httpVersionMinor: version };
    const error = await handleUpgradeRequest(request, socket).catch((error) => error);
    assert.equal(error.code, 'ERR_UPGRADE_REJECTED', inspect(version));
    socket.destroy();
  }
  const expected = { code: 'ERR_UPGRADE_OPTIONS', message: /^socket: expected the one that came with the request/ };
  for (const socket of [undefined, null, 7, {}, { on() {} }, new Proxy({}, { get: throwing(null) })]) {
    assert.throws(() => handleUpgradeRequest(parsed(requestHead()), socket, () => {}), expected);
  }
  // The socket of a request of the compatibility API can't be written to; the answer goes to its stream.
  const server = http2.createServer({ settings: { enableConnectProtocol: true } }, () => {});
  server.on('connect', (request) => assert.throws(() => handleUpgradeRequest(request, request.socket, () => {}), expected));
  const connect = await connecting(t, undefined, server);
  for (let time = 0; time < 2; time += 1) assert.equal((await connect({}))[1][':status'], 500);
});

test('what creates a connection: whatever it does is called back, once', async () => {
  const cause = new Error('no way');
  const other = Object.assign(new Memory(), { destroy: undefined });
  const encoded = new Memory().setEncoding('utf8');
  encoded.push('HTTP/1.1 101 Switching Protocols\r\n');
  const objects = new Memory({ objectMode: true });
  objects.push({ status: 101 });
  const gone = new Memory();
  gone.destroy();
  const broken = new Memory();
  broken.on('error', () => {});
  broken.destroy(cause);
  const ended = new Memory();
  ended.push(null);
  ended.resume();
  const writing = Object.assign(new Memory(), { write: throwing(cause) });
  await new Promise(setImmediate);
  for (const [createConnection, expected] of [
    [throwing(cause), cause],
    [(_, done) => done(cause), cause],
    [(_, done) => void setImmediate(done, cause), cause],
    [async () => throwing(cause)(), cause],
    [() => broken, cause],
    [() => writing, cause],
    [throwing(null), 'createConnection failed without an error'],
    [throwing(undefined), 'createConnection failed without an error'],
    [(_, done) => done('no way'), 'createConnection failed without an error'],
    [() => Promise.reject(undefined), 'createConnection failed without an error'],
    [() => ({ then: throwing(null) }), 'createConnection failed without an error'],
    [(_, done) => done(), 'createConnection: expected a socket, got undefined'],
    [(_, done) => void setImmediate(done, null, {}), 'createConnection: expected a socket, got an object'],
    [() => ({}), 'createConnection: expected a socket, got an object'],
    [() => 7, 'createConnection: expected a socket, got 7'],
    [async () => undefined, 'createConnection: expected a socket, got undefined'],
    [() => other, 'createConnection: expected a socket, got an instance of Memory'],
    [() => encoded, 'has it an encoding?'],
    [() => objects, 'has it an encoding?'],
    [() => gone, 'closed before the handshake was complete'],
    [() => ended, 'closed before the handshake was complete'],
  ]) {
    let calls = 0;
    const error = await new Promise((resolve) => {
      createUpgradeRequest('ws://a/', { createConnection }, (error, socket) => {
        assert.equal((calls += 1), 1);
        assert.equal(socket, undefined);
        resolve(error);
      });
      assert.equal(calls, 0, 'called back before the call returns');
    });
    if (expected === cause) assert.equal(error, cause);
    else assert.ok(error.message.includes(expected), `${error.message}: ${expected}`);
    await new Promise(setImmediate);
    const rejected = await createUpgradeRequest('ws://a/', { createConnection }).catch((error) => error);
    assert.ok(rejected instanceof Error);
  }
  const error = await createUpgradeRequest('ws://a/', { createConnection: async () => gone }).catch((error) => error);
  assert.equal(error.code, 'ERR_UPGRADE_CLOSED');
});

test('wss never goes over a socket that has no TLS', async (t) => {
  const requests = [];
  const port = await answering(t, (_, request) => requests.push(request));
  const to = () => net.connect(port, '127.0.0.1');
  class Elsewhere extends http.Agent {
    createConnection = to;
  }
  for (const options of [{ createConnection: to }, { createConnection: async () => to() }, { agent: new Elsewhere() }]) {
    const error = await createUpgradeRequest('wss://name.invalid/', options).catch((error) => error);
    isSaid(error, 'expected a socket over TLS', inspect(options));
  }
  assert.deepEqual(requests, []);
});

test('what a callback throws is its own', async () => {
  const cause = new Error('of the application');
  const thrown = new Promise((resolve) => {
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const other of others) process.on('uncaughtException', other);
      resolve(error);
    });
  });
  createUpgradeRequest('ws://a/', { createConnection: (_, done) => done(new Error('no way')) }, throwing(cause));
  assert.equal(await thrown, cause);
});

test('every field that can be added, where it is legal', async (t) => {
  for (const { name, version, ask } of await everyWay(t)) {
    for (const each of cases('added_fields.json')) {
      const headers = [each.field.map(bytes)];
      const [[field, value]] = headers;
      for (const [options, answer] of [
        [{ headers }, 'accepted'],
        [{ decide: () => ({ headers }) }, 'accepted'],
        [{ decide: () => ({ status: 403, headers }) }, 403],
      ]) {
        const said = `${each.name} over ${name}`;
        const { status, error, headers: sent } = await ask(options);
        assert.equal(status, each.server === 'refused' ? 500 : answer, said);
        if (status === 500) {
          assert.match(error.code, /^ERR_UPGRADE_(DECIDE|OPTIONS)$/, said);
        } else {
          const isSent = each.server === 'sent' || version === 'HTTP/1.1';
          assert.equal(sent.get(field), isSent ? value : null, said);
        }
      }
    }
  }
});

test('more fields than HTTP/2 takes at once', async (t) => {
  for (const { name, version, ask } of await everyWay(t)) {
    for (const [bytes, fits] of [[60_000, true], [65_500, version === 'HTTP/1.1'], [200_000, version === 'HTTP/1.1']]) {
      const headers = { 'X-A': 'a'.repeat(bytes) };
      for (const [options, answer] of [
        [{ headers }, 'accepted'],
        [{ decide: () => ({ headers }) }, 'accepted'],
        [{ decide: () => ({ status: 403, headers }) }, 403],
      ]) {
        const { status, error } = await ask(options);
        assert.equal(status, fits ? answer : 500, `${bytes} over ${name}`);
        if (!fits) assert.match(error.message, /bytes of fields/);
      }
    }
  }
});

test('a rejected socket that was paused, or read from, is drained to its end', async (t) => {
  for (const hold of [(socket) => socket.pause(), (socket) => socket.on('readable', () => {}), () => {}]) {
    let closed;
    const port = await upgrading(t, (request, socket, head) => {
      closed = closing(socket);
      hold(socket);
      handleUpgradeRequest(request, socket, head, { timeout: Infinity, decide: () => false }, () => {});
    });
    const client = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(requestHead());
    assert.match(await text(client), /^HTTP\/1\.1 403 /);
    await new Promise((resolve) => client.write(Buffer.alloc(1 << 20), resolve));
    client.end();
    await closed;
  }
});

test('nothing of ours is left on a socket but a listener for errors', async () => {
  const socket = new Memory();
  const names = () => socket.eventNames().filter((name) => socket.listenerCount(name) > 0);
  const before = names();
  const request = parsed(requestHead());
  await handleUpgradeRequest(request, socket, { decide: async () => true });
  assert.deepEqual(names(), [...before, 'error']);
  assert.equal(socket.written, answerHead());
});
