'use strict';

const { expected, isPlain, quoted, string } = require('./check');

// Conversion of field lines between the forms of Node.js.

// Converts names and values in turn to the form of `headers` in `http`.
function toHeaders(raw) {
  const headers = Object.create(null);
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    const value = raw[at + 1];
    if (name === 'set-cookie') (headers[name] ??= []).push(value);
    else headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

// Converts the caller's headers, an object or pairs, to pairs. An array of values gives one line for each.
function toPairs(headers, what = 'headers') {
  if (headers === undefined) return [];
  const pairs = [];
  for (const entry of entries(headers, what)) {
    if (!Array.isArray(entry) || entry.length !== 2) throw expected(what, 'pairs of a name and a value', entry);
    const name = string(entry[0], `${what}: a name`);
    const value = entry[1];
    for (const line of Array.isArray(value) ? value : [value]) pairs.push([name, text(line, what, name)]);
  }
  return pairs;
}

function entries(headers, what) {
  if (typeof headers === 'object' && headers !== null) {
    if (typeof headers[Symbol.iterator] === 'function') return headers;
    if (isPlain(headers)) return Object.entries(headers);
  }
  throw expected(what, 'an object or pairs', headers);
}

function text(value, what, name) {
  if (typeof value === 'string' || Number.isFinite(value)) return string(String(value), `${what}: ${quoted(name)}`);
  throw expected(`${what}: ${quoted(name)}`, 'a string, a number, or an array of them', value);
}

module.exports = { toHeaders, toPairs };
