//! The host and scheme of the original request, as the nearest proxy forwards them (RFC 7239).

use std::borrow::Cow;

use websocket_upgrade_proto::server::Request;

/// The host and scheme that the nearest proxy was asked for, as far as it says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded<'a> {
    /// `host` (RFC 7239 §5.3).
    pub(crate) host: Option<Cow<'a, str>>,
    /// `proto` (§5.4): whether it is `https`.
    pub(crate) secure: Option<bool>,
}

impl<'a> Forwarded<'a> {
    /// From a request of a peer that is trusted.
    pub(crate) fn of(request: &Request<'a>) -> Self {
        let last = |name| request.field_lines(name).last();
        let standard = last("Forwarded").and_then(Self::parse).unwrap_or_default();
        let usual = Self {
            host: last("X-Forwarded-Host").and_then(last_member).map(Cow::Borrowed),
            secure: last("X-Forwarded-Proto").and_then(last_member).and_then(is_secure),
        };
        let same_host = |one: &Cow<'_, str>, other: &Cow<'_, str>| one.eq_ignore_ascii_case(other);
        Self {
            host: agreed(standard.host, usual.host, same_host),
            secure: agreed(standard.secure, usual.secure, bool::eq),
        }
    }

    /// The last element of one line. `None` if the line breaks the grammar, anywhere: what is last is not known then.
    ///
    /// ```text
    /// Forwarded         = 1#forwarded-element
    /// forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
    /// forwarded-pair    = token "=" value
    /// value             = token / quoted-string
    /// ```
    ///
    /// Empty elements are ignored (RFC 9110 §5.6.1.2), as is white space around commas and, beyond the grammar,
    /// around semicolons. A parameter comes at most once in an element (RFC 7239 §4), which is held where it
    /// matters.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(line).ok()?;
        let (mut last, mut begins) = (Self::default(), true);
        let (mut hosts, mut protos) = (0, 0);
        loop {
            rest = skip(rest);
            // An element may end here, or be empty.
            if !rest.is_empty() && !rest.starts_with([';', ',']) {
                let (name, value, behind) = pair(rest)?;
                if begins {
                    (last, hosts, protos, begins) = (Self::default(), 0, 0, false);
                }
                if name.eq_ignore_ascii_case("host") {
                    last.host = Some(value);
                    hosts += 1;
                } else if name.eq_ignore_ascii_case("proto") {
                    last.secure = is_secure(&value);
                    protos += 1;
                }
                if hosts > 1 || protos > 1 {
                    return None;
                }
                rest = skip(behind);
            }
            rest = match rest.as_bytes().first() {
                None => return Some(last),
                Some(b';') => rest.get(1..)?,
                Some(b',') => {
                    begins = true;
                    rest.get(1..)?
                }
                Some(_) => return None,
            };
        }
    }
}

/// The value if both are the same, or if only one is there.
fn agreed<T>(one: Option<T>, other: Option<T>, same: impl FnOnce(&T, &T) -> bool) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => same(&one, &other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// A pair at the start of a text, and what is behind it.
fn pair(text: &str) -> Option<(&str, Cow<'_, str>, &str)> {
    let (name, rest) = token(text)?;
    let rest = rest.strip_prefix('=')?;
    let (value, rest) = match rest.strip_prefix('"') {
        Some(rest) => quoted(rest)?,
        None => token(rest).map(|(value, rest)| (Cow::Borrowed(value), rest))?,
    };
    Some((name, value, rest))
}

/// `token = 1*tchar` (RFC 9110 §5.6.2).
fn token(text: &str) -> Option<(&str, &str)> {
    let is_tchar = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(char);
    let end = text.find(|char| !is_tchar(char)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// What is left of a `quoted-string` (RFC 9110 §5.6.4) behind its first quotation mark, and what is behind it.
fn quoted(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((Cow::Owned(value), text.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            _ => value.push(char),
        }
    }
    None
}

/// Behind optional white space.
fn skip(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// The last member of a list without quotation marks, if it is not empty.
fn last_member(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let last = line.rsplit(',').next()?.trim_matches([' ', '\t']);
    (!last.is_empty()).then_some(last)
}

/// Whether a scheme is one over TLS; `None` if it is neither HTTP's nor WebSocket's, which some proxies write there.
fn is_secure(scheme: &str) -> Option<bool> {
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    if is("https") || is("wss") { Some(true) } else { (is("http") || is("ws")).then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Host, and whether over TLS.
    type Said<'a> = (Option<&'a str>, Option<bool>);

    #[test]
    fn the_last_element_of_a_line_counts_if_all_of_the_line_is_legal() {
        let cases: [(&str, Option<Said<'_>>); 23] = [
            ("host=a", Some((Some("a"), None))),
            ("Host=a;PROTO=https", Some((Some("a"), Some(true)))),
            ("for=192.0.2.60;proto=http;by=203.0.113.43;host=a", Some((Some("a"), Some(false)))),
            ("for=192.0.2.43, for=198.51.100.17", Some((None, None))),
            ("host=evil, host=a;proto=wss", Some((Some("a"), Some(true)))),
            ("host=a;proto=https, for=192.0.2.1", Some((None, None))),
            ("host=\"a:8443\"", Some((Some("a:8443"), None))),
            (r#"host="a\:8443""#, Some((Some("a:8443"), None))),
            (r#"for="[2001:db8::1]:4711", host="[::1]:80""#, Some((Some("[::1]:80"), None))),
            (r#"host="evil, host=b", host=a"#, Some((Some("a"), None))),
            (r#"host=", host=a"#, None),
            ("host=a ; proto=https", Some((Some("a"), Some(true)))),
            (", host=a ,,", Some((Some("a"), None))),
            (";;host=a;", Some((Some("a"), None))),
            ("", Some((None, None))),
            ("host=a;host=b", None),
            ("proto=http;for=b;Proto=http", None),
            ("host=a;for=b, host=b;for=c", Some((Some("b"), None))),
            ("host", None),
            ("host=", None),
            ("host = a", None),
            ("host=a:80", None),
            ("proto=ftp", Some((None, None))),
        ];
        for (line, expected) in cases {
            let parsed = Forwarded::parse(line.as_bytes());
            let got = parsed.as_ref().map(|forwarded| (forwarded.host.as_deref(), forwarded.secure));
            assert_eq!(got, expected, "{line}");
        }
        assert_eq!(Forwarded::parse(b"host=\xff"), None);
    }

    #[test]
    fn the_last_member_of_a_line_counts() {
        for (line, expected) in
            [("a", Some("a")), ("evil, a", Some("a")), ("evil,", None), ("", None), (" a:80\t", Some("a:80"))]
        {
            assert_eq!(last_member(line.as_bytes()), expected, "{line}");
        }
    }
}
