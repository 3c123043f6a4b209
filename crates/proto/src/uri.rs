//! WebSocket URIs (RFC 6455 §3) and the authority they share with `Host` (RFC 3986 §3.2, RFC 9110 §7.2).

use core::fmt::{self, Write as _};
use core::net::Ipv6Addr;

use crate::error::{Error, Reason};
use crate::key::write_base64;
use crate::write::Writer;

/// A WebSocket URI, parsed: `ws://example.com:8080/chat?room=1`.
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
    /// Path and query as they were given, without fragment.
    resource: &'u str,
}

impl<'u> Uri<'u> {
    /// Parses `ws://` and `wss://` URIs (RFC 6455 §3), the scheme in any case.
    ///
    /// Path and query may have characters that no URI has: when the target is written they are percent-encoded, save
    /// white space and control characters, which are refused.
    ///
    /// # Errors
    ///
    /// Where the URI is none, or has a fragment (RFC 6455 §3), and what is wrong.
    pub fn parse(uri: &'u str) -> Result<Self, UriError> {
        use UriProblem as P;
        let scheme_end = uri.find("://").ok_or_else(|| problem(P::Scheme, uri, 0))?;
        let (scheme, rest) = (&uri[..scheme_end], &uri[scheme_end + 3..]);
        let secure = match scheme {
            _ if scheme.eq_ignore_ascii_case("ws") => false,
            _ if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err(problem(P::Scheme, scheme, 0)),
        };
        if let Some(at) = uri.bytes().position(|byte| byte <= b' ' || byte == 0x7F) {
            return Err(problem(P::Character, "", at));
        }
        if let Some(at) = uri.find('#') {
            return Err(problem(P::Fragment, "", at));
        }
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, resource) = rest.split_at(authority_end);
        // A query that is empty does not count (§3).
        let resource = resource.strip_suffix('?').filter(|path| !path.contains('?')).unwrap_or(resource);
        let authority_at = scheme_end + 3;
        if let Some(at) = bad_percent(resource) {
            return Err(problem(P::Percent, &resource[at..], authority_at + authority_end + at));
        }
        let (userinfo, host_port) = match authority.rsplit_once('@') {
            Some((userinfo, host_port)) => (Some(userinfo), host_port),
            None => (None, authority),
        };
        let host_at = authority_at + authority.len() - host_port.len();
        if userinfo.is_some_and(|userinfo| !is_userinfo(userinfo)) {
            // A secret: not shown.
            return Err(problem(P::Userinfo, "", authority_at));
        }
        let (host, port) = split_authority(host_port).map_err(|wrong| match wrong {
            AuthorityProblem::Host => problem(P::Host, host_port, host_at),
            AuthorityProblem::Port => problem(P::Port, host_port, host_at),
        })?;
        Ok(Self { secure, userinfo, host, port, resource })
    }

    /// Whether the scheme is `wss`: the handshake belongs on TLS.
    pub fn secure(&self) -> bool {
        self.secure
    }

    /// The host as it was given, an IPv6 address in brackets.
    pub fn host(&self) -> &'u str {
        self.host
    }

    /// The port; where the URI has none, the scheme's (RFC 6455 §3).
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(default_port(self.secure))
    }

    /// Whether the URI has user information, which becomes Basic authorization.
    pub fn has_userinfo(&self) -> bool {
        self.userinfo.is_some()
    }

    /// The value of `Host` (RFC 6455 §4.1 item 4): the host in lower case, the port unless it is the scheme's.
    pub fn authority(&self) -> impl fmt::Display + use<'u> {
        Authority(*self)
    }

    /// The request target in origin-form (RFC 6455 §4.1 item 2): path and query, percent-encoded where it must be.
    pub fn target(&self) -> impl fmt::Display + use<'u> {
        Target(self.resource)
    }

    /// The value of `Authorization` for the user information (RFC 7617).
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
        let path = self.resource.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{}", if self.secure { "wss" } else { "ws" }, Authority(*self), Target(path))
    }
}

struct Authority<'u>(Uri<'u>);

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host;
        if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            host.chars().try_for_each(|char| f.write_char(char.to_ascii_lowercase()))?;
        } else {
            f.write_str(host)?;
        }
        match self.0.port {
            Some(port) if port != default_port(self.0.secure) => write!(f, ":{port}"),
            _ => Ok(()),
        }
    }
}

