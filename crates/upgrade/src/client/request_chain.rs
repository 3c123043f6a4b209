//! A client's sequence of requests: whether a response leads to another request, and where that goes. Drivers bring
//! the connections.

use std::borrow::Cow;
use std::fmt;

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use super::error::ConnectError;
use super::exchange::LeadsOn;
use super::next_request::{NextRequest, is, written};
use super::options::ClientOptions;
use super::reason::{ConnectReason, RedirectProblem};
use super::reference;
use super::refused::Refused;
use super::report::{Redirect, Report};
use super::watch::ClientEvent;
use crate::head::ResponseHead;
use crate::options::push_request_line;

/// A client's sequence of requests: the first, and those that redirects and 401 responses lead to.
pub struct RequestChain<'o> {
    /// The next request.
    pub next: NextRequest<'o>,
    /// At another origin: the options without what is meant for the first origin alone.
    elsewhere: Option<Box<ClientOptions>>,
    redirects: Vec<Redirect>,
}

impl<'o> RequestChain<'o> {
    pub(crate) fn new(url: &'o str, options: &'o ClientOptions) -> Self {
        Self { next: NextRequest::new(url, options), elsewhere: None, redirects: Vec::new() }
    }

    /// The options for the connection of the next request.
    pub fn options(&self) -> &ClientOptions {
        self.elsewhere.as_deref().unwrap_or(self.next.options)
    }

    /// Whether this is still the origin that the caller named.
    #[cfg(feature = "http2")]
    pub fn is_home(&self) -> bool {
        self.next.home
    }

    /// Follows a redirect, if the failure is one that is followed. Otherwise the failure comes back.
    ///
    /// # Errors
    ///
    /// The failure, with the redirects that were followed before.
    pub(crate) fn follow(&mut self, mut error: ConnectError) -> Result<(), ConnectError> {
        let problem = match error.reason() {
            ConnectReason::Refused(refused) if self.is_redirect(&refused.head) => {
                match self.redirect_target(&refused.head) {
                    Ok(target) => {
                        self.go_to(target);
                        return Ok(());
                    }
                    Err(problem) => Some(problem),
                }
            }
            _ => None,
        };
        if let Some(problem) = problem {
            error.map_reason(|reason| match reason {
                ConnectReason::Refused(refused) => ConnectReason::Redirect(problem, refused),
                other => other,
            });
        }
        self.add_redirects_to(error.report_mut());
        Err(error)
    }

    /// Adds the redirects that were followed to the report.
    pub(crate) fn add_redirects_to(&mut self, report: &mut Report) {
        report.redirects = std::mem::take(&mut self.redirects);
    }

    /// Whether the head is one of a redirect, and redirects are followed.
    fn is_redirect(&self, head: &ResponseHead) -> bool {
        self.next.options.max_redirects() > 0 && head.is_redirect()
    }

    /// Where a redirect leads.
    fn redirect_target(&self, head: &ResponseHead) -> Result<RedirectTarget, RedirectProblem> {
        if self.redirects.len() >= self.next.options.max_redirects() {
            return Err(RedirectProblem::TooMany);
        }
        let uri = Uri::parse(&self.next.url).map_err(|_| RedirectProblem::Location)?;
        let location = location(head).ok_or(RedirectProblem::Location)?;
        let next = resolve(&written(&uri), &location).ok_or(RedirectProblem::Location)?;
        let there = Uri::parse(&next).map_err(|_| RedirectProblem::Location)?;
        if uri.secure() && !there.secure() {
            return Err(RedirectProblem::Downgrade);
        }
        let same = same_origin(&uri, &there);
        let redirect = Redirect { status: head.status(), from: format!("{uri:?}"), to: format!("{there:?}") };
        // The caller's user information is kept for its own origin. A Location's user information is never used.
        let url = match uri.userinfo().filter(|_| same && self.next.home) {
            Some(userinfo) => next.replacen("://", &format!("://{userinfo}@"), 1),
            None => next,
        };
        Ok(RedirectTarget { url, redirect, same })
    }

    /// Makes the target the URL of the next request.
    fn go_to(&mut self, RedirectTarget { url, redirect, same }: RedirectTarget) {
        self.redirects.push(redirect);
        if !same {
            self.next.home = false;
            self.next.answer = None;
            self.elsewhere = self.next.options.elsewhere().map(Box::new);
        }
        self.next.url = Cow::Owned(url);
    }

    /// The 401 that a hook may answer, once for each origin.
    pub(crate) fn challenge<'e>(&self, error: &'e ConnectError) -> Option<&'e Refused> {
        match error.reason() {
            ConnectReason::Refused(refused) if refused.status() == 401 && self.next.answer.is_none() => {
                Some(refused)
            }
            _ => None,
        }
    }

    /// Adds the fields that answer a 401 to the next request.
    ///
    /// # Errors
    ///
    /// If one of them can't be sent.
    pub(crate) fn answer(&mut self, fields: &http::HeaderMap) -> Result<(), ConnectReason> {
        let mut lines = Vec::new();
        for (name, value) in fields {
            push_request_line(&mut lines, name.as_str(), value.as_bytes()).map_err(ConnectReason::Answer)?;
        }
        self.next.answer = Some(lines);
        Ok(())
    }
}

impl fmt::Debug for RequestChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestChain").field("next", &self.next).finish_non_exhaustive()
    }
}

impl LeadsOn for RequestChain<'_> {
    fn leads_on(&self, head: &ResponseHead) -> bool {
        let challenged = head.status() == 401 && self.next.answer.is_none() && self.next.options.has_hook();
        challenged || (self.is_redirect(head) && self.redirect_target(head).is_ok())
    }

    fn tell(&self, event: ClientEvent<'_>) {
        self.next.options.watcher().tell(event);
    }
}

