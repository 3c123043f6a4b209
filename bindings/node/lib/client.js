'use strict';

const { dial } = require('./dial');
const { UpgradeError, aborted, closed, optionsError, timedOut } = require('./errors');
const { toHeaders } = require('./fields');
const { clientHandshake, deadline, timeoutOf } = require('./options');

// createUpgradeRequest(url, [options], [callback]): README.md says what it does.
function createUpgradeRequest(url, options, callback) {
  if (typeof options === 'function') return createUpgradeRequest(url, undefined, options);
  if (callback !== undefined) {
    start(url, options ?? {}, callback);
    return undefined;
  }
  return new Promise((resolve, reject) => {
    start(url, options ?? {}, (error, socket, settings, response) => {
      if (error) reject(error);
      else resolve({ socket, options: settings, response });
    });
  });
}

function start(url, options, callback) {
  let handshake, place, request, timeout;
  try {
    timeout = timeoutOf(options);
    handshake = clientHandshake(url, options);
    place = handshake.place;
    request = handshake.request();
  } catch (error) {
    process.nextTick(callback, optionsError(error));
    return;
  }
  if (options.signal?.aborted) {
    process.nextTick(callback, aborted(options.signal));
    return;
  }
  new Exchange(handshake, request, timeout, options.signal, callback).start(place, options);
}

// Listened to by every socket of ours, for as long as it lives: an error that nobody else listens to would end the
// process.
function ignore() {}

// One handshake over one socket, until its end, whichever it is.
class Exchange {
  constructor(handshake, request, timeout, signal, callback) {
    this.handshake = handshake;
    this.request = request;
    this.signal = signal;
    this.callback = callback;
    this.socket = undefined;
    this.timer = deadline(timeout, () => this.cut(timedOut(timeout)));
    this.abort = () => this.finish(aborted(signal));
    signal?.addEventListener('abort', this.abort, { once: true });
    // What is listened to, to be taken away together.
    this.listeners = {
      readable: () => this.read(),
      end: () => this.take(this.handshake.close(true)),
      error: (error) => this.cut(error),
      close: () => this.take(this.handshake.close(false)),
    };
  }

  start(place, options) {
    try {
      dial(place, options, (error, socket) => this.connected(error, socket));
    } catch (error) {
      process.nextTick(() => this.finish(error));
    }
  }

  connected(error, socket) {
    if (this.callback === undefined || this.socket !== undefined) {
      // It comes too late.
      socket?.on('error', ignore);
      socket?.destroy();
      return;
    }
    if (error) {
      this.finish(error);
      return;
    }
    this.socket = socket;
    socket.on('error', ignore);
    for (const [event, listener] of Object.entries(this.listeners)) socket.on(event, listener);
    socket.setNoDelay?.(true);
    // Where it is not connected yet, or TLS not ready, it waits.
    socket.write(this.request);
  }

  read() {
    // What is behind the head stays where it is: it is the application's.
    while (this.callback !== undefined) {
      const bytes = this.socket.read();
      if (bytes === null) return;
      this.take(this.handshake.receive(bytes), bytes);
    }
  }

  // What comes of the bytes so far, or of the end.
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
          event.reason === 'Syntax(Closed)'
            ? closed()
            : new UpgradeError('ERR_UPGRADE_RESPONSE', event.message, { reason: event.reason }),
        );
        break;
      default:
    }
  }

  accept(event, bytes) {
    const { socket } = this;
    this.release();
    if (event.rest > 0) socket.unshift(bytes.subarray(bytes.length - event.rest));
    this.call(null, socket, event.settings, response(event));
  }

  // No more comes in time, or at all. Of a refusal that has been read, all but its body, that is what it is.
  cut(error) {
    const event = this.handshake.close(false);
    this.finish(event.kind === 'refused' ? refusal(event) : error);
  }

  finish(error) {
    if (this.callback === undefined) return;
    this.release();
    this.socket?.destroy();
    this.call(error);
  }

  release() {
    clearTimeout(this.timer);
    this.signal?.removeEventListener('abort', this.abort);
    for (const [event, listener] of Object.entries(this.listeners)) this.socket?.removeListener(event, listener);
  }

  call(...results) {
    const { callback } = this;
    this.callback = undefined;
    callback(...results);
  }
}

// The final response.
function response({ status, statusMessage, fields, interim }) {
  return { statusCode: status, statusMessage, headers: toHeaders(fields), rawHeaders: fields, interim };
}

function refusal(event) {
  const { status, statusMessage, body, truncated } = event;
  const message = `the server refused: ${status} ${statusMessage}`.trimEnd();
  return new UpgradeError('ERR_UPGRADE_REFUSED', message, { ...response(event), body, truncated });
}

module.exports = { createUpgradeRequest };
