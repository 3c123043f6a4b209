'use strict';

const { AsyncResource } = require('node:async_hooks');
const { isUint8Array } = require('node:util/types');
const { expected } = require('./check');
const { TIMEOUT, deadline } = require('./deadline');
const { readDecision } = require('./decision');
const { UpgradeError, add, closed, optionsError, timedOut } = require('./errors');
const { ExtendedConnect, isExtendedConnect } = require('./extended-connect');
const { shownHeaders } = require('./fields');
const { forCall } = require('./options');
const { serverFor, serverOptions } = require('./server-options');
const { Upgrade } = require('./upgrade');
const wasm = require('./wasm');

// Marks the sockets that have been passed in. Each may be passed in once. A `WeakSet` would cost more than the other
// JavaScript of a handshake.
const HANDLED = Symbol('websocket-upgrade.handled');

// Every socket that is passed in gets this listener for its whole life: an `error` event without a listener would end
// the process.
function ignore() {}

// handleUpgradeRequest(request, socket, [head], [options], [callback]): see README.md.
function handleUpgradeRequest(request, socket, ...others) {
  const { head, options, callback } = inPlace(...others);
  if (callback === undefined) {
    // What is thrown here rejects the promise.
    return new Promise((resolve, reject) => {
      handle(claimed(request, socket, head), options, (error, settings) => {
        if (error) reject(error);
        else resolve({ socket, options: settings });
      });
    });
  }
  const exchange = claimed(request, socket, head);
  if (typeof callback === 'function') {
    handle(exchange, options, callback);
    return undefined;
  }
  // There is no function that could be called back.
  const error = expected('callback', 'a function', callback);
  fail(exchange, error, TIMEOUT, ignore);
  throw error;
}

// Returns the request together with the socket for the answer, once for each socket.
function claimed(request, socket, head) {
  const exchange = exchangeOf(request, socket, head);
  const { socket: used } = exchange;
  if (used[HANDLED]) {
    throw new UpgradeError('ERR_UPGRADE_HANDLED', 'handleUpgradeRequest was called before with this socket');
  }
  used[HANDLED] = true;
  used.on('error', ignore);
  return exchange;
}

// Assigns the arguments after the socket. Those in the middle may be left out.
function inPlace(head, options, callback) {
  if (typeof head === 'function') return { callback: head };
  const isHead = head === undefined || head === null || isUint8Array(head);
  // With all arguments given, the first one must be the head.
  if (!isHead && callback === undefined) return { options: head, callback: options };
  if (typeof options === 'function' && callback === undefined) return { head, callback: options };
  return { head, options, callback };
}

function isSocket({ destroy, end, on, once, removeListener, write }) {
  return [destroy, end, on, once, removeListener, write].every((method) => typeof method === 'function');
}

// Returns the request together with the socket for the answer.
function exchangeOf(request, socket, head) {
  try {
    if (isExtendedConnect(socket)) return new ExtendedConnect(request, socket, head);
    if (isSocket(socket)) return new Upgrade(request, socket, head);
  } catch {
    // Over HTTP/2 the socket of a request can't be written to.
  }
  const error = expected('socket', 'the one that came with the request, over HTTP/2 its stream', socket);
  const stream = request?.stream;
  if (stream !== undefined && isExtendedConnect(stream) && !stream[HANDLED]) {
    fail(new ExtendedConnect(request, stream), error, TIMEOUT, ignore);
  }
  throw error;
}

// Judges the request, answers it, and calls back, in this order.
function handle(exchange, options, callback) {
  let timeout = TIMEOUT;
  try {
    const given = serverOptions(options);
    timeout = given.timeout;
    exchange.read();
    const secure = given.secure ?? exchange.secure;
    const verdict = exchange.judge(given.server, secure);
    const waits = given.decide !== undefined || exchange.isBehind;
    if (verdict.settings === undefined || !waits) {
      conclude(exchange, verdict, timeout, callback);
      return;
    }
    const decide = given.decide === undefined ? () => undefined : deciding(exchange, given.decide, options);
    new Decision(exchange, given, secure, callback).start(decide, verdict);
  } catch (thrown) {
    fail(exchange, optionsError(thrown), timeout, callback);
  }
}

function deciding(exchange, decide, options) {
  const asked = { ...exchange.asked(), headers: exchange.headers, request: exchange.request };
  return () => Reflect.apply(decide, options, [asked]);
}

