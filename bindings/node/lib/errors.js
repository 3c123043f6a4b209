'use strict';

const { types } = require('node:util');

let isOurs;

// The error of a handshake. `code` is its kind; README.md has the table.
class UpgradeError extends Error {
  #ours;

  static {
    // The thrown value can be anything. `instanceof` could run code of a proxy.
    isOurs = (thrown) => typeof thrown === 'object' && thrown !== null && #ours in thrown;
  }

  constructor(code, message, details) {
    super(message, details?.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    add(this, details);
  }

  get name() {
    return 'UpgradeError';
  }
}

// Fields and bodies hold cookies and tokens.
const HIDDEN = ['body', 'headers', 'rawHeaders'];

// Adds properties to an error. Undefined ones are left out; those that may be secret are not enumerable.
function add(error, details) {
  for (const [name, value] of Object.entries(details ?? {})) {
    if (name === 'cause' || value === undefined) continue;
    const enumerable = !HIDDEN.includes(name);
    Object.defineProperty(error, name, { configurable: true, enumerable, value, writable: true });
  }
  return error;
}

// Makes the error of invalid options, from whatever was thrown while they were read.
function optionsError(thrown) {
  if (isOurs(thrown)) return thrown;
  return new UpgradeError('ERR_UPGRADE_OPTIONS', 'an option can not be read', { cause: thrown });
}

// Makes the error of a caller's function: an error as it is, any other value as the cause of a new one.
function failed(name, thrown) {
  if (types.isNativeError(thrown) || (!types.isProxy(thrown) && thrown instanceof Error)) return thrown;
  return new UpgradeError('ERR_UPGRADE_OPTIONS', `${name} failed without an error`, { cause: thrown });
}

// The messages of OpenSSL, and of Bun's BoringSSL, for an answer that is not TLS do not say what to do.
function explained(error) {
  if (/^(EPROTO|ERR_SSL_)/.test(error.code) && /wrong.version.number|packet.length.too.long/i.test(error.message)) {
    error.message = `the server does not speak TLS here: ws:// instead of wss:// (${error.message.trim()})`;
  }
  return error;
}

const closed = () =>
  new UpgradeError('ERR_UPGRADE_CLOSED', 'the connection was closed before the handshake was complete');

const timedOut = (timeout) =>
  new UpgradeError('ERR_UPGRADE_TIMEOUT', `the handshake was not complete after ${timeout} ms`);

// Makes the error that Node.js' own functions give for an aborted signal.
function aborted(reason) {
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

module.exports = { UpgradeError, aborted, add, closed, explained, failed, optionsError, timedOut };
