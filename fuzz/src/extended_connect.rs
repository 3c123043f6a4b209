//! An extended CONNECT, as an HTTP/2 server passes it on, and the server's answer.
//!
//! - An accepted request meets all requirements of RFC 8441 §4 and §5.
//! - The verdict and the answer do not depend on the parser of the request.
//! - No answer has a connection-specific field, and every answer is legal over HTTP/2.
//!
//! An input consists of lines: five pseudo-header fields, each with `=` before it or absent, and then fields, `name:
//! value`.

use http::Version;
use http::uri::{Authority, Parts, PathAndQuery, Scheme, Uri};
use websocket_upgrade_proto::EncodeError;
use websocket_upgrade_proto::server::{Bootstrap, Entrance, Options, Request, RequestError};

use crate::request_head::with_options;
use crate::{Input, Text};

/// Checks one input.
pub fn check(data: &[u8]) {
    let Some(input) = Input::new(data) else { return };
    let Some(message) = Message::new(input.bytes) else { return };
    with_options(&input, |options| {
        let fields = message.fields.as_slice();
        let read = Request::from_fields(&message.entrance(), &fields);
        if let Ok(request) = &read {
            check_request(&message, request);
        }
        let verdict = answer(read, options);
        check_answer(&verdict);
        if let Some(request) = message.to_http() {
            // The map keeps the lines of a name together. So another field may be the first one with an error.
            let fields: Vec<_> =
                request.headers().iter().map(|(name, value)| (name, value.as_bytes())).collect();
            let grouped = answer(Request::from_fields(&message.entrance(), &fields.as_slice()), options);
            assert_eq!(grouped.status, verdict.status, "in the order of the map");
            let read = Request::from_http_with_protocol(&request, message.protocol);
            assert_eq!(answer(read, options), grouped, "as http::Request");
        }
    });
}

/// Makes a seed of these pseudo-header fields and fields.
pub fn seed(pseudo: [Option<&str>; 5], fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = pseudo
        .iter()
        .map(|value| value.map_or(Vec::new(), |value| format!("={value}").into_bytes()))
        .collect();
    lines.extend(fields.iter().map(|(name, value)| [name.as_bytes(), b": ", value].concat()));
    lines.join(&b'\n')
}

struct Message<'a> {
    method: &'a str,
    protocol: Option<&'a str>,
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: Option<&'a str>,
    fields: Vec<(&'a [u8], &'a [u8])>,
}

impl<'a> Message<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut lines = bytes.split(|&byte| byte == b'\n');
        let mut pseudo = || {
            let value = std::str::from_utf8(lines.next().unwrap_or_default()).ok()?;
            Some(value.strip_prefix('='))
        };
        let (method, protocol, scheme, authority, path) =
            (pseudo()?.unwrap_or("CONNECT"), pseudo()?, pseudo()?, pseudo()?, pseudo()?);
        let field = |line: &'a [u8]| {
            let colon = line.iter().position(|&byte| byte == b':').unwrap_or(line.len());
            let (name, value) = line.split_at(colon);
            (name, value.get(2..).unwrap_or_default())
        };
        Some(Self { method, protocol, scheme, authority, path, fields: lines.map(field).collect() })
    }

    fn entrance(&self) -> Entrance<'a> {
        let Self { method, protocol, scheme, authority, path, .. } = *self;
        Entrance::ExtendedConnect { method, protocol, scheme, authority, path }
    }

    /// Converts it to a type for requests, if the type can hold the same.
    fn to_http(&self) -> Option<http::Request<()>> {
        let mut parts = Parts::default();
        parts.authority = self.authority.map(Authority::try_from).transpose().ok()?;
        parts.path_and_query = self.path.map(PathAndQuery::try_from).transpose().ok()?;
        parts.scheme = self.scheme.map(Scheme::try_from).transpose().ok()?;
        let uri = Uri::from_parts(parts).ok()?;
        // The type removes a fragment, and converts names to lower case.
        let same = uri.path_and_query().map(PathAndQuery::as_str) == self.path
            && uri.authority().map(Authority::as_str) == self.authority
            && self.fields.iter().all(|(name, _)| !name.iter().any(u8::is_ascii_uppercase));
        let request = http::Request::builder().method(self.method).uri(uri).version(Version::HTTP_2);
        let request =
            self.fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.body(()).ok().filter(|_| same)
    }

    fn values(&self, name: &str) -> Vec<&'a [u8]> {
        let named = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| *value).collect()
    }
}

