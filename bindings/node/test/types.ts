// Uses of the types, checked by `types.test.mjs`, never run.
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createSecureServer } from 'node:http2';
import { Agent, createServer } from 'node:https';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UpgradeError, createUpgradeRequest, upgrade } from 'websocket-upgrade';
import type {
  ClientCallback,
  ClientOptions,
  Response as ClientResponse,
  ServerCallback,
  ServerOptions,
  Settings,
} from 'websocket-upgrade';

upgrade.createUpgradeRequest('ws://localhost:3000', { extensions: ['x-test'] }, (err, socket, options) => {
  if (err) throw err;
  socket.on('data', (bytes: Buffer) => bytes.length);
  const name: string | undefined = options.protocol;
  void name;
});

// Callbacks in all forms that people write.
createUpgradeRequest('ws://localhost:3000', () => {});
createUpgradeRequest('ws://localhost:3000', (err) => err?.message);
createUpgradeRequest('ws://localhost:3000', (err, socket) => {
  if (err) return console.error(err.code, err.message);
  return socket.end();
});
createUpgradeRequest('ws://localhost:3000', undefined, (err, socket, options) => {
  if (err !== null) throw err;
  socket.end(options.protocol ?? '');
});
createUpgradeRequest('ws://localhost:3000', null, (err, socket, options, response) => {
  if (!err) socket.end(`${options.protocol} ${response.statusCode} ${response.headers.server}`);
});
createUpgradeRequest('ws://localhost:3000', {}, async (err, socket) => {
  if (err) throw err;
  await once(socket, 'close');
});
createUpgradeRequest('ws://localhost:3000', {}, function (err, socket, options) {
  if (err) {
    // @ts-expect-error: there is no socket.
    socket.end();
    return;
  }
  socket.end(options.protocol ?? '');
});
createUpgradeRequest('ws://localhost:3000', (...result) => {
  if (result[0] === null) result[1].end();
});
createUpgradeRequest('ws://localhost:3000', (_, socket) => void socket?.end());
createUpgradeRequest('ws://localhost:3000', console.log);
// @ts-expect-error: there may be no socket.
createUpgradeRequest('ws://localhost:3000', (_, socket) => socket.end());

function declared(err: Error | null, socket?: Socket): void {
  if (err) throw err;
  socket?.end();
}
createUpgradeRequest('ws://localhost:3000', declared);
createUpgradeRequest('ws://localhost:3000', (err: NodeJS.ErrnoException | null) => void err?.code);
function unsound(err: Error | null, socket: Socket): void {
  if (err) socket.end();
}
// @ts-expect-error: there may be no socket.
createUpgradeRequest('ws://localhost:3000', unsound);
const typed: ClientCallback = (err, socket) => {
  if (!err) socket.end();
};
createUpgradeRequest('ws://localhost:3000', typed);

// Every kind of error has its own properties.
createUpgradeRequest('ws://localhost:3000', (err) => {
  if (err === null) return;
  if (err.code === 'ECONNREFUSED') console.error(err.message);
  if (!(err instanceof UpgradeError)) return;
  switch (err.code) {
    case 'ERR_UPGRADE_REFUSED':
      console.error(err.statusCode, err.headers.location, err.body.length, err.truncated);
      break;
    case 'ERR_UPGRADE_RESPONSE':
      console.error(err.reason.length);
      break;
    case 'ERR_UPGRADE_REJECTED':
      console.error(err.statusCode, err.reason?.length, err.notUpgrade);
      break;
    case 'ERR_UPGRADE_DECIDE':
      console.error(err.statusCode, err.cause);
      break;
    case 'ERR_UPGRADE_OPTIONS':
    case 'ERR_UPGRADE_TIMEOUT':
      console.error(err.statusCode?.toFixed(), err.cause);
      break;
    case 'ERR_UPGRADE_CLOSED':
    case 'ERR_UPGRADE_HANDLED':
      break;
    default:
      err satisfies never;
  }
});

// The fields of a result have lower-case names.
export function fields({ headers }: ClientResponse): IncomingHttpHeaders {
  const location: string | undefined = headers.location;
  const cookies: string[] | undefined = headers['set-cookie'];
  const own: string | undefined = headers['x-own'];
  // @ts-expect-error: the names are in lower case.
  void headers['Set-Cookie'];
  // @ts-expect-error: the names are in lower case.
  void headers.Location;
  void [location, cookies, own];
  return headers;
}

