'use strict';

const { UpgradeError, closed, optionsError, timedOut } = require('./errors');
const { ExtendedConnect, isExtendedConnect } = require('./extended-connect');
const { toHeaders, toPairs } = require('./fields');
const native = require('./native');
const { TIMEOUT, deadline, serverOptions, timeoutOf } = require('./options');
const { Upgrade } = require('./upgrade');

// The sockets that were handed to us, each once.
const handled = new WeakSet();

// Listened to by every socket that was handed to us, for as long as it lives: an error that nobody else listens to
// would end the process.
function ignore() {}

// handleUpgradeRequest(request, socket, [head], [options], [callback]): README.md says what it does.
function handleUpgradeRequest(request, socket, head, options, callback) {
  if (head !== undefined && head !== null && !(head instanceof Uint8Array)) {
    callback = options;
    options = head;
    head = undefined;
  }
  if (typeof options === 'function') {
    callback = options;
    options = undefined;
  }
  if (typeof socket?.on !== 'function') {
    throw new UpgradeError('ERR_UPGRADE_OPTIONS', 'socket: expected the one that came with the request');
  }
  if (handled.has(socket)) {
    throw new UpgradeError('ERR_UPGRADE_HANDLED', 'handleUpgradeRequest was called before with this socket');
  }
  handled.add(socket);
  socket.on('error', ignore);
  if (callback !== undefined) {
    handle(request, socket, head, options, callback);
    return undefined;
  }
  return new Promise((resolve, reject) => {
    handle(request, socket, head, options, (error, settings) => {
      if (error) reject(error);
      else resolve({ socket, options: settings });
    });
  });
}

// Judges, answers, and calls back: in this order.
function handle(request, socket, head, options, callback) {
  const exchange = isExtendedConnect(socket)
    ? new ExtendedConnect(request, socket)
    : new Upgrade(request, socket, head);
  let server, timeout;
  try {
    timeout = timeoutOf(options);
    server = serverOptions(options);
  } catch (error) {
    exchange.refuse(failure(exchange), TIMEOUT);
    process.nextTick(callback, optionsError(error));
    return;
  }
  const secure = options?.secure ?? exchange.secure;
  const verdict = exchange.judge(server, secure);
  if (verdict.settings !== undefined && options?.decide !== undefined) {
    new Decision(exchange, options, timeout, secure, callback).start(verdict);
    return;
  }
  conclude(exchange, verdict, timeout, callback);
}

// Sends the answer, and says what came of it.
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

// A valid request that waits for what the application says.
class Decision {
  constructor(exchange, options, timeout, secure, callback) {
    Object.assign(this, { exchange, options, timeout, secure, callback });
    this.timer = deadline(timeout, () => {
      this.refuse(native.unavailable(RETRY_AFTER, exchange.isExtendedConnect), timedOut(timeout));
    });
    this.gone = () => this.finish(() => this.call(closed()));
    exchange.socket.once('close', this.gone);
  }

  start(verdict) {
    const { exchange, options } = this;
    const asked = { ...exchange.asked(), headers: exchange.headers, request: exchange.request };
    // What it throws is a failure as well.
    Promise.resolve(asked)
      .then(options.decide)
      .then(
        (decision) => this.finish(() => this.act(decision, verdict)),
        (cause) => this.fail(new UpgradeError('ERR_UPGRADE_DECIDE', 'decide failed', { cause })),
      );
  }

  // Nothing accepts as it is, `false` and a status reject, all else are further options.
  act(decision, verdict) {
    const { exchange, options, secure, timeout } = this;
    try {
      if (decision === false) decision = { status: 403 };
      if (typeof decision === 'object' && decision !== null) {
        if (decision.status !== undefined) {
          verdict = rejected(decision, exchange);
        } else {
          const headers = [...toPairs(options.headers), ...toPairs(decision.headers)];
          verdict = exchange.judge(serverOptions({ ...options, ...decision, headers }, true), secure);
        }
      }
    } catch (error) {
      exchange.refuse(failure(exchange), timeout);
      this.call(optionsError(error));
      return;
    }
    conclude(exchange, verdict, timeout, this.callback);
  }

  fail(error) {
    this.refuse(failure(this.exchange), error);
  }

  refuse(verdict, error) {
    this.finish(() => {
      this.exchange.refuse(verdict, this.timeout);
      this.call(Object.assign(error, answer(verdict)));
    });
  }

  // Once, whatever comes first: the decision, the deadline, or the client's leaving.
  finish(then) {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.timer);
    this.exchange.socket.removeListener('close', this.gone);
    then();
  }

  call(error) {
    process.nextTick(this.callback, error);
  }
}

// Seconds after which a client may try again that was not decided on in time.
const RETRY_AFTER = 1;

// The answer to a request that the application can't handle.
function failure(exchange) {
  return native.reject(500, [], Buffer.from('Internal Server Error\n'), exchange.isExtendedConnect);
}

// A rejection of the application's own.
function rejected({ status, headers, body }, exchange) {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(body === undefined ? '' : String(body));
  return native.reject(status, toPairs(headers), bytes, exchange.isExtendedConnect);
}

// What was sent to say no.
function answer({ status, fields, body }) {
  return {
    statusCode: status,
    headers: toHeaders(fields),
    rawHeaders: fields,
    body: Buffer.from(body, 'latin1'),
  };
}

function rejection(verdict) {
  const { message = `rejected with ${verdict.status}`, reason, notUpgrade } = verdict;
  return new UpgradeError('ERR_UPGRADE_REJECTED', message, { ...answer(verdict), reason, notUpgrade });
}

module.exports = { handleUpgradeRequest };
