'use strict';

// The types of what is passed in, and the words for one that is another. What a value means, the core judges.

const { types } = require('node:util');
const { UpgradeError } = require('./errors');

const invalid = (message, cause) => new UpgradeError('ERR_UPGRADE_OPTIONS', message, { cause });

// The name is a text, or gives one: most are never shown.
const expected = (name, type, value) => invalid(`${shown(name)}: expected ${type}, got ${kind(value)}`);

const shown = (name) => (typeof name === 'function' ? name() : name);

// What a value is. The text of a string is not shown: it may be a secret.
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
  // A proxy may throw at every look.
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

// A name of the caller's, as errors show it.
function quoted(name) {
  const text = String(name);
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

// Whether a value is an object literal, or one without a prototype; those of another realm as well.
function isPlain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || isForeignRoot(prototype);
}

function isForeignRoot(prototype) {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

// The own properties of a plain object, each read once; nothing but `known` may be among them.
function plain(value, name, known) {
  if (!isPlain(value)) throw expected(name, 'an object', value);
  const properties = Object.create(null);
  for (const key of Reflect.ownKeys(value)) {
    if (!known.includes(key)) throw unknown(key, known, `${shown(name)} have`);
    properties[key] = value[key];
  }
  return properties;
}

// The properties of options, names and values, each read once: their own, and those they inherit, but for every object's.
function properties(options, isKnown) {
  if (!isBare(options)) throw expected('options', 'an object', options);
  const found = [];
  let name;
  try {
    for (let at = options; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (name of Object.getOwnPropertyNames(at)) {
        // What is nearer is what is read.
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

// What has a meaning of its own, such as an array or a promise of options, would pass for options that say nothing.
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

// The known name that another one looks like: in another case, behind other words, or with a slip of the pen.
function similar(name, known) {
  const lower = name.toLowerCase();
  return known.find((each) => {
    const other = each.toLowerCase();
    if (lower === other || (other.length > 4 && lower.endsWith(other))) return true;
    const slips = other.length < 5 ? 0 : other.length < 7 ? 1 : 2;
    return Math.abs(lower.length - other.length) <= slips && distance(lower, other) <= slips;
  });
}

// Characters left out, added, changed, or swapped with their neighbour.
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

// Types of single values: each gives the value, or throws.

function boolean(value, name) {
  if (typeof value !== 'boolean') throw expected(name, 'true or false', value);
  return value;
}

function string(value, name) {
  if (typeof value !== 'string') throw expected(name, 'a string', value);
  // Half of a surrogate pair has no place in a text of the core's.
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

// An array, each member with the type. Holes are members too.
function array(value, name, type) {
  if (!Array.isArray(value)) throw expected(name, 'an array', value);
  const members = [];
  for (let at = 0; at < value.length; at += 1) members.push(type(value[at], () => `${shown(name)}[${at}]`));
  return members;
}

module.exports = {
  array,
  boolean,
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
