//! The options of a client's way through the network.

#[cfg(feature = "connect")]
use std::error::Error;
#[cfg(feature = "connect")]
use std::sync::Arc;

#[cfg(feature = "connect")]
use hyper::rt::{Read, Write};
#[cfg(feature = "connect")]
use tower_service::Service;
#[cfg(any(feature = "async-io", feature = "blocking"))]
use websocket_upgrade_proto::uri::Uri;

use super::ClientOptions;
use crate::client::network::HostPort;
#[cfg(any(feature = "async-io", feature = "blocking"))]
use crate::client::network::Network;
use crate::client::proxies::Proxies;
#[cfg(feature = "connect")]
use crate::client::proxy::Proxy;
#[cfg(any(feature = "async-io", feature = "blocking"))]
use crate::client::reason::ConnectReason;
#[cfg(feature = "connect")]
use crate::client::transport::Custom;
use crate::options::OptionsError;
#[cfg(feature = "connect")]
use crate::options::push_request_line;

impl ClientOptions {
    /// Goes through this proxy, instead of the one that the environment says: the first that is set of `HTTP_PROXY`
    /// for `ws` or `HTTPS_PROXY` for `wss`, and `ALL_PROXY`, each in lower case too, unless `NO_PROXY` has the host.
    ///
    /// `http://` and `https://` are proxies for HTTP CONNECT (RFC 9110 §9.3.6), the latter over TLS; `socks5://` and
    /// `socks5h://` are SOCKS 5 (RFC 1928, RFC 1929), `socks4://` and `socks4a://` SOCKS 4a. User information in the
    /// URL is Basic authorization, or SOCKS 5's user and password; SOCKS 4 has none. The proxy looks up the names, with
    /// every scheme. Ports that are not there are 80, 443 and 1080.
    ///
    /// A proxy that can't be used is an error, the environment's too: nothing goes around it.
    ///
    /// # Errors
    ///
    /// If the URL is none of those.
    #[cfg(feature = "connect")]
    pub fn proxy(self, url: &str) -> Result<Self, OptionsError> {
        self.proxy_except(url, "")
    }

    /// The same but for these hosts: names with all their subdomains, `*.example.com` for the subdomains alone,
    /// addresses, networks (`10.0.0.0/8`), each with a port or without, `*` for all; with commas between them, as in
    /// `NO_PROXY` ([`proto::proxy::is_excepted`](crate::proto::proxy::is_excepted) has the table).
    ///
    /// # Errors
    ///
    /// If the URL is none of those of [`ClientOptions::proxy`].
    #[cfg(feature = "connect")]
    pub fn proxy_except(mut self, url: &str, hosts: &str) -> Result<Self, OptionsError> {
        // In the environment it may be left out; here it is asked for.
        let url = if url.contains("://") { url } else { "" };
        let proxy = Proxy::parse(url).map_err(OptionsError::proxy)?;
        self.network.proxies = Proxies::Explicit(Arc::new((proxy, hosts.to_owned())));
        Ok(self)
    }

    /// Adds a field line to the requests for a way through an HTTP proxy (CONNECT, RFC 9110 §9.3.6), which are the
    /// proxy's alone: `User-Agent`, say, or `Proxy-Authorization`, which takes the place of the user information in the
    /// proxy's URL. A SOCKS proxy gets none.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that [`ClientOptions::header`] does not take; if the value has a control
    /// character.
    #[cfg(feature = "connect")]
    pub fn proxy_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_request_line(&mut self.network.proxy_lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Goes through no proxy, whatever the environment says.
    #[must_use]
    pub fn no_proxy(mut self) -> Self {
        self.network.proxies = Proxies::None;
        self
    }

    /// Connects to another host and port than the URL's, as curl's `--connect-to` does: wherever a URL has the host and
    /// port of `from`, the connection is made to those of `to`. Nothing else changes: `Host`, the name that TLS asks
    /// for, and the one that the certificate has to be for are the URL's.
    ///
    /// Both are a host and a port, such as `example.com:443` or `[::1]:8443`. `from` without a port is for all of them;
    /// `to` without one keeps the URL's. Of several that fit, the one that was given first counts. A redirect to
    /// another host or port is not meant, unless there is one for it too. A proxy, which is chosen by the URL, is asked
    /// for a way to `to`; so is a [`transport`](Self::transport) of one's own, while a [`connector`](Self::connector),
    /// which does TLS by the host that it is called with, contradicts it.
    ///
    /// # Errors
    ///
    /// If one of the two is not a host and perhaps a port.
    pub fn connect_to(mut self, from: &str, to: &str) -> Result<Self, OptionsError> {
        let read = |text: &str| HostPort::parse(text).ok_or_else(|| OptionsError::place(text));
        self.network.elsewhere.push([read(from)?, read(to)?]);
        Ok(self)
    }

    /// Another way from a URL to its stream, instead of TCP, proxies and TLS: a service of tower's that is called with
    /// `http://HOST:PORT/` or `https://HOST:PORT/`, and gives a stream of hyper's runtime traits (`TokioIo` makes one
    /// of tokio's). For `https` the stream is one over TLS already.
    ///
    /// [`Connector`](crate::connect::Connector) is such a service, for those who wrap it; what it knows of addresses and
    /// TLS stays known.
    #[cfg(feature = "connect")]
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
    #[cfg(feature = "connect")]
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

    /// Asks over HTTP/2 (RFC 8441): with `wss` where the server takes it by ALPN, with `ws` at once (prior knowledge).
    /// A server that does not offer extended CONNECT, or no HTTP/2 by ALPN, or that requires HTTP/1.1 (RFC 9113 §7), is
    /// asked over HTTP/1.1: [`Report::fallback`](crate::Report::fallback) says why.
    #[cfg(feature = "http2")]
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.network.http2 = true;
        self
    }

    /// Whether nothing is asked for that only tokio's driver can do, on the way to this URI.
    #[cfg(any(feature = "async-io", feature = "blocking"))]
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
