'use strict';

// Joins strings for the core into one, with U+001F between them. The core detects a further separator by the number of
// strings.
//
// Each character must be a byte. Any other character becomes a separator, which the core refuses as well.
function joined(strings) {
  const text = strings.join(SEPARATOR);
  return NO_BYTE.test(text) ? text.replaceAll(NO_BYTES, SEPARATOR) : text;
}

const SEPARATOR = '\x1f';
const NO_BYTE = /[^\0-\xff]/;
const NO_BYTES = /[^\0-\xff]/g;

module.exports = { joined };
