'use strict';

const { isUint8Array } = require('node:util/types');
const { boolean, expected, func, invalid, similar, string, unknown } = require('./check');
const { TIMEOUT } = require('./deadline');
const { BOTH, timeout } = require('./option-types');
const { forCall, forCore, read } = require('./options');
const { SERVER } = require('./server-options');
const wasm = require('./wasm');

// The default wait for more of a refusal's body, in milliseconds.
const IDLE = 1000;

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

// These options come from the URL only.
const PLACE = ['host', 'hostname', 'path', 'port'];

// Options of other clients, which would be passed on without effect, and what to do instead.
const FOREIGN = {
  auth: 'expected the field Authorization in headers',
  finishRequest: 'expected the fields in headers',
  followRedirects: 'no redirect is followed here; headers.location of the error says where it leads',
  maxRedirects: 'no redirect is followed here; headers.location of the error says where it leads',
  perMessageDeflate: 'expected permessage-deflate in extensions',
  protocolVersion: 'the version is 13',
};

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
    if (Object.hasOwn(FOREIGN, name)) throw invalid(`options of a client have no "${name}": ${FOREIGN[name]}`);
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

module.exports = { clientHandshake, clientOptions };
