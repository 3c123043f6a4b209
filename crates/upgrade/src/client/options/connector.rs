//! The options that only the client over tokio has: proxies, and connectors of the caller's own.

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
    /// Connects through this proxy.
    ///
    /// Without this option, the environment names the proxy: in `HTTP_PROXY` for `ws` or `HTTPS_PROXY` for `wss`, or
    /// in `ALL_PROXY`, each in lower case too. The first one that is not empty counts, unless `NO_PROXY` lists the
    /// host.
    ///
    /// The scheme of the URL is the proxy's protocol:
    ///
    /// - `http://` and `https://`: HTTP CONNECT (RFC 9110 §9.3.6), without and with TLS to the proxy.
    /// - `socks5://` and `socks5h://`: SOCKS 5 (RFC 1928, RFC 1929).
    /// - `socks4://` and `socks4a://`: SOCKS 4a.
    ///
    /// The proxy looks up the host's name, with every scheme. User information in the URL is sent as Basic
    /// authorization, or as SOCKS 5's user and password; SOCKS 4 has none. The default ports are 80 for `http`, 443
    /// for `https`, and 1080 for SOCKS.
    ///
    /// A proxy that can't be used is an error, also one that the environment names. The client never connects without
    /// it instead.
    ///
    /// # Errors
    ///
    /// If the URL does not have one of these schemes, a host, and perhaps a port.
    pub fn proxy(self, url: &str) -> Result<Self, OptionsError> {
        self.proxy_except(url, "")
    }

    /// Like [`ClientOptions::proxy`], but connects to these hosts without the proxy.
    ///
    /// `hosts` is a list with commas, as in `NO_PROXY`. A member is a name, which includes its subdomains;
    /// `*.example.com` for the subdomains alone; an address; a network such as `10.0.0.0/8`; each with or without a
    /// port; or `*` for all hosts. [`proto::proxy::is_excepted`](crate::proto::proxy::is_excepted) has the table.
    ///
    /// # Errors
    ///
    /// As [`ClientOptions::proxy`].
    pub fn proxy_except(mut self, url: &str, hosts: &str) -> Result<Self, OptionsError> {
        // In the environment the scheme may be left out. Here it is required.
        let url = if url.contains("://") { url } else { "" };
        let proxy = Proxy::parse(url).map_err(OptionsError::proxy)?;
        self.network.proxies = Proxies::Explicit(Arc::new((proxy, hosts.to_owned())));
        Ok(self)
    }

    /// Adds a field line to the CONNECT request for an HTTP proxy (RFC 9110 §9.3.6), such as `User-Agent`. The server
    /// does not get it, and a SOCKS proxy has no fields.
    ///
    /// `Proxy-Authorization` replaces the user information of the proxy's URL.
    ///
    /// # Errors
    ///
    /// As [`ClientOptions::header`].
    pub fn proxy_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Result<Self, OptionsError> {
        push_request_line(&mut self.network.proxy_lines, name, value.as_ref())?;
        Ok(self)
    }

    /// Makes the stream for a URL with this tower service, instead of TCP, proxies and TLS.
    ///
    /// The service is called with `http://HOST:PORT/` or `https://HOST:PORT/`. It returns a stream with hyper's
    /// runtime traits; `TokioIo` of hyper-util makes one of a tokio stream. For `https` the stream must be one over
    /// TLS already.
    ///
    /// [`Connector`](crate::connect::Connector) is such a service, and can be wrapped in another. The report still has
    /// its addresses and TLS then.
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

    /// Like [`connector`](Self::connector), but replaces TCP and proxies only. For `https`, the client does TLS over
    /// the stream, as these options say.
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
