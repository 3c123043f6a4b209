'use strict';

const { types } = require('node:util');

let isOurs;

// What went wrong with a handshake. `code` says in which way; README.md has the table.
class UpgradeError extends Error {
  #ours;

  static {
    // What was thrown can be anything, a proxy too: `instanceof` would ask it.
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

// Cookies and tokens are in fields and in bodies.
const HIDDEN = ['body', 'headers', 'rawHeaders'];

// Adds properties to an error. What is not known is not there; what may be a secret is, but a log does not show it.
function add(error, details) {
  for (const [name, value] of Object.entries(details ?? {})) {
    if (name === 'cause' || value === undefined) continue;
    const enumerable = !HIDDEN.includes(name);
    Object.defineProperty(error, name, { configurable: true, enumerable, value, writable: true });
  }
  return error;
}

// Options that can't be, from whatever was thrown while they were read.
function optionsError(thrown) {
  if (isOurs(thrown)) return thrown;
  return new UpgradeError('ERR_UPGRADE_OPTIONS', 'an option can not be read', { cause: thrown });
}

// What a function of the caller's failed with: an error as it is, else one that has it as its cause.
function failed(name, thrown) {
  if (types.isNativeError(thrown) || (!types.isProxy(thrown) && thrown instanceof Error)) return thrown;
  return new UpgradeError('ERR_UPGRADE_OPTIONS', `${name} failed without an error`, { cause: thrown });
}

// OpenSSL's words for an answer that is no TLS do not say what to do.
function explained(error) {
  if (/^(EPROTO|ERR_SSL_)/.test(error.code) && /wrong version number|packet length too long/.test(error.message)) {
    error.message = `the server does not speak TLS here: ws:// instead of wss:// (${error.message.trim()})`;
  }
  return error;
}

const closed = () =>
  new UpgradeError('ERR_UPGRADE_CLOSED', 'the connection was closed before the handshake was complete');

const timedOut = (timeout) =>
  new UpgradeError('ERR_UPGRADE_TIMEOUT', `the handshake was not complete after ${timeout} ms`);

// As Node.js' own functions fail where a signal is aborted.
function aborted(reason) {
  const error = new Error('The operation was aborted', { cause: reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

module.exports = { UpgradeError, aborted, add, closed, explained, failed, optionsError, timedOut };
