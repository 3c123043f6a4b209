//! TLS for `wss://`: rustls, with the platform's verifier unless the options say otherwise.
//!
//! Neither certificates nor signatures are judged here: that is the platform's, or webpki's. What is done is to put a
//! configuration together once, and to say in plain words what went wrong.

mod certificate;
pub(crate) mod config;
mod failure;
pub(crate) mod name;
#[cfg(feature = "certificate-details")]
mod noting;
mod options;
pub(crate) mod peer;
pub(crate) mod provider;
#[cfg(feature = "internals")]
pub(crate) mod quic;
mod unusable;
mod verifier;
mod wanted;
#[cfg(feature = "certificate-details")]
mod x509;

pub(crate) use config::Tls;
pub(crate) use failure::{in_words, is_certificate_error, is_no_tls};
pub use options::TlsOptions;
pub(crate) use unusable::Unusable;

#[cfg(test)]
mod tests;
