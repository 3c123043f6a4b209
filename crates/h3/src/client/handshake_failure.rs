//! Failures of QUIC connections: which of them mean that QUIC does not get through, and which are errors.

use std::io;

use http3::error::Code;
use quinn::ConnectionError;
use websocket_upgrade::internals::Explained;
use websocket_upgrade::internals::client::{Alert, options};
use websocket_upgrade::{ClientOptions, ConnectReason, Http3Fallback};

use crate::codes;

/// What the failure of a QUIC handshake means.
#[derive(Debug)]
pub(super) enum Failure<'e> {
    /// HTTP/3 can't be used, and other versions may be.
    Fallback(Http3Fallback),
    /// TLS has failed: it would over TCP, too.
    Tls(Alert<'e>),
    /// The server has ended the connection on purpose, or the endpoint was closed here.
    Ended,
}

/// Of an unauthenticated packet nothing worse can come than of one over TCP: a certificate that is not accepted is
/// never a reason to try another version.
pub(super) fn of_handshake(error: &ConnectionError) -> Failure<'_> {
    /// `no_application_protocol` (RFC 7301 §3.2): the server does not speak `h3`.
    const NO_APPLICATION_PROTOCOL: u8 = 120;
    let unreachable = Failure::Fallback(Http3Fallback::Unreachable);
    match error {
        ConnectionError::TransportError(error) => match alert(error.code.into()) {
            Some(NO_APPLICATION_PROTOCOL) => Failure::Fallback(Http3Fallback::Alpn),
            Some(_) => Failure::Tls(Alert::Sent(&error.reason)),
            // An error of rustls for which there is no alert.
            None if error.reason.starts_with("TLS error: ") => Failure::Tls(Alert::Sent(&error.reason)),
            None => unreachable,
        },
        ConnectionError::ConnectionClosed(close) => match alert(close.error_code.into()) {
            Some(NO_APPLICATION_PROTOCOL) => Failure::Fallback(Http3Fallback::Alpn),
            Some(alert) => Failure::Tls(Alert::Received(alert)),
            None => unreachable,
        },
        ConnectionError::ApplicationClosed(close) if is(close.error_code, Code::H3_VERSION_FALLBACK) => {
            Failure::Fallback(Http3Fallback::Required)
        }
        ConnectionError::ApplicationClosed(_) | ConnectionError::LocallyClosed => Failure::Ended,
        ConnectionError::VersionMismatch
        | ConnectionError::Reset
        | ConnectionError::TimedOut
        | ConnectionError::CidsExhausted => unreachable,
    }
}

/// The reason of an error that came when the QUIC handshake was done. With TLS 1.3 a server refuses a client's
/// certificate only then.
pub(super) fn of_connection(error: io::Error, options: &ClientOptions) -> ConnectReason {
    match cause(&error) {
        Some(ConnectionError::ConnectionClosed(close)) => match alert(close.error_code.into()) {
            Some(alert) => ConnectReason::Tls(options::alert(options, alert)),
            None => ConnectReason::Io(error),
        },
        _ => ConnectReason::Io(error),
    }
}

/// Whether the server wants the request over HTTP/1.1 (RFC 9114 §8.1).
pub(super) fn requires_http11(error: &io::Error) -> bool {
    let closed = match cause(error) {
        Some(ConnectionError::ApplicationClosed(close)) => is(close.error_code, Code::H3_VERSION_FALLBACK),
        _ => false,
    };
    closed || codes::code(error) == Some(Code::H3_VERSION_FALLBACK)
}

/// Whether the server has not processed the request (RFC 9114 §8.1): it can be sent again.
pub(super) fn is_rejected(error: &io::Error) -> bool {
    codes::code(error) == Some(Code::H3_REQUEST_REJECTED)
}

fn cause(error: &io::Error) -> Option<&ConnectionError> {
    Explained::inside(error)?.cause()
}

fn is(code: quinn::VarInt, expected: Code) -> bool {
    code.into_inner() == expected.value()
}

/// The TLS alert in an error code of QUIC (RFC 9001 §4.8).
fn alert(code: u64) -> Option<u8> {
    u8::try_from(code.checked_sub(0x100)?).ok()
}
