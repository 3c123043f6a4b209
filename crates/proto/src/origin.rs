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
        /// The authority to compare with in place of the request's own: what a trusted proxy that rewrites `Host` says
        /// it was asked for (RFC 7239 §5.3). One that is malformed is nobody's origin.
        authority: Option<&'p str>,
    },
    /// The origins of a list, `https://example.com https://*.example.com:*`, and `null` if it stands there.
    List(Origins<'p>),
    /// Every origin: any web page can open a connection with the user's cookies.
    DangerAny,
}

impl Default for OriginPolicy<'_> {
    fn default() -> Self {
        Self::Same { secure: None, authority: None }
    }
}

impl<'p> OriginPolicy<'p> {
    /// Whether a request to `authority` that carries `Origin: origin` may be accepted (RFC 6455 §10.2; RFC 6454 §5 says
    /// what is the same origin).
    pub fn allows(&self, origin: &[u8], authority: &str) -> bool {
        self.admits(origin, authority.as_bytes())
    }

    /// As [`OriginPolicy::allows`], of an authority whose text need not be made.
    pub(crate) fn admits(&self, origin: &[u8], authority: &[u8]) -> bool {
        match self {
            Self::DangerAny => true,
            Self::List(origins) => origins.admit(origin),
            Self::Same { secure, authority: None } => is_same(origin, authority, *secure),
            Self::Same { secure, authority: Some(told) } => {
                split_authority(told).is_ok() && is_same(origin, told.as_bytes(), *secure)
            }
        }
    }

    /// What an origin is compared with in a request to this authority: the scheme, where one must be, and the authority.
    pub(crate) fn compares<'a>(&self, authority: &'a [u8]) -> (&'static str, &'a [u8])
    where
        'p: 'a,
    {
        let Self::Same { secure, authority: told } = self else {
            return ("", authority);
        };
        let scheme = match secure {
            None => "",
            Some(true) => "https://",
            Some(false) => "http://",
        };
        (scheme, told.map_or(authority, str::as_bytes))
    }
}

/// Whether a page of this origin was served from `authority`.
#[inline]
fn is_same(origin: &[u8], authority: &[u8], secure: Option<bool>) -> bool {
    // Letter by letter what the request was sent to, as nearly always: nothing to be read.
    let spells = |scheme: &[u8]| origin.strip_prefix(scheme) == Some(authority);
    (secure != Some(false) && spells(b"https://"))
        || (secure != Some(true) && spells(b"http://"))
        || means_same(origin, authority, secure)
}

#[cold]
fn means_same(origin: &[u8], authority: &[u8], secure: Option<bool>) -> bool {
    let text = |bytes| core::str::from_utf8(bytes).ok();
    match (text(origin).and_then(Origin::parse), text(authority)) {
        (Some(origin), Some(authority)) => origin.is_of(authority, secure),
        _ => false,
    }
}

/// Serialised origins and patterns of such with spaces between them, each checked.
///
/// | member | whom it admits |
/// |---|---|
/// | `https://example.com` | this origin; without a port, the scheme's |
/// | `https://example.com:*` | this scheme and host, whatever the port |
/// | `https://*.example.com` | every host below `example.com`, however deep, but not `example.com` itself |
/// | `https://*.example.com:*` | both at once |
/// | `null` | an opaque origin: any sandboxed frame, any local file |
///
/// A `*` stands nowhere else: there is no pattern for every host, nor for every scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origins<'p>(&'p str);

impl<'p> Origins<'p> {
    /// A list such as `https://example.com https://*.example.com null` (RFC 6454 §6.2).
    ///
    /// # Errors
    ///
    /// The first member that is neither a serialised origin (a scheme, `://`, a host and perhaps a port; no path) nor
    /// one of the patterns.
    pub fn parse(list: &'p str) -> Result<Self, &'p str> {
        match list.split_ascii_whitespace().find(|member| Pattern::parse(member).is_none()) {
            Some(wrong) => Err(wrong),
            None => Ok(Self(list)),
        }
    }

    fn admit(&self, origin: &[u8]) -> bool {
        let Some(origin) = core::str::from_utf8(origin).ok().and_then(Origin::parse) else {
            return false;
        };
        self.0.split_ascii_whitespace().filter_map(Pattern::parse).any(|pattern| pattern.admits(&origin))
    }
}

/// A member of a list.
#[derive(Clone, Copy, Debug)]
struct Pattern<'p> {
    /// Without the stars.
    origin: Origin<'p>,
    any_port: bool,
    subdomains: bool,
}

