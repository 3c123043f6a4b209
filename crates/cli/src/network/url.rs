//! URLs as people type them.

use crate::failure::Failure;

/// Reads a URL: a missing scheme is `ws`, `http` and `https` count as `ws` and `wss`, and a port alone is one of this
/// machine.
pub(super) fn read(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let is_scheme =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => {
                return Err(Failure::usage(format_args!("{scheme}://: not a scheme of WebSocket"))
                    .hint("use ws:// without TLS, or wss:// with TLS"));
            }
        };
        return Ok(format!("{scheme}://{rest}"));
    }
    for scheme in ["ws:", "wss:", "http:", "https:"] {
        let behind = text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme));
        if let Some(rest) = behind.and_then(|start| text.strip_prefix(start)) {
            // Otherwise it is a host of that name, and its port.
            if !rest.starts_with(|char: char| char.is_ascii_digit()) {
                let rest = rest.trim_start_matches('/');
                return Err(Failure::usage(format_args!("{text}: a scheme without \"//\""))
                    .hint(format_args!("write {}//{rest}", scheme.to_ascii_lowercase())));
            }
        }
    }
    match text.strip_prefix(':') {
        Some(port) if port.starts_with(|char: char| char.is_ascii_digit()) => {
            Ok(format!("ws://localhost:{port}"))
        }
        _ => Ok(format!("ws://{text}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_what_people_mean_by_it() {
        for (text, url) in [
            ("ws://a/", "ws://a/"),
            ("WSS://a/B?c", "wss://a/B?c"),
            ("http://a", "ws://a"),
            ("HTTPS://a:1/", "wss://a:1/"),
            ("example.com", "ws://example.com"),
            ("localhost:9001/chat?x=ws://y", "ws://localhost:9001/chat?x=ws://y"),
            ("127.0.0.1:9001", "ws://127.0.0.1:9001"),
            ("[::1]:9001/", "ws://[::1]:9001/"),
            (":9001/chat", "ws://localhost:9001/chat"),
            ("ws:9001", "ws://ws:9001"),
            (" ws://a/ ", "ws://a/"),
        ] {
            assert_eq!(read(text).map_err(|failure| failure.message).as_deref(), Ok(url), "{text}");
        }
    }

    #[test]
    fn a_scheme_that_is_none_says_what_would_be_one() {
        for (text, hint) in [
            ("ftp://a/", "use ws:// without TLS, or wss:// with TLS"),
            ("wss:/a", "write wss://a"),
            ("http:a/b", "write http://a/b"),
            ("ws:", "write ws://"),
        ] {
            let failure = read(text).expect_err(text);
            assert_eq!(failure.hint.as_deref(), Some(hint), "{text}");
        }
    }
}
