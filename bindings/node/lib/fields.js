'use strict';

const { expected, isPlain, quoted, string } = require('./check');

// Conversion of field lines between the forms of Node.js.

// Converts names and values in turn to an object with every value, to be sent.
function toHeaders(raw) {
  return joinedLines(raw, () => false);
}

// Converts names and values in turn to the form of `headers` in `http`, which shows the first of some repeated fields.
function shownHeaders(raw) {
  return joinedLines(raw, (name) => FIRST.has(name));
}

function joinedLines(raw, isFirst) {
  const headers = Object.create(null);
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at].toLowerCase();
    const value = raw[at + 1];
    if (name === 'set-cookie') (headers[name] ??= []).push(value);
    else if (!(name in headers)) headers[name] = value;
    else if (!isFirst(name)) headers[name] += `${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

// The fields of which Node.js shows only the first line.
const FIRST = new Set([
  'age', 'authorization', 'content-length', 'content-type', 'etag', 'expires', 'from', 'host', 'if-modified-since',
  'if-unmodified-since', 'last-modified', 'location', 'max-forwards', 'proxy-authorization', 'referer', 'retry-after',
  'server', 'user-agent',
]);

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

module.exports = { shownHeaders, toHeaders, toPairs };