impl<'p> Pattern<'p> {
    fn parse(member: &'p str) -> Option<Self> {
        if !member.contains('*') {
            let origin = Origin::parse(member)?;
            return Some(Self { origin, any_port: false, subdomains: false });
        }
        let (scheme, authority) = member.split_once("://")?;
        let (authority, any_port) = without(authority.strip_suffix(":*"), authority);
        let (authority, subdomains) = without(authority.strip_prefix("*."), authority);
        let origin = Origin::of(scheme, authority)?;
        let Origin::Tuple { host, port, .. } = origin else { return None };
        // `example.com:80:*` and `example.com::*` have a port already, and no pattern is within a name.
        let one_port = !any_port || (port.is_none() && !authority.ends_with(':'));
        let legal = one_port && !authority.contains('*') && (!subdomains || is_domain(host));
        legal.then_some(Self { origin, any_port, subdomains })
    }

    fn admits(&self, other: &Origin<'_>) -> bool {
        match (&self.origin, other) {
            (Origin::Null, Origin::Null) => true,
            (
                Origin::Tuple { scheme, host, port },
                Origin::Tuple { scheme: other_scheme, host: other_host, port: other_port },
            ) => {
                scheme.eq_ignore_ascii_case(other_scheme)
                    && if self.subdomains {
                        is_below(other_host, host)
                    } else {
                        host.eq_ignore_ascii_case(other_host)
                    }
                    && (self.any_port || effective_port(scheme, *port) == effective_port(scheme, *other_port))
            }
            _ => false,
        }
    }
}

/// What is left of a text without a star, and whether there was one.
fn without<'p>(stripped: Option<&'p str>, text: &'p str) -> (&'p str, bool) {
    (stripped.unwrap_or(text), stripped.is_some())
}

/// A name that has others below it: no address, and no empty label.
fn is_domain(host: &str) -> bool {
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    !host.starts_with('[')
        && host.split('.').all(|label| !label.is_empty())
        && !host.rsplit('.').take(1).all(is_number)
}

/// Whether a host is a subdomain of `domain`, at any depth.
fn is_below(host: &str, domain: &str) -> bool {
    let Some((labels, end)) =
        host.len().checked_sub(domain.len()).and_then(|start| host.split_at_checked(start))
    else {
        return false;
    };
    end.eq_ignore_ascii_case(domain) && labels.strip_suffix('.').is_some_and(|labels| !labels.is_empty())
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
        Self::of(scheme, authority)
    }

    fn of(scheme: &'o str, authority: &'o str) -> Option<Self> {
        let (host, port) = split_authority(authority).ok()?;
        let letter = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        (letter && scheme.bytes().all(legal)).then_some(Self::Tuple { scheme, host, port })
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

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_star_stands_for_subdomains_and_ports_alone() {
        for pattern in [
            "*",
            "https://*",
            "https://*.",
            "https://*:*",
            "https://*:443",
            "*://example.com",
            "http*://example.com",
            "https://a.*.example.com",
            "https://a*.example.com",
            "https://*a.example.com",
            "https://**.example.com",
            "https://*.*.example.com",
            "https://*..example.com",
            "https://*.example.com.",
            "https://*.com*",
            "https://*.192.0.2.1",
            "https://*.1",
            "https://*.[::1]",
            "https://[::*]",
            "https://example.com:4*",
            "https://example.com:443:*",
            "https://example.com::*",
            "https://example.com:*:*",
            "https://example.com:*/",
            "https://:*",
            "null:*",
            "*.example.com",
        ] {
            assert_eq!(Origins::parse(pattern), Err(pattern));
            let list = std::format!("https://a.example {pattern}");
            assert_eq!(Origins::parse(&list), Err(pattern), "behind another one");
        }
        for pattern in ["https://*.example.com", "https://example.com:*", "app://*.a:*", "http://[::1]:*"] {
            assert!(Origins::parse(pattern).is_ok(), "{pattern}");
        }
    }
}
