//! A client's course from one request to the next: what each one sends, and whether its answer leads to another.
//! Drivers bring the connections.

use std::borrow::Cow;
use std::fmt::Write;

use oxiri::{Iri, IriRef};
use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::extension::Extension;
use proto::uri::Uri;

use super::error::ConnectError;
use super::options::ClientOptions;
use super::reason::{ConnectReason, RedirectProblem};
use super::refused::Refused;
use super::report::{Redirect, Report};
use crate::head::ResponseHead;
use crate::options::{checked, push_request_line};

/// A client on its way from one URL to another.
pub(crate) struct Course<'o> {
    options: &'o ClientOptions,
    /// The same without what is meant for the first origin alone, where it is another one.
    elsewhere: Option<Box<ClientOptions>>,
    url: Cow<'o, str>,
    /// Whether this is still the origin that the caller named: what is meant for that one goes nowhere else.
    home: bool,
    redirects: Vec<Redirect>,
    /// Lines that answer a 401.
    answer: Option<Vec<u8>>,
}

impl<'o> Course<'o> {
    pub(crate) fn new(url: &'o str, options: &'o ClientOptions) -> Self {
        let url = Cow::Borrowed(url);
        Self { options, elsewhere: None, url, home: true, redirects: Vec::new(), answer: None }
    }

