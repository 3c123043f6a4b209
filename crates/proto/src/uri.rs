//! WebSocket URIs (RFC 6455 §3).

use core::fmt;

use crate::base64::write_base64;
use crate::error::{Error, Reason};
use crate::host_port::{
    AuthorityProblem, NAME, PLAIN, default_port, is_sub_delim, is_unreserved, split_authority,
};
use crate::rules::TARGET;
use crate::scanners::{behind, behind_chunks};
use crate::shown::{Shown, path};
use crate::write::Writer;

/// A parsed WebSocket URI, such as `ws://example.com:8080/chat?room=1`.
///
/// ```
/// use websocket_upgrade_proto::uri::Uri;
/// let uri = Uri::parse("wss://Example.com/chat")?;
/// assert!(uri.secure() && uri.port() == 443);
/// # Ok::<(), websocket_upgrade_proto::uri::UriError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Uri<'u> {
    secure: bool,
    userinfo: Option<&'u str>,
    host: &'u str,
    port: Option<u16>,
    /// Path and query as they were given, without a fragment.
    resource: &'u str,
}

impl<'u> Uri<'u> {
    /// Parses a `ws://` or `wss://` URI (RFC 6455 §3). The scheme compares without case.
    ///
    /// Path and query may have characters that are not legal in a URI: the request target has them percent-encoded.
    /// White space and control characters are refused.
    ///
    /// # Errors
    ///
    /// If the text is not a WebSocket URI, or has a fragment (RFC 6455 §3).
    pub fn parse(uri: &'u str) -> Result<Self, UriError> {
        Self::parse_usual(uri).map_or_else(|| Self::parse_any(uri), Ok)
    }

    /// Parses a URI of the usual form: a name without a port, and a path without a query.
    fn parse_usual(uri: &'u str) -> Option<Self> {
        let (secure, rest) = match uri.strip_prefix("ws://") {
            Some(rest) => (false, rest),
            None => (true, uri.strip_prefix("wss://")?),
        };
        let path = behind(rest.as_bytes(), &PLAIN);
        let (host, resource) = rest.split_at_checked(rest.len() - path.len())?;
        let usual = !host.is_empty() && matches!(path, [] | [b'/', ..]) && behind(path, &PATH).is_empty();
        usual.then_some(Self { secure, userinfo: None, host, port: None, resource })
    }

    fn parse_any(uri: &'u str) -> Result<Self, UriError> {
        use UriProblem as P;
        let (secure, rest) = split_scheme(uri)?;
        let authority_at = uri.len() - rest.len();
        if !behind(uri.as_bytes(), &TARGET).is_empty() {
            check_characters(uri)?;
        }
        let authority_end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at(authority_end);
        // An empty query is left out (§3).
        let resource = resource.strip_suffix('?').filter(|path| !path.contains('?')).unwrap_or(resource);
        if let Some(at) = bad_percent(resource) {
            let path = path(resource);
            let percent = path.get(at..path.len().min(at + 3)).unwrap_or_default();
            return Err(problem(P::Percent, percent, authority_at + authority_end + at));
        }
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        let host_at = authority_at + authority.len() - host_port.len();
        if userinfo.is_some_and(|userinfo| !is_userinfo(userinfo)) {
            // User information is a secret and is not shown.
            return Err(problem(P::Userinfo, "", authority_at));
        }
        let (host, port) = split_authority(host_port).map_err(|wrong| {
            let error = Error::new(if wrong == AuthorityProblem::Host { P::Host } else { P::Port });
            // If an `@` follows, this text may be a part of user information.
            let (text, doubtful) = (host_port.as_bytes(), resource.contains('@'));
            let shown = if doubtful { Shown::length(text) } else { Shown::authority(text) };
            error.with_value(shown).at(host_at)
        })?;
        Ok(Self { secure, userinfo, host, port, resource })
    }

