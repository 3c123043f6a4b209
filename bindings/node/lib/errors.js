'use strict';

// What went wrong with a handshake. `code` says in which way; README.md has the table.
class UpgradeError extends Error {
  constructor(code, message, details) {
    super(message, details?.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    // What is not known is not there.
    for (const [name, value] of Object.entries(details ?? {})) {
      if (name !== 'cause' && value !== undefined) this[name] = value;
    }
  }

  get name() {
    return 'UpgradeError';
  }
}

// Options that can't be. The message of the addon's own error names what is wrong.
function optionsError(cause) {
  if (cause instanceof UpgradeError) return cause;
  return new UpgradeError('ERR_UPGRADE_OPTIONS', cause.message, { cause });
}

const closed = () =>
  new UpgradeError('ERR_UPGRADE_CLOSED', 'the connection was closed before the handshake was complete');

const timedOut = (timeout) =>
  new UpgradeError('ERR_UPGRADE_TIMEOUT', `the handshake was not complete after ${timeout} ms`);

// As Node.js' own functions fail where a signal is aborted.
function aborted(signal) {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  error.code = 'ABORT_ERR';
  return error;
}

module.exports = { UpgradeError, aborted, closed, optionsError, timedOut };
