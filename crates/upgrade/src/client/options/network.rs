//! The options of a client's way through the network.

#[cfg(dials_directly)]
use websocket_upgrade_proto::uri::Uri;

use super::ClientOptions;
use crate::client::network::HostPort;
#[cfg(dials_directly)]
use crate::client::network::Network;
use crate::client::proxies::Proxies;
#[cfg(dials_directly)]
use crate::client::reason::ConnectReason;
use crate::options::OptionsError;

impl ClientOptions {
    /// Goes through no proxy, whatever the environment says.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.network.proxies = Proxies::None;
        self
    }

    /// Connects to another host and port than the URL's, as curl's `--connect-to` does: wherever a URL has the host
    /// and port of `from`, the connection is made to those of `to`. Nothing else changes: `Host`, the name that TLS
    /// asks for, and the one that the certificate has to be for are the URL's.
    ///
    /// Both are a host and a port, such as `example.com:443` or `[::1]:8443`. `from` without a port is for all of
    /// them; `to` without one keeps the URL's. Of several that fit, the one that was given first counts. A redirect to
    /// another host or port is not meant, unless there is one for it too. A proxy, which is chosen by the URL, is
    /// asked for a way to `to`; so is a [`transport`](Self::transport) of one's own, while a
    /// [`connector`](Self::connector), which does TLS by the host that it is called with, contradicts it.
    ///
    /// # Errors
    ///
    /// If one of the two is not a host and perhaps a port.
    #[cfg_attr(docsrs, doc(cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))))]
    pub fn connect_to(mut self, from: &str, to: &str) -> Result<Self, OptionsError> {
        let read = |text: &str| HostPort::parse(text).ok_or_else(|| OptionsError::place(text));
        self.network.connect_to.push([read(from)?, read(to)?]);
        Ok(self)
    }

    /// Asks over HTTP/2 (RFC 8441): with `wss` where the server takes it by ALPN, with `ws` at once (prior knowledge).
    /// A server that does not offer extended CONNECT, or no HTTP/2 by ALPN, or that requires HTTP/1.1 (RFC 9113 §7),
    /// is asked over HTTP/1.1: [`Report::fallback`](crate::Report::fallback) says why.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.network.http2 = true;
        self
    }

    /// Whether nothing is asked for that only tokio's driver can do, on the way to this URI.
    #[cfg(dials_directly)]
    pub(crate) fn check_direct(&self, uri: &Uri<'_>) -> Result<(), ConnectReason> {
        let what = match &self.network {
            #[cfg(feature = "connect")]
            Network { custom: Some(_), .. } => "a connector of one's own",
            #[cfg(feature = "connect")]
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
}
