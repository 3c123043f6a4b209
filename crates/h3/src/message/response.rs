//! Responses: fields to an `http::Response` and back (RFC 9114 §4.3.2).

use std::io;

use bytes::Bytes;
use http::{Response, StatusCode, Version};
use websocket_upgrade_proto::Limits;

use super::field_section::{FieldSection, Pseudo, encode};
use super::malformed::Malformed;

/// Decodes a response, interim or final. Its fields and the meaning of its status are left to the core.
pub(crate) fn decode(encoded: Bytes, limits: &Limits) -> Result<Response<()>, Malformed> {
    let section = FieldSection::decode(encoded, limits)?;
    let status = match &section.pseudo[..] {
        [(Pseudo::Status, status)] => status,
        [] => return Err(Malformed::Message("a response without :status")),
        _ => return Err(Malformed::Message("a response with a request's pseudo-header field")),
    };
    let status = StatusCode::from_bytes(status);
    let mut response = Response::new(());
    *response.status_mut() = status.map_err(|_| Malformed::Message("a malformed :status"))?;
    *response.version_mut() = Version::HTTP_3;
    *response.headers_mut() = section.fields;
    Ok(response)
}

/// Encodes a response.
pub(crate) fn encode_response(response: &Response<()>) -> io::Result<Bytes> {
    let status = response.status();
    encode([(":status", status.as_str().as_bytes())].into_iter(), response.headers())
}
