//! Entrances as types of the `http` crate.

use http::{HeaderMap, Version};

use crate::error::Error;
use crate::field::{Field, Fields};
use crate::server::{Entrance, Request, RequestError, RequestReason, Target};

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
    /// Validates an HTTP/1.1 request that an HTTP server has parsed (RFC 6455 §4.2.1).
    ///
    /// # Errors
    ///
    /// What is wrong, as [`server::read`](crate::server::read) says it, and any other HTTP version.
    pub fn from_http<B>(request: &'a http::Request<B>) -> Result<Self, RequestError> {
        let minor_version = match request.version() {
            Version::HTTP_10 => 0,
            Version::HTTP_11 => 1,
            _ => return Err(Error::new(RequestReason::NotUpgrade)),
        };
        let uri = request.uri();
        let path_and_query = uri.path_and_query().map_or("", |path_and_query| path_and_query.as_str());
        let target = match (uri.scheme_str(), uri.authority()) {
            (Some(scheme), Some(authority)) => {
                Target::Absolute { scheme, authority: authority.as_str(), path_and_query }
            }
            (None, Some(authority)) => Target::Other(authority.as_str()),
            _ if path_and_query.starts_with('/') => Target::Origin { path_and_query },
            _ => Target::Other(path_and_query),
        };
        let entrance = Entrance { method: request.method().as_str(), target, minor_version };
        Self::from_fields(&entrance, request.headers())
    }
}
