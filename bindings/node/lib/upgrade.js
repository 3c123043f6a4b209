'use strict';

const { checkHead, expected } = require('./check');
const { deadline } = require('./deadline');
const { joined } = require('./text');
const wasm = require('./wasm');

// The maximum bytes that are discarded after a rejection.
const DISCARDED = 16 * 1024 * 1024;

// A request of HTTP/1.1 that Node.js has parsed, and its socket.
class Upgrade {
  constructor(request, socket, head) {
    this.request = request;
    this.socket = socket;
    this.head = head;
  }

  // Reads what the core judges.
  read() {
    const { request } = this;
    checkHead(this.head);
    const { method, url, rawHeaders } = request ?? {};
    if (typeof method !== 'string' || typeof url !== 'string' || !Array.isArray(rawHeaders)) {
      throw expected('request', "the one of the event 'upgrade'", request);
    }
    this.text = joined([method, url], rawHeaders);
    this.count = 2 + rawHeaders.length;
  }

  get isExtendedConnect() {
    return false;
  }

  get headers() {
    return this.request.headers;
  }

  // `true` over TLS. Otherwise it is unknown, because a proxy may have terminated TLS.
  get secure() {
    return this.socket.encrypted === true ? true : undefined;
  }

  // An upgrade has no meaning in versions other than HTTP/1, so they count as HTTP/1.0.
  get minorVersion() {
    const { httpVersionMajor, httpVersionMinor } = this.request;
    return httpVersionMajor === 1 && MINORS.includes(httpVersionMinor) ? httpVersionMinor : 0;
  }

  judge(server, secure) {
    return server.judge(this.text, this.count, this.minorVersion, secure);
  }

  asked() {
    return wasm.asked(this.text, this.count, this.minorVersion);
  }

  // Whether a response to a request before this one is not complete.
  get isBehind() {
    return Boolean(this.socket._httpMessage);
  }

  // Calls back when the responses to the requests before this one are complete: at once, or later. The answer comes
  // behind them (RFC 9112 §9.3.2). Node.js keeps the one that it sends at the socket.
  inTurn(then) {
    const { socket } = this;
    const before = socket._httpMessage;
    if (!before) {
      then();
      return;
    }
    // Node.js no longer tells the response that the socket takes more.
    const drain = () => before.writableNeedDrain && before.emit('drain');
    socket.on('drain', drain);
    before.once('finish', () => {
      socket.removeListener('drain', drain);
      // The limit for the next request on a connection does not apply.
      socket.setTimeout?.(0);
      this.inTurn(then);
    });
  }

  // Gives up on a client that has left.
  leave() {
    this.socket.destroy();
  }

  // Sends the answer. Returns whether there was still a client to send it to.
  accept({ answer }) {
    const { socket, head } = this;
    if (socket.readableEnded) this.leave();
    if (socket.destroyed || !socket.writable) return false;
    // A WebSocket has no half that goes on alone. Sockets of an HTTP server stay open otherwise.
    socket.allowHalfOpen = false;
    // The time limits of the HTTP server do not apply to a WebSocket.
    socket.setTimeout?.(0);
    socket.setNoDelay?.(true);
    if (head?.length > 0) socket.unshift(head);
    socket.write(answer, 'latin1');
    return true;
  }

  // Closes in stages (RFC 9112 §9.6). Closing a socket with unread bytes resets it, and a reset can erase the answer
  // before the client has read it.
  refuse({ answer }, timeout) {
    const { socket } = this;
    if (socket.destroyed) return;
    socket.setTimeout?.(0);
    const timer = deadline(timeout, () => socket.destroy());
    socket.once('close', () => clearTimeout(timer));
    // A listener for `readable`, or a pause, would keep the bytes from flowing.
    socket.removeAllListeners('readable');
    let left = DISCARDED;
    socket.on('data', (bytes) => {
      left -= bytes.length;
      if (left <= 0) socket.destroy();
    });
    socket.resume();
    // It ends by itself when both sides have ended.
    this.inTurn(() => socket.end(answer, 'latin1'));
  }
}

// A digit (RFC 9112 §2.3).
const MINORS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

module.exports = { Upgrade };
