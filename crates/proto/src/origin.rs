//! The origin of a request (RFC 6454, RFC 6455 §4.2.2 and §10.2) and who may come from where.

use crate::uri::{default_port, split_authority};

/// Which origins a server accepts. A request without `Origin` is not a browser's and is accepted by every policy.
///
/// Browsers let any page open a WebSocket to any server and send cookies along; the origin is what a server has to tell
/// its own pages from others (cross-site WebSocket hijacking).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum OriginPolicy<'p> {
    /// The scheme, host and port that the request was sent to.
    Same {
        /// Whether the request came over TLS; `None` where that is unknown, as behind a proxy that ends TLS: `http` and
        /// `https` are both accepted then.
        secure: Option<bool>,
    },
    /// The origins of a list, `https://example.com https://other.example:8443`, and `null` if it stands there.
    List(Origins<'p>),
    /// Every origin: any web page can open a connection with the user's cookies.
    DangerAny,
}

impl Default for OriginPolicy<'_> {
    fn default() -> Self {
        Self::Same { secure: None }
    }
}

impl OriginPolicy<'_> {
    /// Whether a request to `authority` that carries `Origin: origin` may be accepted (RFC 6455 §10.2; RFC 6454 §5 says
    /// what is the same origin).
    pub fn allows(&self, origin: &[u8], authority: &str) -> bool {
        self.admits(origin, authority.as_bytes())
    }

    /// As [`OriginPolicy::allows`], of an authority whose text need not be made.
    pub(crate) fn admits(&self, origin: &[u8], authority: &[u8]) -> bool {
        if matches!(self, Self::DangerAny) {
            return true;
        }
        if let Self::Same { secure } = self {
            // Letter by letter what the request was sent to, as nearly always: nothing to be read.
            let spells = |scheme: &[u8]| origin.strip_prefix(scheme) == Some(authority);
            if (*secure != Some(false) && spells(b"https://"))
                || (*secure != Some(true) && spells(b"http://"))
            {
                return true;
            }
        }
        let Some(origin) = core::str::from_utf8(origin).ok().and_then(Origin::parse) else {
            return false;
        };
        match self {
            Self::DangerAny => true,
            Self::List(origins) => origins.iter().any(|listed| listed.same_as(&origin)),
            Self::Same { secure } => {
                core::str::from_utf8(authority).is_ok_and(|authority| origin.is_of(authority, *secure))
            }
        }
    }
}

/// Serialised origins with spaces between them, each checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origins<'p>(&'p str);

impl<'p> Origins<'p> {
    /// A list such as `https://example.com null` (RFC 6454 §6.2).
    ///
    /// # Errors
    ///
    /// The first member that is not a serialised origin: a scheme, `://`, a host and perhaps a port; no path.
    pub fn parse(list: &'p str) -> Result<Self, &'p str> {
        match list.split_ascii_whitespace().find(|member| Origin::parse(member).is_none()) {
            Some(wrong) => Err(wrong),
            None => Ok(Self(list)),
        }
    }

    fn iter(&self) -> impl Iterator<Item = Origin<'p>> {
        self.0.split_ascii_whitespace().filter_map(Origin::parse)
    }
}

/// One serialised origin (RFC 6454 §6.2).
#[derive(Clone, Copy, Debug)]
enum Origin<'o> {
    /// An opaque one: a sandboxed frame, a local file.
    Null,
    Tuple {
        scheme: &'o str,
        host: &'o str,
        port: Option<u16>,
    },
}

impl<'o> Origin<'o> {
    /// `null`, or `scheme "://" host [ ":" port ]` and nothing else.
    fn parse(origin: &'o str) -> Option<Self> {
        if origin == "null" {
            return Some(Self::Null);
        }
        let (scheme, authority) = origin.split_once("://")?;
        let (host, port) = split_authority(authority).ok()?;
        let letter = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        (letter && scheme.bytes().all(legal)).then_some(Self::Tuple { scheme, host, port })
    }

    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (
                Self::Tuple { scheme, host, port },
                Self::Tuple { scheme: other_scheme, host: other_host, port: other_port },
            ) => {
                scheme.eq_ignore_ascii_case(other_scheme)
                    && host.eq_ignore_ascii_case(other_host)
                    && effective_port(scheme, *port) == effective_port(scheme, *other_port)
            }
            _ => false,
        }
    }

    /// Whether a page of this origin was served from `authority`.
    fn is_of(&self, authority: &str, secure: Option<bool>) -> bool {
        let Self::Tuple { scheme, host, port } = self else {
            return false;
        };
        let Some(https) = is_https(scheme) else {
            return false;
        };
        let Ok((target, target_port)) = split_authority(authority) else {
            return false;
        };
        secure.is_none_or(|secure| secure == https)
            && host.eq_ignore_ascii_case(target)
            && port.unwrap_or(default_port(https)) == target_port.unwrap_or(default_port(https))
    }
}

/// Whether a text can be the value of `Origin`.
pub(crate) fn is_serialized(origin: &str) -> bool {
    Origin::parse(origin).is_some()
}

fn is_https(scheme: &str) -> Option<bool> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(true)
    } else {
        scheme.eq_ignore_ascii_case("http").then_some(false)
    }
}

fn effective_port(scheme: &str, port: Option<u16>) -> Option<u16> {
    port.or_else(|| is_https(scheme).map(default_port))
}
