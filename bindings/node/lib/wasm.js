'use strict';

// The core, which makes every decision about a handshake: a WebAssembly module without imports. `npm run build` makes
// the file, and `src/exports.rs` says how strings go in and results come out.

const { randomFillSync } = require('node:crypto');
const { readFileSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { UpgradeError } = require('./errors');

const FILE = join(__dirname, '..', 'websocket-upgrade.wasm');

// What a call has written to its output: nothing, bytes, JSON, or the message of an error.
const NONE = 0;
const BYTES = 1;
const WRONG = 3;

// The exports of an instance, with its memory. The file is read and compiled at the first call; that it is not there is
// an error before.
class Core {
  size = 0;

  constructor(file) {
    // Deno would ask for more rights to check the access.
    statSync(file);
    this.file = file;
  }

  // Begins with a new memory.
  start() {
    this.module ??= new WebAssembly.Module(readFileSync(this.file));
    this.exports = new WebAssembly.Instance(this.module).exports;
    this.size = 0;
    this.server = undefined;
    this.look();
  }

  // The views end with every growth of the memory.
  look() {
    const { buffer } = this.exports.memory;
    this.memory = Buffer.from(buffer);
    this.words = new Uint32Array(buffer, this.exports.core_result(), 5);
  }

  // Calls an exported function. A fault, such as no memory being left, ends the instance with all that it has kept.
  run(name, ...args) {
    if (this.exports === undefined) this.start();
    try {
      return this.exports[name](...args);
    } catch (cause) {
      this.start();
      throw new UpgradeError('ERR_UPGRADE_OPTIONS', 'the core has failed', { cause });
    }
  }

  // Makes room for input, and returns its address.
  room(length) {
    if (length > this.size) {
      this.at = this.run('core_input', length);
      this.size = length;
    }
    if (this.memory.length === 0) this.look();
    return this.at;
  }

  // Writes a string with one character per byte.
  put(text) {
    const at = this.room(text.length);
    this.memory.latin1Write(text, at);
    return text.length;
  }

  // Writes several parts one behind the other, and returns their lengths.
  putAll(...parts) {
    const all = parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
    let at = this.room(all.reduce((total, { length }) => total + length, 0));
    for (const each of all) {
      this.memory.set(each, at);
      at += each.length;
    }
    return all.map(({ length }) => length);
  }

  // The parts of the output.

  get text() {
    const words = this.output;
    return this.memory.latin1Slice(words[0], words[0] + words[1]);
  }

  get bytes() {
    const words = this.output;
    return Buffer.from(this.memory.subarray(words[0], words[0] + words[1]));
  }

  get json() {
    const words = this.output;
    return this.memory.utf8Slice(words[2], words[2] + words[3]);
  }

  get settings() {
    const words = this.output;
    if (words[3] > 0) return JSON.parse(this.json);
    return words[4] === 0 ? {} : deflate(words[4]);
  }

  get output() {
    if (this.memory.length === 0) this.look();
    return this.words;
  }

  // Throws the error of a call, if there is one.
  checked(kind) {
    if (kind === WRONG) throw new Error(this.json);
    return kind;
  }

  // Returns the value of a call's JSON.
  value(kind) {
    return this.checked(kind) === NONE ? undefined : JSON.parse(this.json);
  }

  // Returns what a call says of a request.
  verdict(kind) {
    if (this.checked(kind) === BYTES) return { answer: this.text, settings: this.settings };
    const verdict = JSON.parse(this.json);
    const answer = this.text;
    if (answer !== '') {
      verdict.answer = answer;
      verdict.body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
    }
    return verdict;
  }

  // Sets the options of the server, if they are not those of the last call.
  use(server) {
    if (this.server === server) return;
    this.server = undefined;
    const [length] = this.putAll(server.options);
    this.checked(this.run('core_server', length));
    this.server = server;
  }

  // Forgets the options of a server.
  forget() {
    this.server = undefined;
    const [length] = this.putAll('{}');
    this.run('core_server', length);
  }
}

// Returns the settings of permessage-deflate alone, from the core's word for them (`Settings::word`).
function deflate(word) {
  return {
    extensions: ['permessage-deflate'],
    permessageDeflate: {
      serverNoContextTakeover: (word & 2) !== 0,
      clientNoContextTakeover: (word & 4) !== 0,
      serverMaxWindowBits: (word >> 8) & 0xff,
      clientMaxWindowBits: (word >> 16) & 0xff,
      mustNotCompress: (word & 8) !== 0,
    },
  };
}

// The core calls it unknown if there is no value.
const flag = (secure) => (secure === undefined ? 2 : Number(secure));

// Makes the classes and functions over a core.
function load(file) {
  const core = new Core(file);

  // The options of a server, checked. They are given as JSON.
  class Server {
    constructor(options) {
      this.options = options;
      core.use(this);
    }

    // Judges a request of HTTP/1: one string of `count` parts.
    judge(request, count, minorVersion, secure) {
      core.use(this);
      return core.verdict(core.run('core_judge', core.put(request), count, minorVersion, flag(secure)));
    }

    judgeConnect(request, count, secure) {
      core.use(this);
      return core.verdict(core.run('core_judge_connect', core.put(request), count, flag(secure)));
    }
  }

  // The handshake of a client over HTTP/1.1.
  class Client {
    constructor(url, options, nonce = randomFillSync(new Uint8Array(16))) {
      const [, ...lengths] = core.putAll(nonce, url, options);
      const { client, place } = core.value(core.run('core_client', ...lengths));
      this.client = client;
      this.instance = core.exports;
      this.place = place;
      this.sent = core.bytes;
    }

    // Returns the bytes of the request.
    request() {
      return this.sent;
    }

    proxyVariable(environment) {
      const [length] = core.putAll(JSON.stringify(environment));
      return core.value(core.run('core_proxy_variable', this.client, length));
    }

    // Takes the next bytes.
    receive(bytes) {
      return this.event(() => core.run('core_receive', this.client, ...core.putAll(bytes)));
    }

    close(byPeer) {
      return this.event(() => core.run('core_close', this.client, Number(byPeer)));
    }

    event(call) {
      try {
        if (this.client === undefined) throw new Error('this handshake has ended');
        if (this.instance !== core.exports) throw new Error('its memory was lost in another handshake');
        const event = core.value(call());
        if (event.kind === 'refused') event.body = core.bytes;
        return event;
      } catch (error) {
        return { kind: 'failed', message: error.message, reason: 'fault' };
      }
    }

    // The core forgets the client. Its number is then another one's.
    end() {
      if (this.client === undefined) return;
      if (this.instance === core.exports) core.run('core_end', this.client);
      this.client = undefined;
    }
  }

  let environment;

  return {
    Client,
    Server,
    core,
    // The names of the environment variables that concern proxies.
    environment: () => (environment ??= core.value(core.run('core_environment'))),
    forget: () => core.forget(),
    asked: (request, count, minorVersion) => core.value(core.run('core_asked', core.put(request), count, minorVersion)),
    askedConnect: (request, count) => core.value(core.run('core_asked_connect', core.put(request), count)),
    reject(status, headers, body, isConnect) {
      const lengths = core.putAll(JSON.stringify(headers), body);
      return core.verdict(core.run('core_reject', status, ...lengths, Number(isConnect)));
    },
    unavailable: (retryAfter, isConnect) => core.verdict(core.run('core_unavailable', retryAfter, Number(isConnect))),
  };
}

module.exports = { FILE, load, ...load(FILE) };
