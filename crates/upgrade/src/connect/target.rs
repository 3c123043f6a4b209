//! A WebSocket URI as the connectors of the HTTP world understand it.

use std::fmt::Display;
use std::io;

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use crate::error::ConnectReason;

/// `http://HOST:PORT/` or `https://HOST:PORT/`: the schemes that matchers and connectors know, and the port always, as
/// some take 443 where there is none.
pub(crate) fn target(uri: &Uri<'_>) -> Result<http::Uri, ConnectReason> {
    let scheme = if uri.secure() { "https" } else { "http" };
    parse(format!("{scheme}://{}/", host_and_port(uri)))
}

/// `HOST:PORT`, the target of CONNECT (RFC 9112 §3.2.3).
pub(crate) fn host_and_port(uri: &Uri<'_>) -> String {
    format!("{}:{}", uri.host().to_ascii_lowercase(), uri.port())
}

pub(crate) fn parse(uri: impl Display) -> Result<http::Uri, ConnectReason> {
    http::Uri::try_from(uri.to_string())
        .map_err(|error| ConnectReason::Connect(io::Error::new(io::ErrorKind::InvalidInput, error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_and_port_are_always_there() {
        let cases = [
            ("ws://example.com", "http://example.com:80/"),
            ("wss://example.com", "https://example.com:443/"),
            ("ws://example.com:443/", "http://example.com:443/"),
            ("wss://example.com:80/chat", "https://example.com:80/"),
            ("WSS://EXAMPLE.com:8443/Chat?x=y", "https://example.com:8443/"),
            ("ws://user:secret@example.com/", "http://example.com:80/"),
            ("ws://[::1]/", "http://[::1]:80/"),
            ("wss://[2001:DB8::1]:9443/", "https://[2001:db8::1]:9443/"),
            ("ws://127.0.0.1:9001/", "http://127.0.0.1:9001/"),
            ("ws://example.com:/", "http://example.com:80/"),
        ];
        for (url, expect) in cases {
            let uri = Uri::parse(url).expect(url);
            assert_eq!(target(&uri).expect(url).to_string(), expect, "{url}");
        }
    }
}
