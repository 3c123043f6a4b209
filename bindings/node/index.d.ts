/// <reference types="node" />
import type { Agent as HttpAgent, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Http2ServerRequest, IncomingHttpHeaders as Http2Headers, ServerHttp2Stream } from 'node:http2';
import type { Socket, TcpNetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

/** The parameters of an extension: `true` for one without a value; `false` is one that is not there. */
export type ExtensionParams = Record<string, boolean | number | string>;

/** An extension: a name, or a name and parameters (RFC 6455 §9.1). */
export type Extension = string | ExtensionOptions;

/** An extension with all that can be said of it. */
export interface ExtensionOptions {
  name: string;
  /** The parameters. Of permessage-deflate they are what is wanted; of all others both sides must have the same. */
  params?: ExtensionParams;
  /** The reserved bit of a frame that it needs: of two that need the same one, one is used. */
  rsv?: 1 | 2 | 3;
  /** permessage-deflate: what the codec that takes over can do. zlib, unless it is said. */
  codec?: {
    /** 8 to 15; 9. */
    minCompressWindowBits?: number;
    /** 8 to 15; 15. */
    maxInflateWindowBits?: number;
    keepsCompressContext?: boolean;
    keepsInflateContext?: boolean;
  };
  /** permessage-deflate: a client's offers, in order, in place of the one that follows from the rest. */
  offers?: ExtensionParams[];
}

/** Field lines to add. An array of values is a line for each. */
export type HeaderLines =
  | Record<string, string | number | readonly (string | number)[]>
  | Iterable<readonly [string, string | number | readonly (string | number)[]]>;

/** Bounds of what a peer can make grow. */
export interface Limits {
  /** Bytes of a response's head: 16 KiB. */
  head?: number;
  /** Field lines of a response's head: 100. */
  fields?: number;
  /** Extension offers of a request that are looked at: 16. */
  offers?: number;
  /** Interim responses before the final one: 8. */
  interim?: number;
  /** Bytes that are kept of a refusal's body: 64 KiB. */
  refusalBody?: number;
  /** Bytes that are skipped between the chunks of a refusal's body, their sizes, extensions and trailers: 64 KiB. */
  refusalOverhead?: number;
}

/** What both roles bring to the negotiation, and the fields of the handshake by their own names. */
export interface NegotiationOptions {
  /** The extensions offered or supported; a text is a list as it stands in the field. */
  extensions?: readonly Extension[] | string;
  /** The subprotocols offered, in order of preference, or supported. */
  protocols?: readonly string[] | string;
  /** Fields to add to the request, or to the answer that accepts. */
  headers?: HeaderLines;
  limits?: Limits;
  /** Milliseconds for the handshake: 10,000. `Infinity`: no deadline. */
  timeout?: number;
  'Sec-WebSocket-Extensions'?: string | readonly string[];
  'Sec-WebSocket-Protocol'?: string | readonly string[];
  'Sec-WebSocket-Version'?: 13 | '13';
}

/** The options of a client; what is not here is for `net.connect` or `tls.connect`. */
export type ClientOptions = NegotiationOptions &
  Omit<Partial<ConnectionOptions>, 'host' | 'port' | 'path' | 'timeout' | 'signal'> &
  Omit<Partial<TcpNetConnectOpts>, 'host' | 'port' | 'path' | 'timeout' | 'signal'> & {
    /** `Origin`. */
    origin?: string;
    /** Whose `createConnection` opens the socket: for `wss` one of `https`. */
    agent?: HttpAgent | false;
    /** Opens the socket, or promises it: for `wss` one over TLS. */
    createConnection?: (
      options: Record<string, unknown> & { host: string; port: number; signal: AbortSignal },
      callback: (error: Error | null, socket?: Duplex) => void,
    ) => Duplex | PromiseLike<Duplex> | null | undefined | void;
    /** Connect even where the environment names a proxy for the URL: there it is an error otherwise. */
    noProxy?: boolean;
    /** A Unix socket to connect to, wherever the URL leads. */
    socketPath?: string;
    /** Milliseconds for more of a refusal's body, each time some of it has come: 1,000. */
    refusalBodyIdle?: number;
    signal?: AbortSignal;
    /** The base64 of 16 random bytes, new ones every time; only for tests. */
    'Sec-WebSocket-Key'?: string;
  };

/** The options of a server. */
export interface ServerOptions extends NegotiationOptions {
  /** Refuse a client that shares no subprotocol. */
  requireProtocol?: boolean;
  /**
   * The origins that are accepted, in place of the request's own: origins, patterns (`https://*.example.com:*`,
   * `moz-extension://*`), `file://` and `null`.
   */
  origins?: readonly string[];
  /** Accept every origin: any web page can open a connection with the user's cookies. */
  dangerAnyOrigin?: boolean;
  /** The authority that a trusted proxy was asked for, to compare an origin with, and to look for in `authorities`. */
  sameOriginAs?: string;
  /**
   * The authorities that this server answers for, and patterns of such (`*.example.com:*`); a request to another gets
   * 421. Every one, if they are not named. A name without a port is that at 80, or over TLS at 443.
   */
  authorities?: readonly string[];
  /**
   * Whether the client came over TLS; if the socket is not one of TLS, that is unknown. Where it is `false`, a request
   * for an `https` or `wss` URI gets 421.
   */
  secure?: boolean;
  /** Accept an HTTP/1.1 request without a key: for a proxy that brings handshakes over from HTTP/2. */
  dangerNoKey?: boolean;
  /** Decides on a valid request, before it is answered. */
  decide?: (asked: Asked) => Decision | PromiseLike<Decision>;
}

/** What a valid request asks for. */
export interface Asked {
  origin?: string;
  authority: string;
  /** Path and query. */
  target: string;
  protocols: string[];
  extensions: AgreedExtension[];
  headers: IncomingHttpHeaders;
  request: IncomingMessage | Http2ServerRequest | Http2Headers | string[];
}

/**
 * `undefined` or `true` accepts, `false` or a status rejects, other options accept with these instead. All else is a
 * mistake, which is answered with 500.
 */
export type Decision =
  | void
  | boolean
  | { status: number; headers?: HeaderLines; body?: string | Uint8Array }
  | (Pick<ServerOptions, 'extensions' | 'protocols' | 'requireProtocol' | 'headers'> & { status?: never });

/** An extension in use. */
export type AgreedExtension = string | { name: string; params: Record<string, true | string> };

/** What both sides agreed on: an empty object where they share nothing. */
export interface Settings {
  protocol?: string;
  /** In the response's order. */
  extensions?: AgreedExtension[];
  /** What permessage-deflate was agreed to be (RFC 7692 §7.1), the client's hints included. */
  permessageDeflate?: {
    serverNoContextTakeover: boolean;
    clientNoContextTakeover: boolean;
    serverMaxWindowBits: number;
    clientMaxWindowBits: number;
  };
}

/** The response that accepted. */
export interface Response {
  statusCode: number;
  statusMessage: string;
  headers: IncomingHttpHeaders;
  rawHeaders: string[];
  /** The statuses of the interim responses before it. */
  interim: number[];
}

/** What went wrong with a handshake. Errors of the system and of TLS are Node.js' own. */
export class UpgradeError extends Error {
  readonly name: 'UpgradeError';
  code:
    | 'ERR_UPGRADE_CLOSED'
    | 'ERR_UPGRADE_DECIDE'
    | 'ERR_UPGRADE_HANDLED'
    | 'ERR_UPGRADE_OPTIONS'
    | 'ERR_UPGRADE_REFUSED'
    | 'ERR_UPGRADE_REJECTED'
    | 'ERR_UPGRADE_RESPONSE'
    | 'ERR_UPGRADE_TIMEOUT';
  /** The status of the refusal received, or of the rejection sent. */
  statusCode?: number;
  statusMessage?: string;
  /** Not enumerable, as are `rawHeaders` and `body`: a log of the error shows no cookie and no token. */
  headers?: IncomingHttpHeaders;
  rawHeaders?: string[];
  body?: Buffer;
  /** Whether there was more of a refusal's body. */
  truncated?: boolean;
  /** Why it is not all of the body; names the limit, if it is one. */
  truncation?: string;
  interim?: number[];
  /** The core's name for what is wrong with a message, such as `OriginNotAllowed`. */
  reason?: string;
  /** Whether a request was none to upgrade to WebSocket. */
  notUpgrade?: boolean;
}

export type ClientCallback = (
  error: Error | null,
  socket: Socket | TLSSocket,
  options: Settings,
  response: Response,
) => void;
export type ServerCallback = (error: Error | null, options: Settings) => void;

/** Connects, sends the request, and validates the response. */
export function createUpgradeRequest(url: string | URL, callback: ClientCallback): void;
export function createUpgradeRequest(
  url: string | URL,
  options: ClientOptions | undefined,
  callback: ClientCallback,
): void;
export function createUpgradeRequest(
  url: string | URL,
  options?: ClientOptions,
): Promise<{ socket: Socket | TLSSocket; options: Settings; response: Response }>;

type ServerRequest = IncomingMessage | Http2ServerRequest | Http2Headers | readonly string[];
type ServerSocket = Duplex | ServerHttp2Stream;
type Head = Uint8Array | null | undefined;

/** Validates a request and answers it: a 101 (over HTTP/2 a 200), or a rejection. */
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
  options: ServerOptions | undefined,
  callback: ServerCallback,
): void;
export function handleUpgradeRequest<S extends ServerSocket>(
  request: ServerRequest,
  socket: S,
  head?: Head,
  options?: ServerOptions,
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
