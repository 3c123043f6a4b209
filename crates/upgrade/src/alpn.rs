//! The HTTP versions that a client offers for a connection.

/// The HTTP versions that a client can use on a connection. TLS offers them by ALPN (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// HTTP/1.1 alone: `h2` is never offered, or the server might take it.
    Http11,
    /// HTTP/2 rather than HTTP/1.1.
    #[cfg(feature = "http2")]
    Http2,
}
