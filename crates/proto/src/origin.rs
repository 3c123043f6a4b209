//! The check of a request's origin (RFC 6454, RFC 6455 §4.2.2 and §10.2).

use core::fmt;

use crate::error::Excerpt;
use crate::host_port::{default_port, is_of_the_web, is_same_place, split_authority};
use crate::pattern::Pattern;
use crate::shown::{Shown, is_scheme};

/// Which origins a server accepts. Every policy accepts a request without `Origin`, since it does not come from a
/// browser.
///
/// Browsers let any page open a WebSocket to any server, and send cookies along. Only the origin tells a server
/// whether the page is its own (cross-site WebSocket hijacking).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum OriginPolicy<'p> {
    /// Only the scheme, host and port that the request was sent to.
    ///
    /// Both the page's origin and the request's authority come from the browser, and the page's author can choose the
    /// host name. If that name resolves to this server's address (DNS rebinding), the two are the same. To prevent
    /// this, a server must know its own names: [`Options::authorities`](crate::server::Options::authorities).
    Same {
        /// Whether the request came over TLS. `None` if that is unknown, for example behind a proxy that terminates
        /// TLS: `http` and `https` are then both accepted.
        secure: Option<bool>,
        /// The authority to compare with, in place of the request's own. A trusted proxy that rewrites `Host` reports
        /// it (RFC 7239 §5.3). A malformed authority matches no origin.
        authority: Option<&'p str>,
    },
    /// The origins of a list, such as `https://example.com https://*.example.com:*`, and `null` if it is listed.
    List(Origins<'p>),
    /// Every origin. Any web page can then open a connection with the user's cookies.
    DangerAny,
}

impl Default for OriginPolicy<'_> {
    fn default() -> Self {
        Self::Same { secure: None, authority: None }
    }
}

impl<'p> OriginPolicy<'p> {
    /// Returns whether a request to `authority` with `Origin: origin` is accepted (RFC 6455 §10.2). RFC 6454 §5
    /// defines when two origins are the same. A malformed authority matches no origin.
    pub fn allows(&self, origin: &[u8], authority: &str) -> bool {
        let compares = matches!(self, Self::Same { authority: None, .. });
        (!compares || split_authority(authority).is_ok()) && self.admits(origin, authority.as_bytes())
    }

    /// As [`OriginPolicy::allows`], with the authority of a valid request.
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

    /// Returns the scheme, if one is required, and the authority that an origin is compared with.
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

/// Returns whether a page of this origin was served from `authority`.
#[inline]
fn is_same(origin: &[u8], authority: &[u8], secure: Option<bool>) -> bool {
    // The origin nearly always repeats the authority byte by byte, and then nothing has to be parsed.
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

/// A checked, space-separated list of serialised origins and patterns.
///
/// | member | admitted origins |
/// |---|---|
/// | `https://example.com` | this origin; without a port, the scheme's default port |
/// | `https://example.com:*` | this scheme and host, at any port |
/// | `https://*.example.com` | every host below `example.com`, at any depth, but not `example.com` itself |
/// | `https://*.example.com:*` | every host below `example.com`, at any port |
/// | `moz-extension://*` | every host of a scheme other than `http`, `https`, `ws` and `wss` |
/// | `file://` | this scheme, whose origins have no host; the four schemes above must have a host |
/// | `null` | an opaque origin: any sandboxed frame, and local files in most browsers |
///
/// A scheme other than the four can have a pattern for every host, because browsers give an extension a random host in
/// every installation. No pattern admits every host of `http`, `https`, `ws` or `wss`, and no pattern admits every
/// scheme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origins<'p>(&'p str);

impl<'p> Origins<'p> {
    /// Parses a list such as `https://example.com https://*.example.com null` (RFC 6454 §6.2).
    ///
    /// # Errors
    ///
    /// If a member is neither a serialised origin nor one of the patterns. The error shows the first such member. A
    /// serialised origin is a scheme, `://`, a host and an optional port, without a path.
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

/// The error for a list member that is neither an origin nor a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginError {
    problem: OriginProblem,
    member: Option<Excerpt>,
}

/// What is wrong with a list member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginProblem {
    /// A pattern for every web page. Use [`OriginPolicy::DangerAny`] instead.
    Every,
    /// Not a serialised origin (RFC 6454 §6.2).
    Origin,
    /// A `*` where none is allowed.
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

    /// Returns what is wrong.
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

/// A parsed list member.
#[derive(Clone, Copy, Debug)]
enum Listed<'p> {
    Null,
    Tuple {
        scheme: &'p str,
        /// `None` if the origin has no host, as in `file://`.
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
    /// An opaque origin: a sandboxed frame or a local file.
    Null,
    Tuple {
        scheme: &'o str,
        /// Empty in `file://`, and possible for other schemes that are not of the web.
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

    /// Returns whether a page of this origin was served from `authority`.
    fn is_of(&self, authority: &str, secure: Option<bool>) -> bool {
        let Self::Tuple { scheme, host, port } = self else {
            return false;
        };
        let Some(https) = is_https(scheme) else {
            return false;
        };
        let Ok(target) = split_authority(authority) else {
            return false;
        };
        secure.is_none_or(|secure| secure == https) && is_same_place((host, *port), target, https)
    }
}

/// Returns whether a text can be the value of `Origin`. A pattern can't.
pub(crate) fn is_serialized(origin: &str) -> bool {
    !origin.contains('*') && Origin::parse(origin).is_some()
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

    use std::format;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        #[test]
        fn an_origin_that_spells_the_authority_means_it(
            scheme in "https?|wss|HTTPS",
            host in "[aA]\\.b|\\[::1\\]|\\[v1\\.a\\]|%41|a!|a b|u@a|",
            port in "(:(80|443|8080|)?)?",
            other in "(a\\.b(:(80|443))?)?",
            secure in any::<Option<bool>>(),
        ) {
            let authority = format!("{host}{port}");
            // The authority of a valid request.
            if split_authority(&authority).is_ok() {
                for told in [&authority, &other] {
                    let origin = format!("{scheme}://{told}");
                    let (origin, authority) = (origin.as_bytes(), authority.as_bytes());
                    let expected = means_same(origin, authority, secure);
                    assert_eq!(is_same(origin, authority, secure), expected, "{scheme} {told}");
                }
            }
        }
    }

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

    #[test]
    fn the_same_letters_are_the_same_origin_the_short_way_and_the_long_way() {
        let authorities = ["a", "a:8080", "a:80", "A.example", "[::1]", "192.0.2.1:1"];
        let origins = |scheme| authorities.map(|authority| std::format!("{scheme}://{authority}"));
        for authority in authorities.map(str::as_bytes) {
            for origin in ["http", "https", "HTTP", "ws", "file"].into_iter().flat_map(origins) {
                for secure in [None, Some(true), Some(false)] {
                    let origin = origin.as_bytes();
                    let (short, long) =
                        (is_same(origin, authority, secure), means_same(origin, authority, secure));
                    assert_eq!(short, long, "{} {}", origin.escape_ascii(), authority.escape_ascii());
                }
            }
        }
        // Only the comparison byte by byte accepts a malformed authority, so this shows that it is used.
        for (secure, of_http, of_https) in
            [(None, true, true), (Some(false), true, false), (Some(true), false, true)]
        {
            assert_eq!(is_same(b"http://a b", b"a b", secure), of_http);
            assert_eq!(is_same(b"https://a b", b"a b", secure), of_https);
            assert!(!means_same(b"https://a b", b"a b", secure));
        }
    }
}
