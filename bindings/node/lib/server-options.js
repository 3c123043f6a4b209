'use strict';

const { array, boolean, func, invalid, string, unknown } = require('./check');
const { TIMEOUT } = require('./deadline');
const { BOTH } = require('./option-types');
const { forCall, forCore, read } = require('./options');
const wasm = require('./wasm');

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

// A function that expects a callback returns nothing, and returning nothing accepts.
function decide(value, name) {
  func(value, name);
  if (value.length > 1) throw invalid(`${name}: expected a function of one argument, which gives its decision`);
  return value;
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

// No options. The core is compiled when it is needed.
const NONE = {
  core: {},
  timeout: TIMEOUT,
  get server() {
    return (withoutOptions ??= new wasm.Server('{}'));
  },
};

let withoutOptions;

// Makes the core's server.
function serverFor(core) {
  return forCall(() => new wasm.Server(JSON.stringify(core)));
}

module.exports = { SERVER, serverFor, serverOptions };
