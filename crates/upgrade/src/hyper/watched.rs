//! Whether the response that accepts a request is the one that is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(feature = "tower")]
use http::header::{CONNECTION, UPGRADE};
#[cfg(feature = "tower")]
use http::{HeaderValue, Request, Response, StatusCode, Version};

#[cfg(feature = "tower")]
use super::judge::judge;

/// A request whose response is looked at before it is sent: in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched(Arc<AtomicBool>);

/// A response that accepts a request, other than a 101: in the response's extensions, if it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Accepts;

impl Watched {
    /// Looks at the response that is sent.
    #[cfg(feature = "tower")]
    pub(crate) fn look<B>(&self, response: &Response<B>) {
        let accepts = response.status() == StatusCode::SWITCHING_PROTOCOLS
            || response.extensions().get::<Accepts>().is_some();
        self.0.store(!accepts, Ordering::Release);
    }

    /// Whether another response was sent than one that accepts.
    pub(crate) fn is_answered_otherwise(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Whether a request asks for the connection, to be one of WebSocket, rightly or not (RFC 9110 §7.8).
#[cfg(feature = "tower")]
pub(crate) fn asks_for_connection<B>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2
        && request.headers().contains_key(UPGRADE)
        && !matches!(judge(request), Err(error) if error.is_not_upgrade())
}

/// Closes the connection of a request that asked for it and does not get it, behind the response.
#[cfg(feature = "tower")]
pub(crate) fn close<B>(response: &mut Response<B>) {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return;
    }
    let is_close = |option: &[u8]| option.trim_ascii().eq_ignore_ascii_case(b"close");
    let closes = |value: &HeaderValue| value.as_bytes().split(|byte| *byte == b',').any(is_close);
    if !response.headers().get_all(CONNECTION).iter().any(closes) {
        response.headers_mut().append(CONNECTION, HeaderValue::from_static("close"));
    }
}
