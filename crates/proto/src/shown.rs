//! Decides what an error, a log or `Debug` may show of a text, for the whole library.
//!
//! | text | shown | not shown |
//! |---|---|---|
//! | a URL | scheme, host, port, path | user information, query, fragment |
//! | a request target | the path | the query |
//! | an authority | the host, and a port of digits | user information, and text after the authority |
//! | a received origin | scheme, host, port | the rest |
//! | an origin or authority from the application | all of it; nothing if it has user information | the query |
//! | a name that is not a token | the token at its start, and the next byte | the rest, which may be a value |
//! | a field line without a name | its length; a word of up to seven letters | the line, which may be a value |
//! | a list that breaks its grammar | the wrong byte | the rest |
//! | `Upgrade`, `Connection`, `TE`, versions, lengths, codings | words and numbers, up to any other byte | the rest |
//! | keys, subprotocols that are offered or are malformed | their length, and the wrong byte | their bytes |
//! | credentials, cookies, bodies, values that an application adds | their length | their bytes |
//! | the agreed settings | all of them | |
//!
//! Browsers put tokens into queries and subprotocols, and people put passwords into URLs. A malformed text may have
//! such a secret in any place. Of such a text only the beginning is shown, up to the first illegal byte, or only its
//! length.
//!
//! Everything that is shown is cut and escaped ([`Excerpt`](crate::error::Excerpt)).

use crate::rules::{is_tchar, is_token};

/// A part of a text that may be shown, or the length of a text that may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// The part, and whether the text is longer.
    Text(&'a [u8], bool),
    /// The length in bytes of a text that is not shown.
    Length(usize),
}

impl<'a> Shown<'a> {
    /// Shows a text that has been checked and is no secret.
    pub(crate) fn value(value: &'a [u8]) -> Self {
        Self::Text(value, false)
    }

    /// Shows a value, or a member, of a list-based field that holds no secret: words, numbers and separators.
    pub(crate) fn list(value: &'a [u8]) -> Self {
        Self::up_to_doubt(value, |byte| is_tchar(byte) || b"/,; =\t".contains(&byte))
    }

    /// Shows only the length of a text that may be a secret.
    pub(crate) fn length(secret: &[u8]) -> Self {
        Self::Length(secret.len())
    }

    /// Shows the first of these bytes, if there is one.
    pub(crate) fn byte(bytes: &'a [u8]) -> Option<Self> {
        bytes.first().map(core::slice::from_ref).map(Self::value)
    }

    /// Shows the beginning of a text, up to and including the first illegal byte.
    fn up_to_doubt(text: &'a [u8], is_legal: impl Fn(u8) -> bool) -> Self {
        let legal = text.iter().take_while(|&&byte| is_legal(byte)).count();
        text.get(..=legal).map_or(Self::value(text), |start| Self::Text(start, start.len() < text.len()))
    }

