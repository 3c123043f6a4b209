// Uses of the types, checked by `types.test.mjs`, never run.
import { createSecureServer } from 'node:http2';
import { Agent, createServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { UpgradeError, createUpgradeRequest, upgrade } from 'websocket-upgrade';
import type { ServerOptions, Settings } from 'websocket-upgrade';

upgrade.createUpgradeRequest('ws://localhost:3000', { extensions: ['x-test'] }, (err, socket, options) => {
  if (err) throw err;
  socket.on('data', (bytes: Buffer) => bytes.length);
  const name: string | undefined = options.protocol;
  void name;
});
createUpgradeRequest('ws://localhost:3000', (err) => err?.message);

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
  upgrade.handleUpgradeRequest(request, socket, (err) => err?.message);
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
