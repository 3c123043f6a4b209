//! The URI that connectors are called with.

use std::fmt::Display;
use std::io;

use crate::client::place::Place;
use crate::client::reason::ConnectReason;

/// `http://HOST:PORT/` or `https://HOST:PORT/`, the schemes that connectors know. The port is always there, since some
/// connectors assume 443 without one. Its authority is the target of CONNECT (RFC 9112 §3.2.3).
pub(crate) fn target(secure: bool, place: Place<'_>) -> Result<http::Uri, ConnectReason> {
    let scheme = if secure { "https" } else { "http" };
    let Place { host, port } = place;
    let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
    parse(format!("{scheme}://{open}{}{close}:{port}/", host.to_ascii_lowercase()))
}

pub(crate) fn parse(uri: impl Display) -> Result<http::Uri, ConnectReason> {
    http::Uri::try_from(uri.to_string())
        .map_err(|error| ConnectReason::Connect(io::Error::new(io::ErrorKind::InvalidInput, error)))
}

#[cfg(test)]
mod tests {
    use websocket_upgrade_proto as proto;

    use proto::uri::Uri;

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
            assert_eq!(target(uri.secure(), Place::of(&uri)).expect(url).to_string(), expect, "{url}");
        }
    }
}
