//! Connection-specific fields (RFC 9110 §7.6.1), which HTTP/2 and 3 do not allow (RFC 9113 §8.2.2, RFC 9114 §4.2).

/// The connection-specific fields. `TE: trailers` is still legal in a request over HTTP/2 and 3. `HTTP2-Settings`
/// belongs to the upgrade to HTTP/2 (RFC 7540 §3.2.1).
pub(crate) const CONNECTION_SPECIFIC: [&str; 7] =
    ["Connection", "Upgrade", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "HTTP2-Settings", TE];

/// The connection-specific field that has a legal value over HTTP/2 and 3.
pub(crate) const TE: &str = "TE";

/// Returns whether a field is connection-specific. Names compare without case.
pub(crate) fn is_connection_specific(name: &[u8]) -> bool {
    CONNECTION_SPECIFIC.iter().any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
}
