//! Errors of the HTTP/2 library as IO errors.

use std::io;

use h2::{Error, Reason};

use crate::text::cause::Explained;

/// Says who ended what, and why (RFC 9113 §7).
pub(super) fn to_io(error: Error) -> io::Error {
    use io::ErrorKind as E;
    let Some(reason) = error.reason() else {
        return match error.get_io().map(io::Error::kind) {
            Some(_) => error.into_io().unwrap_or_else(closed),
            None => io::Error::other(error),
        };
    };
    let (kind, what) = match (error.is_go_away(), error.is_remote()) {
        (false, true) if reason == Reason::REFUSED_STREAM => {
            (E::ConnectionRefused, "the server has refused the stream")
        }
        (false, true) => (E::ConnectionReset, "the server has reset the stream"),
        (false, false) => (E::InvalidData, "the stream was reset, as the server broke HTTP/2"),
        (true, true) => (E::ConnectionAborted, "the server is closing the HTTP/2 connection"),
        (true, false) => (E::InvalidData, "the HTTP/2 connection was closed, as the server broke HTTP/2"),
    };
    ended(kind, what, reason, error)
}

/// The error of a stream that the peer has reset with this reason.
pub(super) fn reset(reason: Reason) -> io::Error {
    ended(io::ErrorKind::ConnectionReset, "the stream has been reset", reason, reason.into())
}

/// Whether the server wants the request over HTTP/1.1 (RFC 9113 §7).
pub(crate) fn requires_http11(error: &io::Error) -> bool {
    let cause = Explained::inside(error).and_then(Explained::cause::<Error>);
    cause.and_then(Error::reason) == Some(Reason::HTTP_1_1_REQUIRED)
}

/// The error of a stream or a connection that has ended with an error code of HTTP/2.
fn ended(kind: io::ErrorKind, what: &str, reason: Reason, cause: Error) -> io::Error {
    Explained::of_cause(kind, format!("{what} ({reason:?}: {})", reason.description()), cause)
}

/// The error of a connection that has ended.
pub(super) fn closed() -> io::Error {
    Explained::error(io::ErrorKind::ConnectionAborted, "the HTTP/2 connection has been closed")
}
