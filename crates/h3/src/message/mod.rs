//! Heads on a request stream: field sections (RFC 9114 §4.2, RFC 9204), and the pseudo-header fields (RFC 9114 §4.3).
//!
//! What makes any message malformed is decided here, since the types of the `http` crate can't hold it. What a
//! handshake must contain is decided by the core.

pub(crate) mod field_section;
pub(crate) mod malformed;
pub(crate) mod request;
pub(crate) mod response;
#[cfg(test)]
mod tests;
