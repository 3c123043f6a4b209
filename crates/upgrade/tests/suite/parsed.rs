//! A request of HTTP/1.1 as an HTTP server passes it on.

use websocket_upgrade::proto::Limits;
use websocket_upgrade::proto::head::{Scan, read_request};

/// Parses a request, and returns how long its head is. Fails if the `http` crate can't express it.
pub(crate) fn parsed(bytes: &[u8]) -> Result<(http::Request<()>, usize), String> {
    let head = read_request(bytes, &mut Scan::default(), &Limits::new());
    let head = head.map_err(|error| error.to_string())?.ok_or("an unfinished head without `layer`")?;
    let version = if head.minor_version() == 0 { http::Version::HTTP_10 } else { http::Version::HTTP_11 };
    let request = http::Request::builder().method(head.method()).uri(head.target()).version(version);
    let request =
        head.fields().iter().fold(request, |request, field| request.header(field.name, field.value));
    Ok((request.body(()).map_err(|error| error.to_string())?, head.head_len()))
}