    /// Shows a text of letters, hyphens and spaces that is too short to be a secret.
    pub(crate) fn word(text: &'a [u8]) -> Option<Self> {
        let is_word = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b' ');
        (text.len() < 8 && text.iter().all(is_word)).then_some(Self::value(text))
    }

    /// Shows a name that should be a token.
    pub(crate) fn name(name: &'a [u8]) -> Self {
        Self::word(name).unwrap_or_else(|| Self::up_to_doubt(name, is_tchar))
    }

    /// Shows a field line that has no name. The text before its colon is shown if it is a token followed by white
    /// space, or a word. Any other text may be part of a value.
    pub(crate) fn field_line(line: &'a [u8]) -> Self {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        let is_named = name.len() < line.len() && is_token(name.trim_ascii_end());
        match Self::word(name).filter(|_| !name.is_empty()) {
            Some(word) => word,
            None if is_named => Self::value(name),
            None => Self::length(line),
        }
    }

    /// Shows the scheme of a URL: the text before `://`, if it is a scheme.
    pub(crate) fn scheme_of(url: &'a str) -> Self {
        match url.split_once("://") {
            Some((scheme, _)) if is_scheme(scheme) => Self::value(scheme.as_bytes()),
            _ => Self::length(url.as_bytes()),
        }
    }

    /// Shows a text that should be a scheme.
    pub(crate) fn scheme(scheme: &'a str) -> Self {
        if is_scheme(scheme) { Self::value(scheme.as_bytes()) } else { Self::length(scheme.as_bytes()) }
    }

    /// Shows a text that should be an authority without user information, or should begin with one.
    pub(crate) fn authority(text: &'a [u8]) -> Self {
        if text.contains(&b'@') { Self::length(text) } else { Self::host_and_port(text) }
    }

    fn host_and_port(text: &'a [u8]) -> Self {
        let host_len = match text {
            [b'[', ..] => text.iter().position(|&byte| byte == b']').map_or(text.len(), |at| at + 1),
            _ => text.iter().position(|&byte| byte == b':').unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at_checked(host_len).unwrap_or_default();
        let is_host = |byte: u8| {
            byte.is_ascii_alphanumeric()
                || b"-._~*".contains(&byte)
                || (host.starts_with(b"[") && b"[]:".contains(&byte))
        };
        match Self::up_to_doubt(host, is_host) {
            Self::Text(host, false) if host.last().is_none_or(|&byte| is_host(byte)) => {
                let digits = rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
                let len = if rest.starts_with(b":") { host.len() + 1 + digits } else { host.len() };
                // Digits followed by something else may be the beginning of a password.
                let len = if len == text.len() { len } else { host.len() };
                Self::Text(text.get(..len).unwrap_or(host), len < text.len())
            }
            Self::Text(host, _) => Self::Text(host, host.len() < text.len()),
            length @ Self::Length(_) => length,
        }
    }

    /// Shows a text that should be path and query, or another form of a request target (RFC 9112 §3.2).
    pub(crate) fn target(target: &'a str) -> Self {
        let bytes = target.as_bytes();
        match path(target) {
            _ if !target.starts_with('/') => Self::authority(bytes),
            path => Self::Text(path.as_bytes(), path.len() < target.len()),
        }
    }

    /// Shows a text from the application or a trusted proxy that should be an origin, an authority or a pattern.
    /// Leaves out the query; shows only the length if there is user information.
    pub(crate) fn told(text: &'a [u8]) -> Self {
        if text.contains(&b'@') {
            return Self::length(text);
        }
        let end = text.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(text.len());
        Self::Text(text.get(..end).unwrap_or_default(), end < text.len())
    }

    /// Shows a received text that should be a serialised origin (RFC 6454 §6.2).
    pub(crate) fn origin(origin: &'a [u8]) -> Self {
        let text = core::str::from_utf8(origin).unwrap_or_default();
        let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return if text == "null" { Self::value(origin) } else { Self::length(origin) };
        };
        let start = scheme.len() + "://".len();
        let shown = match Self::authority(rest.as_bytes()) {
            Self::Text(authority, _) => authority.len(),
            Self::Length(_) => 0,
        };
        Self::Text(origin.get(..start + shown).unwrap_or_default(), shown < rest.len())
    }
}

/// Checks `scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )` (RFC 3986 §3.1).
pub(crate) fn is_scheme(scheme: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic()) && scheme.bytes().all(legal)
}