struct Target<'u>(&'u str);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.starts_with('/') {
            f.write_str("/")?;
        }
        let no_uri_has = |char: char| !char.is_ascii() || "\"<>\\^`{|}".contains(char);
        let mut rest = self.0;
        while let Some(at) = rest.find(no_uri_has) {
            let (legal, illegal) = rest.split_at(at);
            let end = illegal.chars().next().map_or(0, char::len_utf8);
            f.write_str(legal)?;
            illegal.bytes().take(end).try_for_each(|byte| write!(f, "%{byte:02X}"))?;
            rest = illegal.get(end..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}

/// The port of `http` and `ws`, or of `https` and `wss`.
pub(crate) const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityProblem {
    Host,
    Port,
}

/// `uri-host [ ":" port ]`, the host not empty (RFC 9110 §4.2.1), the port empty or up to 65535.
pub(crate) fn split_authority(authority: &str) -> Result<(&str, Option<u16>), AuthorityProblem> {
    let bytes = authority.as_bytes();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() | (byte == b'-') | (byte == b'.');
    if !bytes.is_empty() && bytes.iter().fold(true, |all, &byte| all & plain(byte)) {
        // A name or an IPv4 address, and nothing else: as nearly always.
        return Ok((authority, None));
    }
    let host_end = match bytes.first() {
        Some(b'[') => bytes.iter().position(|&byte| byte == b']').map_or(bytes.len(), |bracket| bracket + 1),
        _ => bytes.iter().take_while(|&&byte| NAME[usize::from(byte)]).count(),
    };
    let Some((host, rest)) = authority.split_at_checked(host_end).filter(|(host, _)| is_host(host)) else {
        return Err(AuthorityProblem::Host);
    };
    match rest.as_bytes() {
        [] | [b':'] => Ok((host, None)),
        [b':', digits @ ..] => {
            parse_port(digits).map(|port| (host, Some(port))).ok_or(AuthorityProblem::Port)
        }
        _ => Err(AuthorityProblem::Host),
    }
}

/// `1*DIGIT`; `str::parse` would take a sign.
fn parse_port(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |port, byte| {
        let digit = byte.is_ascii_digit().then_some(u16::from(byte & 0x0F))?;
        port.checked_mul(10)?.checked_add(digit)
    })
}

/// `IP-literal / IPv4address / reg-name` of RFC 3986 §3.2.2, but not empty; of a name, the characters are known.
fn is_host(host: &str) -> bool {
    if let Some(literal) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return literal.parse::<Ipv6Addr>().is_ok() || is_ip_future(literal);
    }
    !host.is_empty() && !host.starts_with('[') && bad_percent(host).is_none()
}

/// The characters of a `reg-name`: `unreserved / pct-encoded / sub-delims`.
const NAME: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        table[byte as usize] = is_unreserved(byte) || is_sub_delim(byte) || byte == b'%';
        byte += 1;
    }
    table
};

/// `IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`.
fn is_ip_future(literal: &str) -> bool {
    let Some((version, address)) = literal.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.'))
    else {
        return false;
    };
    let legal = |byte: u8| is_unreserved(byte) || is_sub_delim(byte) || byte == b':';
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_hexdigit())
        && !address.is_empty()
        && address.bytes().all(legal)
}

/// What RFC 7617 §2 lets a user-id and a password be, once decoded: no control characters, no colon in the user-id.
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

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delim(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Where a `%` stands that has no two hexadecimal digits behind it.
fn bad_percent(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = bytes.iter().position(|&byte| byte == b'%')?;
    (first..bytes.len()).find(|&at| {
        bytes.get(at) == Some(&b'%')
            && !matches!(bytes.get(at + 1..at + 3), Some(hex) if hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The bytes of a text whose percent signs have been checked.
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

/// A URI that is no WebSocket URI.
pub type UriError = Error<UriProblem>;

fn problem(problem: UriProblem, text: &str, at: usize) -> UriError {
    let error = Error::new(problem).at(at);
    if text.is_empty() { error } else { error.with_value(text.as_bytes()) }
}

/// What is wrong with a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriProblem {
    /// White space or a control character.
    Character,
    /// A fragment (RFC 6455 §3: must not be used).
    Fragment,
    /// The host is empty, or no name and no address. A name with other than ASCII characters must be given as its
    /// A-labels (`xn--...`).
    Host,
    /// A `%` without two hexadecimal digits.
    Percent,
    /// The port is no number up to 65535.
    Port,
    /// Not `ws://` or `wss://`.
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
