'use strict';

const { AsyncResource } = require('node:async_hooks');
const { isUint8Array } = require('node:util/types');
const { expected, invalid } = require('./check');
const { clientHandshake, clientOptions } = require('./client-options');
const { deadline } = require('./deadline');
const { checkProxy, dial } = require('./dial');
const { UpgradeError, aborted, closed, explained, failed, optionsError, timedOut } = require('./errors');
const { shownHeaders } = require('./fields');

// createUpgradeRequest(url, [options], [callback]): see README.md.
function createUpgradeRequest(url, options, callback) {
  if (typeof options === 'function' && callback === undefined) {
    callback = options;
    options = undefined;
  }
  if (typeof callback === 'function') {
    start(url, options, callback);
    return undefined;
  }
  // There is no function that could be called back.
  if (callback !== undefined) throw expected('callback', 'a function', callback);
  return new Promise((resolve, reject) => {
    start(url, options, (error, socket, settings, response) => {
      if (error) reject(error);
      else resolve({ socket, options: settings, response });
    });
  });
}

function start(url, options, callback) {
  let given, handshake, place, request, early;
  try {
    given = clientOptions(options);
    handshake = clientHandshake(url, given);
    checkProxy(handshake, given);
    place = handshake.place;
    request = handshake.request();
    if (given.signal?.aborted) early = abortedBy(given.signal);
  } catch (thrown) {
    early = optionsError(thrown);
  }
  if (early !== undefined) {
    handshake?.end();
    process.nextTick(callback, early);
    return;
  }
  // An event of a socket that others make is not in the async context of the caller.
  new Exchange(handshake, request, given, AsyncResource.bind(callback)).start(place);
}

// Every socket of ours has this listener for its whole life: an `error` event without a listener would end the
// process.
function ignore() {}

// One handshake over one socket, from its start to any end.
class Exchange {
  constructor(handshake, request, options, callback) {
    const { signal, timeout } = options;
    this.handshake = handshake;
    this.request = request;
    this.options = options;
    this.callback = callback;
    this.socket = undefined;
    this.until = performance.now() + timeout;
    this.timer = deadline(timeout, () => this.expire());
    // This timer runs while the client waits for more of a refusal's body.
    this.idle = undefined;
    this.abort = () => this.finish(abortedBy(signal));
    // Aborts the caller's function if the handshake ends before it.
    this.dialling = options.createConnection && new AbortController();
    // The listeners, so that they can be removed together.
    this.listeners = {
      readable: () => this.read(),
      end: () => this.take(this.handshake.close(true)),
      error: (error) => this.cut(explained(failed('the socket', error))),
      close: () => this.take(this.handshake.close(false)),
    };
  }

  start(place) {
    try {
      this.options.signal?.addEventListener('abort', this.abort, { once: true });
      dial(place, this.options, this.dialling?.signal, (...result) => this.connected(...result));
    } catch (thrown) {
      this.finish(failed('the connection', thrown));
    }
  }

  connected(error, socket, isAnswered) {
    try {
      this.send(error, socket, isAnswered);
    } catch (thrown) {
      discard(socket);
      this.finish(failed('the socket', thrown));
    }
  }

  send(error, socket, isAnswered) {
    // The socket can't be used, or it comes too late.
    if (error || this.callback === undefined) {
      discard(socket);
      this.finish(error);
      return;
    }
    this.socket = socket;
    socket.on('error', ignore);
    for (const [event, listener] of Object.entries(this.listeners)) socket.on(event, listener);
    // The socket has already ended, so no event would follow.
    if (socket.destroyed || socket.readableEnded) {
      this.finish(socket.errored ?? closed());
      return;
    }
    socket.setNoDelay?.(true);
    if (isAnswered) return;
    // The socket keeps the bytes until it is connected and TLS is ready.
    socket.write(this.request);
  }

  read() {
    // Bytes after the head stay in the socket, for the application.
    while (this.callback !== undefined) {
      const bytes = this.socket.read();
      if (bytes === null) return;
      if (!isUint8Array(bytes)) {
        this.finish(invalid('the socket gives something else than bytes: has it an encoding?'));
        return;
      }
      this.take(this.handshake.receive(bytes), bytes);
      // Timers do not run while a socket always has more data.
      if (performance.now() >= this.until) this.expire();
    }
  }

  // Handles an event of the core, after new bytes or at the end.
  take(event, bytes) {
    switch (event.kind) {
      case 'accepted':
        this.accept(event, bytes);
        break;
      case 'refused':
        this.finish(refusal(event));
        break;
      case 'failed':
        this.finish(
          event.isClosed
            ? closed()
            : new UpgradeError('ERR_UPGRADE_RESPONSE', event.message, { reason: event.reason }),
        );
        break;
      case 'body':
        clearTimeout(this.idle);
        this.idle = deadline(this.options.refusalBodyIdle, () => this.take(this.handshake.close(false)));
        break;
      default:
    }
  }

  accept(event, bytes) {
    const { socket } = this;
    this.release();
    if (event.rest > 0) socket.unshift(bytes.subarray(bytes.length - event.rest));
    const { callback } = this;
    this.callback = undefined;
    callback(null, socket, event.settings, response(event));
  }

  expire() {
    this.cut(timedOut(this.options.timeout));
  }

  // Ends the handshake early. If the head of a refusal has been read, the result is that refusal.
  cut(error) {
    const event = this.handshake.close(false);
    this.finish(event.kind === 'refused' ? refusal(event) : error);
  }

  finish(error) {
    if (this.callback === undefined) return;
    this.release();
    this.socket?.destroy();
    this.dialling?.abort();
    // The caller's function that opens the socket may still be running. What the callback throws must not reach it.
    process.nextTick(this.callback, error);
    this.callback = undefined;
  }

  release() {
    this.handshake.end();
    clearTimeout(this.timer);
    clearTimeout(this.idle);
    leave(this.options.signal, this.abort);
    for (const [event, listener] of Object.entries(this.listeners)) this.socket?.removeListener(event, listener);
  }
}

// The signal can be any object with the methods of one. What it throws must not keep the callback from being called.

function abortedBy(signal) {
  try {
    return aborted(signal.reason);
  } catch (thrown) {
    return aborted(thrown);
  }
}

function leave(signal, listener) {
  try {
    signal?.removeEventListener('abort', listener);
  } catch {
    // The listener does nothing after the end.
  }
}

// Closes a socket that can't be used. It may be any value.
function discard(socket) {
  try {
    socket?.on?.('error', ignore);
    socket?.destroy?.();
  } catch {
    // It is not a socket.
  }
}

// The final response.
function response({ status, statusMessage, fields, interim }) {
  return { statusCode: status, statusMessage, headers: shownHeaders(fields), rawHeaders: fields, interim };
}

// The statuses of redirects (RFC 9110 §15.4).
const REDIRECTS = [301, 302, 303, 307, 308];

function refusal(event) {
  const { status, statusMessage, body, truncated, truncation } = event;
  const message = `the server refused: ${status} ${statusMessage}`.trimEnd();
  const advice = REDIRECTS.includes(status) ? ' (no redirect is followed here; headers.location says where it leads)' : '';
  const details = { ...response(event), body, truncated, truncation };
  return new UpgradeError('ERR_UPGRADE_REFUSED', message + advice, details);
}

module.exports = { createUpgradeRequest };
