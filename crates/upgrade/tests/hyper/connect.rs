//! The extended CONNECT of RFC 8441.

use http::Request;

/// Makes an extended CONNECT with these fields.
pub(crate) fn connect(uri: &str, fields: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method("CONNECT").version(http::Version::HTTP_2).uri(uri);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let mut request = request.body(()).expect("a legal request");
    request.extensions_mut().insert(h2::ext::Protocol::from_static("websocket"));
    request
}