// Sends the answer, and calls back with the result.
function conclude(exchange, verdict, timeout, callback) {
  if (verdict.settings === undefined) {
    exchange.refuse(verdict, timeout);
    process.nextTick(callback, rejection(verdict));
  } else if (exchange.accept(verdict)) {
    process.nextTick(callback, null, verdict.settings);
  } else {
    process.nextTick(callback, closed());
  }
}

// Answers 500 to a request that the application can't handle, and calls back with the error.
function fail(exchange, error, timeout, callback) {
  const verdict = wasm.reject(500, [], Buffer.from('Internal Server Error\n'), exchange.isExtendedConnect);
  refuse(exchange, verdict, error, timeout, callback);
}

function refuse(exchange, verdict, error, timeout, callback) {
  try {
    exchange.refuse(verdict, timeout);
  } catch {
    // The socket can't take any answer.
    exchange.socket.destroy();
  }
  process.nextTick(callback, add(error, answer(verdict)));
}

// A valid request that waits for the responses before it, and for the application's decision.
class Decision {
  constructor(exchange, options, secure, given) {
    // An event of the socket is not in the async context of the caller.
    const callback = AsyncResource.bind(given);
    Object.assign(this, { exchange, options, secure, callback });
    const { socket } = exchange;
    const { timeout } = options;
    this.timer = deadline(timeout, () => {
      const verdict = wasm.unavailable(RETRY_AFTER, exchange.isExtendedConnect);
      this.finish(() => refuse(exchange, verdict, timedOut(timeout), timeout, callback));
    });
    const gone = () =>
      this.finish(() => {
        exchange.leave();
        process.nextTick(callback, closed());
      });
    // With bytes in front of it, the end has no event of its own before they are read.
    const readable = () => socket._readableState?.ended && gone();
    this.listeners = Object.entries({ close: gone, end: gone, readable });
    this.isPaused = socket.isPaused?.() && socket.listenerCount('readable') === 0;
    for (const [event, listener] of this.listeners) socket.on(event, listener);
  }

  // What the function throws, now or later, is a failure.
  start(decide, verdict) {
    const ask = async () => {
      if (this.finished) return;
      try {
        const decision = await decide();
        this.finish(() => this.act(decision, verdict));
      } catch (cause) {
        this.finish(() => this.fail(new UpgradeError('ERR_UPGRADE_DECIDE', 'decide failed', { cause })));
      }
    };
    this.exchange.inTurn(AsyncResource.bind(() => process.nextTick(ask)));
  }

  act(decision, verdict) {
    try {
      conclude(this.exchange, this.verdict(decision, verdict), this.options.timeout, this.callback);
    } catch (thrown) {
      const { message, cause } = optionsError(thrown);
      this.fail(new UpgradeError('ERR_UPGRADE_DECIDE', `decide: ${message}`, { cause }));
    }
  }

  // Returns what to answer: the rejection, or the core's verdict with the options that the decision changes.
  verdict(decision, verdict) {
    const { exchange, options, secure } = this;
    const { accept, reject } = readDecision(decision);
    if (reject !== undefined) {
      const { status, headers, body } = reject;
      return forCall(() => wasm.reject(status, headers, body, exchange.isExtendedConnect));
    }
    if (Object.keys(accept).length === 0) return verdict;
    const headers = [...(options.core.headers ?? []), ...(accept.headers ?? [])];
    try {
      return exchange.judge(serverFor({ ...options.core, ...accept, headers }), secure);
    } finally {
      // They may be secrets of this request.
      wasm.forget();
    }
  }

  fail(error) {
    fail(this.exchange, error, this.options.timeout, this.callback);
  }

  // Runs once, for the first of: the decision, the deadline, or the end of the client.
  finish(then) {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.timer);
    const { socket } = this.exchange;
    for (const [event, listener] of this.listeners) socket.removeListener(event, listener);
    // It goes on in its own mode on the next tick, before the callback.
    if (this.isPaused) process.nextTick(() => socket.pause());
    then();
  }
}

// The seconds after which a client may retry if it was not decided on in time.
const RETRY_AFTER = 1;

// The parts of a sent rejection, for its error.
function answer({ status, fields, body }) {
  return {
    statusCode: status,
    headers: shownHeaders(fields),
    rawHeaders: fields,
    body: Buffer.from(body, 'latin1'),
  };
}

function rejection(verdict) {
  const { message = `rejected with ${verdict.status}`, reason, notUpgrade } = verdict;
  return new UpgradeError('ERR_UPGRADE_REJECTED', message, { ...answer(verdict), reason, notUpgrade });
}

module.exports = { handleUpgradeRequest };
