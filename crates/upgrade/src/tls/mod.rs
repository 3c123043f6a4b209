//! TLS for `wss://`: rustls, with the platform's verifier unless the options say otherwise.
//!
//! Neither certificates nor signatures are judged here: that is the platform's, or webpki's. What is done is to put a
//! configuration together once, and to say in plain words what went wrong.

use std::io;
use std::sync::{Arc, OnceLock};

use ::rustls::ClientConfig;
use ::rustls::pki_types::ServerName;

use crate::client::reason::ConnectReason;
use crate::options::OptionsError;

mod certificate;
mod failure;
mod options;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
mod peer;
mod verifier;
mod wanted;

pub(crate) use failure::{is_certificate_error, is_no_tls};
pub use options::TlsOptions;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) use peer::report;
use wanted::Wanted;

/// Which HTTP versions the client can do on the connection (RFC 7301).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// HTTP/1.1 alone: `h2` is never offered, or the server might take it.
    Http11,
    /// HTTP/2 rather than HTTP/1.1.
    #[cfg(feature = "http2")]
    Http2,
}

/// What [`TlsOptions`] say, and the configurations made of it: once, when they are needed first, shared by the clones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    wanted: Wanted,
    /// The same for other peers than the first origin's; `None` if there is no difference.
    elsewhere: OnceLock<Option<Tls>>,
    base: OnceLock<Arc<ClientConfig>>,
    http11: OnceLock<Arc<ClientConfig>>,
    #[cfg(feature = "http2")]
    http2: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    fn new(wanted: Wanted) -> Self {
        Self(Arc::new(Shared { wanted, ..Shared::default() }))
    }

    /// Whether nothing is said.
    #[cfg(feature = "http2")]
    pub(crate) fn is_default(&self) -> bool {
        self.0.wanted.is_default()
    }

    /// Whether it is the same, as a clone is.
    #[cfg(feature = "http2")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The same for a peer that the first origin leads to, at another origin or as its proxy: without what is meant for
    /// the first alone.
    pub(crate) fn elsewhere(&self) -> &Self {
        let other = self.0.elsewhere.get_or_init(|| self.0.wanted.elsewhere().map(Self::new));
        other.as_ref().unwrap_or(self)
    }

    /// The configuration for a connection.
    ///
    /// All of one origin share their sessions, whatever they agree on by ALPN: that is no part of a session and is
    /// negotiated anew when it is resumed (RFC 7301 §3.1). Only early data would be bound to it (RFC 8446 §4.2.10).
    pub(crate) fn config(&self, alpn: Alpn) -> Result<Arc<ClientConfig>, ConnectReason> {
        let slot = match alpn {
            Alpn::Http11 => &self.0.http11,
            #[cfg(feature = "http2")]
            Alpn::Http2 => &self.0.http2,
        };
        if let Some(config) = slot.get() {
            return Ok(Arc::clone(config));
        }
        // A failure is not kept: the process may install a provider in the meantime.
        let base = if let Some(base) = self.0.base.get() {
            base
        } else {
            let base = self.0.wanted.config()?;
            self.0.base.get_or_init(|| base)
        };
        Ok(Arc::clone(slot.get_or_init(|| alpn.offered_by(base))))
    }

    /// The name or address that the certificate is verified for, and that is sent as SNI if it is a name: the host's,
    /// unless the options say another.
    pub(crate) fn server_name(&self, host: &str) -> Result<ServerName<'static>, ConnectReason> {
        match &self.0.wanted.server_name {
            Some(name) => Ok(name.clone()),
            None => server_name(host),
        }
    }

    /// The error of a TLS connection, in plain words if it is about a certificate, and the subject of the certificate
    /// if one was rejected. To be called in the poll in which the error came.
    pub(crate) fn explain(&self, error: io::Error) -> (io::Error, Option<String>) {
        // Whoever brings a configuration knows rustls, and may look for its errors.
        if self.0.wanted.config.is_some() {
            return (error, None);
        }
        let Wanted { identity, withheld, .. } = &self.0.wanted;
        let identity = match identity {
            Some(_) => failure::Identity::Shown,
            None if *withheld => failure::Identity::Withheld,
            None => failure::Identity::None,
        };
        failure::explain(error, identity)
    }
}

impl From<TlsOptions> for Tls {
    fn from(options: TlsOptions) -> Self {
        options.0
    }
}

impl Alpn {
    /// The configuration with protocols that fit: the very same, if it has such.
    fn offered_by(self, base: &Arc<ClientConfig>) -> Arc<ClientConfig> {
        let theirs = &base.alpn_protocols;
        let fitting = self.fitting(theirs);
        if fitting == *theirs {
            return Arc::clone(base);
        }
        let mut config = ClientConfig::clone(base);
        config.alpn_protocols = fitting;
        Arc::new(config)
    }

    fn fitting(self, theirs: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let (h2, http11) = (b"h2".to_vec(), b"http/1.1".to_vec());
        match self {
            Self::Http11 if theirs.is_empty() || theirs.contains(&h2) => vec![http11],
            Self::Http11 => theirs.to_vec(),
            #[cfg(feature = "http2")]
            Self::Http2 if theirs.is_empty() => vec![h2, http11],
            #[cfg(feature = "http2")]
            Self::Http2 => {
                let others = theirs.iter().filter(|protocol| **protocol != h2).cloned();
                std::iter::once(h2.clone()).chain(others).collect()
            }
        }
    }
}

/// The host as rustls takes it; the brackets around an IPv6 address are the URI's.
pub(crate) fn server_name(host: &str) -> Result<ServerName<'static>, ConnectReason> {
    parse_name(host).ok_or_else(|| {
        impossible(OptionsError::tls(format!(
            "no certificate can be for the host {host:?}: it is neither a DNS name nor an address; \
             say another with server_name"
        )))
    })
}

fn parse_name(name: &str) -> Option<ServerName<'static>> {
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    match ServerName::try_from(address.unwrap_or(name).to_owned()) {
        Ok(ServerName::DnsName(_)) if address.is_some() => None,
        name => name.ok(),
    }
}

/// There can be no handshake, whoever the peer is.
fn impossible(error: OptionsError) -> ConnectReason {
    ConnectReason::Tls(io::Error::new(io::ErrorKind::InvalidInput, error))
}

#[cfg(test)]
mod tests;
