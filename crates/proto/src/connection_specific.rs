//! Fields that are about one connection (RFC 9110 §7.6.1). HTTP/2 and 3 have none of them (RFC 9113 §8.2.2, RFC 9114
//! §4.2).

/// The connection-specific fields. `TE` with the value `trailers` is legal in a request over HTTP/2 and 3;
/// `HTTP2-Settings` is that of the upgrade to HTTP/2 (RFC 7540 §3.2.1).
pub(crate) const CONNECTION_SPECIFIC: [&str; 7] =
    ["Connection", "Upgrade", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings", TE];

/// The one with an exception.
pub(crate) const TE: &str = "TE";

/// Whether a field is connection-specific. Names compare without case.
pub(crate) fn is_connection_specific(name: &[u8]) -> bool {
    CONNECTION_SPECIFIC.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}
