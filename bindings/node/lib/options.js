'use strict';

const { UpgradeError } = require('./errors');
const { toPairs } = require('./fields');
const native = require('./native');

// Milliseconds for a handshake unless the options say otherwise.
const TIMEOUT = 10_000;

// Bytes that are discarded behind a rejection.
const DISCARDED = 16 * 1024 * 1024;

// Servers' options that are ready for use, by their text: most programs have one or a few.
const servers = new Map();
const SERVERS = 64;

const none = new native.Server('{}');

const invalid = (message) => new UpgradeError('ERR_UPGRADE_OPTIONS', message);

// The options that the core reads, under its names. It judges them, nothing here does.
function forCore(options) {
  const { extensions, protocols, headers, limits } = options;
  const core = {};
  if (extensions !== undefined) {
    core.extensions = typeof extensions === 'string' ? [{ list: extensions }] : extensions;
  }
  if (protocols !== undefined) core.protocols = typeof protocols === 'string' ? [protocols] : protocols;
  if (headers !== undefined) core.headers = toPairs(headers);
  if (limits !== undefined) core.limits = limits;
  for (const name of Object.keys(options)) {
    if (name.length > PREFIX && /^sec-websocket-/i.test(name)) addField(core, name, options[name]);
  }
  return core;
}

const PREFIX = 'sec-websocket-'.length;

// A field of the handshake by its own name.
function addField(core, name, value) {
  const text = Array.isArray(value) ? value.join(', ') : String(value);
  switch (name.slice(PREFIX).toLowerCase()) {
    case 'extensions':
      core.extensions = [...(core.extensions ?? []), { list: text }];
      break;
    case 'protocol':
      core.protocols = [...(core.protocols ?? []), ...text.split(',').map((name) => name.trim()).filter(Boolean)];
      break;
    case 'version':
      if (text !== '13') throw invalid(`${name}: expected 13`);
      break;
    case 'key':
      core.key = text;
      break;
    default:
      // The core refuses it, and says so.
      core.headers = [...(core.headers ?? []), [name, text]];
  }
}

// A server's options, checked: the core's, and made only once for those that say the same, unless they are for one
// request and may have its secrets in them.
function serverOptions(options, once = false) {
  if (options === undefined || options === null) return none;
  const { decide } = options;
  if (decide !== undefined && typeof decide !== 'function') throw invalid('decide: expected a function');
  const core = forCore(options);
  if (core.key !== undefined) throw invalid('Sec-WebSocket-Key: is the client\'s');
  if (options.requireProtocol) core.requireProtocol = true;
  if (options.origins !== undefined) core.origins = { list: options.origins };
  if (options.dangerAnyOrigin) core.origins = 'dangerAny';
  if (options.sameOriginAs !== undefined) core.sameOriginAs = options.sameOriginAs;
  if (options.dangerNoKey) core.dangerNoKey = true;
  const text = JSON.stringify(core);
  let server = servers.get(text);
  if (server === undefined) {
    server = new native.Server(text);
    if (once) return server;
    if (servers.size === SERVERS) servers.delete(servers.keys().next().value);
    servers.set(text, server);
  }
  return server;
}

// A client's handshake, with a nonce of the core's own unless the options have a key.
function clientHandshake(url, options) {
  const { key, ...core } = forCore(options);
  if (options.origin !== undefined) core.origin = options.origin;
  return new native.Client(String(url), JSON.stringify(core), key === undefined ? undefined : nonce(key));
}

function nonce(key) {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.toString('base64') !== key) throw invalid('Sec-WebSocket-Key: not the base64 of 16 bytes');
  return bytes;
}

// The time for a handshake, in milliseconds.
function timeoutOf(options) {
  const timeout = options?.timeout ?? TIMEOUT;
  if (typeof timeout !== 'number' || !(timeout > 0)) {
    throw invalid('timeout: expected milliseconds above 0, or Infinity');
  }
  return timeout;
}

// Timers can't be set for longer than that: 24 days.
const LONGEST = 2 ** 31 - 1;

// Calls back at the deadline; without one never.
function deadline(timeout, callback) {
  return timeout > LONGEST ? undefined : setTimeout(callback, timeout);
}

module.exports = { DISCARDED, TIMEOUT, clientHandshake, deadline, serverOptions, timeoutOf };
