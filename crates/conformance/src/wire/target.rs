//! What is tested: the URL of a server.

use std::error::Error;
use std::fmt;

use url::{Host, Url};

/// The server that is tested.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Target {
    /// Whether it is reached over TLS.
    pub secure: bool,
    /// The host to connect to, without the brackets of an IPv6 address.
    pub host: String,
    /// The port to connect to.
    pub port: u16,
    /// The authority, as it stands in `Host`: without the scheme's own port.
    pub authority: String,
    /// Path and query.
    pub path: String,
}

/// A URL is no WebSocket URL.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetError {
    url: String,
    problem: String,
}

impl Target {
    /// Reads a URL with the scheme `ws` or `wss`.
    ///
    /// # Errors
    ///
    /// If it is none, or has user information or a fragment.
    pub fn new(url: &str) -> Result<Self, TargetError> {
        let wrong = |problem: &str| TargetError { url: url.to_owned(), problem: problem.to_owned() };
        let parsed = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        let secure = match parsed.scheme() {
            "ws" => false,
            "wss" => true,
            _ => return Err(wrong("the scheme is neither ws nor wss")),
        };
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("user information is not supported"));
        }
        if parsed.fragment().is_some() {
            return Err(wrong("a WebSocket URL has no fragment"));
        }
        let host = match parsed.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => return Err(wrong("there is no host")),
        };
        let bracketed = parsed.host_str().unwrap_or_default();
        Ok(Self {
            secure,
            port: parsed.port_or_known_default().unwrap_or(if secure { 443 } else { 80 }),
            authority: parsed.port().map_or(bracketed.to_owned(), |port| format!("{bracketed}:{port}")),
            host,
            path: parsed
                .query()
                .map_or(parsed.path().to_owned(), |query| format!("{}?{query}", parsed.path())),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.secure { "wss" } else { "ws" }, self.authority, self.path)
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.url, self.problem)
    }
}

impl Error for TargetError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, secure, host, port, authority, path) in [
            ("ws://h", false, "h", 80, "h", "/"),
            ("ws://127.0.0.1:9001/a?b=c", false, "127.0.0.1", 9001, "127.0.0.1:9001", "/a?b=c"),
            ("wss://[::1]:8443/", true, "::1", 8443, "[::1]:8443", "/"),
            ("wss://h:443/?", true, "h", 443, "h", "/?"),
        ] {
            let target = Target::new(url).unwrap();
            let expected = (secure, host, port, authority, path);
            let Target { secure, host, port, authority, path } = &target;
            assert_eq!((*secure, host.as_str(), *port, authority.as_str(), path.as_str()), expected, "{url}");
        }
        for url in ["http://h/", "ws://", "h:80", "ws://u:p@h/", "ws://h/#f"] {
            assert!(Target::new(url).is_err(), "{url}");
        }
    }
}
