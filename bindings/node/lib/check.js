'use strict';

// Checks the types of arguments, and describes values of wrong types. The core judges the meaning of values.

const { types } = require('node:util');
const { UpgradeError } = require('./errors');

const invalid = (message, cause) => new UpgradeError('ERR_UPGRADE_OPTIONS', message, { cause });

// `name` is a text or a function that returns one, because most names are never shown.
const expected = (name, type, value) => invalid(`${shown(name)}: expected ${type}, got ${kind(value)}`);

const shown = (name) => (typeof name === 'function' ? name() : name);

// Describes a value. The text of a string is not shown, since it may be a secret.
function kind(value) {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return String(value);
    case 'object':
      return value === null ? 'null' : kindOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value) {
  // Any access to a proxy may throw.
  if (types.isProxy(value)) return 'a proxy';
  if (Array.isArray(value)) return 'an array';
  try {
    const { name } = Object.getPrototypeOf(value).constructor;
    if (typeof name === 'string' && /^\w{1,40}$/.test(name) && name !== 'Object') return `an instance of ${name}`;
  } catch {
    // It has no constructor.
  }
  return 'an object';
}

// Shows a name from the caller, as errors do.
function quoted(name) {
  const text = String(name);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

// Returns whether a value is an object literal or has no prototype. Objects of another realm count too.
function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isForeignRoot(prototype);
}

function isForeignRoot(prototype) {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

// Returns the own properties of a plain object, each read once. A property that is not in `known` is an error.
function plain(value, name, known) {
  if (!isPlain(value)) throw expected(name, 'an object', value);
  const properties = Object.create(null);
  for (const key of Reflect.ownKeys(value)) {
    if (!known.includes(key)) throw unknown(key, known, `${shown(name)} have`);
    properties[key] = value[key];
  }
  return properties;
}

// Returns the properties of options, each read once: their own and the inherited ones, without those of `Object`.
function properties(options, isKnown) {
  if (!isBare(options)) throw expected('options', 'an object', options);
  const found = [];
  let name;
  try {
    for (let at = options; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (name of Object.getOwnPropertyNames(at)) {
        // A property hides those of the same name further up the chain.
        if (at !== options && found.some(([nearer]) => nearer === name)) continue;
        const isMeant = isKnown(name) || Object.prototype.propertyIsEnumerable.call(at, name);
        if (isMeant) found.push([name, options[name]]);
      }
    }
  } catch (cause) {
    throw invalid(name === undefined ? 'options can not be read' : `options: ${quoted(name)} can not be read`, cause);
  }
  return found;
}

// Returns whether a value is a plain set of options. An array or a promise would pass as options without properties.
function isBare(options) {
  if (typeof options !== 'object' || options === null) return false;
  try {
    return Object.prototype.toString.call(options) === '[object Object]' && typeof options.then !== 'function';
  } catch {
    return false;
  }
}

function unknown(name, known, where) {
  const meant = similar(String(name), known);
  const hint = meant === undefined ? `expected one of ${known.join(', ')}` : `did you mean ${quoted(meant)}?`;
  return invalid(`${where} no ${quoted(name)}: ${hint}`);
}

// Returns the known name that another name resembles: in another case, with a prefix, or with a spelling mistake.
function similar(name, known) {
  const lower = name.toLowerCase();
  return known.find((each) => {
    const other = each.toLowerCase();
    if (lower === other || (other.length > 4 && lower.endsWith(other))) return true;
    const slips = other.length < 5 ? 0 : other.length < 7 ? 1 : 2;
    return Math.abs(lower.length - other.length) <= slips && distance(lower, other) <= slips;
  });
}

// Counts the characters that are left out, added, changed, or swapped with their neighbour.
function distance(one, other) {
  let before, last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[other.length];
}

// The types of single values. Each function returns the value, or throws.

function boolean(value, name) {
  if (typeof value !== 'boolean') throw expected(name, 'true or false', value);
  return value;
}

function string(value, name) {
  if (typeof value !== 'string') throw expected(name, 'a string', value);
  // A text of the core can't hold half of a surrogate pair.
  if (!value.isWellFormed()) throw invalid(`${shown(name)}: expected a string, got one with half of a surrogate pair`);
  return value;
}

function func(value, name) {
  if (typeof value !== 'function') throw expected(name, 'a function', value);
  return value;
}

function integer(value, name, largest) {
  if (!Number.isInteger(value) || value < 0 || value > largest) {
    throw expected(name, `a whole number from 0 to ${largest}`, value);
  }
  return value;
}

// Checks the bytes of a client that Node.js has read behind the head, if there are any.
function checkHead(head) {
  if (head !== undefined && head !== null && !types.isUint8Array(head)) throw expected('head', 'bytes', head);
}

// Checks an array and each of its members. Holes are members too.
function array(value, name, type) {
  if (!Array.isArray(value)) throw expected(name, 'an array', value);
  const members = [];
  for (let at = 0; at < value.length; at += 1) members.push(type(value[at], () => `${shown(name)}[${at}]`));
  return members;
}

module.exports = {
  array,
  boolean,
  checkHead,
  expected,
  func,
  integer,
  invalid,
  isPlain,
  plain,
  properties,
  quoted,
  shown,
  similar,
  string,
  unknown,
};