/// Returns the text before the query and the fragment.
pub(crate) fn path(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::{String, ToString};

    use super::*;

    /// Writes it as an error does, or `#` and the length if it is not shown.
    fn text(shown: Shown<'_>) -> String {
        match shown {
            Shown::Text(text, cut) => {
                std::format!("{}{}", text.escape_ascii(), if cut { "..." } else { "" })
            }
            Shown::Length(len) => std::format!("#{len}"),
        }
    }

    #[test]
    fn an_authority_is_shown_up_to_the_first_doubt() {
        for (given, expected) in [
            ("", ""),
            ("example.com", "example.com"),
            ("example.com:", "example.com:"),
            ("example.com:99999", "example.com:99999"),
            ("example.com:8o", "example.com..."),
            ("user:secret", "user..."),
            ("user:12secret", "user..."),
            ("user:secret@example.com", "#23"),
            ("secret@", "#7"),
            ("a b", "a ..."),
            ("a/secret", "a/..."),
            ("a?secret", "a?..."),
            ("a#secret", "a#..."),
            ("a\\secret", "a\\\\..."),
            (":80", ":80"),
            ("[::1", "[::1"),
            ("[::g]", "[::g]"),
            ("[::1]:x", "[::1]..."),
            ("[::1]x", "[::1]..."),
            ("gr\u{fc}n", "gr\\xc3..."),
            // Only the last byte is illegal.
            ("a/", "a/"),
            ("a/:80", "a/..."),
            ("[fe80::1%secret]", "[fe80::1%..."),
        ] {
            assert_eq!(text(Shown::authority(given.as_bytes())), expected, "{given}");
        }
    }

    #[test]
    fn an_origin_is_shown_without_what_is_none() {
        for (given, expected) in [
            ("null", "null"),
            ("https://example.com:8443", "https://example.com:8443"),
            ("https://example.com/secret", "https://example.com/..."),
            ("https://example.com?secret", "https://example.com?..."),
            ("https://user:secret@example.com", "https://..."),
            ("https:/secret", "#13"),
            ("a?secret://b", "#12"),
            ("example.com", "#11"),
            ("", "#0"),
        ] {
            assert_eq!(text(Shown::origin(given.as_bytes())), expected, "{given}");
        }
    }

    #[test]
    fn what_is_told_is_shown_without_its_query() {
        for (given, expected) in [
            ("https://*.example.com:*", "https://*.example.com:*"),
            ("https://a/path?secret", "https://a/path..."),
            ("a b#secret", "a b..."),
            ("user:secret@a", "#13"),
        ] {
            assert_eq!(text(Shown::told(given.as_bytes())), expected, "{given}");
        }
    }

    #[test]
    fn a_list_is_shown_up_to_what_no_list_without_secrets_has() {
        for (given, expected) in [
            ("", ""),
            ("HTTP/2.0, h2c; a=1,\t websocket", "HTTP/2.0, h2c; a=1,\\t websocket"),
            ("a, \"secret\"", "a, \\\"..."),
            ("user:secret", "user:..."),
            ("secret@", "secret@"),
        ] {
            assert_eq!(text(Shown::list(given.as_bytes())), expected, "{given}");
        }
    }

    #[test]
    fn a_target_is_shown_without_its_query() {
        for (given, expected) in [
            ("/chat", "/chat"),
            ("/chat@x?secret", "/chat@x..."),
            ("/#secret", "/..."),
            ("chat?secret", "chat?..."),
            ("*", "*"),
            ("example.com:80", "example.com:80"),
            ("http:/user:secret@example.com", "#29"),
            ("?secret", "?..."),
        ] {
            assert_eq!(text(Shown::target(given)), expected, "{given}");
        }
    }

    #[test]
    fn a_scheme_and_a_name_are_shown_if_that_is_what_they_are() {
        for (given, expected) in [
            ("http://a", "http"),
            ("wss//user:secret@a", "#18"),
            ("user:secret@a", "#13"),
            ("user:secret://a", "#15"),
            ("?secret://a", "#11"),
            ("://a", "#4"),
            ("secret", "#6"),
        ] {
            assert_eq!(text(Shown::scheme_of(given)), expected, "{given}");
        }
        for (given, expected) in [
            ("X-Test", "X-Test"),
            ("X Test", "X Test"),
            ("X Test s3cret", "X ..."),
            ("Cookie: secret", "Cookie:..."),
            ("X-Other:", "X-Other:"),
            ("", ""),
            ("a\r\nb", "a\\r..."),
        ] {
            assert_eq!(text(Shown::name(given.as_bytes())), expected, "{given}");
        }
        for (given, expected) in [
            ("Host : a", "Host "),
            ("Host\t: a", "Host\\t"),
            ("X Test: secret", "X Test"),
            ("X-Other\r", "X-Other"),
            ("X-Forwarded-For : secret", "X-Forwarded-For "),
            ("a-secret", "#8"),
            ("s3cret", "#6"),
            ("secret=; Path=/a:b", "#18"),
            ("Bearer secret: a", "#16"),
            (": a", "#3"),
        ] {
            assert_eq!(text(Shown::field_line(given.as_bytes())), expected, "{given}");
        }
        assert_eq!(Shown::byte(b"").map(text), None);
        assert_eq!(Shown::byte(b"secret").map(text).unwrap_or_default(), "s".to_string());
    }
}
