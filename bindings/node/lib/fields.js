'use strict';

// Field lines in the forms that Node.js has them in.

// Names and values one after the other, as the `headers` of a message of `http`.
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

// What a caller gives, an object or pairs, as pairs; an array of values is a line for each.
function toPairs(headers) {
  if (headers === undefined || headers === null) return [];
  const entries = typeof headers[Symbol.iterator] === 'function' ? headers : Object.entries(headers);
  const pairs = [];
  for (const [name, value] of entries) {
    for (const line of Array.isArray(value) ? value : [value]) pairs.push([String(name), String(line)]);
  }
  return pairs;
}

module.exports = { toHeaders, toPairs };
