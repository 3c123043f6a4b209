// A server's call, with requests and sockets in memory.
import assert from 'node:assert/strict';
import http from 'node:http';
import { Duplex } from 'node:stream';
import { servers } from './contenders.mjs';
import { REQUESTS } from './requests.mjs';
import { inRounds, print, processor } from './rounds.mjs';

const CALLS = 4_000;
const ROUNDS = 15;
const WARMING = 4;

const ALONE = 'request and socket alone';
const NONE = Buffer.alloc(0);

class Socket extends Duplex {
  written = '';
  _read() {}
  _write(bytes, encoding, callback) {
    if (this.written === '') this.written = bytes;
    callback();
  }
}

// Makes a request as Node.js' parser does: `headers` is made on demand.
function requestOf(raw, socket) {
  const request = new http.IncomingMessage(socket);
  request.method = 'GET';
  request.url = '/chat';
  request.httpVersionMajor = 1;
  request.httpVersionMinor = 1;
  request._addHeaderLines(raw.slice(), raw.length);
  return request;
}

function call(raw, handle) {
  const socket = new Socket();
  return new Promise((resolve, reject) => {
    handle(requestOf(raw, socket), socket, NONE, (error, made) => (error ? reject(error) : resolve({ socket, made })));
  });
}

export async function memory() {
  const all = servers();
  for (const [name, fields] of Object.entries(REQUESTS)) {
    const raw = fields.flat();
    // All of them send the same answer. A collection would forget the shapes of objects of which there is none.
    const sample = [];
    for (const handle of Object.values(all)) sample.push(await call(raw, handle));
    for (const { socket } of sample) assert.equal(String(socket.written), String(sample[0].socket.written));

    const contenders = { [ALONE]: (_, socket, head, done) => process.nextTick(done), ...all };
    const measure = async (handle) => {
      globalThis.gc();
      const used = processor();
      for (let calls = 0; calls < CALLS; calls += 1) await call(raw, handle);
      return [used() / CALLS];
    };
    const rounds = await inRounds(ROUNDS, contenders, measure, WARMING);
    assert.equal(sample.length, Object.keys(all).length);
    const title = `in memory, ${name}: a call, ${ROUNDS} rounds of ${CALLS}`;
    print(title, ['CPU'], rounds, { 'plain JavaScript, crypto.hash': ': plain', 'ws, handleUpgrade': ': ws' });
  }
}
