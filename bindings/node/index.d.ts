/// <reference types="node" />
import type { Agent as HttpAgent, IncomingMessage } from 'node:http';
import type { Http2ServerRequest, IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** The parameters of an extension: `true` for a parameter without a value, `false` for one that is left out. */
export type ExtensionParams = Record<string, boolean | number | string>;

/** An extension: a name, or a name and parameters (RFC 6455 §9.1). */
export type Extension = string | ExtensionOptions;

/** An extension with its parameters and needs. */
export interface ExtensionOptions {
  name: string;
  /** The parameters. For permessage-deflate they are wishes; for others both sides must have the same ones. */
  params?: ExtensionParams | undefined;
  /** The reserved bit that it needs in frames. Of two extensions that need the same bit, one is used. */
  rsv?: 1 | 2 | 3 | undefined;
  /** permessage-deflate: what the codec can do. Default: what zlib can do. */
  codec?: {
    /** 8 to 15. Default: 9. */
    minCompressWindowBits?: number | undefined;
    /** 8 to 15. Default: 15. */
    maxInflateWindowBits?: number | undefined;
    keepsCompressContext?: boolean | undefined;
    keepsInflateContext?: boolean | undefined;
  } | undefined;
  /** permessage-deflate: a client's offers, in order. They replace the offer derived from the other members. */
  offers?: ExtensionParams[] | undefined;
}

/**
 * The fields of a message by their names, which are in lower case here. Repeated fields are one value, as in
 * `IncomingHttpHeaders` of `node:http`; only `set-cookie` has an array. `rawHeaders` has names as they were sent.
 */
export type ReceivedHeaders = { [name: Lowercase<string>]: string | undefined } & { 'set-cookie'?: string[] };

/** Field lines to add. An array of values gives one line for each value. */
export type HeaderLines =
  | Record<string, string | number | readonly (string | number)[]>
  | Iterable<readonly [string, string | number | readonly (string | number)[]]>;

/** The limits of everything that a peer can make grow. */
export interface Limits {
  /** Bytes of a response's head. Default: 16 KiB. */
  head?: number | undefined;
  /** Field lines of a response's head. Default: 100. */
  fields?: number | undefined;
  /** Extension offers of a request that are considered. Default: 16. */
  offers?: number | undefined;
  /** Interim responses before the final one. Default: 8. */
  interim?: number | undefined;
  /** Bytes that are kept of a refusal's body. Default: 64 KiB. */
  refusalBody?: number | undefined;
  /** Bytes of chunk sizes, chunk extensions and trailers in a refusal's body. Default: 64 KiB. */
  refusalOverhead?: number | undefined;
}

/** The options of both roles, some of them under the names of their fields too. */
export interface NegotiationOptions {
  /** The extensions offered or supported. A string is a list in the syntax of the field. */
  extensions?: readonly Extension[] | string | undefined;
  /** The subprotocols offered, in order of preference, or supported. */
  protocols?: readonly string[] | string | undefined;
  /** Fields to add to the request, or to the answer that accepts. */
  headers?: HeaderLines | undefined;
  limits?: Limits | undefined;
  /** Milliseconds for the whole handshake. Default: 10,000. `Infinity`: no deadline. */
  timeout?: number | undefined;
  'Sec-WebSocket-Extensions'?: string | readonly string[] | undefined;
  'Sec-WebSocket-Protocol'?: string | readonly string[] | undefined;
  'Sec-WebSocket-Version'?: 13 | '13' | undefined;
}

// Some stand in the URL, some are options of the handshake, and `onread` would take the response away.
type NotPassedOn = 'host' | 'port' | 'path' | 'timeout' | 'signal' | 'onread';

/** The options of a client. Other options are passed to `net.connect` or `tls.connect`. */
export type ClientOptions = NegotiationOptions &
  Omit<Partial<ConnectionOptions>, NotPassedOn> &
  Omit<Partial<TcpNetConnectOpts>, NotPassedOn> & {
    /** The field `Origin`. */
    origin?: string | undefined;
    /** The agent whose `createConnection` opens the socket. For `wss`, use an agent of `https`. */
    agent?: HttpAgent | false | null | undefined;
    /** Opens the socket, or returns a promise of it. For `wss`, it must be a socket over TLS. */
    createConnection?: ((
      options: Record<string, unknown> & { host: string; port: number; signal: AbortSignal },
      callback: (error: Error | null, socket?: Duplex) => void,
    ) => Duplex | PromiseLike<Duplex> | null | undefined | void) | undefined;
    /** Connect directly even if the environment names a proxy for the URL, which is an error otherwise. */
    noProxy?: boolean | undefined;
    /** The path of a Unix socket to connect to, instead of the URL's host. */
    socketPath?: string | undefined;
    /** Milliseconds to wait for more of a refusal's body, restarted by each part. Default: 1,000. */
    refusalBodyIdle?: number | undefined;
    signal?: AbortSignal | undefined;
    /** The base64 of 16 random bytes, which must be new for every handshake. Only for tests. */
    'Sec-WebSocket-Key'?: string | undefined;
  };

/** The options of a server. */
export interface ServerOptions extends NegotiationOptions {
  /** Refuse a client that shares no subprotocol. */
  requireProtocol?: boolean | undefined;
  /**
   * The origins that are accepted: origins, patterns (`https://*.example.com:*`, `moz-extension://*`), `file://` and
   * `null`. Default: the origin that the request was sent to.
   */
  origins?: readonly string[] | undefined;
  /** Accept every origin. Any web page can then open a connection with the user's cookies. */
  dangerAnyOrigin?: boolean | undefined;
  /** The authority that a trusted proxy was asked for. It is compared with the origin and with `authorities`. */
  sameOriginAs?: string | undefined;
  /**
   * The authorities that this server answers for, and patterns of them (`*.example.com:*`). A request to another one
   * gets 421. Default: every authority. A name without a port means port 80, or 443 over TLS.
   */
  authorities?: readonly string[] | undefined;
  /**
   * Whether the client came over TLS. Default: `true` if the socket is a TLS socket, otherwise unknown. If it is
   * `false`, a request for an `https` or `wss` URI gets 421.
   */
  secure?: boolean | undefined;
  /** Accept an HTTP/1.1 request without a key, for a proxy that forwards handshakes from HTTP/2. */
  dangerNoKey?: boolean | undefined;
  /** Decides on a request that the other options allow, before it is answered. */
  decide?: ((asked: Asked) => Decision | PromiseLike<Decision>) | undefined;
}

/** What a valid request asks for. */
export interface Asked {
  origin?: string;
  authority: string;
  /** Path and query. */
  target: string;
  protocols: string[];
  extensions: AgreedExtension[];
  headers: ReceivedHeaders;
  request: IncomingMessage | Http2ServerRequest | Http2Headers | string[];
}

/**
 * `undefined` or `true` accepts. `false` or a status rejects. Other options accept with these options instead. Any
 * other value is a mistake and is answered with 500.
 */
export type Decision =
  | void
  | boolean
  | { status: number; headers?: HeaderLines | undefined; body?: string | Uint8Array | undefined }
  | (Pick<ServerOptions, 'extensions' | 'protocols' | 'requireProtocol' | 'headers'> & { status?: never });

/** An extension in use. */
export type AgreedExtension = string | { name: string; params: Record<string, true | string> };

/** The agreed settings. It is an empty object if nothing is shared. */
export interface Settings {
  protocol?: string;
  /** In the order of the response. */
  extensions?: AgreedExtension[];
  /** The agreed parameters of permessage-deflate (RFC 7692 §7.1), with the client's hints. */
  permessageDeflate?: {
    serverNoContextTakeover: boolean;
    clientNoContextTakeover: boolean;
    serverMaxWindowBits: number;
    clientMaxWindowBits: number;
    /**
     * Whether this side must send all messages uncompressed: the server allows a smaller window than the codec can
     * compress with. It is `false` on a server.
     */
    mustNotCompress: boolean;
  };
}

/** The response that accepted. */
export interface Response {
  statusCode: number;
  statusMessage: string;
  headers: ReceivedHeaders;
  rawHeaders: string[];
  /** The statuses of the interim responses before it. */
  interim: number[];
}

/** The answer of a server. All but the status is not enumerable, so that a log of an error shows no cookies or tokens. */
interface Answered {
  /** The status of the refusal received, or of the rejection sent. */
  statusCode: number;
  headers: ReceivedHeaders;
  rawHeaders: string[];
  body: Buffer;
}

interface Failure extends Error {
  readonly name: 'UpgradeError';
}

/** The server answered with a status other than 101. */
export interface RefusedError extends Failure, Answered {
  code: 'ERR_UPGRADE_REFUSED';
  statusMessage: string;
  /** Whether the body was longer than `body`. */
  truncated: boolean;
  /** Why `body` is not the whole body. It names the limit, if a limit is the reason. */
  truncation?: string;
  interim: number[];
}

/** The response breaks the protocol. */
export interface ResponseError extends Failure {
  code: 'ERR_UPGRADE_RESPONSE';
  /** One word for what is wrong, such as `accept_missing`. */
  reason: string;
}

/** The request was rejected, by the core or by `decide`. */
export interface RejectedError extends Failure, Answered {
  code: 'ERR_UPGRADE_REJECTED';
  /** One word for what is wrong, such as `origin_not_allowed`. `decide` gives none. */
  reason?: string;
  /** Whether the request was not an upgrade to WebSocket. */
  notUpgrade?: boolean;
}

/** `decide` failed, or returned no decision. */
export interface DecideError extends Failure, Answered {
  code: 'ERR_UPGRADE_DECIDE';
}

/** An option is wrong, or the time is over. A server has answered. */
export interface EarlyError extends Failure, Partial<Answered> {
  code: 'ERR_UPGRADE_OPTIONS' | 'ERR_UPGRADE_TIMEOUT';
}

/** The other side has closed, or the socket was passed in before. */
export interface ClosedError extends Failure {
  code: 'ERR_UPGRADE_CLOSED' | 'ERR_UPGRADE_HANDLED';
}

/** The error of a handshake, by its `code`. Errors of the system and of TLS are Node.js' own. */
export type UpgradeError = RefusedError | ResponseError | RejectedError | DecideError | EarlyError | ClosedError;
export const UpgradeError: abstract new () => UpgradeError;

/** What a callback gets: an error of the handshake, of the system or TLS, or of a function in the options. */
export type HandshakeError = UpgradeError | NodeJS.ErrnoException;

/** The arguments of a client's callback. After `if (err) return`, the others are not undefined. */
export type ClientResult =
  | [error: HandshakeError, socket?: undefined, options?: undefined, response?: undefined]
  | [error: null, socket: Socket | TLSSocket, options: Settings, response: Response];
/** The arguments of a server's callback. After `if (err) return`, the settings are not undefined. */
export type ServerResult = [error: HandshakeError, options?: undefined] | [error: null, options: Settings];

// A function with fewer parameters is not assignable to one with a union as its parameters. It is to an interface
// below. Their two signatures, one of them generic, give a function without types no types, so that it always gets
// those of the union.

interface ClientCallbackOfAnyLength {
  (error: HandshakeError | null, socket?: Socket | TLSSocket, options?: Settings, response?: Response): void;
  <_>(error: HandshakeError | null, socket?: Socket | TLSSocket, options?: Settings, response?: Response): void;
}
interface ServerCallbackOfAnyLength {
  (error: HandshakeError | null, options?: Settings): void;
  <_>(error: HandshakeError | null, options?: Settings): void;
}

export type ClientCallback = ((...result: ClientResult) => void) | ClientCallbackOfAnyLength;
export type ServerCallback = ((...result: ServerResult) => void) | ServerCallbackOfAnyLength;

/** Connects, sends the request, and validates the response. */
export function createUpgradeRequest(url: string | URL, callback: ClientCallback): void;
export function createUpgradeRequest(
  url: string | URL,
  options: ClientOptions | null | undefined,
  callback: ClientCallback,
): void;
export function createUpgradeRequest(
  url: string | URL,
  options?: ClientOptions | null,
): Promise<{ socket: Socket | TLSSocket; options: Settings; response: Response }>;

type ServerRequest = IncomingMessage | Http2ServerRequest | Http2Headers | readonly string[];
type ServerSocket = Duplex | ServerHttp2Stream;
type Head = Uint8Array | null | undefined;

/** Validates a request and answers it: with a 101 (over HTTP/2 a 200), or with a rejection. */
export function handleUpgradeRequest(request: ServerRequest, socket: ServerSocket, callback: ServerCallback): void;
export function handleUpgradeRequest(
  request: ServerRequest,
  socket: ServerSocket,
  options: ServerOptions,
  callback: ServerCallback,
): void;
export function handleUpgradeRequest(
  request: ServerRequest,
  socket: ServerSocket,
  head: Head,
  callback: ServerCallback,
): void;
export function handleUpgradeRequest(
  request: ServerRequest,
  socket: ServerSocket,
  head: Head,
  options: ServerOptions | null | undefined,
  callback: ServerCallback,
): void;
export function handleUpgradeRequest<S extends ServerSocket>(
  request: ServerRequest,
  socket: S,
  head?: Head,
  options?: ServerOptions | null,
): Promise<{ socket: S; options: Settings }>;
export function handleUpgradeRequest<S extends ServerSocket>(
  request: ServerRequest,
  socket: S,
  options?: ServerOptions,
): Promise<{ socket: S; options: Settings }>;

export const upgrade: {
  createUpgradeRequest: typeof createUpgradeRequest;
  handleUpgradeRequest: typeof handleUpgradeRequest;
};