/// Where a redirect leads.
struct RedirectTarget {
    url: String,
    redirect: Redirect,
    /// Whether it is of the same origin.
    same: bool,
}

/// `Location`, if there is one (RFC 9110 §10.2.2). What is not UTF-8 is Latin-1 (§5.5).
fn location(head: &ResponseHead) -> Option<Cow<'_, str>> {
    let mut all = head.fields().filter(|field| is(field.name, "Location"));
    let value = all.next()?.value;
    let text = || {
        std::str::from_utf8(value)
            .map_or_else(|_| value.iter().map(|&byte| char::from(byte)).collect(), Cow::Borrowed)
    };
    all.next().is_none().then(text)
}

/// The reference resolved (RFC 3986 §5.2), with a scheme of WebSocket's, without user information and fragment.
///
/// The resolver takes any characters. Which ones a URI has, and which are percent-encoded, `Uri::parse` alone decides,
/// but for spaces: a `Location` may be repaired (RFC 9110 §10.2.2), and everyone repairs those.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let (scheme, authority, resource) = reference::resolve(base, reference)?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return None,
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(format!("{scheme}://{authority}{}", resource.replace(' ', "%20")))
}

/// Scheme, host and port.
fn same_origin(one: &Uri<'_>, other: &Uri<'_>) -> bool {
    one.secure() == other.secure()
        && one.host().eq_ignore_ascii_case(other.host())
        && one.port() == other.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_resolved_to_a_websocket_uri() {
        let base = "wss://example.com/a/b?c=d";
        let cases = [
            ("/x", Some("wss://example.com/x")),
            ("x", Some("wss://example.com/a/x")),
            ("../x", Some("wss://example.com/x")),
            ("?y=z", Some("wss://example.com/a/b?y=z")),
            ("", Some("wss://example.com/a/b?c=d")),
            ("//other.example/", Some("wss://other.example/")),
            ("https://other.example:8443/x?y#z", Some("wss://other.example:8443/x?y")),
            ("HTTP://other.example/", Some("ws://other.example/")),
            ("ws://user:secret@other.example/", Some("ws://other.example/")),
            ("ftp://other.example/", None),
            ("data:text/plain,x", None),
            ("http:///x", Some("ws:///x")),
            ("/with space?and another", Some("wss://example.com/with%20space?and%20another")),
            ("//with space/", Some("wss://with space/")),
            ("/\u{e9}|[]", Some("wss://example.com/\u{e9}|[]")),
            ("?x[]=1", Some("wss://example.com/a/b?x[]=1")),
            ("/./a/../b/.", Some("wss://example.com/b/")),
            ("../../../x", Some("wss://example.com/x")),
            ("a:b", None),
            ("./a:b", Some("wss://example.com/a/a:b")),
            (":x", None),
            ("://x", None),
            ("wss:x", None),
            ("wss:/x", None),
        ];
        for (reference, expect) in cases {
            assert_eq!(resolve(base, reference).as_deref(), expect, "{reference}");
        }
    }

    /// Whatever is behind one slash stays at its origin, and nothing is read in two ways.
    #[test]
    fn a_path_leads_to_no_other_host() {
        let pieces = [
            "/", "\\", ":", "?", "#", ".", "..", "@", "[", "]", "%", "%2f", "\u{e9}", " ", "\t", "a", "http:",
        ];
        let all = || pieces.into_iter();
        let mut uris = 0;
        for (first, second, third) in all()
            .flat_map(|first| all().flat_map(move |second| all().map(move |third| (first, second, third))))
        {
            for start in ["", "/", "//b.example", "https://b.example"] {
                let reference = format!("{start}{first}{second}{third}");
                let Some(next) = resolve("wss://example.com/a/b?c", &reference) else { continue };
                let Ok(uri) = Uri::parse(&next) else { continue };
                uris += 1;
                let own =
                    !start.contains("//") && !reference.starts_with("//") && !reference.contains("http:");
                if own {
                    assert_eq!((uri.host(), uri.port()), ("example.com", 443), "{reference}");
                }
                // What is written is read as what it was.
                let again = resolve(&written(&uri), "").expect(&reference);
                let again = Uri::parse(&again).map(|uri| written(&uri));
                assert_eq!(again.as_deref(), Ok(&*written(&uri)), "{reference}");
            }
        }
        assert!(uris > 5000, "{uris}");
    }

    /// One grammar: what the client can be asked for, it can be sent from and to.
    #[test]
    fn every_uri_is_a_base_and_a_reference() {
        let parsed = |uri: &str| Uri::parse(uri).map(|uri| written(&uri));
        for case in vectors::uris() {
            let Ok(base) = parsed(&case.uri) else { continue };
            let base = base.as_str();
            for (from, reference) in
                [(base, ""), (base, "#part"), ("ws://x/", base), ("wss://x/y?z", &case.uri)]
            {
                let next = resolve(from, reference).expect(&case.uri);
                // An absolute reference loses its dot segments, and nothing else.
                if !base.contains("/.") {
                    assert_eq!(parsed(&next).as_deref(), Ok(base), "{}", case.uri);
                }
            }
            for (reference, resource) in [("?y[]=z", "?y[]=z"), ("/x|y", "/x%7Cy"), ("\u{e9}", "%C3%A9")] {
                let next = resolve(base, reference).expect(&case.uri);
                let next = parsed(&next).unwrap_or_else(|error| panic!("{base} {reference}: {error}"));
                assert!(next.ends_with(resource), "{base} {reference}: {next}");
            }
        }
    }
}
