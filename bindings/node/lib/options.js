'use strict';

// Reads options of either role, and brings them into the form of the core.

const { array, invalid, properties, string } = require('./check');

// The options that have the name of a field of the handshake.
const FIELD = /^sec-websocket-./i;
const PREFIX = 'sec-websocket-'.length;

// Properties that every object inherits are not options.
class Options {
  fields = [];
}
Object.setPrototypeOf(Options.prototype, null);

// Reads the options of the table. Those with names of fields go into `fields`, all others to `other`.
function read(options, table, other) {
  const checked = new Options();
  for (const [name, value] of properties(options, (name) => Object.hasOwn(table, name) || FIELD.test(name))) {
    // An undefined option counts as missing.
    if (value === undefined) continue;
    if (Object.hasOwn(table, name)) checked[name] = table[name](value, name);
    else if (FIELD.test(name)) checked.fields.push([name, field(value, name)]);
    else other(name, value);
  }
  return checked;
}

function field(value, name) {
  const text = (each, name) => string(typeof each === 'number' ? String(each) : each, name);
  return Array.isArray(value) ? array(value, name, text).join(', ') : text(value, name);
}

// Returns the options for the core, under its names. The core judges them.
function forCore({ extensions, protocols, headers, limits, fields }) {
  const core = {};
  if (extensions !== undefined) core.extensions = extensions;
  if (protocols !== undefined) core.protocols = protocols;
  if (headers !== undefined) core.headers = headers;
  if (limits !== undefined) core.limits = limits;
  for (const [name, text] of fields) addField(core, name, text);
  return core;
}

// Adds a field of the handshake that was given by its name.
function addField(core, name, text) {
  switch (name.slice(PREFIX).toLowerCase()) {
    case 'extensions':
      core.extensions = [...(core.extensions ?? []), { list: text }];
      break;
    case 'protocol':
      core.protocols = [...(core.protocols ?? []), ...text.split(',').map((name) => name.trim()).filter(Boolean)];
      break;
    case 'version':
      if (text !== '13') throw invalid(`${name}: expected 13`);
      break;
    case 'key':
      core.key = text;
      break;
    default:
      // The core refuses this field and reports it.
      core.headers = [...(core.headers ?? []), [name, text]];
  }
}

// Calls the core. Its errors about options become ours.
function forCall(call) {
  try {
    return call();
  } catch (error) {
    throw invalid(error.message);
  }
}

module.exports = { forCall, forCore, read };
