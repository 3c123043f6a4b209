//! A request of HTTP/2 as an HTTP server passes it on.

use http::{Request, Uri};
use vectors::ConnectCase;

/// Builds the case as a type of the `http` crate, which has no room for `:protocol`. `None` if that crate can't
/// express it.
pub(crate) fn extended_connect(case: &ConnectCase) -> Option<Request<()>> {
    let mut uri = Uri::builder();
    if let Some(scheme) = &case.pseudo.scheme {
        uri = uri.scheme(scheme.as_str());
    }
    if let Some(authority) = &case.pseudo.authority {
        uri = uri.authority(authority.as_str());
    }
    if let Some(path) = &case.pseudo.path {
        uri = uri.path_and_query(path.as_str());
    }
    let request = Request::builder().method(case.pseudo.method.as_str()).version(http::Version::HTTP_2);
    let request = request.uri(uri.build().ok()?);
    let request = case.fields.iter().fold(request, |request, (name, value)| request.header(name, &value[..]));
    request.body(()).ok()
}