/// The result of a request, and its answer.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    fields: Vec<(String, Text)>,
    body: Text,
    error: Option<RequestError>,
}

fn answer(read: Result<Request<'_>, RequestError>, options: &Options<'_, '_>) -> Answer {
    let mut fields = Vec::new();
    let mut add = |name: &str, value: &[u8]| fields.push((name.to_owned(), Text(value.to_vec())));
    match read.and_then(|request| request.accept(options)) {
        Ok(accepted) => {
            assert!(accepted.tolerated().is_none(), "a deviation that there is none of");
            assert_eq!(accepted.encode_h1(&mut []), Err(EncodeError::ExtendedConnect));
            accepted.for_each_field(&mut add);
            Answer { status: accepted.status(), fields, body: Text(Vec::new()), error: None }
        }
        Err(error) => {
            assert_eq!(error.bootstrap(), Bootstrap::ExtendedConnect);
            let rejection = error.rejection();
            assert_eq!(rejection.encode_h1(&mut []), Err(EncodeError::ExtendedConnect));
            rejection.for_each_field(&mut add);
            let body = Text(rejection.to_http().into_body());
            Answer { status: rejection.status(), fields, body, error: Some(error) }
        }
    }
}

/// Checks a request with rules of this module's own.
fn check_request(message: &Message<'_>, request: &Request<'_>) {
    assert_eq!(message.method, "CONNECT");
    assert!(message.protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket")));
    assert!(message.scheme.is_some_and(|scheme| ["http", "https"].contains(&&*scheme.to_ascii_lowercase())));
    assert!(message.path.is_some_and(|path| path.starts_with('/')));
    assert_eq!(Some(request.target().path_and_query()), message.path);
    assert_eq!(Some(request.authority()), message.authority);
    for never in ["connection", "upgrade", "transfer-encoding", "keep-alive", "proxy-connection"] {
        assert!(message.values(never).is_empty(), "{never}");
    }
    assert_eq!(message.values("sec-websocket-version"), [b"13"]);
    for (name, value) in &message.fields {
        assert!(!name.iter().any(u8::is_ascii_uppercase), "{}", name.escape_ascii());
        assert_eq!(value.trim_ascii().len(), value.len(), "{}", name.escape_ascii());
    }
    let keys = message.values("sec-websocket-key");
    assert!(request.key().is_none() || keys.len() == 1);
}

fn check_answer(answer: &Answer) {
    for (name, value) in &answer.fields {
        let never = ["connection", "upgrade", "transfer-encoding", "keep-alive"];
        assert!(!never.contains(&&*name.to_ascii_lowercase()), "{name}");
        let map_takes = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
            && http::HeaderValue::from_bytes(&value.0).is_ok();
        assert!(map_takes, "{name}: {value:?}");
    }
    let value = |name: &str| answer.fields.iter().find(|(n, _)| n == name).map(|(_, value)| &*value.0);
    let Some(error) = &answer.error else {
        assert_eq!(answer.status, 200);
        return;
    };
    assert!([400, 403, 421, 501].contains(&answer.status), "{error}: {}", answer.status);
    assert_eq!(value("Sec-WebSocket-Accept"), None);
    if error.is_not_upgrade() {
        assert_eq!(answer.status, 400);
    } else {
        let length = answer.body.0.len();
        assert_eq!(value("Content-Length"), Some(length.to_string().as_bytes()));
        assert!(answer.body.0.ends_with(b"\n"), "a body without a line");
    }
}
