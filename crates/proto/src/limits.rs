//! The bounds of everything that a peer can make grow.

/// What a handshake may take at the most; every limit is named in the error of what goes beyond it.
///
/// ```
/// use websocket_upgrade_proto::Limits;
/// let mut limits = Limits::new();
/// limits.head = 64 * 1024; // big cookies
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one head, start line, fields and the empty line together: 16 KiB. A request beyond it gets 431.
    pub head: usize,
    /// Bytes of the request target: 8 KiB. A request beyond it gets 414.
    pub target: usize,
    /// Field lines of one head: 100. A request beyond it gets 431.
    pub fields: usize,
    /// Extension offers of a request that are looked at: 16. Those behind are declined, which is no error.
    pub offers: usize,
    /// Bytes of a refusal's body that a client keeps: 64 KiB. What goes beyond it is cut off and marked as truncated;
    /// with 0, nothing of a body is waited for.
    pub refusal_body: usize,
    /// Bytes that a client skips between the data of a refusal's chunked body: 64 KiB of chunk sizes, chunk extensions
    /// and trailers together. Where there are more, the body is cut off and marked as truncated.
    pub refusal_overhead: usize,
    /// Interim (1xx) responses that a client tolerates before the final one: 8.
    pub interim: usize,
}

impl Limits {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            head: 16 * 1024,
            target: 8 * 1024,
            fields: 100,
            offers: 16,
            refusal_body: 64 * 1024,
            refusal_overhead: 64 * 1024,
            interim: 8,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}