    /// Returns whether the scheme is `wss`, so that the handshake must use TLS.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// Returns the host as it was given. An IPv6 address has its brackets.
    pub fn host(&self) -> &'u str {
        self.host
    }

    /// Returns the port, or the scheme's default port if the URI has none (RFC 6455 §3).
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(default_port(self.secure))
    }

    /// Returns whether the URI has user information, which becomes Basic authorization.
    pub fn has_userinfo(&self) -> bool {
        self.userinfo.is_some()
    }

    /// Returns the user information as it was given. It is a secret.
    pub fn userinfo(&self) -> Option<&'u str> {
        self.userinfo
    }

    /// Removes the user information.
    #[must_use]
    pub fn without_userinfo(mut self) -> Self {
        self.userinfo = None;
        self
    }

    /// Returns the value of `Host` (RFC 6455 §4.1 item 4): the host in lower case, and the port unless it is the
    /// scheme's default.
    pub fn authority(&self) -> impl fmt::Display + use<'u> {
        Authority(*self)
    }

    /// Returns the request target in origin-form (RFC 6455 §4.1 item 2): path and query, percent-encoded where
    /// required.
    pub fn target(&self) -> impl fmt::Display + use<'u> {
        Target(self.resource)
    }

    pub(crate) fn write_authority(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let rest = behind_chunks(self.host.as_bytes(), |byte| !byte.is_ascii_uppercase());
        if rest.iter().any(u8::is_ascii_uppercase) {
            self.host.chars().try_for_each(|char| out.write_char(char.to_ascii_lowercase()))?;
        } else {
            out.write_str(self.host)?;
        }
        match self.port {
            Some(port) if port != default_port(self.secure) => write!(out, ":{port}"),
            _ => Ok(()),
        }
    }

    pub(crate) fn write_target(&self, out: &mut impl fmt::Write) -> fmt::Result {
        write_target(self.resource, out)
    }

    /// Writes the value of `Authorization` for the user information (RFC 7617).
    pub(crate) fn write_authorization(&self, out: &mut Writer<'_>) {
        let userinfo = self.userinfo.unwrap_or_default();
        let colon = if userinfo.contains(':') { "" } else { ":" };
        out.put(b"Basic ");
        write_base64(percent_decoded(userinfo).chain(colon.bytes()), out);
    }
}

/// Shows neither user information nor query.
impl fmt::Debug for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", Authority(*self), Target(path(self.resource)))
    }
}

struct Authority<'u>(Uri<'u>);

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_authority(f)
    }
}

struct Target<'u>(&'u str);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_target(self.0, f)
    }
}

/// Writes path and query. Bytes that a URI can't have (RFC 3986 §2) are percent-encoded; existing escapes are kept.
fn write_target(resource: &str, out: &mut impl fmt::Write) -> fmt::Result {
    if !resource.starts_with('/') {
        out.write_str("/")?;
    }
    let mut rest = resource.as_bytes();
    loop {
        let at = resource.len() - rest.len();
        let illegal = behind(rest, &RESOURCE);
        out.write_str(resource.get(at..resource.len() - illegal.len()).unwrap_or_default())?;
        let [byte, behind @ ..] = illegal else {
            return Ok(());
        };
        write!(out, "%{byte:02X}")?;
        rest = behind;
    }
}

/// Splits off `ws://` or `wss://`, in any case. Returns whether it was `wss://`, and the rest.
fn split_scheme(uri: &str) -> Result<(bool, &str), UriError> {
    for (scheme, secure) in [("ws://", false), ("wss://", true)] {
        match uri.split_at_checked(scheme.len()) {
            Some((start, rest)) if start.eq_ignore_ascii_case(scheme) => return Ok((secure, rest)),
            _ => {}
        }
    }
    Err(Error::new(UriProblem::Scheme).with_value(Shown::scheme_of(uri)).at(0))
}

#[cold]
fn check_characters(uri: &str) -> Result<(), UriError> {
    if let Some(at) = uri.bytes().position(|byte| byte <= b' ' || byte == 0x7F) {
        return Err(problem(UriProblem::Character, "", at));
    }
    match uri.find('#') {
        Some(at) => Err(problem(UriProblem::Fragment, "", at)),
        None => Ok(()),
    }
}

/// The characters of a path (§3.3), except the percent sign.
const PATH: [bool; 256] = {
    let mut table = NAME;
    table[b':' as usize] = true;
    table[b'@' as usize] = true;
    table[b'/' as usize] = true;
    table
};

/// The characters of path and query (§3.3, §3.4), and brackets, which browsers do not encode.
const RESOURCE: [bool; 256] = {
    let mut table = NAME;
    let mut others: &[u8] = b"%:@/?[]#";
    while let [byte, rest @ ..] = others {
        table[*byte as usize] = true;
        others = rest;
    }
    table
};

/// Checks the rules of RFC 7617 §2 for a decoded user-id and password: no control characters, no colon in the
/// user-id.
fn is_userinfo(userinfo: &str) -> bool {
    let user = userinfo.split(':').next().unwrap_or_default();
    !userinfo.is_empty()
        && bad_percent(userinfo).is_none()
        && percent_decoded(userinfo).all(|byte| !byte.is_ascii_control())
        && percent_decoded(user).all(|byte| byte != b':')
        && userinfo
            .bytes()
            .all(|byte| byte >= 0x80 || is_unreserved(byte) || is_sub_delim(byte) || b"%:".contains(&byte))
}

/// Returns the offset of a `%` that is not followed by two hexadecimal digits.
fn bad_percent(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = bytes.iter().position(|&byte| byte == b'%')?;
    (first..bytes.len()).find(|&at| {
        bytes.get(at) == Some(&b'%')
            && !matches!(bytes.get(at + 1..at + 3), Some(hex) if hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Decodes a text whose percent signs have been checked.
fn percent_decoded(text: &str) -> impl Iterator<Item = u8> {
    let mut bytes = text.bytes();
    core::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(byte);
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16)).unwrap_or_default();
        u8::try_from(digit() << 4 | digit()).ok()
    })
}

