//! Compares a request with its owned copy.

use websocket_upgrade_proto::Field;
use websocket_upgrade_proto::server::{Options, OwnedRequest, Request, RequestError};

/// Asserts that the copy says the same of itself as the request, and is answered in the same way.
pub(crate) fn assert_copied(request: &Request<'_>, options: &Options<'_, '_>) {
    let owned = OwnedRequest::new(request, &[Field { name: b"X-More", value: b"1" }]);
    let copy = owned.clone();
    let copy = copy.as_request();
    assert_eq!(said(&copy), said(request));
    assert_eq!(answered(&copy, options), answered(request, options));
    for name in [
        "origin",
        "Expect",
        "Sec-WebSocket-Protocol",
        "sec-websocket-extensions",
        "Forwarded",
        "x-forwarded-host",
        "X-Forwarded-Proto",
    ] {
        assert_eq!(copy.field(name), request.field(name), "{name}");
        assert!(copy.field_lines(name).eq(request.field_lines(name)), "{name}");
    }
    assert!(copy.field_lines("x-more").eq([b"1"]));
    assert_eq!(copy.field("Cookie"), None);
    assert_eq!(format!("{owned:?}"), format!("OwnedRequest({request:?})"));
}

fn said(request: &Request<'_>) -> impl PartialEq + std::fmt::Debug {
    let target = request.target();
    (
        (
            request.bootstrap(),
            format!("{target:?}"),
            target.path().to_owned(),
            target.query().map(str::to_owned),
        ),
        (request.authority().to_owned(), request.key(), request.origin().map(<[u8]>::to_vec)),
        request.subprotocols().map(str::to_owned).collect::<Vec<_>>(),
        request.extensions().map(|extension| extension.to_string()).collect::<Vec<_>>(),
    )
}

/// Returns the answer that accepts: its status, and its field lines.
fn answered(request: &Request<'_>, options: &Options<'_, '_>) -> Result<(u16, Vec<String>), RequestError> {
    let accepted = request.accept(options)?;
    let mut lines = Vec::new();
    accepted.for_each_field(|name, value| lines.push(format!("{name}: {}", value.escape_ascii())));
    Ok((accepted.status(), lines))
}
