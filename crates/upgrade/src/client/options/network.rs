//! The options of a client's way through the network.

#[cfg(any(dials_directly, not(feature = "proxy")))]
use websocket_upgrade_proto::uri::Uri;

use super::ClientOptions;
#[cfg(dials_directly)]
use crate::client::network::Network;
use crate::client::network::{Family, HostPort};
use crate::client::proxies::Proxies;
#[cfg(any(dials_directly, not(feature = "proxy")))]
use crate::client::reason::ConnectReason;
use crate::options::OptionsError;

impl ClientOptions {
    /// Connects without a proxy, also if the environment names one.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.network.proxies = Proxies::None;
        self
    }

    /// Connects to the host and port of `to` if a URL has the host and port of `from`, as curl's `--connect-to` does.
    ///
    /// Nothing else changes: `Host`, the name that TLS asks for, and the name that the certificate must have are the
    /// URL's.
    ///
    /// Both are a host and a port, such as `example.com:443` or `[::1]:8443`. A `from` without a port matches every
    /// port. A `to` without a port keeps the URL's port. If several match, the first one counts. A redirect's URL is
    /// compared in the same way.
    ///
    /// A proxy is chosen by the URL, and connects to `to`. A `transport` of the caller's own is
    /// called with `to`. With a `connector` the connection fails, because a connector does TLS for
    /// the host that it is called with.
    ///
    /// # Errors
    ///
    /// If `from` or `to` is not a host, with or without a port.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    pub fn connect_to(mut self, from: &str, to: &str) -> Result<Self, OptionsError> {
        let read = |text: &str| HostPort::parse(text).ok_or_else(|| OptionsError::place(text));
        self.network.connect_to.push([read(from)?, read(to)?]);
        Ok(self)
    }

    /// Connects to IPv4 addresses only, of the host or of the proxy. A host that has none is an error.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    #[must_use]
    pub fn ipv4_only(mut self) -> Self {
        self.network.family = Family::V4;
        self
    }

    /// Connects to IPv6 addresses only, of the host or of the proxy. A host that has none is an error.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    #[must_use]
    pub fn ipv6_only(mut self) -> Self {
        self.network.family = Family::V6;
        self
    }

    /// Sends the request over HTTP/2 (RFC 8441).
    ///
    /// With `wss` the server chooses HTTP/2 by ALPN. With `ws` the client uses HTTP/2 at once (prior knowledge). The
    /// request goes over HTTP/1.1 if the server does not choose HTTP/2 by ALPN, does not offer extended CONNECT, or
    /// requires HTTP/1.1 (RFC 9113 §7). [`Report::fallback`](crate::Report::fallback) says why.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.network.http2 = true;
        self
    }

    /// Checks that the way to this URI needs nothing that only the driver for tokio can do.
    #[cfg(dials_directly)]
    pub(crate) fn check_direct(&self, uri: &Uri<'_>) -> Result<(), ConnectReason> {
        let what = match &self.network {
            #[cfg(feature = "proxy")]
            Network { custom: Some(_), .. } => "a connector of one's own",
            #[cfg(feature = "proxy")]
            Network { proxies: Proxies::Explicit(_), .. } => "a proxy",
            #[cfg(feature = "http2")]
            Network { http2: true, .. } => "HTTP/2",
            Network { proxies, .. } if proxies.of_environment(uri).is_some() => {
                "the proxy that the environment names (ClientOptions::no_proxy connects without it)"
            }
            _ => return Ok(()),
        };
        Err(ConnectReason::Unsupported(what))
    }

    /// Checks that the environment names no proxy for this URI, which the feature `proxy` would connect through.
    #[cfg(all(feature = "connect", not(feature = "proxy")))]
    pub(crate) fn check_without_proxy(&self, uri: &Uri<'_>) -> Result<(), ConnectReason> {
        match self.network.proxies.of_environment(uri) {
            None => Ok(()),
            Some(_) => Err(ConnectReason::Unsupported(
                "the proxy that the environment names, without the feature `proxy`: run `cargo add websocket-upgrade \
                 --features proxy` to connect through it; ClientOptions::no_proxy connects without it",
            )),
        }
    }
}
