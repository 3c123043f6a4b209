//! Why a request is refused, and with which status: the one table.

use crate::error::{Error, Reason};
use crate::head::Syntax;

/// What is wrong with a request.
pub type RequestError = Error<RequestReason>;

/// Why a request is refused, in the order in which it is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequestReason {
    /// The head breaks the syntax of HTTP/1.1 or a limit.
    Syntax(Syntax),
    /// The head was not complete at the deadline.
    Deadline,
    /// Over HTTP/2 or 3: another method than CONNECT, or no `:protocol` (RFC 8441 §4).
    NotExtendedConnect,
    /// A field of a connection, which HTTP/2 and 3 have none of (RFC 9113 §8.2.2, RFC 8441 §5).
    ConnectionSpecific,
    /// No `:authority` (RFC 8441 §5).
    AuthorityMissing,
    /// `:authority` is not a host and perhaps a port (RFC 9113 §8.3.1).
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
    /// `Host` is not a host and perhaps a port.
    HostMalformed,
    /// `Host` names another host or port than `:authority` (RFC 9113 §8.3.1).
    HostDiffers,
    /// `Content-Length` is neither a number nor a list of one number again and again (RFC 9112 §6.3).
    ContentLengthMalformed,
    /// `Transfer-Encoding` is not a list of codings of which `chunked` is the last, and there once (RFC 9112 §6.1,
    /// §6.3).
    TransferEncodingMalformed,
    /// `Transfer-Encoding` in HTTP/1.0, which has none (RFC 9112 §6.1).
    TransferEncodingHttp10,
    /// `Content-Length` beside `Transfer-Encoding` (RFC 9112 §6.1, §6.3).
    FramedTwice,
    /// `:protocol` names another protocol than websocket (RFC 8441 §5).
    ProtocolUnsupported,
    /// `:scheme` is neither http nor https (RFC 8441 §5).
    SchemeUnsupported,
    /// HTTP/1.0, in which `Upgrade` has no meaning (RFC 9110 §7.8).
    Http10,
    /// `Upgrade` does not list websocket (RFC 6455 §4.2.1 item 3).
    NotUpgrade,
    /// `Upgrade` has a member that is no protocol.
    UpgradeMalformed,
    /// `Connection` does not list upgrade (item 4).
    ConnectionMissing,
    /// `Connection` has a member that is no token.
    ConnectionMalformed,
    /// Another method than GET (item 1).
    Method,
    /// A request with a body can't be upgraded (RFC 9110 §7.8: it would have to be read first).
    Body,
    /// The target is not a path, nor an absolute URI of HTTP or WebSocket (item 1).
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
    /// The authority is none that this server answers for (RFC 9110 §7.4, RFC 6455 §4.2.1 item 2).
    AuthorityNotServed,
    /// The origin is not allowed (§4.2.2, §10.2).
    OriginNotAllowed,
    /// More than one `Origin` line.
    OriginRepeated,
    /// `Sec-WebSocket-Protocol` is not a list of tokens (§4.3).
    SubprotocolsMalformed,
    /// None of the offered subprotocols is spoken here, or none was offered, and one is required.
    SubprotocolRequired,
    /// `Sec-WebSocket-Extensions` breaks the grammar of §9.1.
    ExtensionsMalformed,
    /// The server has no room for it now.
    Unavailable,
}

impl RequestReason {
    /// The status of the rejection over HTTP/1.1 (RFC 9110 §15, RFC 6585 §5); over HTTP/2 and 3, where nothing can be
    /// upgraded, a 426 is a 400: [`Rejection::status`](super::Rejection::status).
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

