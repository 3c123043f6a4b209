//! Why a request is refused, and the status of each reason.

use crate::error::{Error, Reason, Words, words};
use crate::head::Syntax;

/// What is wrong with a request. The [`RequestError`](super::RequestError) adds what its answer depends on.
pub(super) type Fault = Error<RequestReason>;

/// Why a request is refused, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestReason {
    /// The head breaks the syntax of HTTP/1.1 or a limit.
    Syntax(Syntax),
    /// The head was not complete at the deadline.
    Deadline,
    /// Over HTTP/2 or 3: another method than CONNECT, or no `:protocol` (RFC 8441 §4).
    NotExtendedConnect,
    /// Over HTTP/2 or 3: a connection-specific field (RFC 9113 §8.2.2, RFC 8441 §5).
    ConnectionSpecific,
    /// No `:authority` (RFC 8441 §5).
    AuthorityMissing,
    /// `:authority` is not a host with an optional port (RFC 9113 §8.3.1).
    AuthorityMalformed,
    /// No `:scheme` (RFC 8441 §4).
    SchemeMissing,
    /// No `:path` (RFC 8441 §4).
    PathMissing,
    /// `:path` does not begin with a slash (RFC 9113 §8.3.1).
    PathMalformed,
    /// No `Host` (RFC 6455 §4.2.1 item 2).
    HostMissing,
    /// More than one `Host` line (RFC 9112 §3.2).
    HostRepeated,
    /// `Host` is not a host with an optional port.
    HostMalformed,
    /// `Host` and `:authority` name different hosts or ports (RFC 9113 §8.3.1).
    HostDiffers,
    /// `Content-Length` is not a number, nor a list that repeats one number (RFC 9112 §6.3).
    ContentLengthMalformed,
    /// `Transfer-Encoding` is malformed, or its last coding is not `chunked`, or `chunked` is repeated (RFC 9112
    /// §6.1, §6.3).
    TransferEncodingMalformed,
    /// `Transfer-Encoding` in HTTP/1.0, which does not define it (RFC 9112 §6.1).
    TransferEncodingHttp10,
    /// `Content-Length` together with `Transfer-Encoding` (RFC 9112 §6.1, §6.3).
    FramedTwice,
    /// `:protocol` is not websocket (RFC 8441 §5).
    ProtocolUnsupported,
    /// `:scheme` is neither http nor https (RFC 8441 §5).
    SchemeUnsupported,
    /// HTTP/1.0, in which `Upgrade` has no meaning (RFC 9110 §7.8).
    Http10,
    /// `Upgrade` does not list websocket (RFC 6455 §4.2.1 item 3).
    NotUpgrade,
    /// `Upgrade` has a member that is not a protocol.
    UpgradeMalformed,
    /// `Connection` does not list upgrade (item 4).
    ConnectionMissing,
    /// `Connection` has a member that is not a token.
    ConnectionMalformed,
    /// The method is not GET (item 1).
    Method,
    /// The request has a body, which would have to be read before an upgrade (RFC 9110 §7.8).
    Body,
    /// The target is neither a path nor an absolute URI of HTTP or WebSocket (item 1).
    TargetForm,
    /// No `Sec-WebSocket-Version` (item 6).
    VersionMissing,
    /// More than one `Sec-WebSocket-Version` line.
    VersionRepeated,
    /// `Sec-WebSocket-Version` is not a number up to 255 without leading zeros (§4.3).
    VersionMalformed,
    /// A WebSocket version other than 13 (§4.2.2).
    VersionUnsupported,
    /// No `Sec-WebSocket-Key` (item 5), over HTTP/1.1.
    KeyMissing,
    /// More than one `Sec-WebSocket-Key` line (§11.3.1).
    KeyRepeated,
    /// `Sec-WebSocket-Key` is not the base64 of 16 bytes.
    KeyMalformed,
    /// The target is an `https` or `wss` URI, and the connection is known not to be secured (RFC 9110 §7.4).
    NotSecured,
    /// This server does not answer for the authority (RFC 9110 §7.4, RFC 6455 §4.2.1 item 2).
    AuthorityNotServed,
    /// The origin is not allowed (§4.2.2, §10.2).
    OriginNotAllowed,
    /// More than one `Origin` line.
    OriginRepeated,
    /// `Sec-WebSocket-Protocol` is not a list of tokens (§4.3).
    SubprotocolsMalformed,
    /// A subprotocol is required, and the client offers none that is supported.
    SubprotocolRequired,
    /// `Sec-WebSocket-Extensions` breaks the grammar of §9.1.
    ExtensionsMalformed,
    /// The server has no room for the connection now.
    Unavailable,
}

impl RequestReason {
    /// Returns the status of the rejection over HTTP/1.1 (RFC 9110 §15, RFC 6585 §5). Over HTTP/2 and 3, which have
    /// no upgrade, 426 becomes 400: [`Rejection::status`](super::Rejection::status).
    pub const fn status(self) -> u16 {
        match self {
            Self::Syntax(Syntax::HeadTooLarge | Syntax::TooManyFields) => 431,
            Self::Syntax(Syntax::TargetTooLong) => 414,
            Self::Syntax(Syntax::VersionUnsupported) => 505,
            Self::Deadline => 408,
            Self::NotUpgrade | Self::Http10 | Self::VersionUnsupported => 426,
            Self::Method => 405,
            Self::OriginNotAllowed | Self::OriginRepeated => 403,
            Self::NotSecured | Self::AuthorityNotServed => 421,
            Self::ProtocolUnsupported => 501,
            Self::Unavailable => 503,
            _ => 400,
        }
    }

    /// Returns whether the reason says that the request does not ask for WebSocket.
    pub(super) const fn is_not_upgrade(self) -> bool {
        matches!(self, Self::NotUpgrade | Self::Http10 | Self::NotExtendedConnect)
    }

