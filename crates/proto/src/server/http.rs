//! Requests and answers as types of the `http` crate.

use std::vec::Vec;

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};

use super::accepted::Accepted;
use super::bootstrap::Bootstrap;
use super::entrance::Entrance;
use super::error::RequestError;
use super::judge::check_target_syntax;
use super::reason::{Fault, RequestReason};
use super::rejection::Rejection;
use super::request::Request;
use super::target::Target;
use crate::error::Error;
use crate::head::{Syntax, check_padding};
use crate::limits::Limits;
use crate::rules::trim;

impl<'a> Request<'a> {
    /// Validates a request that an HTTP server has parsed (RFC 6455 §4.2.1).
    ///
    /// A request over HTTP/2 and 3 is never a handshake here, because the type of requests can't hold `:protocol`. Use
    /// [`Request::from_http_with_protocol`] for those.
    ///
    /// # Errors
    ///
    /// Those of [`server::read`](crate::server::read).
    pub fn from_http<B>(request: &'a http::Request<B>) -> Result<Self, RequestError> {
        Self::from_http_with_protocol(request, None)
    }

    /// As [`Request::from_http`], with the `:protocol` that the HTTP server reports (RFC 8441 §4). It has no meaning
    /// in HTTP/1.
    ///
    /// # Errors
    ///
    /// Those of [`server::read`](crate::server::read).
    pub fn from_http_with_protocol<B>(
        request: &'a http::Request<B>,
        protocol: Option<&'a str>,
    ) -> Result<Self, RequestError> {
        let (uri, version) = (request.uri(), request.version());
        Self::from_http_parts(request.method(), uri, version, protocol, request.headers())
    }

    /// Checks the size of a request that an HTTP server has read without these limits. The head's length is counted as
    /// the bytes that its lines would have in HTTP/1.1.
    ///
    /// # Errors
    ///
    /// That of the first limit that is exceeded: `target`, `head`, `fields`.
    pub fn check_size<B>(request: &http::Request<B>, limits: &Limits) -> Result<(), RequestError> {
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        let lines = request.headers().iter();
        let bytes = lines.fold(request.method().as_str().len() + target, |bytes, (name, value)| {
            bytes.saturating_add(name.as_str().len() + value.len() + b": \r\n".len())
        });
        let too_large = |syntax, limit| {
            let fault: Fault = Error::new(RequestReason::Syntax(syntax)).with_limit(limit);
            Err(RequestError::from(fault).to_head(request.method() == Method::HEAD))
        };
        if target > limits.target {
            too_large(Syntax::TargetTooLong, limits.target)
        } else if bytes > limits.head {
            too_large(Syntax::HeadTooLarge, limits.head)
        } else if request.headers().len() > limits.fields {
            too_large(Syntax::TooManyFields, limits.fields)
        } else {
            Ok(())
        }
    }

    /// As [`Request::from_http_with_protocol`], for the parts of a request.
    ///
    /// # Errors
    ///
    /// Those of [`server::read`](crate::server::read).
    #[inline]
    pub fn from_http_parts(
        method: &'a Method,
        uri: &'a Uri,
        version: Version,
        protocol: Option<&'a str>,
        fields: &'a HeaderMap,
    ) -> Result<Self, RequestError> {
        let method = method.as_str();
        let entrance = match version {
            Version::HTTP_2 | Version::HTTP_3 => extended_connect(method, uri, protocol),
            Version::HTTP_11 => upgrade(method, uri, 1),
            Version::HTTP_10 => upgrade(method, uri, 0),
            _ => return Err(RequestError::new(RequestReason::NotUpgrade)),
        };
        // The types of the `http` crate can't hold broken syntax, save in a target, and white space around a value.
        Self::from_collected(&entrance, fields, |lines| {
            match entrance {
                Entrance::Upgrade { target, .. } => check_target_syntax(target)?,
                Entrance::ExtendedConnect { .. } => check_paddings(fields)?,
            }
            for (name, value) in fields {
                lines.push_with(name.as_str().as_bytes(), || trim(value.as_bytes()));
            }
            Ok(())
        })
    }
}

/// Checks that there is no white space around any value.
fn check_paddings(fields: &HeaderMap) -> Result<(), Fault> {
    fields.iter().try_for_each(|(name, value)| {
        let checked = check_padding(name.as_str().as_bytes(), value.as_bytes());
        checked.map_err(|error| error.map_reason(RequestReason::Syntax))
    })
}

fn upgrade<'a>(method: &'a str, uri: &'a Uri, minor_version: u8) -> Entrance<'a> {
    let path_and_query = uri.path_and_query().map_or("", |path_and_query| path_and_query.as_str());
    let target = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            Target::Absolute { scheme, authority: authority.as_str(), path_and_query }
        }
        (None, Some(authority)) => Target::Other(authority.as_str()),
        // The validation checks later that it begins with a slash.
        _ => Target::Origin { path_and_query },
    };
    Entrance::Upgrade { method, target, minor_version }
}

