//! The origin of a request (RFC 6454, RFC 6455 §4.2.2 and §10.2) and who may come from where.

use core::fmt;

use crate::error::Excerpt;
use crate::pattern::Pattern;
use crate::shown::{Shown, is_scheme};
use crate::uri::{default_port, split_authority};

/// Which origins a server accepts. A request without `Origin` is not a browser's and is accepted by every policy.
///
/// Browsers let any page open a WebSocket to any server and send cookies along; the origin is what a server has to tell
/// its own pages from others (cross-site WebSocket hijacking).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum OriginPolicy<'p> {
    /// The scheme, host and port that the request was sent to.
    ///
    /// A browser says both what a page's origin is and what the request is sent to, and the page's author can choose
    /// the name: one that leads to this server's address (DNS rebinding) is the same on both sides. Against that a
    /// server has to know its own names: [`Options::authorities`](crate::server::Options::authorities).
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
    /// what is the same origin). Nothing is the same as an authority that is malformed.
    pub fn allows(&self, origin: &[u8], authority: &str) -> bool {
        let compares = matches!(self, Self::Same { authority: None, .. });
        (!compares || split_authority(authority).is_ok()) && self.admits(origin, authority.as_bytes())
    }

    /// As [`OriginPolicy::allows`], of the authority of a valid request.
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

    /// What an origin is compared with in a request to this authority: the scheme, where one must be, and the
    /// authority.
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
/// | `moz-extension://*` | every host of a scheme other than `http`, `https`, `ws` and `wss` |
/// | `file://` | this scheme, of whose origins no host is told; one of the other four has a host |
/// | `null` | an opaque origin: any sandboxed frame, most browsers' local files |
///
/// Browsers give an extension a random host in every installation, which is why such a scheme can have a pattern for
/// every host. A `*` stands nowhere else: there is no pattern for every host of the web, nor for every scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origins<'p>(&'p str);

impl<'p> Origins<'p> {
    /// A list such as `https://example.com https://*.example.com null` (RFC 6454 §6.2).
    ///
    /// # Errors
    ///
    /// The first member that is neither a serialised origin (a scheme, `://`, a host and perhaps a port; no path) nor
    /// one of the patterns.
    pub fn parse(list: &'p str) -> Result<Self, OriginError> {
        list.split_ascii_whitespace().try_for_each(OriginError::check).map(|()| Self(list))
    }

    fn admit(&self, origin: &[u8]) -> bool {
        let Some(origin) = core::str::from_utf8(origin).ok().and_then(Origin::parse) else {
            return false;
        };
        self.0.split_ascii_whitespace().filter_map(Listed::parse).any(|listed| listed.admits(&origin))
    }
}

/// A member of a list that is neither an origin nor a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginError {
    problem: OriginProblem,
    member: Option<Excerpt>,
}

/// What is wrong with a member of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginProblem {
    /// A pattern for every web page: that is [`OriginPolicy::DangerAny`], and no member of a list.
    Every,
    /// Not a serialised origin (RFC 6454 §6.2).
    Origin,
    /// A `*` where none can stand.
    Pattern,
}

impl OriginError {
    /// Checks one member.
    ///
    /// # Errors
    ///
    /// If it is neither a serialised origin nor one of the patterns of [`Origins`].
    pub fn check(member: &str) -> Result<(), Self> {
        if Listed::parse(member).is_some() {
            return Ok(());
        }
        let (scheme, authority) = member.split_once("://").unwrap_or(("*", member));
        let every = scheme.contains('*') || is_of_the_web(scheme);
        let problem = match authority.strip_prefix('*') {
            Some("" | ":*") if every => OriginProblem::Every,
            _ if member.contains('*') => OriginProblem::Pattern,
            _ => OriginProblem::Origin,
        };
        Err(Self { problem, member: Excerpt::new(Shown::told(member.as_bytes())) })
    }

