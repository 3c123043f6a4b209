//! A request that hyper has read, as the core sees it.

use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};

use ::hyper::ext::Protocol;

/// The request as the core sees it, with `:protocol` as hyper reports it (RFC 8441 §4).
pub(crate) fn judge<B>(request: &http::Request<B>) -> Result<Request<'_>, RequestError> {
    let protocol = request.extensions().get::<Protocol>().map(Protocol::as_str);
    Request::from_http_with_protocol(request, protocol)
}