fn extended_connect<'a>(method: &'a str, uri: &'a Uri, protocol: Option<&'a str>) -> Entrance<'a> {
    Entrance::ExtendedConnect {
        method,
        protocol,
        scheme: uri.scheme_str(),
        authority: uri.authority().map(Authority::as_str),
        path: uri.path_and_query().map(PathAndQuery::as_str),
    }
}

impl Accepted<'_, '_> {
    /// Returns the answer for the HTTP server that has read the request.
    #[inline]
    pub fn to_http(&self) -> http::Response<()> {
        const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
        const CONNECTION_UPGRADE: HeaderValue = HeaderValue::from_static("Upgrade");
        let mut response = http::Response::new(());
        // These are the fields of `for_each_field`, without looking up their names.
        let fields = response.headers_mut();
        if self.bootstrap() == Bootstrap::Upgrade {
            fields.insert(header::UPGRADE, WEBSOCKET);
            fields.insert(header::CONNECTION, CONNECTION_UPGRADE);
        }
        let mut insert = |name, value: &[u8]| {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                fields.insert(name, value);
            }
        };
        if let Some(accept_value) = self.accept_value() {
            insert(header::SEC_WEBSOCKET_ACCEPT, accept_value.as_bytes());
        }
        if let Some(subprotocol) = self.settings().subprotocol() {
            insert(header::SEC_WEBSOCKET_PROTOCOL, subprotocol.as_bytes());
        }
        let extensions = self.settings().extensions();
        if !extensions.is_empty() {
            insert(header::SEC_WEBSOCKET_EXTENSIONS, extensions.as_str().as_bytes());
        }
        self.for_each_added(|name, value| append(fields, name.as_bytes(), value));
        *response.status_mut() = status(self.status());
        response
    }
}

impl Rejection<'_> {
    /// Returns the answer for the HTTP server that has read the request. Closing the connection is up to that server.
    pub fn to_http(&self) -> http::Response<Vec<u8>> {
        let mut response = http::Response::new(self.body());
        *response.status_mut() = status(self.status());
        self.for_each_field(|name, value| append(response.headers_mut(), name.as_bytes(), value));
        response
    }
}

/// Converts a status. Every status of an answer is legal in the `http` crate.
fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Adds a field. It is left out if its name has 64 KiB or the map is full; every other legal field fits.
fn append(map: &mut HeaderMap, name: &[u8], value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        let _full = map.try_append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString as _};

    use super::*;
    use crate::field::ExtraFields;
    use crate::permessage_deflate::{Codec, PermessageDeflate};
    use crate::server::Options;
    use crate::subprotocol::Subprotocols;

    /// The size of a request, and the text of the error with the limits of the first column, if it exceeds one.
    #[test]
    fn the_size_of_a_request_that_was_read_without_limits_is_checked() {
        let request =
            http::Request::get("https://a.example/0123456789?q").header("x-a", "12").header("x-b", "34");
        let request = request.body(()).expect("legal");
        let limits = |target, head, fields| {
            let mut limits = Limits::new();
            (limits.target, limits.head, limits.fields) = (target, head, fields);
            limits
        };
        for (limits, expected) in [
            (limits(13, 34, 2), None),
            (limits(12, 34, 2), Some((414, "request target: more bytes than the limit `target` of 12"))),
            (limits(13, 33, 2), Some((431, "head: more bytes than the limit `head` of 33"))),
            (limits(13, 34, 1), Some((431, "head: more field lines than the limit `fields` of 1"))),
        ] {
            let error = Request::check_size(&request, &limits).err();
            let error = error.map(|error| (error.reason().status(), error.to_string()));
            assert_eq!(error, expected.map(|(status, text)| (status, text.to_string())));
        }
    }

    #[test]
    fn an_answer_has_the_same_fields_in_either_form() {
        const DEFLATE: PermessageDeflate = PermessageDeflate::new(Codec::ZLIB);
        let upgrade = http::Request::get("/")
            .header("Host", "server.example.com")
            .header("Upgrade", "websocket")
            .header("Connection", "Upgrade")
            .header("Sec-WebSocket-Version", "13");
        let connect = http::Request::connect("https://server.example.com/")
            .version(Version::HTTP_2)
            .header("Sec-WebSocket-Version", "13");
        let mut options = Options::new();
        options.subprotocols = Subprotocols::parse("chat").expect("legal");
        options.extensions = &[&DEFLATE];
        options.fields = ExtraFields::from_lines(b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n").expect("legal");
        for (request, protocol) in [(upgrade, None), (connect, Some("websocket"))] {
            let request = request
                .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
                .header("Sec-WebSocket-Protocol", "chat")
                .header("Sec-WebSocket-Extensions", "permessage-deflate")
                .body(())
                .expect("legal");
            let request = Request::from_http_with_protocol(&request, protocol).expect("valid");
            let accepted = request.accept(&options).expect("allowed");
            let mut fields = Vec::new();
            accepted.for_each_field(|name, value| fields.push((name.to_ascii_lowercase(), value.to_vec())));
            let response = accepted.to_http();
            let mut http = Vec::new();
            for (name, value) in response.headers() {
                http.push((String::from(name.as_str()), value.as_bytes().to_vec()));
            }
            assert_eq!(http, fields);
            assert_eq!(response.status().as_u16(), accepted.status());
        }
    }
}
