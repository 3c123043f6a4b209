'use strict';

const { isUint8Array } = require('node:util/types');
const check = require('./check');
const { array, boolean, expected, func, integer, invalid, plain, properties, shown, similar, string, unknown } = check;
const { toPairs } = require('./fields');
const wasm = require('./wasm');

// The default deadline of a handshake, in milliseconds.
const TIMEOUT = 10_000;

// The default wait for more of a refusal's body, in milliseconds.
const IDLE = 1000;

// The maximum bytes that are discarded after a rejection.
const DISCARDED = 16 * 1024 * 1024;

// The options of both roles. Each has a function that checks its type and returns it in the form of the core.
const BOTH = {
  extensions: (value, name) =>
    typeof value === 'string' ? [{ list: string(value, name) }] : array(value, name, extension),
  headers: toPairs,
  limits: (value, name) => members(value, name, LIMITS),
  protocols: (value, name) => (typeof value === 'string' ? [string(value, name)] : array(value, name, string)),
  timeout,
};

const SERVER = {
  ...BOTH,
  authorities: (value, name) => array(value, name, string),
  dangerAnyOrigin: boolean,
  dangerNoKey: boolean,
  decide,
  origins: (value, name) => array(value, name, string),
  requireProtocol: boolean,
  sameOriginAs: string,
  secure: boolean,
};

const CLIENT = {
  ...BOTH,
  ALPNProtocols: alpn,
  agent,
  createConnection: func,
  noProxy: boolean,
  origin: string,
  refusalBodyIdle: timeout,
  signal,
  socketPath: string,
};

const LARGEST = 2 ** 32 - 1;
const count = (value, name) => integer(value, name, LARGEST);
const bits = (value, name) => integer(value, name, 255);

const LIMITS = {
  fields: count,
  head: count,
  interim: count,
  offers: count,
  refusalBody: count,
  refusalOverhead: count,
  target: count,
};

const EXTENSION = {
  name: string,
  params,
  rsv: bits,
  codec: (value, name) => members(value, name, CODEC),
  offers: (value, name) => array(value, name, params),
};

const CODEC = {
  keepsCompressContext: boolean,
  keepsInflateContext: boolean,
  maxInflateWindowBits: bits,
  minCompressWindowBits: bits,
};

// Checks an object with properties of these types. Undefined properties are left out.
function members(value, name, table) {
  const given = plain(value, name, Object.keys(table));
  const checked = {};
  for (const [key, each] of Object.entries(given)) {
    if (each !== undefined) checked[key] = table[key](each, () => `${shown(name)}.${key}`);
  }
  return checked;
}

function extension(value, name) {
  if (typeof value === 'string') return string(value, name);
  if (!check.isPlain(value)) throw expected(name, 'a string or an object', value);
  const checked = members(value, name, EXTENSION);
  if (checked.name === undefined) throw expected(`${shown(name)}.name`, 'a string', undefined);
  return checked;
}

function params(value, name) {
  if (!check.isPlain(value)) throw expected(name, 'an object', value);
  const param = (name, each) => {
    if (typeof each === 'boolean') return each;
    return typeof each === 'number' ? count(each, name) : string(each, name);
  };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, param(() => `${shown(name)}.${key}`, each)]));
}

function timeout(value, name) {
  if (typeof value !== 'number' || !(value > 0)) throw expected(name, 'milliseconds above 0, or Infinity', value);
  return value;
}

// A function that expects a callback returns nothing, and returning nothing accepts.
function decide(value, name) {
  func(value, name);
  if (value.length > 1) throw invalid(`${name}: expected a function of one argument, which gives its decision`);
  return value;
}

function signal(value, name) {
  const isSignal =
    typeof value === 'object' &&
    value !== null &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function';
  if (!isSignal) throw expected(name, 'an AbortSignal', value);
  return value;
}

// ALPN names must have 1 to 255 bytes (RFC 7301 §3.1). With other lengths, Node.js ends the process.
function alpn(value, name) {
  const names = isUint8Array(value) ? Array.from(split(value)) : value;
  if (Array.isArray(names) && names.every((each) => isName(each))) return names.map(String);
  throw expected(name, 'an array of names, each of 1 to 255 bytes', value);
}

const isName = (name) => typeof name === 'string' && name !== '' && Buffer.byteLength(name) < 256;

// Splits names that each follow their length. A name that is cut off becomes an empty one, which is refused.
function* split(bytes) {
  for (let at = 0; at < bytes.length; at += bytes[at] + 1) {
    const name = bytes.subarray(at + 1, at + 1 + bytes[at]);
    yield name.length === bytes[at] ? Buffer.from(name).toString('latin1') : '';
  }
}

// `false` and `null` mean no agent, as with `http`.
function agent(value, name) {
  if (value === false || value === null) return undefined;
  if (typeof value?.createConnection !== 'function') throw expected(name, 'an agent with createConnection', value);
  return value;
}

// The options that have the name of a field of the handshake.
const FIELD = /^sec-websocket-./i;
const PREFIX = 'sec-websocket-'.length;

// Properties that every object inherits are not options.
class Options {
  fields = [];
}
Object.setPrototypeOf(Options.prototype, null);

// Reads the options of the table. Those with names of fields go into `fields`, all others to `other`.
function read(options, table, other) {
  const checked = new Options();
  for (const [name, value] of properties(options, (name) => Object.hasOwn(table, name) || FIELD.test(name))) {
    // An undefined option counts as missing.
    if (value === undefined) continue;
    if (Object.hasOwn(table, name)) checked[name] = table[name](value, name);
    else if (FIELD.test(name)) checked.fields.push([name, field(value, name)]);
    else other(name, value);
  }
  return checked;
}

