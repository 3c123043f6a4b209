// A server in plain JavaScript: the least that a careful one does by hand for the same answers. It makes these checks,
// and no other:
//
// - GET, HTTP/1.1, and one Host
// - `websocket` and `upgrade` are members of the lists, version 13, one key of 16 bytes
// - the origin is the one that the request was sent to, if there is one
// - an offer of permessage-deflate has only parameters that exist, each once, with values that are legal
//
// It does not check the syntax of the other fields, the target, the host or subprotocols. Its rejections have no text.
import { hash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const KEY = /^[A-Za-z0-9+/]{22}==$/;
const BITS = /^(?:[89]|1[0-5])$/;

// Returns whether a list-based field has a member, in any case.
function lists(value, member) {
  if (value === undefined) return false;
  const lower = value.toLowerCase();
  return lower === member || lower.split(',').some((each) => each.trim() === member);
}

function hosts(raw) {
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) {
    if (raw[at].length === 4 && raw[at].toLowerCase() === 'host') count += 1;
  }
  return count;
}

// Returns the status of a rejection, or 0.
function wrong(request) {
  const { headers } = request;
  if (request.method !== 'GET') return 405;
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor < 1) return 505;
  if (hosts(request.rawHeaders) !== 1) return 400;
  if (!lists(headers.upgrade, 'websocket') || !lists(headers.connection, 'upgrade')) return 400;
  if (headers['sec-websocket-version'] !== '13') return 426;
  const key = headers['sec-websocket-key'];
  if (key === undefined || !KEY.test(key)) return 400;
  const { host, origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return 403;
  return 0;
}

// Returns the parameters of an offer, or undefined if it is declined.
function accepted(params) {
  const seen = {};
  for (const param of params) {
    const [name, value] = param.split('=', 2).map((part) => part.trim());
    if (Object.hasOwn(seen, name)) return undefined;
    if (name.endsWith('_no_context_takeover')) {
      if (value !== undefined) return undefined;
    } else if (name === 'server_max_window_bits') {
      if (!BITS.test(value)) return undefined;
    } else if (name === 'client_max_window_bits') {
      if (value !== undefined && !BITS.test(value)) return undefined;
    } else {
      return undefined;
    }
    seen[name] = value ?? true;
  }
  return seen;
}

// Negotiates permessage-deflate. Returns the agreed parameters, if there are any.
function negotiate(offers) {
  if (offers === undefined) return undefined;
  for (const offer of offers.split(',')) {
    const [name, ...params] = offer.split(';');
    if (name.trim() !== 'permessage-deflate') continue;
    const seen = accepted(params);
    if (seen === undefined) continue;
    return {
      serverNoContextTakeover: seen.server_no_context_takeover !== undefined,
      clientNoContextTakeover: seen.client_no_context_takeover !== undefined,
      serverMaxWindowBits: Number(seen.server_max_window_bits ?? 15),
      clientMaxWindowBits: Number(typeof seen.client_max_window_bits === 'string' ? seen.client_max_window_bits : 15),
    };
  }
  return undefined;
}

// Returns the field that answers an offer.
function answered(agreed) {
  let field = '\r\nSec-WebSocket-Extensions: permessage-deflate';
  if (agreed.serverNoContextTakeover) field += '; server_no_context_takeover';
  if (agreed.clientNoContextTakeover) field += '; client_no_context_takeover';
  if (agreed.serverMaxWindowBits < 15) field += `; server_max_window_bits=${agreed.serverMaxWindowBits}`;
  if (agreed.clientMaxWindowBits < 15) field += `; client_max_window_bits=${agreed.clientMaxWindowBits}`;
  return field;
}

function ignore() {}

const START =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ';

export function plainUpgrade(request, socket, head, callback) {
  socket.on('error', ignore);
  const status = wrong(request);
  if (status !== 0) {
    const fields = 'Connection: close\r\nSec-WebSocket-Version: 13\r\nContent-Length: 0';
    socket.end(`HTTP/1.1 ${status} Rejected\r\n${fields}\r\n\r\n`);
    process.nextTick(callback, new Error(`rejected with ${status}`));
    return;
  }
  if (socket.readableEnded || socket.destroyed || !socket.writable) {
    socket.destroy();
    process.nextTick(callback, new Error('closed'));
    return;
  }
  const { headers } = request;
  const agreed = negotiate(headers['sec-websocket-extensions']);
  const accept = hash('sha1', headers['sec-websocket-key'] + GUID, 'base64');
  socket.allowHalfOpen = false;
  socket.setTimeout?.(0);
  socket.setNoDelay?.(true);
  if (head.length > 0) socket.unshift(head);
  socket.write(`${START}${accept}${agreed === undefined ? '' : answered(agreed)}\r\n\r\n`, 'latin1');
  const settings = agreed === undefined ? {} : { extensions: ['permessage-deflate'], permessageDeflate: agreed };
  process.nextTick(callback, null, settings);
}
