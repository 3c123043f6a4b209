//! Requests: fields to an `http::Request` and back (RFC 9114 §4.3.1, RFC 9220 §3).

use std::io;

use bytes::Bytes;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, Uri, Version, header};
use websocket_upgrade_proto::Limits;

use super::field_section::{FieldSection, Pseudo, encode};
use super::malformed::Malformed;

/// Decodes a request, and the text of `:protocol`.
///
/// For an extended CONNECT, `:authority`, `:scheme` and the fields are left to the core, which knows the words for what
/// is wrong with them. Of all other requests everything is checked that makes them malformed.
pub(crate) fn decode(encoded: Bytes, limits: &Limits) -> Result<(Request<()>, Option<String>), Malformed> {
    let section = FieldSection::decode(encoded, limits)?;
    if section.get(Pseudo::Status).is_some() {
        return Err(Malformed::Message("a request with :status"));
    }
    let method = section.get(Pseudo::Method).ok_or(Malformed::Message("a request without :method"))?;
    let method = Method::from_bytes(method).map_err(|_| Malformed::Message("a :method that is no token"))?;
    let protocol = section.get(Pseudo::Protocol).map(protocol).transpose()?;
    let parts = Target::of(&section)?;
    let uri = match (&method, &protocol) {
        (&Method::CONNECT, Some(_)) => parts.of_extended_connect()?,
        (_, Some(_)) => return Err(Malformed::Message(":protocol with another method than CONNECT")),
        (&Method::CONNECT, None) => parts.of_connect()?,
        (_, None) => parts.of_any(&section.fields)?,
    };
    if protocol.is_none() {
        check_connection_specific(&section.fields)?;
    }
    let mut request = Request::new(());
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.version_mut() = Version::HTTP_3;
    *request.headers_mut() = section.fields;
    Ok((request, protocol))
}

/// Encodes a request. With an empty `protocol` it is no extended CONNECT.
pub(crate) fn encode_request(request: &Request<()>, protocol: &str) -> io::Result<Bytes> {
    let uri = request.uri();
    let is_connect = request.method() == Method::CONNECT && protocol.is_empty();
    let path = match uri.path_and_query().map(PathAndQuery::as_str) {
        None | Some("") => "/",
        Some(path) => path,
    };
    let pseudo = [
        (":method", Some(request.method().as_str())),
        (":protocol", Some(protocol).filter(|protocol| !protocol.is_empty())),
        (":scheme", uri.scheme_str().filter(|_| !is_connect)),
        (":authority", uri.authority().map(Authority::as_str)),
        (":path", Some(path).filter(|_| !is_connect)),
    ];
    let pseudo = pseudo.into_iter().filter_map(|(name, value)| Some((name, value?.as_bytes())));
    encode(pseudo, request.headers())
}

/// Reads `:protocol`. What it names is judged by the core.
fn protocol(value: &Bytes) -> Result<String, Malformed> {
    let is_legal = !value.is_empty() && value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = is_legal.then(|| String::from_utf8_lossy(value).into_owned());
    text.ok_or(Malformed::Message("a :protocol with a forbidden character"))
}

/// The parts of the target that are there.
struct Target {
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    path: Option<PathAndQuery>,
}

impl Target {
    fn of(section: &FieldSection) -> Result<Self, Malformed> {
        let scheme = section.get(Pseudo::Scheme).map(|value| Scheme::try_from(&value[..]));
        let authority = section.get(Pseudo::Authority).cloned().map(Authority::from_maybe_shared);
        if section.get(Pseudo::Scheme).is_some_and(Bytes::is_empty) {
            return Err(Malformed::Message("a malformed :scheme"));
        }
        let path = section.get(Pseudo::Path).cloned();
        if path.as_ref().is_some_and(Bytes::is_empty) {
            return Err(Malformed::Message("an empty :path"));
        }
        // The type would drop it (RFC 9114 §4.3.1).
        if path.as_ref().is_some_and(|path| path.contains(&b'#')) {
            return Err(Malformed::Message("a :path with a fragment"));
        }
        let path = path.map(PathAndQuery::from_maybe_shared);
        Ok(Self {
            scheme: scheme.transpose().map_err(|_| Malformed::Message("a malformed :scheme"))?,
            authority: authority.transpose().map_err(|_| Malformed::Message("a malformed :authority"))?,
            path: path.transpose().map_err(|_| Malformed::Message("a malformed :path"))?,
        })
    }

    /// The core names what is missing, as far as the type can show it.
    fn of_extended_connect(self) -> Result<Uri, Malformed> {
        match (&self.scheme, &self.authority, &self.path) {
            (_, _, None) => Err(Malformed::Message("an extended CONNECT without :path")),
            (_, None, Some(_)) => uri(None, None, self.path),
            (None, Some(_), Some(_)) => uri(None, self.authority, None),
            (Some(_), Some(_), Some(_)) => uri(self.scheme, self.authority, self.path),
        }
    }

    /// RFC 9114 §4.4.
    fn of_connect(self) -> Result<Uri, Malformed> {
        match (self.scheme, self.authority, self.path) {
            (None, Some(authority), None) => uri(None, Some(authority), None),
            (_, None, _) => Err(Malformed::Message("a CONNECT without :authority")),
            _ => Err(Malformed::Message("a CONNECT with :scheme or :path")),
        }
    }

    /// RFC 9114 §4.3.1.
    fn of_any(self, fields: &HeaderMap) -> Result<Uri, Malformed> {
        let (Some(scheme), Some(path)) = (self.scheme, self.path) else {
            return Err(Malformed::Message("a request without :scheme or :path"));
        };
        if !path.as_str().starts_with('/') && path.as_str() != "*" {
            return Err(Malformed::Message("a malformed :path"));
        }
        let mut hosts = fields.get_all(header::HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Err(Malformed::Message("a repeated Host"));
        }
        let authority = match (self.authority, host) {
            (None, None) => return Err(Malformed::Message("a request without :authority and Host")),
            (Some(authority), Some(host)) if !same(&authority, host.as_bytes()) => {
                return Err(Malformed::Message("a Host other than :authority"));
            }
            (Some(authority), _) => authority,
            (None, Some(host)) => {
                Authority::try_from(host.as_bytes()).map_err(|_| Malformed::Message("a malformed Host"))?
            }
        };
        if authority.as_str().contains('@') {
            return Err(Malformed::Message("an :authority with user information"));
        }
        uri(Some(scheme), Some(authority), Some(path))
    }
}

fn same(authority: &Authority, host: &[u8]) -> bool {
    authority.as_str().as_bytes().eq_ignore_ascii_case(host)
}

fn uri(
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    path: Option<PathAndQuery>,
) -> Result<Uri, Malformed> {
    let mut parts = Parts::default();
    (parts.scheme, parts.authority, parts.path_and_query) = (scheme, authority, path);
    Uri::from_parts(parts).map_err(|_| Malformed::Message("a malformed target"))
}

/// Checks that no field is specific to a connection (RFC 9114 §4.2).
fn check_connection_specific(fields: &HeaderMap) -> Result<(), Malformed> {
    const NAMES: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    let te =
        fields.get_all(header::TE).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(b"trailers"));
    if te && NAMES.iter().all(|name| !fields.contains_key(*name)) {
        Ok(())
    } else {
        Err(Malformed::Message("a field that is specific to a connection"))
    }
}