    /// Whether the answer says which WebSocket version is spoken (RFC 6455 §4.4).
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

impl RequestError {
    /// Whether the request is neither an upgrade nor an extended CONNECT: a server that also speaks HTTP answers it as
    /// such.
    ///
    /// Asked to answer it all the same, this error's [`rejection`](RequestError::rejection) does. The reason need not
    /// be that it is no upgrade: a request without `Host`, or with a body of no certain length, gets 400 whatever it
    /// asks for (RFC 9112 §3.2, §6.3).
    pub fn is_not_upgrade(&self) -> bool {
        use RequestReason as R;
        self.not_upgrade || matches!(self.reason, R::NotUpgrade | R::Http10 | R::NotExtendedConnect)
    }
}

impl Reason for RequestReason {
    fn subject(&self) -> &'static str {
        match self {
            Self::Syntax(syntax) => syntax.subject(),
            Self::Deadline => "head",
            Self::NotUpgrade | Self::Http10 | Self::UpgradeMalformed => "Upgrade",
            Self::ConnectionMissing | Self::ConnectionMalformed => "Connection",
            Self::Method => "method",
            Self::NotExtendedConnect | Self::ProtocolUnsupported => ":protocol",
            Self::ConnectionSpecific => "field of a connection",
            Self::AuthorityMissing | Self::AuthorityMalformed => ":authority",
            Self::SchemeMissing | Self::SchemeUnsupported => ":scheme",
            Self::PathMissing | Self::PathMalformed => ":path",
            Self::Body => "body",
            Self::TargetForm => "request target",
            Self::HostMissing | Self::HostRepeated | Self::HostMalformed | Self::HostDiffers => "Host",
            Self::ContentLengthMalformed | Self::FramedTwice => "Content-Length",
            Self::TransferEncodingMalformed | Self::TransferEncodingHttp10 => "Transfer-Encoding",
            Self::VersionMissing
            | Self::VersionRepeated
            | Self::VersionMalformed
            | Self::VersionUnsupported => "Sec-WebSocket-Version",
            Self::KeyMissing | Self::KeyRepeated | Self::KeyMalformed => "Sec-WebSocket-Key",
            Self::NotSecured => "scheme",
            Self::AuthorityNotServed => "authority",
            Self::OriginNotAllowed | Self::OriginRepeated => "Origin",
            Self::SubprotocolsMalformed | Self::SubprotocolRequired => "Sec-WebSocket-Protocol",
            Self::ExtensionsMalformed => "Sec-WebSocket-Extensions",
            Self::Unavailable => "server",
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Syntax(syntax) => syntax.problem(),
            Self::Deadline => "not complete at the deadline",
            Self::NotUpgrade => "expected \"websocket\" (if the client sent it, a proxy may have removed it)",
            Self::Http10 => "has no meaning in HTTP/1.0, expected HTTP/1.1",
            Self::UpgradeMalformed => "a list member is not a protocol name",
            Self::ConnectionMissing => {
                "expected \"Upgrade\" (if the client sent it, a proxy may have removed it)"
            }
            Self::ConnectionMalformed => "a list member is not a token",
            Self::Method => "expected GET",
            Self::Body => "a request to upgrade must have none, in the field",
            Self::TargetForm => {
                "expected a path, or an absolute http, https, ws or wss URI with a host and no user information"
            }
            Self::NotExtendedConnect => "missing, expected a CONNECT that has it",
            Self::ProtocolUnsupported => "expected \"websocket\"",
            Self::ConnectionSpecific => "an extended CONNECT must not have",
            Self::SchemeUnsupported => "expected http or https",
            Self::PathMalformed => "does not begin with a slash",
            Self::HostDiffers => "differs from :authority",
            Self::AuthorityMissing
            | Self::SchemeMissing
            | Self::PathMissing
            | Self::HostMissing
            | Self::VersionMissing
            | Self::KeyMissing => "missing",
            Self::HostRepeated | Self::VersionRepeated | Self::KeyRepeated | Self::OriginRepeated => {
                "more than one line"
            }
            Self::AuthorityMalformed | Self::HostMalformed => "not a host and perhaps a port",
            Self::ContentLengthMalformed => "not one number",
            Self::TransferEncodingMalformed => "not a list of codings with \"chunked\" at its end",
            Self::TransferEncodingHttp10 => "has no meaning in HTTP/1.0",
            Self::FramedTwice => "beside Transfer-Encoding",
            Self::VersionMalformed => "not a number up to 255 without leading zeros",
            Self::VersionUnsupported => "expected 13",
            Self::KeyMalformed => "not the base64 of 16 bytes (24 characters)",
            Self::NotSecured => "this connection is not secured by TLS",
            Self::AuthorityNotServed => "none that this server answers for",
            Self::OriginNotAllowed => "not allowed for a request to",
            Self::SubprotocolsMalformed => "not a list of tokens",
            Self::SubprotocolRequired => "a subprotocol is required, none of those offered is spoken here",
            Self::ExtensionsMalformed => "not a list of extensions as RFC 6455 section 9.1 has them",
            Self::Unavailable => "no room for another connection now",
        }
    }
}
