'use strict';

// The types of options that both roles have. Each function checks a value, and returns it in the form of the core.

const { array, boolean, expected, integer, isPlain, plain, shown, string } = require('./check');
const { toPairs } = require('./fields');

// The options of both roles. Each has a function that checks its type and returns it in the form of the core.
const BOTH = {
  extensions: (value, name) =>
    typeof value === 'string' ? [{ list: string(value, name) }] : array(value, name, extension),
  headers: toPairs,
  limits: (value, name) => members(value, name, LIMITS),
  protocols: (value, name) => (typeof value === 'string' ? [string(value, name)] : array(value, name, string)),
  timeout,
};

const LARGEST = 2 ** 32 - 1;
const count = (value, name) => integer(value, name, LARGEST);
const bits = (value, name) => integer(value, name, 255);

const LIMITS = {
  fields: count,
  head: count,
  interim: count,
  offers: count,
  refusalBody: count,
  refusalOverhead: count,
  target: count,
};

const EXTENSION = {
  name: string,
  params,
  rsv: bits,
  codec: (value, name) => members(value, name, CODEC),
  offers: (value, name) => array(value, name, params),
};

const CODEC = {
  keepsCompressContext: boolean,
  keepsInflateContext: boolean,
  maxInflateWindowBits: bits,
  minCompressWindowBits: bits,
};

// Checks an object with properties of these types. Undefined properties are left out.
function members(value, name, table) {
  const given = plain(value, name, Object.keys(table));
  const checked = {};
  for (const [key, each] of Object.entries(given)) {
    if (each !== undefined) checked[key] = table[key](each, () => `${shown(name)}.${key}`);
  }
  return checked;
}

function extension(value, name) {
  if (typeof value === 'string') return string(value, name);
  if (!isPlain(value)) throw expected(name, 'a string or an object', value);
  const checked = members(value, name, EXTENSION);
  if (checked.name === undefined) throw expected(`${shown(name)}.name`, 'a string', undefined);
  return checked;
}

function params(value, name) {
  if (!isPlain(value)) throw expected(name, 'an object', value);
  const param = (name, each) => {
    if (typeof each === 'boolean') return each;
    return typeof each === 'number' ? count(each, name) : string(each, name);
  };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, param(() => `${shown(name)}.${key}`, each)]));
}

function timeout(value, name) {
  if (typeof value !== 'number' || !(value > 0)) throw expected(name, 'milliseconds above 0, or Infinity', value);
  return value;
}

module.exports = { BOTH, members, timeout };
