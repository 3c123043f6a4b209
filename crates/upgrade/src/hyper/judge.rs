//! A request that hyper has read, as the core sees it.

use http::{Extensions, Version};
use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};

use ::hyper::ext::Protocol;

/// The request as the core sees it, with `:protocol` as hyper reports it (RFC 8441 §4).
pub(crate) fn judge<B>(request: &http::Request<B>) -> Result<Request<'_>, RequestError> {
    Request::from_http_with_protocol(request, protocol(request.version(), request.extensions()))
}

/// The `:protocol` of a request, which has none over HTTP/1.
pub(crate) fn protocol(version: Version, extensions: &Extensions) -> Option<&str> {
    let may_have_one = version >= Version::HTTP_2;
    may_have_one.then(|| extensions.get::<Protocol>()).flatten().map(Protocol::as_str)
}
