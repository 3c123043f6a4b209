//! The limits of everything that a peer can make grow.

/// The limits of a handshake. The error for an exceeded limit names it.
///
/// ```
/// use websocket_upgrade_proto::Limits;
/// let mut limits = Limits::new();
/// limits.head = 64 * 1024; // big cookies
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum bytes of one head: start line, fields and the empty line together. Default: 16 KiB. A request that
    /// exceeds it gets 431.
    pub head: usize,
    /// Maximum bytes of the request target. Default: 8 KiB. A request that exceeds it gets 414.
    pub target: usize,
    /// Maximum field lines of one head. Default: 100. A request that exceeds it gets 431.
    pub fields: usize,
    /// Maximum extension offers of a request that are considered. Default: 16. Further offers are declined, which is
    /// no error.
    pub offers: usize,
    /// Maximum bytes of a refusal's body that a client keeps. Default: 64 KiB. A longer body is cut off and marked as
    /// truncated. With 0, the client does not wait for a body.
    pub refusal_body: usize,
    /// Maximum bytes that a client skips between the data of a refusal's chunked body: chunk sizes, chunk extensions
    /// and trailers together. Default: 64 KiB. If there are more, the body is cut off and marked as truncated.
    pub refusal_overhead: usize,
    /// Maximum interim (1xx) responses that a client accepts before the final one. Default: 8.
    pub interim: usize,
}

impl Limits {
    /// No limits for a head, for one that has been read before and was within its limits then.
    pub(crate) const UNBOUNDED: Self =
        Self { head: usize::MAX, target: usize::MAX, fields: usize::MAX, ..Self::new() };

    /// Returns the default limits.
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
