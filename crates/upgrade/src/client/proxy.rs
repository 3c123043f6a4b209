//! A proxy: its URL, and what the client is known by there. How it is spoken to is in `connect/proxy.rs`.

use std::fmt;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// A proxy, and who the client is to it.
#[derive(Clone)]
pub(crate) struct Proxy(pub(crate) Intercept);

impl Proxy {
    /// Whether it is the same proxy, and the client the same to it.
    #[cfg(feature = "http2")]
    pub(crate) fn is(&self, other: &Self) -> bool {
        let Self(one) = self;
        let Self(other) = other;
        let same_client = one.basic_auth() == other.basic_auth() && one.raw_auth() == other.raw_auth();
        one.uri() == other.uri() && same_client
    }

    /// Reads a URL; one without a scheme is `http`.
    ///
    /// # Errors
    ///
    /// What is wrong with it. Nothing of the URL is in there: it may have a password.
    pub(crate) fn parse(url: &str) -> Result<Self, &'static str> {
        const NONE: &str = "not a URL with the scheme http, https, socks4, socks4a, socks5 or socks5h, a host, and perhaps a port";
        let anywhere = http::Uri::from_static("http://example.com:80/");
        let proxy = Matcher::builder().all(url).build().intercept(&anywhere).map(Self).ok_or(NONE)?;
        if !is_place(proxy.0.uri()) {
            return Err(NONE);
        }
        match proxy.0.raw_auth() {
            Some(_) if proxy.scheme().starts_with("socks4") => {
                Err("SOCKS 4 has no password: leave the user information out, or say socks5")
            }
            Some((user, password)) if user.len().max(password.len()) > 255 => {
                Err("SOCKS 5 has no user and no password of more than 255 bytes (RFC 1929)")
            }
            _ => Ok(proxy),
        }
    }

    pub(crate) fn scheme(&self) -> &str {
        self.0.uri().scheme_str().unwrap_or("http")
    }

    /// Without brackets.
    pub(crate) fn host(&self) -> &str {
        self.0.uri().host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    pub(crate) fn port(&self) -> u16 {
        let default = match self.scheme() {
            "http" => 80,
            "https" => 443,
            _ => 1080,
        };
        self.0.uri().port_u16().unwrap_or(default)
    }

    /// Whether it is spoken to over TLS.
    pub(crate) fn secure(&self) -> bool {
        self.scheme() == "https"
    }
}

/// Whether there is a host, user information once at the most, and a port that is one where there is any: `http` takes
/// others too.
fn is_place(uri: &http::Uri) -> bool {
    let (host, authority) = (uri.host().unwrap_or_default(), uri.authority().map_or("", |all| all.as_str()));
    !host.is_empty()
        && !authority.contains(['@', '%'])
        && (uri.port_u16().is_some() || authority.trim_end_matches(':') == host)
}

/// The scheme, host and port.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme(), self.0.uri().host().unwrap_or_default(), self.port())
    }
}
