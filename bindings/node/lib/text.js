'use strict';

// Joins strings for the core into one, with U+001F between them: those of two arrays, one behind the other. The core
// detects a further separator by the number of strings.
//
// Each character must be a byte. Any other character becomes a separator, which the core refuses as well.
function joined(first, others = []) {
  // To copy a long array, or to join a short one, would cost more than the rest.
  let text = first[0] ?? '';
  for (let at = 1; at < first.length; at += 1) text += SEPARATOR + first[at];
  if (others.length > 0) text += SEPARATOR + others.join(SEPARATOR);
  return NO_BYTE.test(text) ? text.replaceAll(NO_BYTES, SEPARATOR) : text;
}

const SEPARATOR = '\x1f';
const NO_BYTE = /[^\0-\xff]/;
const NO_BYTES = /[^\0-\xff]/g;

module.exports = { joined };
