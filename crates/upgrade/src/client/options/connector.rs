//! The options of the way through the network that only the client over tokio has: proxies, and connectors of one's
//! own.

use std::error::Error;
use std::sync::Arc;

use hyper::rt::{Read, Write};
use tower_service::Service;

use super::ClientOptions;
use crate::client::proxies::Proxies;
use crate::client::proxy::Proxy;
use crate::client::transport::Custom;
use crate::options::{OptionsError, push_request_line};

impl ClientOptions {
    /// Goes through this proxy, instead of the one that the environment says: the first that is set of `HTTP_PROXY`
    /// for `ws` or `HTTPS_PROXY` for `wss`, and `ALL_PROXY`, each in lower case too, unless `NO_PROXY` has the host.
    ///
    /// `http://` and `https://` are proxies for HTTP CONNECT (RFC 9110 §9.3.6), the latter over TLS; `socks5://` and
    /// `socks5h://` are SOCKS 5 (RFC 1928, RFC 1929), `socks4://` and `socks4a://` SOCKS 4a. User information in the
    /// URL is Basic authorization, or SOCKS 5's user and password; SOCKS 4 has none. The proxy looks up the names,
    /// with every scheme. Ports that are not there are 80, 443 and 1080.
    ///
    /// A proxy that can't be used is an error, the environment's too: nothing goes around it.
    ///
    /// # Errors
    ///
    /// If the URL is none of those.
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
    pub fn proxy_except(mut self, url: &str, hosts: &str) -> Result<Self, OptionsError> {
        // In the environment the scheme may be left out. Here it is required.
        let url = if url.contains("://") { url } else { "" };
        let proxy = Proxy::parse(url).map_err(OptionsError::proxy)?;
        self.network.proxies = Proxies::Explicit(Arc::new((proxy, hosts.to_owned())));
        Ok(self)
    }

    /// Adds a field line to the requests for a way through an HTTP proxy (CONNECT, RFC 9110 §9.3.6), which are the
    /// proxy's alone: `User-Agent`, say, or `Proxy-Authorization`, which takes the place of the user information in
    /// the proxy's URL. A SOCKS proxy gets none.
    ///
    /// # Errors
    ///
    /// If the name is not a token, or one that [`ClientOptions::header`] does not take; if the value has a control
    /// character.
    pub fn proxy_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_request_line(&mut self.network.proxy_lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Another way from a URL to its stream, instead of TCP, proxies and TLS: a service of tower's that is called with
    /// `http://HOST:PORT/` or `https://HOST:PORT/`, and gives a stream of hyper's runtime traits (`TokioIo` makes one
    /// of tokio's). For `https` the stream is one over TLS already.
    ///
    /// [`Connector`](crate::connect::Connector) is such a service, for those who wrap it; what it knows of addresses
    /// and TLS stays known.
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
}
