'use strict';

const { EventEmitter } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const tls = require('node:tls');
const { expected, invalid } = require('./check');
const { failed } = require('./errors');
const wasm = require('./wasm');

// Throws if the environment names a proxy and the socket is opened here, so that no proxy is bypassed silently.
function checkProxy(handshake, { agent, createConnection, dialling, noProxy, socketPath }) {
  if (noProxy || agent || createConnection || socketPath !== undefined || dialling.socket !== undefined) return;
  const set = {};
  for (const name of wasm.environment()) {
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
// can't be used. It may be called before this function returns. Its third argument says that the socket only has an
// answer, of a proxy that refuses. `signal` is aborted when the socket is no longer needed.
function dial(place, options, signal, callback) {
  const { agent, createConnection } = options;
  const own = connection(place, options);
  const name = createConnection ? 'createConnection' : agent ? 'agent' : 'the connection';
  let called = false;
  const once = (error, socket, isAnswered) => {
    if (called) return;
    called = true;
    if (error) callback(failed(name, error), socket);
    else callback(isAnswered ? undefined : unusable(place, name, socket), socket, isAnswered);
  };
  const fail = (thrown) => once(failed(name, thrown));
  let socket;
  try {
    if (createConnection) {
      socket = createConnection({ ...own, signal }, once);
    } else if (agent) {
      const given = { ...own, ...agent.options, ...unixSocket(options) };
      if (isProxying(agent)) createSocket(agent, place, given, options, once);
      else socket = agent.createConnection(given, once);
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

// Returns whether an agent has its own `createSocket`. Those of the package `agent-base` go through proxies in it, and
// their `createConnection` only hands on what it has made.
function isProxying(agent) {
  return typeof agent.createSocket === 'function' && agent.createSocket !== http.Agent.prototype.createSocket;
}

// Calls `createSocket` as `http` does for a request.
function createSocket(agent, place, given, { socketPath }, callback) {
  const { secure, authority } = place;
  const protocol = secure ? 'https:' : 'http:';
  const request = new Request(place, protocol);
  const options = { ...given, authority, protocol, secureEndpoint: secure, socketPath };
  agent.createSocket(request, options, (error, socket) => {
    try {
      // It does not return to the agent.
      socket?.emit?.('agentRemove');
      callback(error, socket, socket?.writable === false);
      if (!error) hand(request, socket);
    } catch (thrown) {
      socket?.destroy?.(failed('agent', thrown));
    }
  });
}

// Tells an agent that the request has its socket. Some look whether there is somebody who reads from it.
function hand(request, socket) {
  socket.on('data', ignore);
  request.emit('socket', socket);
  socket.removeListener('data', ignore);
}

function ignore() {}

// What agents read of a request.
class Request extends EventEmitter {
  method = 'GET';

  constructor({ host, target, authority }, protocol) {
    super();
    Object.assign(this, { host, path: target, protocol });
    this.headers = { host: authority };
    this.on('error', ignore);
  }

  getHeader(name) {
    return this.headers[name.toLowerCase()];
  }

  setHeader() {}

  destroy() {
    return this;
  }
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