/// The error of a text that is not a WebSocket URI.
pub type UriError = Error<UriProblem>;

/// Makes an error that shows `shown`, unless it is empty.
fn problem(problem: UriProblem, shown: &str, at: usize) -> UriError {
    let error = Error::new(problem).at(at);
    if shown.is_empty() { error } else { error.with_value(Shown::value(shown.as_bytes())) }
}

/// What is wrong with a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriProblem {
    /// White space or a control character.
    Character,
    /// A fragment, which a WebSocket URI must not have (RFC 6455 §3).
    Fragment,
    /// The host is empty, or neither a name nor an address. A name with non-ASCII characters must be given as A-labels
    /// (`xn--...`).
    Host,
    /// A `%` without two hexadecimal digits.
    Percent,
    /// The port is not a number up to 65535.
    Port,
    /// The scheme is not `ws` or `wss`.
    Scheme,
    /// User information that can't become Basic authorization.
    Userinfo,
}

impl Reason for UriProblem {
    fn subject(&self) -> &'static str {
        match self {
            Self::Character | Self::Percent => "URI",
            Self::Fragment => "URI fragment",
            Self::Host => "URI host",
            Self::Port => "URI port",
            Self::Scheme => "URI scheme",
            Self::Userinfo => "URI userinfo",
        }
    }

    fn problem(&self) -> &'static str {
        match self {
            Self::Character => "white space or a control character, which must be percent-encoded",
            Self::Fragment => "a WebSocket URI has none (write # as %23)",
            Self::Host => "not a host name or an address in ASCII characters",
            Self::Percent => "a percent sign without two hexadecimal digits",
            Self::Port => "not a number up to 65535",
            Self::Scheme => "expected ws:// or wss://",
            Self::Userinfo => "can't become Basic authorization",
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn the_usual_is_read_as_anything_else() {
        let pieces = [
            "", "a", "a.b", "a-_~", "A", ":1", ":", "/", "/p", "?", "?q", "%41", "%", "@", "#", " ", "[::1]",
            "\u{e9}",
        ];
        let mut usual = 0;
        for scheme in ["ws://", "wss://", "WS://", "http://"] {
            for (first, second) in pieces.iter().flat_map(|first| pieces.map(|second| (first, second))) {
                for third in pieces {
                    let uri = format!("{scheme}{first}{second}{third}");
                    let Some(parsed) = Uri::parse_usual(&uri) else { continue };
                    assert_eq!(Uri::parse_any(&uri), Ok(parsed), "{uri}");
                    usual += 1;
                }
            }
        }
        assert!(usual > 100, "{usual}");
        for (uri, is_usual) in [
            ("ws://a", true),
            ("wss://a.example/", true),
            ("ws://a-_~/chat:@/b", true),
            ("WS://a/", false),
            ("ws://a:80/", false),
            ("ws://a/?b", false),
            ("ws://a/%41", false),
            ("ws:///", false),
        ] {
            assert_eq!(Uri::parse_usual(uri).is_some(), is_usual, "{uri}");
        }
    }

    #[test]
    fn a_host_is_written_in_lower_case_wherever_its_upper_case_letters_are() {
        let lower = "a-host-of-more-letters.example";
        for host in (0..lower.len()).map(|place| lower[..place].to_uppercase() + &lower[place..]).chain([
            lower.to_uppercase(),
            lower.replace("letters", "LETTERS"),
            lower.replace("example", "examplE"),
        ]) {
            let uri = format!("ws://{host}/");
            assert_eq!(format!("{}", Uri::parse(&uri).expect("a URI").authority()), lower, "{host}");
        }
    }

    #[test]
    fn percent_signs_and_two_digits_are_a_byte() {
        let decoded = |text: &str| percent_decoded(text).collect::<std::vec::Vec<u8>>();
        for byte in 0..=u8::MAX {
            assert_eq!(decoded(&format!("%{byte:02x}")), [byte]);
            assert_eq!(decoded(&format!("a%{byte:02X}%{byte:02X}b")), [b'a', byte, byte, b'b']);
        }
        assert_eq!(decoded(""), b"");
        assert_eq!(decoded("user:1"), b"user:1");
    }

    #[test]
    fn user_information_stays_as_it_was_given_or_goes() {
        for (uri, userinfo) in
            [("ws://a/", None), ("ws://u%41:p@a/", Some("u%41:p")), ("ws://u@a/", Some("u"))]
        {
            let uri = Uri::parse(uri).expect("a URI");
            assert_eq!((uri.userinfo(), uri.has_userinfo()), (userinfo, userinfo.is_some()));
            let without = uri.without_userinfo();
            assert_eq!((without.userinfo(), without.host()), (None, "a"));
            assert_eq!(Ok(without), Uri::parse("ws://a/"));
        }
    }
}
