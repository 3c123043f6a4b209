'use strict';

// The default deadline of a handshake, in milliseconds.
const TIMEOUT = 10_000;

// The longest timer that can be set, in milliseconds: 24 days.
const LONGEST = 2 ** 31 - 1;

// Calls back at the deadline, or never if there is none.
function deadline(timeout, callback) {
  return timeout > LONGEST ? undefined : setTimeout(callback, timeout);
}

module.exports = { TIMEOUT, deadline };
