'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { expected, invalid } = require('./check');
const { failed } = require('./errors');

// The environment variables that concern proxies.
const ENVIRONMENT = [
  'ALL_PROXY', 'all_proxy', 'HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'NO_PROXY', 'no_proxy',
  'REQUEST_METHOD',
];

// Throws if the environment names a proxy and the socket is opened here, so that no proxy is bypassed silently.
function checkProxy(handshake, { agent, createConnection, dialling, noProxy, socketPath }) {
  if (noProxy || agent || createConnection || socketPath !== undefined || dialling.socket !== undefined) return;
  const set = {};
  for (const name of ENVIRONMENT) {
    const value = process.env[name];
    if (value !== undefined) set[name] = value;
  }
  const name = handshake.proxyVariable(set);
  if (name) {
    throw invalid(`${name}: the environment names a proxy, and none is spoken to here: expected an agent that does, or noProxy`);
  }
}

// Opens the socket for the request: with the caller's function or agent, or with `net` or `tls`.
//
// The callback is called once: with an error, with a socket that may not be connected yet, or with both if the socket
// can't be used. It may be called before this function returns. `signal` is aborted when the socket is no longer
// needed.
function dial(place, options, signal, callback) {
  const { agent, createConnection } = options;
  const own = connection(place, options);
  const name = createConnection ? 'createConnection' : agent ? 'agent' : 'the connection';
  let called = false;
  const once = (error, socket) => {
    if (called) return;
    called = true;
    callback(error ? failed(name, error) : unusable(place, name, socket), socket);
  };
  const fail = (thrown) => once(failed(name, thrown));
  let socket;
  try {
    if (createConnection) {
      socket = createConnection({ ...own, signal }, once);
    } else if (agent) {
      socket = agent.createConnection({ ...own, ...agent.options, ...unixSocket(options) }, once);
    } else {
      socket = place.secure ? tls.connect(own) : net.connect(own);
    }
    if (typeof socket?.then === 'function') {
      Promise.resolve(socket).then((socket) => once(null, socket), fail);
      return;
    }
  } catch (thrown) {
    fail(thrown);
    return;
  }
  if (socket) once(null, socket);
}

function connection({ secure, host, port }, options) {
  const own = { ...options.dialling, host, port, ...unixSocket(options) };
  if (secure) {
    own.ALPNProtocols ??= ['http/1.1'];
    // Only a name can be sent (RFC 6066 §3).
    if (own.servername === undefined && net.isIP(host) === 0) own.servername = host;
    if (typeof own.checkServerIdentity === 'function') own.checkServerIdentity = checking(own.checkServerIdentity);
  }
  return own;
}

// Node.js calls the function from an event. An exception there would end the process; a returned error ends only the
// connection.
function checking(checkServerIdentity) {
  return (...args) => {
    try {
      return checkServerIdentity(...args);
    } catch (thrown) {
      return failed('checkServerIdentity', thrown);
    }
  };
}

function unixSocket({ socketPath }) {
  return socketPath === undefined ? {} : { path: socketPath };
}

const METHODS = ['destroy', 'on', 'read', 'removeListener', 'unshift', 'write'];

// Returns the error if a value is not a socket for this place.
function unusable({ secure }, name, socket) {
  if (!METHODS.every((method) => typeof socket?.[method] === 'function')) return expected(name, 'a socket', socket);
  // Otherwise the request would be sent unencrypted, with all its secrets.
  if (secure && socket instanceof net.Socket && !socket.encrypted) {
    return invalid(`${name}: expected a socket over TLS, for wss`);
  }
  return undefined;
}

module.exports = { checkProxy, dial };
