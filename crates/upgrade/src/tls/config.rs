//! rustls' configurations: each is made once, when it is needed first.

use std::io;
use std::sync::{Arc, OnceLock};

use ::rustls::ClientConfig;
use ::rustls::pki_types::ServerName;

use super::failure::{self, Identity};
use super::name::server_name;
use super::unusable::Unusable;
use super::wanted::{Base, Wanted};
use crate::options::Alpn;

/// What [`TlsOptions`] say, and the configurations made of it: once, when they are needed first, shared by the clones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    wanted: Wanted,
    /// The same for other peers than the first origin's; `None` if there is no difference.
    elsewhere: OnceLock<Option<Tls>>,
    base: OnceLock<Base>,
    http11: OnceLock<Arc<ClientConfig>>,
    #[cfg(feature = "http2")]
    http2: OnceLock<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(wanted: Wanted) -> Self {
        Self(Arc::new(Shared { wanted, ..Shared::default() }))
    }

    /// What was asked for.
    pub(super) fn wanted(&self) -> &Wanted {
        &self.0.wanted
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

    /// The same for a peer that the first origin leads to, at another origin or as its proxy: without what is meant
    /// for the first alone.
    pub(crate) fn elsewhere(&self) -> &Self {
        let other = self.0.elsewhere.get_or_init(|| self.0.wanted.elsewhere().map(Self::new));
        other.as_ref().unwrap_or(self)
    }

    /// The configuration for a connection.
    ///
    /// All of one origin share their sessions, whatever they agree on by ALPN: that is no part of a session and is
    /// negotiated anew when it is resumed (RFC 7301 §3.1). Only early data would be bound to it (RFC 8446 §4.2.10).
    pub(crate) fn config(&self, alpn: Alpn) -> Result<Arc<ClientConfig>, Unusable> {
        let slot = match alpn {
            Alpn::Http11 => &self.0.http11,
            #[cfg(feature = "http2")]
            Alpn::Http2 => &self.0.http2,
        };
        if let Some(config) = slot.get() {
            return Ok(Arc::clone(config));
        }
        let base = self.base()?;
        Ok(Arc::clone(slot.get_or_init(|| alpn.offered_by(&base.config))))
    }

    /// The configuration that those for connections are made of.
    pub(super) fn base(&self) -> Result<&Base, Unusable> {
        // A failure is not kept: the process may install a provider in the meantime.
        if let Some(base) = self.0.base.get() {
            return Ok(base);
        }
        let base = self.0.wanted.config()?;
        Ok(self.0.base.get_or_init(|| base))
    }

    /// The name or address that the certificate is verified for, and that is sent as SNI if it is a name: the host's,
    /// unless the options say another.
    pub(crate) fn server_name(&self, host: &str) -> Result<ServerName<'static>, Unusable> {
        match &self.0.wanted.server_name {
            Some(name) => Ok(name.clone()),
            None => server_name(host),
        }
    }

    /// Waits for a TLS handshake. Its failure is explained in the poll in which it comes.
    pub(crate) async fn explained<T>(
        &self,
        handshake: impl Future<Output = io::Result<T>>,
    ) -> Result<T, (io::Error, Option<String>)> {
        handshake.await.map_err(|error| self.explain(error))
    }

    /// The error of a TLS connection, in plain words if it is about a certificate, and the subject of the certificate
    /// if one was rejected. To be called in the poll in which the error came.
    pub(crate) fn explain(&self, error: io::Error) -> (io::Error, Option<String>) {
        // A caller with a configuration of its own may look for rustls' errors.
        if self.0.wanted.config.is_some() {
            return (error, None);
        }
        let Wanted { identity, withheld, .. } = &self.0.wanted;
        let identity = match identity {
            Some(_) => Identity::Shown,
            None if *withheld => Identity::Withheld,
            None => Identity::None,
        };
        failure::explain(error, identity)
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