    /// Where the next request goes.
    pub(crate) fn uri(&self) -> Result<Uri<'_>, ConnectReason> {
        Uri::parse(&self.url).map_err(ConnectReason::Uri)
    }

    /// How the connection for the next request is made.
    pub(crate) fn options(&self) -> &ClientOptions {
        self.elsewhere.as_deref().unwrap_or(self.options)
    }

    /// Whether this is still the origin that the caller named.
    #[cfg(feature = "http2")]
    pub(crate) fn is_home(&self) -> bool {
        self.home
    }

    /// The field lines that the next request has beside the handshake's own.
    pub(crate) fn lines(&self) -> Cow<'o, [u8]> {
        let all = self.options.lines();
        let mut lines = if self.home {
            Cow::Borrowed(all)
        } else {
            let mut rest = Vec::new();
            for field in checked(all).iter().filter(|field| !self.options.is_sensitive(field.name)) {
                append(&mut rest, field.name, field.value);
            }
            Cow::Owned(rest)
        };
        if let Some(answer) = &self.answer {
            // It takes the place of what was not enough.
            let replaced = checked(answer);
            let mut kept = Vec::new();
            for field in checked(&lines).iter() {
                if !replaced.iter().any(|new| new.name.eq_ignore_ascii_case(field.name)) {
                    append(&mut kept, field.name, field.value);
                }
            }
            kept.extend_from_slice(answer);
            lines = Cow::Owned(kept);
        }
        if let Some(jar) = self.options.jar() {
            // A request has one such field at most (RFC 6265 §5.4): the caller's own.
            let own = checked(&lines).iter().any(|field| field.name.eq_ignore_ascii_case(b"Cookie"));
            let cookies = if own { None } else { jar.cookies(&self.bare()) };
            if let Some(cookies) = cookies {
                // A jar that has something else in it than cookies has none.
                let _ = push_request_line(lines.to_mut(), "Cookie", cookies.as_bytes());
            }
        }
        lines
    }

    /// The next request. `extensions` are the options', `lines` are [`Course::lines`].
    pub(crate) fn request<'p>(
        &'p self,
        extensions: &'p [&'p dyn Extension],
        lines: &'p [u8],
    ) -> Result<Request<'p>, ConnectReason> {
        let (uri, options) = (self.uri()?, self.options.core(extensions, lines));
        // The answer to a 401 may say whose request it is instead.
        let twice =
            self.answer.is_some() && checked(lines).iter().any(|field| is(field.name, "Authorization"));
        let uri = if twice { uri.without_userinfo() } else { uri };
        Request::new(&uri, &options).map_err(ConnectReason::Options)
    }

    /// The URL, without user information and query.
    pub(crate) fn shown(&self) -> String {
        let Ok(uri) = self.uri() else { return String::new() };
        // A slash more than the URL has at the most.
        let mut shown = String::with_capacity(self.url.len() + 1);
        let _ = write!(shown, "{uri:?}");
        shown
    }

    /// The URL without user information.
    pub(crate) fn bare(&self) -> String {
        self.uri().map_or_else(|_| String::new(), |uri| written(&uri))
    }

    /// Takes the cookies of a response.
    pub(crate) fn hear(&self, head: &ResponseHead) {
        if let Some(jar) = self.options.jar() {
            let mut lines =
                head.fields().filter(|field| is(field.name, "Set-Cookie")).map(|field| field.value);
            jar.store(&self.bare(), &mut lines);
        }
    }

    /// Takes the cookies of a refusal.
    pub(crate) fn hear_refusal(&self, error: &ConnectError) {
        if let ConnectReason::Refused(refused) = error.reason() {
            self.hear(&refused.head);
        }
    }

    /// Goes where a failure leads to. It comes back if it leads nowhere.
    ///
    /// # Errors
    ///
    /// The failure, with the redirects that were followed before.
    pub(crate) fn follow(&mut self, mut error: ConnectError) -> Result<(), ConnectError> {
        let problem = match error.reason() {
            ConnectReason::Refused(refused) if self.is_redirect(&refused.head) => {
                match self.next(&refused.head) {
                    Ok(next) => {
                        self.go(next);
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
        self.complete(error.report_mut());
        Err(error)
    }

    /// Writes into the report what led here.
    pub(crate) fn complete(&mut self, report: &mut Report) {
        report.redirects = std::mem::take(&mut self.redirects);
    }

    /// Whether a refusal with this head leads to another request. Its body is of no use then.
    pub(crate) fn leads_on(&self, head: &ResponseHead) -> bool {
        let challenged = head.status() == 401 && self.answer.is_none() && self.options.has_hook();
        challenged || (self.is_redirect(head) && self.next(head).is_ok())
    }

    /// Whether the head is one of a redirect, and redirects are followed.
    fn is_redirect(&self, head: &ResponseHead) -> bool {
        self.options.follows() > 0 && head.is_redirect()
    }

    /// Where a redirect leads.
    fn next(&self, head: &ResponseHead) -> Result<Next, RedirectProblem> {
        if self.redirects.len() >= self.options.follows() {
            return Err(RedirectProblem::TooMany);
        }
        let uri = Uri::parse(&self.url).map_err(|_| RedirectProblem::Location)?;
        let location = location(head).ok_or(RedirectProblem::Location)?;
        let next = resolve(&written(&uri), &location).ok_or(RedirectProblem::Location)?;
        let there = Uri::parse(&next).map_err(|_| RedirectProblem::Location)?;
        if uri.secure() && !there.secure() {
            return Err(RedirectProblem::Downgrade);
        }
        let same = same_origin(&uri, &there);
        let redirect = Redirect { status: head.status(), from: format!("{uri:?}"), to: format!("{there:?}") };
        // The caller's own user information stays at its origin; that of a Location is nobody's.
        let url = match uri.userinfo().filter(|_| same && self.home) {
            Some(userinfo) => next.replacen("://", &format!("://{userinfo}@"), 1),
            None => next,
        };
        Ok(Next { url, redirect, same })
    }

    fn go(&mut self, Next { url, redirect, same }: Next) {
        self.redirects.push(redirect);
        if !same {
            self.home = false;
            self.answer = None;
            self.elsewhere = self.options.elsewhere().map(Box::new);
        }
        self.url = Cow::Owned(url);
    }

    /// The refusal that a hook for 401 may answer, once at every origin.
    pub(crate) fn challenge<'e>(&self, error: &'e ConnectError) -> Option<&'e Refused> {
        match error.reason() {
            ConnectReason::Refused(refused) if refused.status() == 401 && self.answer.is_none() => {
                Some(refused)
            }
            _ => None,
        }
    }

    /// Answers a 401 by these fields.
    ///
    /// # Errors
    ///
    /// If one of them can't be sent.
    pub(crate) fn answer(&mut self, fields: &http::HeaderMap) -> Result<(), ConnectReason> {
        let mut lines = Vec::new();
        for (name, value) in fields {
            push_request_line(&mut lines, name.as_str(), value.as_bytes()).map_err(ConnectReason::Answer)?;
        }
        self.answer = Some(lines);
        Ok(())
    }
}

/// The next stop of a course.
struct Next {
    url: String,
    redirect: Redirect,
    /// Whether it is of the same origin.
    same: bool,
}

fn append(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for piece in [name, b": ", value, b"\r\n"] {
        lines.extend_from_slice(piece);
    }
}

fn is(name: &[u8], other: &str) -> bool {
    name.eq_ignore_ascii_case(other.as_bytes())
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

/// A URI as it is asked for, without user information.
fn written(uri: &Uri<'_>) -> String {
    let scheme = if uri.secure() { "wss" } else { "ws" };
    format!("{scheme}://{}{}", uri.authority(), uri.target())
}

/// The reference resolved (RFC 3986 §5.2), with a scheme of WebSocket's, without user information and fragment.
///
/// The resolver takes any characters. Which ones a URI has, and which are percent-encoded, `Uri::parse` alone decides,
/// but for spaces: a `Location` may be repaired (RFC 9110 §10.2.2), and everyone repairs those.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let next = Iri::parse_unchecked(base).resolve_unchecked(&IriRef::parse_unchecked(reference));
    let scheme = match next.scheme().to_ascii_lowercase().as_str() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        _ => return None,
    };
    let authority = next.authority()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (mark, query) = next.query().map_or(("", ""), |query| ("?", query));
    let resource = format!("{}{mark}{query}", next.path()).replace(' ', "%20");
    Some(format!("{scheme}://{authority}{resource}"))
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
