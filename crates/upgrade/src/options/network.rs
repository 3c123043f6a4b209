//! A client's way through the network.

use std::error::Error;
use std::fmt;

use hyper::rt::{Read, Write};
use tower_service::Service;

use super::{ClientOptions, OptionsError};
use crate::connect::Custom;
use crate::connect::proxy::Proxies;

/// A client's way through the network.
#[derive(Clone, Default)]
pub(crate) struct Network {
    pub(crate) proxies: Proxies,
    pub(crate) custom: Option<Custom>,
    #[cfg(feature = "http2")]
    pub(crate) http2: bool,
}

impl ClientOptions {
    /// Goes through this proxy, instead of the one that the environment says (`ALL_PROXY`, `HTTP_PROXY` for `ws`,
    /// `HTTPS_PROXY` for `wss`, `NO_PROXY`; in lower case too).
    ///
    /// `http://` and `https://` are proxies for HTTP CONNECT (RFC 9110 §9.3.6), the latter over TLS; `socks5://` and
    /// `socks5h://` are SOCKS 5 (RFC 1928, RFC 1929), `socks4://` and `socks4a://` SOCKS 4a. User information in the URL
    /// is Basic authorization, or SOCKS 5's user and password. The proxy looks up the names, with every scheme. Ports
    /// that are not there are 80, 443 and 1080.
    ///
    /// # Errors
    ///
    /// If the URL is none of those.
    pub fn proxy(mut self, url: &str) -> Result<Self, OptionsError> {
        self.network.proxies = Proxies::explicit(url, "").ok_or_else(OptionsError::proxy)?;
        Ok(self)
    }

    /// The same but for these hosts: names with all their subdomains, addresses, networks (`10.0.0.0/8`), each with a
    /// port or without, `*` for all; with commas between them, as in `NO_PROXY`.
    ///
    /// # Errors
    ///
    /// If the URL is none of those of [`ClientOptions::proxy`].
    pub fn proxy_except(mut self, url: &str, hosts: &str) -> Result<Self, OptionsError> {
        self.network.proxies = Proxies::explicit(url, hosts).ok_or_else(OptionsError::proxy)?;
        Ok(self)
    }

    /// Goes through no proxy, whatever the environment says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.network.proxies = Proxies::None;
        self
    }

    /// Another way from a URL to its stream, instead of TCP, proxies and TLS: a service of tower's that is called with
    /// `http://HOST:PORT/` or `https://HOST:PORT/`, and gives a stream of hyper's runtime traits (`TokioIo` makes one of
    /// tokio's). For `https` the stream is one over TLS already.
    ///
    /// [`Connector`](crate::connect::Connector) is such a service, for those who wrap it; what it knows of addresses and
    /// TLS stays known.
    #[must_use]
    pub fn connector<C>(mut self, connector: C) -> Self
    where
        C: Service<http::Uri> + Clone + Send + 'static,
        C::Response: Read + Write + Unpin + Send + 'static,
        C::Error: Into<Box<dyn Error + Send + Sync>>,
        C::Future: Send + 'static,
    {
        self.network.custom = Some(Custom::new(connector, true));
        self
    }

    /// The same in the place of TCP and proxies alone: for `https`, TLS goes over the stream as these options say.
    #[must_use]
    pub fn transport<C>(mut self, transport: C) -> Self
    where
        C: Service<http::Uri> + Clone + Send + 'static,
        C::Response: Read + Write + Unpin + Send + 'static,
        C::Error: Into<Box<dyn Error + Send + Sync>>,
        C::Future: Send + 'static,
    {
        self.network.custom = Some(Custom::new(transport, false));
        self
    }

    /// Asks over HTTP/2 (RFC 8441): with `wss` where the server takes it by ALPN, with `ws` at once (prior knowledge). A
    /// server that does not offer extended CONNECT, or no HTTP/2 by ALPN, is asked over HTTP/1.1.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.network.http2 = true;
        self
    }

    /// Whether the options ask for what only tokio's driver can do.
    #[cfg(any(feature = "async-io", feature = "blocking"))]
    pub(crate) fn only_tokio(&self) -> Option<&'static str> {
        match &self.network {
            Network { custom: Some(_), .. } => Some("a connector of one's own"),
            Network { proxies: Proxies::Explicit(_), .. } => Some("a proxy"),
            #[cfg(feature = "http2")]
            Network { http2: true, .. } => Some("HTTP/2"),
            _ => None,
        }
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("proxies", &self.proxies)
            .field("custom", &self.custom.is_some())
            .finish_non_exhaustive()
    }
}
