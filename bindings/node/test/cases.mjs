// The vectors (vectors/README.md), converted to this package's options and bytes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
export const wasm = require('../lib/wasm.js');
const { clientHandshake: handshake, clientOptions } = require('../lib/client-options.js');
const { serverOptions: read } = require('../lib/server-options.js');
export const clientHandshake = (url, options) => handshake(url, clientOptions(options));
export const serverOptions = (options) => read(options).server;
export const { joined } = require('../lib/text.js');

// The core with entrances that the package does not have: a request as bytes, and a client over HTTP/2.
const { core, Server } = wasm.load(fileURLToPath(new URL('vectors.wasm', import.meta.url)));

// Reads the head of a request that arrives in pieces.
export class Reader {
  constructor(server) {
    this.server = new Server(server.options);
    this.begins = true;
  }

  // Takes the next bytes. Returns `null` if more are needed.
  receive(bytes, secure) {
    const [length] = core.putAll(bytes);
    const kind = core.run('core_read', length, Number(this.begins), secure === undefined ? 2 : Number(secure));
    this.begins = false;
    if (kind === 0) return null;
    const verdict = core.verdict(kind);
    // The length of an accepted request's head is behind the answer.
    if (verdict.settings !== undefined) [verdict.answer, this.headLen] = verdict.answer.split('\0');
    return verdict;
  }
}

// Judges the responses to an extended CONNECT, in order, as a client does.
export function judgeResponses(url, options, responses) {
  return core.value(core.run('core_responses', ...core.putAll(url, JSON.stringify(options), JSON.stringify(responses))));
}

export function cases(file) {
  return JSON.parse(readFileSync(new URL(`../../../vectors/${file}`, import.meta.url)));
}

// Returns bytes, given as text or as pieces of it, with one character per byte.
export function bytes(source) {
  const pieces = Array.isArray(source) ? source : [source ?? ''];
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.repeat.repeat(piece.times))).join('');
}

export const buffer = (source) => Buffer.from(bytes(source), 'latin1');

const CODECS = {
  full: { minCompressWindowBits: 8 },
  zlib: {},
  fixed: { minCompressWindowBits: 15 },
  stateless: { minCompressWindowBits: 8, keepsCompressContext: false, keepsInflateContext: false },
  small: { minCompressWindowBits: 8, maxInflateWindowBits: 10 },
};

export function deflate({ codec, offers, ...params }) {
  return { name: 'permessage-deflate', params, codec: CODECS[codec], offers: offers?.map(parameters) };
}

// Parses parameters as they follow a name.
function parameters(text) {
  const pairs = text.split(';').map((param) => param.trim().split('='));
  return Object.fromEntries(pairs.filter(([name]) => name).map(([name, value]) => [name, value ?? true]));
}

const extension = (source) => (source.deflate ? deflate(source.deflate) : source);

const camel = (object) =>
  Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]),
  );

// Converts a case's `server` or `client`.
export function options({ extensions, limits, ...source } = {}) {
  const { requireSubprotocol, subprotocols, origins, ...others } = camel(source);
  const options = { ...others, protocols: subprotocols, requireProtocol: requireSubprotocol };
  if (extensions !== undefined) options.extensions = extensions.map(extension);
  if (limits !== undefined) options.limits = camel(limits);
  return { ...options, ...policy(origins) };
}

export function policy(origins) {
  if (origins === 'any') return { dangerAnyOrigin: true };
  if (Array.isArray(origins)) return { origins };
  return origins?.same_as === undefined ? {} : { sameOriginAs: origins.same_as };
}

// Writes the agreed extensions as in the field.
export function written(extensions = []) {
  const text = (extension) =>
    typeof extension === 'string'
      ? extension
      : Object.entries(extension.params).reduce(
          (text, [name, value]) => `${text}; ${name}${value === true ? '' : `=${value}`}`,
          extension.name,
        );
  return extensions.map(text).join(', ');
}

// Parses an answer.
export function parse(answer) {
  const end = answer.indexOf('\r\n\r\n');
  const [start, ...lines] = answer.slice(0, end).split('\r\n');
  return {
    status: Number(start.split(' ')[1]),
    fields: lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    body: answer.slice(end + 4),
  };
}

export function values(fields, name) {
  return fields.filter(([other]) => other.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

export function pairs(flat) {
  return flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1]]] : []));
}
