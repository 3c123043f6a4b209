'use strict';

const { isUint8Array } = require('node:util/types');
const { boolean, expected, integer, invalid, isPlain, quoted } = require('./check');
const { toPairs } = require('./fields');
const { BOTH, members } = require('./option-types');

const EXPECTED =
  'undefined or true to accept, an object of extensions, headers, protocols and requireProtocol to accept with ' +
  'these, false or an object of status, headers and body to reject';

const ACCEPT = {
  extensions: BOTH.extensions,
  headers: toPairs,
  protocols: BOTH.protocols,
  requireProtocol: boolean,
};

const REJECT = {
  status: (value, name) => integer(value, name, 999),
  headers: toPairs,
  body,
};

// Reads the application's decision: `{ reject }` with a status, fields as pairs and a body, or `{ accept }` with the
// options that it changes.
//
// Only documented values accept. Any other value of a function that authorises clients is probably a mistake, and
// accepting it would let everyone in.
function readDecision(decision) {
  if (decision === undefined || decision === true) return { accept: {} };
  if (decision === false) return { reject: rejection({ status: 403 }) };
  if (!isPlain(decision)) throw expected('the decision', EXPECTED, decision);
  const isRejection = Reflect.has(decision, 'status');
  const table = isRejection ? REJECT : ACCEPT;
  const other = Reflect.ownKeys(decision).find((name) => !Object.hasOwn(table, name));
  if (other !== undefined) throw invalid(`the decision: expected ${EXPECTED}, got an object with ${quoted(other)}`);
  const given = members(decision, 'the decision', table);
  if (!isRejection) return { accept: given };
  if (given.status === undefined) throw expected('the decision.status', 'a status', undefined);
  return { reject: rejection(given) };
}

function rejection({ status, headers = [], body = Buffer.alloc(0) }) {
  return { status, headers, body };
}

function body(value, name) {
  if (typeof value === 'string') return Buffer.from(value);
  if (isUint8Array(value)) return value;
  throw expected(name, 'a string or bytes', value);
}

module.exports = { readDecision };