    /// What is wrong.
    pub fn problem(&self) -> OriginProblem {
        self.problem
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expected = match self.problem {
            OriginProblem::Every => {
                "no pattern stands for every web page, name a domain: https://*.example.com"
            }
            OriginProblem::Origin => {
                "not a scheme, a host and perhaps a port, such as https://example.com:8443, nor file:// or null"
            }
            OriginProblem::Pattern => {
                "a * stands for subdomains or the port, as in https://*.example.com:*, or for the host of a scheme \
                 that is not the web's, as in moz-extension://*"
            }
        };
        match self.member {
            Some(member) => write!(f, "origin {member}: {expected}"),
            None => write!(f, "origin: {expected}"),
        }
    }
}

impl core::error::Error for OriginError {}

/// A member of a list.
#[derive(Clone, Copy, Debug)]
enum Listed<'p> {
    Null,
    Tuple {
        scheme: &'p str,
        /// `None` is no host at all, as in `file://`.
        hosts: Option<Pattern<'p>>,
    },
}

impl<'p> Listed<'p> {
    fn parse(member: &'p str) -> Option<Self> {
        if member == "null" {
            return Some(Self::Null);
        }
        let (scheme, authority) = member.split_once("://").filter(|(scheme, _)| is_scheme(scheme))?;
        let of_the_web = is_of_the_web(scheme);
        let hosts = match authority {
            "" if !of_the_web => None,
            _ => Some(Pattern::parse(authority, !of_the_web)?),
        };
        Some(Self::Tuple { scheme, hosts })
    }

    fn admits(&self, other: &Origin<'_>) -> bool {
        match (self, other) {
            (Self::Null, Origin::Null) => true,
            (Self::Tuple { scheme, hosts }, Origin::Tuple { scheme: other_scheme, host, port }) => {
                let same_host = match hosts {
                    Some(hosts) => hosts.admits(host, *port, is_https(scheme).map(default_port)),
                    None => host.is_empty(),
                };
                scheme.eq_ignore_ascii_case(other_scheme) && same_host
            }
            _ => false,
        }
    }
}

