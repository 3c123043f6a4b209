'use strict';

const { checkHead, expected, invalid } = require('./check');
const { deadline } = require('./deadline');
const { shownHeaders, toHeaders } = require('./fields');
const { joined } = require('./text');
const wasm = require('./wasm');

const PSEUDO = [':method', ':protocol', ':scheme', ':authority', ':path'];

// The code that closes a stream without an error (RFC 9113 §7).
const NO_ERROR = 0;
const CANCEL = 8;

// Returns whether a request came over HTTP/2: its socket is a stream.
function isExtendedConnect(socket) {
  return typeof socket.respond === 'function';
}

// An extended CONNECT (RFC 8441 §5) that Node.js has parsed, and its stream.
//
// The request is the headers or the raw header list of the event `stream`, or a request of the compatibility API.
class ExtendedConnect {
  constructor(request, socket, head) {
    this.request = request;
    this.socket = socket;
    this.head = head;
  }

  // Reads what the core judges.
  read() {
    checkHead(this.head);
    const raw = rawHeaders(this.request);
    const pseudo = new Map();
    const fields = [];
    for (let at = 0; at < raw.length; at += 2) {
      if (PSEUDO.includes(raw[at])) pseudo.set(raw[at], raw[at + 1]);
      else fields.push(raw[at], raw[at + 1]);
    }
    const sent = PSEUDO.map((name) => (pseudo.has(name) ? `=${pseudo.get(name)}` : ''));
    this.text = joined(sent, fields);
    this.count = sent.length + fields.length;
    this.fields = fields;
  }

  get isExtendedConnect() {
    return true;
  }

  get headers() {
    return shownHeaders(this.fields);
  }

  get secure() {
    return this.socket.session?.encrypted === true ? true : undefined;
  }

  judge(server, secure) {
    return server.judgeConnect(this.text, this.count, secure);
  }

  asked() {
    return wasm.askedConnect(this.text, this.count);
  }

  // Streams do not wait for each other.
  get isBehind() {
    return false;
  }

  inTurn(then) {
    then();
  }

  // Gives up on a client that has left.
  leave() {
    this.socket.close(CANCEL);
  }

  accept({ status, fields }) {
    const { socket, head } = this;
    if (socket.readableEnded) this.leave();
    if (isOver(socket)) return false;
    socket.allowHalfOpen = false;
    if (head?.length > 0) socket.unshift(head);
    respond(socket, status, fields);
    return true;
  }

  // Ends only the stream; the connection goes on.
  refuse({ status, fields, body }, timeout) {
    const { socket } = this;
    if (isOver(socket)) return;
    respond(socket, status, fields);
    // The rest of the request is not needed (RFC 9113 §8.1).
    socket.once('finish', () => socket.close(NO_ERROR));
    const timer = deadline(timeout, () => socket.close(CANCEL));
    socket.once('close', () => clearTimeout(timer));
    // A listener for `readable` would keep the bytes from flowing.
    socket.removeAllListeners('readable');
    socket.on('data', () => {});
    socket.resume();
    socket.end(body, 'latin1');
  }
}

// Returns whether a stream can't take a response any more. It is closed before it is destroyed.
function isOver(stream) {
  return stream.destroyed || stream.closed || stream.headersSent;
}

// Returns names and values in turn.
function rawHeaders(request) {
  if (typeof request !== 'object' || request === null) {
    throw expected('request', "the headers of the event 'stream', or a request", request);
  }
  if (Array.isArray(request)) return request;
  if (Array.isArray(request.rawHeaders)) return request.rawHeaders;
  return Object.entries(request).flatMap(([name, value]) =>
    [value].flat().flatMap((line) => [name, String(line)]),
  );
}

// The largest field section that Node.js sends, in bytes. Beyond it the client would only see a reset stream.
const LARGEST = 65_536;

// Sends a response. Node.js has its own rules for fields.
function respond(stream, status, fields) {
  // The start is for `:status` and `date`; each text adds what HPACK may need for a line.
  const size = fields.reduce((size, text) => size + text.length + 6, 100);
  if (size > LARGEST) throw invalid(`headers: ${size} bytes of fields, over HTTP/2 there can be ${LARGEST}`);
  try {
    stream.respond({ ...toHeaders(fields), ':status': status });
  } catch (cause) {
    throw invalid(cause.message, cause);
  }
}

module.exports = { ExtendedConnect, isExtendedConnect };
