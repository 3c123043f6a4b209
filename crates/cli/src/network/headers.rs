//! Header lines as people write them.

use websocket_upgrade::{ClientOptions, OptionsError};

use crate::failure::Failure;

/// What the tool says of itself, unless a flag says something else.
const USER_AGENT: &str = concat!("wsupgrade/", env!("CARGO_PKG_VERSION"));

/// Whether the value of a field is a secret, as its name tells: it is hidden, and stays at its origin.
pub(crate) fn is_secret(name: &str) -> bool {
    const PARTS: [&str; 10] = [
        "auth",
        "cookie",
        "credential",
        "csrf",
        "passw",
        "secret",
        "session",
        "signature",
        "ticket",
        "token",
    ];
    let name = name.to_ascii_lowercase();
    // A challenge is for everyone, and so are the fields of the handshake itself.
    let known = ["www-authenticate", "proxy-authenticate"].contains(&name.as_str());
    let handshake = name.starts_with("sec-websocket-") || name.starts_with(':');
    !known && !handshake && (PARTS.iter().any(|part| name.contains(part)) || name.ends_with("key"))
}

/// Adds the headers of the flags, and the tool's own name.
pub(super) fn add(mut options: ClientOptions, headers: &[String]) -> Result<ClientOptions, Failure> {
    let mut named = false;
    for header in headers {
        let Line { name, value } = Line::read("-H", header)?;
        named |= name.eq_ignore_ascii_case("User-Agent");
        let Some(value) = value else { continue };
        let secret = is_secret(name) || name.eq_ignore_ascii_case("Authorization");
        let added = if secret { options.sensitive_header(name, value) } else { options.header(name, value) };
        options = added.map_err(|error| explained(name, &error))?;
    }
    if named { Ok(options) } else { options.header("User-Agent", USER_AGENT).map_err(Failure::usage) }
}

/// Adds the headers of the flag for proxies.
pub(super) fn add_for_proxy(
    mut options: ClientOptions,
    headers: &[String],
) -> Result<ClientOptions, Failure> {
    for header in headers {
        let Line { name, value } = Line::read("--proxy-header", header)?;
        let Some(value) = value else { continue };
        options = options
            .proxy_header(name, value)
            .map_err(|error| Failure::usage(format_args!("--proxy-header {name}: {error}")))?;
    }
    Ok(options)
}

/// A header line.
#[derive(Debug, PartialEq, Eq)]
struct Line<'h> {
    name: &'h str,
    /// `None` for a header that is not to be sent.
    value: Option<&'h str>,
}

impl<'h> Line<'h> {
    fn read(flag: &str, header: &'h str) -> Result<Self, Failure> {
        if let Some((name, value)) = header.split_once(':') {
            let value = value.trim();
            let value = if value.is_empty() { None } else { Some(value) };
            return Ok(Self { name: name.trim_end(), value });
        }
        match header.trim_end().strip_suffix(';') {
            Some(name) => Ok(Self { name, value: Some("") }),
            // The text may be a secret.
            None => Err(Failure::usage(format_args!("{flag}: a header without a colon"))
                .hint(format_args!("write {flag} \"Name: value\""))),
        }
    }
}

/// The error of a header, with the flag that does what was meant.
fn explained(name: &str, error: &OptionsError) -> Failure {
    let failure = Failure::usage(format_args!("-H: {error}"));
    match name.to_ascii_lowercase().as_str() {
        "host" => failure.hint("Host is that of the URL; --connect-to connects to another place with it"),
        "sec-websocket-protocol" => failure.hint("-s offers a subprotocol"),
        "sec-websocket-extensions" => failure.hint("--extension offers an extension, --compress compression"),
        "origin" => failure.hint("an origin is a scheme, a host and perhaps a port: -o https://example.com"),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_curl_does() {
        for (header, name, value) in
            [("A: b", "A", Some("b")), ("A:b:c ", "A", Some("b:c")), ("A:", "A", None), ("A;", "A", Some(""))]
        {
            let line = Line::read("-H", header).map_err(|failure| failure.message);
            assert_eq!(line, Ok(Line { name, value }), "{header}");
        }
        let failure = Line::read("-H", "secret").expect_err("no colon");
        assert!(!failure.message.contains("secret"), "{}", failure.message);
    }

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["Authorization", "cookie", "Set-Cookie", "X-Api-Key", "X-CSRF", "Proxy-Authorization"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["Sec-WebSocket-Key", "WWW-Authenticate", ":authority", "Host", "Upgrade", "User-Agent"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