/// One serialised origin (RFC 6454 §6.2).
#[derive(Clone, Copy, Debug)]
enum Origin<'o> {
    /// An opaque one: a sandboxed frame, a local file.
    Null,
    Tuple {
        scheme: &'o str,
        /// Empty in `file://`, and perhaps with another scheme that is not the web's.
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
        let (host, port) = match authority {
            "" if !is_of_the_web(scheme) => ("", None),
            _ => split_authority(authority).ok()?,
        };
        is_scheme(scheme).then_some(Self::Tuple { scheme, host, port })
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

/// Whether a text can be the value of `Origin`; a pattern is nobody's.
pub(crate) fn is_serialized(origin: &str) -> bool {
    !origin.contains('*') && Origin::parse(origin).is_some()
}

/// A scheme whose hosts are names and addresses: of such an origin there is always one.
fn is_of_the_web(scheme: &str) -> bool {
    ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

fn is_https(scheme: &str) -> Option<bool> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(true)
    } else {
        scheme.eq_ignore_ascii_case("http").then_some(false)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_star_stands_for_subdomains_ports_and_hosts_that_are_not_the_webs() {
        use OriginProblem::{Every, Origin, Pattern};
        for (member, problem) in [
            ("*", Every),
            ("*:*", Every),
            ("*://*", Every),
            ("http*://*:*", Every),
            ("https://*", Every),
            ("HTTP://*", Every),
            ("wss://*", Every),
            ("ws://*", Every),
            ("https://*:*", Every),
            ("https://*.", Pattern),
            ("https://*:443", Pattern),
            ("*://example.com", Pattern),
            ("http*://example.com", Pattern),
            ("app*://*", Every),
            ("https://a.*.example.com", Pattern),
            ("https://a*.example.com", Pattern),
            ("https://*a.example.com", Pattern),
            ("https://**.example.com", Pattern),
            ("https://*.*.example.com", Pattern),
            ("https://*..example.com", Pattern),
            ("https://*.example.com.", Pattern),
            ("https://*.com*", Pattern),
            ("https://*.192.0.2.1", Pattern),
            ("https://*.1", Pattern),
            ("https://*.0x1", Pattern),
            ("https://*.0X1:*", Pattern),
            ("https://*.example.0x", Pattern),
            ("https://*.example.0xfF", Pattern),
            ("https://*.017", Pattern),
            ("https://*.%30x1", Pattern),
            ("https://*.[::1]", Pattern),
            ("https://[::*]", Pattern),
            ("https://example.com:4*", Pattern),
            ("https://example.com:443:*", Pattern),
            ("https://example.com::*", Pattern),
            ("https://example.com:*:*", Pattern),
            ("https://example.com:*/", Pattern),
            ("https://:*", Pattern),
            ("null:*", Pattern),
            ("*.example.com", Pattern),
            ("moz-extension://**", Pattern),
            ("moz-extension://*.", Pattern),
            ("moz-extension://a*", Pattern),
            ("moz-extension://*/", Pattern),
            ("moz-extension://*::*", Pattern),
            ("moz-extension://*:*:*", Pattern),
            ("moz-extension://user@*", Pattern),
            ("-extension://*", Pattern),
            ("file://:*", Pattern),
            ("file:///", Origin),
            ("file://a/", Origin),
            ("file:", Origin),
            ("://", Origin),
            ("http://", Origin),
            ("HTTPS://", Origin),
            ("ws://", Origin),
            ("wss://", Origin),
            ("example.com", Origin),
            ("https://example.com/", Origin),
            ("https://user@example.com", Origin),
            ("Null", Origin),
        ] {
            let error = Origins::parse(member).expect_err(member);
            assert_eq!(error.problem(), problem, "{member}");
            let list = std::format!("https://a.example {member}");
            assert_eq!(Origins::parse(&list), Err(error), "behind another one");
        }
        for member in [
            "https://*.example.com",
            "https://example.com:*",
            "https://*.0xg",
            "https://*.x1",
            "https://*.1a",
            "https://*.192.0.2.com",
            "app://*.a:*",
            "http://[::1]:*",
            "moz-extension://*",
            "Chrome-Extension://*",
            "vscode-webview://*",
            "app://*:*",
            "app://*:8080",
            "httpx://*",
            "file://",
            "qrc://",
            "null",
        ] {
            assert_eq!(Origins::parse(member).err(), None, "{member}");
        }
    }

    #[test]
    fn an_error_says_what_to_write_instead() {
        for (member, expected) in [
            ("*", "no pattern stands for every web page, name a domain: https://*.example.com"),
            ("https://*", "no pattern stands for every web page, name a domain: https://*.example.com"),
            (
                "https://a*.b",
                "a * stands for subdomains or the port, as in https://*.example.com:*, or for the host of a scheme \
                 that is not the web's, as in moz-extension://*",
            ),
            (
                "https://a/",
                "not a scheme, a host and perhaps a port, such as https://example.com:8443, nor file:// or null",
            ),
        ] {
            let error = OriginError::check(member).expect_err(member);
            assert_eq!(std::format!("{error}"), std::format!("origin {member:?}: {expected}"));
        }
    }

    #[test]
    fn nothing_is_compared_that_is_not_well_formed() {
        for secure in [None, Some(true), Some(false)] {
            let same = OriginPolicy::Same { secure, authority: None };
            for wrong in
                ["", "a b", "a/", "u@a", ":80", "a:b", "[::1", "a\r\nb", "\u{e9}", "%", "a:65536", "*/"]
            {
                for scheme in ["https", "http", "file"] {
                    let origin = std::format!("{scheme}://{wrong}");
                    assert!(!same.allows(origin.as_bytes(), wrong), "{origin:?}");
                    let told = OriginPolicy::Same { secure, authority: Some(wrong) };
                    assert!(!told.allows(origin.as_bytes(), "a"), "{origin:?}, as told");
                }
            }
            assert!(same.allows(b"https://a", "a") == (secure != Some(false)));
            assert!(same.allows(b"http://a:80", "A") == (secure != Some(true)));
        }
    }
}