function field(value, name) {
  const text = (each, name) => string(typeof each === 'number' ? String(each) : each, name);
  return Array.isArray(value) ? array(value, name, text).join(', ') : text(value, name);
}

// Checks a server's options. In the result, `core` has the options for the core, and `server` is made from them.
//
// An object is read once: later changes to it have no effect.
function serverOptions(options) {
  if (options === undefined || options === null) return NONE;
  let read = servers.get(options);
  if (read === undefined) {
    read = readServer(options);
    servers.set(options, read);
  }
  return read;
}

// What was read of each object with options of a server, for as long as the object exists.
const servers = new WeakMap();

function readServer(options) {
  const given = read(options, SERVER, unknownToServer);
  const core = forCore(given);
  if (core.key !== undefined) throw invalid("Sec-WebSocket-Key: is the client's");
  if (given.requireProtocol) core.requireProtocol = true;
  if (given.authorities !== undefined) core.authorities = given.authorities;
  if (given.origins !== undefined) core.origins = { list: given.origins };
  if (given.dangerAnyOrigin) core.origins = 'dangerAny';
  if (given.sameOriginAs !== undefined) core.sameOriginAs = given.sameOriginAs;
  if (given.dangerNoKey) core.dangerNoKey = true;
  const { decide, secure, timeout = TIMEOUT } = given;
  return { core, server: serverFor(core), decide, secure, timeout };
}

function unknownToServer(name) {
  throw unknown(name, Object.keys(SERVER), 'options of a server have');
}

const NONE = { core: {}, server: new wasm.Server('{}'), timeout: TIMEOUT };

// Makes the core's server.
function serverFor(core) {
  return forCall(() => new wasm.Server(JSON.stringify(core)));
}

// Returns the options for the core, under its names. The core judges them.
function forCore({ extensions, protocols, headers, limits, fields }) {
  const core = {};
  if (extensions !== undefined) core.extensions = extensions;
  if (protocols !== undefined) core.protocols = protocols;
  if (headers !== undefined) core.headers = headers;
  if (limits !== undefined) core.limits = limits;
  for (const [name, text] of fields) addField(core, name, text);
  return core;
}

// Adds a field of the handshake that was given by its name.
function addField(core, name, text) {
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
      // The core refuses this field and reports it.
      core.headers = [...(core.headers ?? []), [name, text]];
  }
}

// These options come from the URL only.
const PLACE = ['host', 'hostname', 'path', 'port'];

// The options of `net.connect` and `tls.connect`, which are passed on.
const DIALLING = (
  'allowHalfOpen allowPartialTrustChain autoSelectFamily autoSelectFamilyAttemptTimeout blockList ca cert ' +
  'checkServerIdentity ciphers clientCertEngine crl dhparam ecdhCurve enableTrace family hints honorCipherOrder ' +
  'keepAlive keepAliveInitialDelay key localAddress localPort lookup maxVersion minDHSize minVersion noDelay ' +
  'passphrase pfx privateKeyEngine privateKeyIdentifier pskCallback rejectUnauthorized requestOCSP secureContext ' +
  'secureOptions secureProtocol servername session sessionIdContext sessionTimeout sigalgs socket ticketKeys'
).split(' ');

// Checks a client's options. `core` has those for the core, `dialling` those for the socket.
function clientOptions(options) {
  if (options === undefined || options === null) options = {};
  const known = [...Object.keys(CLIENT), ...DIALLING];
  const dialling = {};
  const given = read(options, CLIENT, (name, value) => {
    if (PLACE.includes(name)) throw invalid(`options: ${name} stands in the URL`);
    if (Object.hasOwn(SERVER, name)) throw invalid(`options: ${name} is an option of a server`);
    if (name === 'onread') throw invalid('options: onread would take the response away');
    if (!DIALLING.includes(name) && similar(name, known) !== undefined) {
      throw unknown(name, known, 'options of a client have');
    }
    dialling[name] = value;
  });
  const { ALPNProtocols, agent, createConnection, noProxy, signal, socketPath } = given;
  const { refusalBodyIdle = IDLE, timeout = TIMEOUT } = given;
  if (ALPNProtocols !== undefined) dialling.ALPNProtocols = ALPNProtocols;
  const { key, ...core } = forCore(given);
  if (given.origin !== undefined) core.origin = given.origin;
  return { core, key, agent, createConnection, dialling, noProxy, refusalBodyIdle, signal, socketPath, timeout };
}

// Starts a client's handshake. The core makes the nonce, unless the options have a key.
function clientHandshake(url, { core, key }) {
  const text = typeof url === 'string' ? url : url?.href;
  if (typeof text !== 'string') throw expected('url', 'a string or a URL', url);
  return forCall(() => new wasm.Client(text, JSON.stringify(core), key === undefined ? undefined : nonce(key)));
}

function nonce(key) {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.toString('base64') !== key) throw invalid('Sec-WebSocket-Key: not the base64 of 16 bytes');
  return bytes;
}

// Calls the core. Its errors about options become ours.
function forCall(call) {
  try {
    return call();
  } catch (error) {
    throw invalid(error.message);
  }
}

// The longest timer that can be set, in milliseconds: 24 days.
const LONGEST = 2 ** 31 - 1;

// Calls back at the deadline, or never if there is none.
function deadline(timeout, callback) {
  return timeout > LONGEST ? undefined : setTimeout(callback, timeout);
}

module.exports = {
  BOTH,
  DISCARDED,
  TIMEOUT,
  clientHandshake,
  clientOptions,
  deadline,
  forCall,
  members,
  serverFor,
  serverOptions,
};
