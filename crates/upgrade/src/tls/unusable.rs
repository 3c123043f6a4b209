//! Why there can be no TLS handshake, whoever the peer is.

use std::io;

use ::rustls::Error as TlsError;

use crate::options::OptionsError;
use crate::text::cause::Explained;

/// Why there can be no TLS handshake, whoever the peer is.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The process has installed no crypto provider of rustls', and no feature brings one.
    NoProvider,
    /// The options contradict each other; or rustls, its provider or the platform can't do what they say.
    Error(io::Error),
}

impl Unusable {
    pub(super) fn contradiction(error: &OptionsError) -> Self {
        Self::Error(Explained::error(io::ErrorKind::InvalidInput, error.to_string()))
    }
}

impl From<TlsError> for Unusable {
    fn from(error: TlsError) -> Self {
        Self::Error(Explained::of_cause(io::ErrorKind::Other, "rustls can't be set up", error))
    }
}
