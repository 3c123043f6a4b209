//! The next request of a client: where it goes, and what it has in it.

use std::borrow::Cow;
use std::fmt::{self, Write};

use websocket_upgrade_proto as proto;

use proto::client::Request;
use proto::extension::Extension;
use proto::uri::Uri;

use super::error::ConnectError;
use super::options::ClientOptions;
use super::reason::ConnectReason;
use crate::head::ResponseHead;
use crate::options::{checked, push_request_line};

/// The next request of a client.
pub struct NextRequest<'o> {
    pub(super) options: &'o ClientOptions,
    pub(super) url: Cow<'o, str>,
    /// Whether the request goes to the origin that the caller named. Credentials for that origin are sent nowhere
    /// else.
    pub(super) home: bool,
    /// Field lines that answer a 401.
    pub(super) answer: Option<Vec<u8>>,
}

impl<'o> NextRequest<'o> {
    /// The first request, to this URL.
    pub fn new(url: &'o str, options: &'o ClientOptions) -> Self {
        Self { options, url: Cow::Borrowed(url), home: true, answer: None }
    }

    /// Where the next request goes.
    ///
    /// # Errors
    ///
    /// If the URL is no WebSocket URI.
    pub fn uri(&self) -> Result<Uri<'_>, ConnectReason> {
        Uri::parse(&self.url).map_err(ConnectReason::Uri)
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
            // It replaces the fields that the server did not accept.
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
            let cookies = if own { None } else { jar.cookies(&self.url_without_userinfo()) };
            if let Some(cookies) = cookies {
                // Ignored if it is not a legal field value.
                let _ = push_request_line(lines.to_mut(), "Cookie", cookies.as_bytes());
            }
        }
        lines
    }

    /// The next request. `extensions` are the options', `lines` are [`NextRequest::lines`].
    pub(crate) fn request<'p>(
        &'p self,
        extensions: &'p [&'p dyn Extension],
        lines: &'p [u8],
    ) -> Result<Request<'p, 'p>, ConnectReason> {
        let (uri, options) = (self.uri()?, self.options.core(extensions, lines));
        // The answer to a 401 may say whose request it is instead.
        let twice =
            self.answer.is_some() && checked(lines).iter().any(|field| is(field.name, "Authorization"));
        let uri = if twice { uri.without_userinfo() } else { uri };
        Request::new(&uri, &options).map_err(ConnectReason::Options)
    }

    /// The URL, without user information and query.
    pub fn shown(&self) -> String {
        let Ok(uri) = self.uri() else { return String::new() };
        // The shown URL is at most one slash longer.
        let mut shown = String::with_capacity(self.url.len() + 1);
        let _ = write!(shown, "{uri:?}");
        shown
    }

    /// The URL without user information.
    pub(crate) fn url_without_userinfo(&self) -> String {
        self.uri().map_or_else(|_| String::new(), |uri| written(&uri))
    }

    /// Takes the cookies of a response.
    pub(crate) fn store_cookies(&self, head: &ResponseHead) {
        if let Some(jar) = self.options.jar() {
            let mut lines =
                head.fields().filter(|field| is(field.name, "Set-Cookie")).map(|field| field.value);
            jar.store(&self.url_without_userinfo(), &mut lines);
        }
    }

    /// Takes the cookies of a refusal.
    pub(crate) fn store_cookies_of_refusal(&self, error: &ConnectError) {
        if let ConnectReason::Refused(refused) = error.reason() {
            self.store_cookies(&refused.head);
        }
    }
}

/// Shows no user information and no query.
impl fmt::Debug for NextRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NextRequest").field("url", &self.shown()).finish_non_exhaustive()
    }
}

fn append(lines: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for piece in [name, b": ", value, b"\r\n"] {
        lines.extend_from_slice(piece);
    }
}

pub(super) fn is(name: &[u8], other: &str) -> bool {
    name.eq_ignore_ascii_case(other.as_bytes())
}

/// A URI as it is asked for, without user information.
pub(super) fn written(uri: &Uri<'_>) -> String {
    let scheme = if uri.secure() { "wss" } else { "ws" };
    format!("{scheme}://{}{}", uri.authority(), uri.target())
}