// An undefined option is a missing one.
const absent: { extensions: undefined; headers: undefined; limits: undefined; protocols: undefined; timeout: undefined } = {
  extensions: undefined,
  headers: undefined,
  limits: undefined,
  protocols: undefined,
  timeout: undefined,
};
export const none: ClientOptions & ServerOptions = {
  ...absent,
  authorities: undefined,
  dangerAnyOrigin: undefined,
  dangerNoKey: undefined,
  decide: undefined,
  origins: undefined,
  requireProtocol: undefined,
  sameOriginAs: undefined,
  secure: undefined,
  agent: undefined,
  ca: undefined,
  createConnection: undefined,
  noProxy: undefined,
  origin: undefined,
  refusalBodyIdle: undefined,
  signal: undefined,
  socketPath: undefined,
};
export const member: ClientOptions = {
  limits: { head: undefined, fields: undefined, interim: undefined, offers: undefined, refusalBody: undefined },
  extensions: [{ name: 'x-a', params: undefined, rsv: undefined, codec: { keepsInflateContext: undefined }, offers: undefined }],
};
// @ts-expect-error: a field needs a value.
export const valueless: ClientOptions = { headers: { 'X-A': undefined } };
// @ts-expect-error: it would take the response away.
export const taken: ClientOptions = { onread: { buffer: Buffer.alloc(1), callback: () => true } };
// A setting that was not agreed is missing.
// @ts-expect-error: it is not undefined.
export const unagreed: Settings = { protocol: undefined };

export async function client(): Promise<Settings> {
  try {
    const { socket, options, response } = await createUpgradeRequest(new URL('wss://localhost/'), {
      agent: new Agent({ keepAlive: true }),
      ca: 'certificate',
      family: 4,
      headers: { Cookie: 'a=1', 'X-A': ['b', 'c'] },
      origin: 'https://example.com',
      protocols: 'chat',
      'Sec-WebSocket-Extensions': 'x-a; b=1',
      signal: AbortSignal.timeout(1000),
      timeout: 5000,
    });
    socket.end(String(response.headers.server));
    return options;
  } catch (error) {
    if (error instanceof UpgradeError && error.code === 'ERR_UPGRADE_REFUSED') {
      const body: Buffer = error.body;
      void body;
    }
    if (error instanceof UpgradeError && error.code === 'ERR_UPGRADE_CLOSED') {
      // @ts-expect-error: there is no answer.
      void error.body;
    }
    throw error;
  }
}

createUpgradeRequest('ws://localhost', {
  createConnection: async ({ host, port, signal }) => connect({ host, port, signal }),
}).catch(() => {});

const options: ServerOptions = {
  extensions: [{ name: 'permessage-deflate', params: { server_max_window_bits: 10 } }],
  authorities: ['app.example.com', '*.example.com:*'],
  origins: ['https://*.example.com'],
  decide: async ({ headers, target }) => {
    if (headers.authorization === undefined) return { status: 401, headers: { 'WWW-Authenticate': 'Basic' } };
    return target === '/chat' ? { protocols: ['chat'] } : undefined;
  },
};

createServer().on('upgrade', (request, socket, head) => {
  upgrade.handleUpgradeRequest(request, socket, head, options, (err, agreed) => {
    if (!err) socket.write(agreed.protocol ?? '');
  });
  upgrade.handleUpgradeRequest(request, socket, () => {});
  upgrade.handleUpgradeRequest(request, socket, (err) => err?.message);
  upgrade.handleUpgradeRequest(request, socket, head, async (err, agreed) => {
    if (err) throw err;
    await Promise.resolve(agreed.permessageDeflate?.mustNotCompress);
  });
  upgrade.handleUpgradeRequest(request, socket, options, function (err, agreed) {
    if (err) return console.error(err.code);
    return agreed.extensions?.length;
  });
  // @ts-expect-error: there may be no settings.
  upgrade.handleUpgradeRequest(request, socket, head, null, (_, agreed) => agreed.protocol);
  upgrade.handleUpgradeRequest(request, socket, null, undefined, (err: Error | null, agreed?: Settings) => void [err, agreed]);
  const named: ServerCallback = (err, agreed) => {
    if (!err) socket.write(agreed.protocol ?? '');
  };
  upgrade.handleUpgradeRequest(request, socket, head, named);
  const promise: Promise<{ socket: Duplex; options: Settings }> = upgrade.handleUpgradeRequest(request, socket, options);
  void promise;
});

createSecureServer().on('stream', (stream, headers) => {
  upgrade.handleUpgradeRequest(headers, stream, options, (err) => err?.message);
});

// @ts-expect-error: the option has another name.
upgrade.createUpgradeRequest('ws://localhost', { protocols: 7 });

// @ts-expect-error: a number is not a decision.
export const number: ServerOptions = { decide: () => 401 };
// @ts-expect-error: null is not a decision.
export const nothing: ServerOptions = { decide: () => null };
// @ts-expect-error: there is no second argument.
export const callback: ServerOptions = { decide: (asked, done) => done(asked) };
