//! What the extractor keeps of a valid request.

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName};
use websocket_upgrade_proto as proto;

use proto::Field;
use proto::server::{OwnedRequest, Request};

/// The lines in which a trusted proxy is believed. Whether the peer is one is decided later, by the options.
static FORWARDING: [HeaderName; 3] =
    [FORWARDED, HeaderName::from_static("x-forwarded-host"), HeaderName::from_static("x-forwarded-proto")];

/// Copies what the decision depends on from a valid request with these fields.
pub(super) fn owned(request: &Request<'_>, headers: &HeaderMap) -> OwnedRequest {
    let mut lines = Vec::new();
    // Most requests have no name of this length with this beginning, so the three need not be looked up.
    let may_be_forwarding = |name: &HeaderName| {
        let name = name.as_str().as_bytes();
        matches!(name, [b'f' | b'x', ..]) && matches!(name.len(), 9 | 16 | 17)
    };
    let names = if headers.keys().any(may_be_forwarding) { &FORWARDING[..] } else { &[] };
    for name in names {
        for value in headers.get_all(name) {
            lines.push(Field { name: name.as_str().as_bytes(), value: value.as_bytes() });
        }
    }
    OwnedRequest::new(request, &lines)
}