    /// Returns whether the answer names the supported WebSocket version (RFC 6455 §4.4).
    pub(super) const fn shows_version(self) -> bool {
        matches!(
            self,
            Self::NotUpgrade
                | Self::Http10
                | Self::VersionMissing
                | Self::VersionRepeated
                | Self::VersionMalformed
                | Self::VersionUnsupported
        )
    }
}

impl RequestReason {
    /// Returns the words of a reason: the label, the subject and the problem.
    fn words(self) -> Words {
        match self {
            Self::Syntax(syntax) => words("syntax", syntax.subject(), syntax.problem()),
            Self::Deadline => words("deadline", "head", "not complete at the deadline"),
            Self::NotExtendedConnect => {
                words("not_extended_connect", ":protocol", "missing, expected a CONNECT that has it")
            }
            Self::ConnectionSpecific => {
                words("connection_specific", "field of a connection", "an extended CONNECT must not have")
            }
            Self::AuthorityMissing => words("authority_missing", ":authority", "missing"),
            Self::AuthorityMalformed => {
                words("authority_malformed", ":authority", "not a host and perhaps a port")
            }
            Self::SchemeMissing => words("scheme_missing", ":scheme", "missing"),
            Self::PathMissing => words("path_missing", ":path", "missing"),
            Self::PathMalformed => words("path_malformed", ":path", "does not begin with a slash"),
            Self::HostMissing => words("host_missing", "Host", "missing"),
            Self::HostRepeated => words("host_repeated", "Host", "more than one line"),
            Self::HostMalformed => words("host_malformed", "Host", "not a host and perhaps a port"),
            Self::HostDiffers => words("host_differs", "Host", "differs from :authority"),
            Self::ContentLengthMalformed => {
                words("content_length_malformed", "Content-Length", "not one number")
            }
            Self::TransferEncodingMalformed => words(
                "transfer_encoding_malformed",
                "Transfer-Encoding",
                "not a list of codings with \"chunked\" at its end",
            ),
            Self::TransferEncodingHttp10 => {
                words("transfer_encoding_http_10", "Transfer-Encoding", "has no meaning in HTTP/1.0")
            }
            Self::FramedTwice => words("framed_twice", "Content-Length", "beside Transfer-Encoding"),
            Self::ProtocolUnsupported => words("protocol_unsupported", ":protocol", "expected \"websocket\""),
            Self::SchemeUnsupported => words("scheme_unsupported", ":scheme", "expected http or https"),
            Self::Http10 => words("http_10", "Upgrade", "has no meaning in HTTP/1.0, expected HTTP/1.1"),
            Self::NotUpgrade => words(
                "not_upgrade",
                "Upgrade",
                "expected \"websocket\" (if the client sent it, a proxy may have removed it)",
            ),
            Self::UpgradeMalformed => {
                words("upgrade_malformed", "Upgrade", "a list member is not a protocol name")
            }
            Self::ConnectionMissing => words(
                "connection_missing",
                "Connection",
                "expected \"Upgrade\" (if the client sent it, a proxy may have removed it)",
            ),
            Self::ConnectionMalformed => {
                words("connection_malformed", "Connection", "a list member is not a token")
            }
            Self::Method => words("method", "method", "expected GET"),
            Self::Body => words("body", "body", "a request to upgrade must have none, in the field"),
            Self::TargetForm => words(
                "target_form",
                "request target",
                "expected a path, or an absolute http, https, ws or wss URI with a host and no user information",
            ),
            Self::VersionMissing => words("version_missing", "Sec-WebSocket-Version", "missing"),
            Self::VersionRepeated => words("version_repeated", "Sec-WebSocket-Version", "more than one line"),
            Self::VersionMalformed => words(
                "version_malformed",
                "Sec-WebSocket-Version",
                "not a number up to 255 without leading zeros",
            ),
            Self::VersionUnsupported => words("version_unsupported", "Sec-WebSocket-Version", "expected 13"),
            Self::KeyMissing => words("key_missing", "Sec-WebSocket-Key", "missing"),
            Self::KeyRepeated => words("key_repeated", "Sec-WebSocket-Key", "more than one line"),
            Self::KeyMalformed => {
                words("key_malformed", "Sec-WebSocket-Key", "not the base64 of 16 bytes (24 characters)")
            }
            Self::NotSecured => words("not_secured", "scheme", "this connection is not secured by TLS"),
            Self::AuthorityNotServed => {
                words("authority_not_served", "authority", "none that this server answers for")
            }
            Self::OriginNotAllowed => words("origin_not_allowed", "Origin", "not allowed for a request to"),
            Self::OriginRepeated => words("origin_repeated", "Origin", "more than one line"),
            Self::SubprotocolsMalformed => {
                words("subprotocols_malformed", "Sec-WebSocket-Protocol", "not a list of tokens")
            }
            Self::SubprotocolRequired => words(
                "subprotocol_required",
                "Sec-WebSocket-Protocol",
                "a subprotocol is required, none of those offered is spoken here",
            ),
            Self::ExtensionsMalformed => words(
                "extensions_malformed",
                "Sec-WebSocket-Extensions",
                "not a list of extensions as RFC 6455 section 9.1 has them",
            ),
            Self::Unavailable => words("unavailable", "server", "no room for another connection now"),
        }
    }

    /// Returns one word of a fixed set, for counts and logs: the name in lower case, such as `host_missing`. Every
    /// [`Syntax`] has the same one.
    pub fn label(self) -> &'static str {
        self.words().label
    }
}

impl Reason for RequestReason {
    fn subject(&self) -> &'static str {
        self.words().subject
    }

    fn problem(&self) -> &'static str {
        self.words().problem
    }
}
