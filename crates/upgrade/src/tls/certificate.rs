//! What is known of a server's certificate, for error messages and reports. No decision depends on it.

/// What is shown of a certificate. Every text is one line of bounded length, and safe for a terminal.
#[derive(Debug)]
#[cfg_attr(not(feature = "certificate-details"), allow(dead_code))] // none is read
pub(crate) struct Certificate {
    /// Its names, where it has no subject.
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// The names and addresses that it is for. Empty where there are none.
    pub(crate) names: String,
    /// Whether its issuer is its subject.
    pub(super) self_issued: bool,
    /// Whether it says that it belongs to an authority.
    pub(super) authority: bool,
    /// The first and the last second of its time, Unix time.
    pub(crate) valid: [i64; 2],
}

/// A certificate that was rejected, as far as it can be read.
#[derive(Debug)]
#[cfg_attr(not(feature = "certificate-details"), allow(dead_code))] // none is read
pub(super) struct Rejected {
    pub(super) certificate: Certificate,
    /// Whether it was not the certificate itself, but what the peer has signed with its key.
    pub(super) of_handshake: bool,
}
