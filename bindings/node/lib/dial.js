'use strict';

const net = require('node:net');
const tls = require('node:tls');

// The options that are about the handshake; all others are those of `net.connect` or `tls.connect`.
const OWN = new Set(
  'agent createConnection extensions headers limits origin protocols signal socketPath timeout'.split(' '),
);

// Opens the socket that the request goes to: through the caller's function or agent, or with `net` or `tls`.
//
// The callback comes once, at once where the socket is there at once, connected or not.
function dial(place, options, callback) {
  const { agent, createConnection } = options;
  const own = connection(place, options);
  let called = false;
  const once = (error, socket) => {
    if (called) return;
    called = true;
    callback(error, socket);
  };
  let socket;
  if (typeof createConnection === 'function') {
    socket = createConnection(own, once);
  } else if (agent) {
    socket = agent.createConnection({ ...own, ...agent.options }, once);
  } else {
    socket = place.secure ? tls.connect(own) : net.connect(own);
  }
  if (socket) once(null, socket);
}

function connection({ secure, host, port }, options) {
  const own = {};
  for (const [name, value] of Object.entries(options)) {
    if (!OWN.has(name) && !/^sec-websocket-/i.test(name)) own[name] = value;
  }
  // Where the URL says, whatever else is said.
  Object.assign(own, { host, port });
  if (options.socketPath !== undefined) own.path = options.socketPath;
  if (secure) {
    own.ALPNProtocols ??= ['http/1.1'];
    // A name alone can be sent (RFC 6066 §3).
    if (own.servername === undefined && net.isIP(host) === 0) own.servername = host;
  }
  return own;
}

module.exports = { dial };
