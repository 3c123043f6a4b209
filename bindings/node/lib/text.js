'use strict';

// Strings that go to the core as one, with U+001F between them: it knows by their number if there is another one.
//
// They are bytes, a character for each. What is none becomes a separator, which the core refuses as well.
function joined(strings) {
  const text = strings.join(SEPARATOR);
  return NO_BYTE.test(text) ? text.replaceAll(NO_BYTES, SEPARATOR) : text;
}

const SEPARATOR = '\x1f';
const NO_BYTE = /[^\0-\xff]/;
const NO_BYTES = /[^\0-\xff]/g;

module.exports = { joined };
