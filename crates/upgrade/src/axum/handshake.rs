//! What decides a handshake of a request that was found valid, owned: its target, and a few of its fields.

use http::header::{CONNECTION, FORWARDED, HOST, ORIGIN, UPGRADE};
use http::header::{
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri, Version};
use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};
use proto::{Field, Fields, HttpFields};

/// A valid handshake. All of it is counted references to what the request has: nothing is allocated but for lines that
/// came again, and for what proxies say.
#[derive(Clone)]
pub(super) struct Handshake {
    uri: Uri,
    version: Version,
    /// The first line of each of [`KEPT`].
    first: [Option<HeaderValue>; KEPT.len()],
    /// Other lines of theirs, and those of [`PROXIED`].
    more: Vec<(&'static HeaderName, HeaderValue)>,
}

/// The fields that are looked at when a request is accepted, and what they are compared with.
static KEPT: [HeaderName; 5] =
    [HOST, ORIGIN, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_EXTENSIONS];

/// Those that a trusted proxy is believed in.
static PROXIED: [HeaderName; 3] =
    [FORWARDED, HeaderName::from_static("x-forwarded-host"), HeaderName::from_static("x-forwarded-proto")];

/// What every valid request has; of a connection, those over HTTP/1.1 alone.
static SETTLED: [(HeaderName, HeaderValue); 3] = [
    (SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13")),
    (CONNECTION, HeaderValue::from_static("Upgrade")),
    (UPGRADE, HeaderValue::from_static("websocket")),
];

impl Handshake {
    /// Of a request that was found valid.
    pub(super) fn of_valid(parts: &Parts) -> Self {
        let (mut first, mut more) = ([const { None }; KEPT.len()], Vec::new());
        for (name, value) in &parts.headers {
            let kept = match name.as_str() {
                "host" => 0,
                "origin" => 1,
                "sec-websocket-key" => 2,
                "sec-websocket-protocol" => 3,
                "sec-websocket-extensions" => 4,
                "forwarded" => 5,
                "x-forwarded-host" => 6,
                "x-forwarded-proto" => 7,
                _ => continue,
            };
            match first.get_mut(kept) {
                Some(first @ None) => *first = Some(value.clone()),
                _ => more.extend(KEPT.iter().chain(&PROXIED).nth(kept).map(|name| (name, value.clone()))),
            }
        }
        Self { uri: parts.uri.clone(), version: parts.version, first, more }
    }

    /// The request as the core sees it, judged anew.
    #[inline]
    pub(super) fn judge(&self) -> Result<Request<'_>, RequestError> {
        let (method, protocol) = if self.is_of_connection() {
            (&Method::GET, None)
        } else {
            (&Method::CONNECT, Some("websocket"))
        };
        Request::from_http_parts(method, &self.uri, self.version, protocol, self)
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.uri
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Whether it asks for the connection, and not for a stream of it.
    fn is_of_connection(&self) -> bool {
        self.version < Version::HTTP_2
    }
}

impl HttpFields for Handshake {
    #[inline]
    fn lines(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        let settled = if self.is_of_connection() { SETTLED.len() } else { 1 };
        let settled = SETTLED.iter().take(settled).map(|(name, value)| (name, value));
        let first = KEPT.iter().zip(&self.first).filter_map(|(name, value)| Some((name, value.as_ref()?)));
        settled.chain(first).chain(self.more.iter().map(|(name, value)| (*name, value)))
    }
}

impl Fields for Handshake {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        for (name, value) in self.lines() {
            visit(Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        }
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        let mut lines = self.lines().filter(|(other, _)| other.as_str().eq_ignore_ascii_case(name));
        let (_, value) = lines.nth(*cursor)?;
        *cursor += 1;
        Some(value.as_bytes())
    }
}
