//! Entrances and answers as types of the `http` crate.

use std::vec::Vec;

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, Version, header};

use crate::error::Error;
use crate::field::{Field, Fields};
use crate::server::{Accepted, Entrance, Rejection, Request, RequestError, RequestReason, Target};

impl Fields for HeaderMap {
    fn visit<'a>(&'a self, visit: &mut dyn FnMut(Field<'a>)) {
        for (name, value) in self {
            visit(Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        }
    }

    fn line<'a>(&'a self, name: &str, cursor: &mut usize) -> Option<&'a [u8]> {
        // From the first one every time: who fills a map bounds its lines (hyper: 100 fields in all).
        let value = self.get_all(name).iter().nth(*cursor)?;
        *cursor += 1;
        Some(value.as_bytes())
    }
}

impl<'a> Request<'a> {
    /// Validates a request that an HTTP server has parsed (RFC 6455 §4.2.1).
    ///
    /// Of HTTP/2 and 3 it takes none for a handshake: a type for requests has no place for `:protocol`, see
    /// [`Request::from_http_with_protocol`].
    ///
    /// # Errors
    ///
    /// What is wrong, as [`server::read`](crate::server::read) says it.
    pub fn from_http<B>(request: &'a http::Request<B>) -> Result<Self, RequestError> {
        Self::from_http_with_protocol(request, None)
    }

    /// As [`Request::from_http`], with `:protocol` as the HTTP server reports it (RFC 8441 §4); it has no meaning in
    /// HTTP/1.
    ///
    /// # Errors
    ///
    /// What is wrong, as [`server::read`](crate::server::read) says it.
    pub fn from_http_with_protocol<B>(
        request: &'a http::Request<B>,
        protocol: Option<&'a str>,
    ) -> Result<Self, RequestError> {
        let method = request.method().as_str();
        let entrance = match request.version() {
            Version::HTTP_2 | Version::HTTP_3 => extended_connect(method, request.uri(), protocol),
            Version::HTTP_11 => upgrade(method, request.uri(), 1),
            Version::HTTP_10 => upgrade(method, request.uri(), 0),
            _ => return Err(Error::new(RequestReason::NotUpgrade)),
        };
        Self::from_fields(&entrance, request.headers())
    }
}

fn upgrade<'a>(method: &'a str, uri: &'a Uri, minor_version: u8) -> Entrance<'a> {
    let path_and_query = uri.path_and_query().map_or("", |path_and_query| path_and_query.as_str());
    let target = match (uri.scheme_str(), uri.authority()) {
        (Some(scheme), Some(authority)) => {
            Target::Absolute { scheme, authority: authority.as_str(), path_and_query }
        }
        (None, Some(authority)) => Target::Other(authority.as_str()),
        _ if path_and_query.starts_with('/') => Target::Origin { path_and_query },
        _ => Target::Other(path_and_query),
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

impl Accepted<'_> {
    /// The answer, to be given to the HTTP server that the request came from.
    pub fn to_http(&self) -> http::Response<()> {
        let mut response = http::Response::new(());
        *response.status_mut() = status(self.status());
        self.for_each_field(|name, value| append(response.headers_mut(), name, value));
        response
    }
}

impl Rejection<'_> {
    /// The answer, to be given to the HTTP server that the request came from. How that one closes is its own affair.
    pub fn to_http(&self) -> http::Response<Vec<u8>> {
        let mut response = http::Response::new(self.body());
        *response.status_mut() = status(self.status());
        self.for_each_field(|name, value| append(response.headers_mut(), name, value));
        response
    }
}

/// Every status of an answer is one of the `http` crate.
fn status(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A legal field is one of the `http` crate, unless its name has 64 KiB or the map is full: then it is left out.
fn append(map: &mut HeaderMap, name: &str, value: &[u8]) {
    // What nearly every answer has needs neither a look-up nor memory of its own.
    let name = match name {
        "Upgrade" => Ok(header::UPGRADE),
        "Connection" => Ok(header::CONNECTION),
        "Sec-WebSocket-Accept" => Ok(header::SEC_WEBSOCKET_ACCEPT),
        "Sec-WebSocket-Protocol" => Ok(header::SEC_WEBSOCKET_PROTOCOL),
        "Sec-WebSocket-Extensions" => Ok(header::SEC_WEBSOCKET_EXTENSIONS),
        _ => HeaderName::from_bytes(name.as_bytes()),
    };
    let value = match value {
        b"websocket" => Ok(HeaderValue::from_static("websocket")),
        b"Upgrade" => Ok(HeaderValue::from_static("Upgrade")),
        b"close" => Ok(HeaderValue::from_static("close")),
        b"13" => Ok(HeaderValue::from_static("13")),
        b"text/plain; charset=utf-8" => Ok(HeaderValue::from_static("text/plain; charset=utf-8")),
        _ => HeaderValue::from_bytes(value),
    };
    if let (Ok(name), Ok(value)) = (name, value) {
        let _full = map.try_append(name, value);
    }
}
