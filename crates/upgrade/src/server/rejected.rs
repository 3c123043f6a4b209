//! Why a request that other code has parsed is not accepted, and the response that says so.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{StatusCode, Version};
use websocket_upgrade_proto as proto;

use proto::server::RequestError;

use super::refusal::Refusal;
use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;
use crate::options::checked;

/// Why a request that an HTTP server has parsed is not accepted, and the response that the server has to send.
///
/// It comes from [`respond`](crate::respond) and from the entrances for hyper, tower and axum. The response has this
/// value in its extensions, where an outer layer can find it.
#[derive(Clone, Debug)]
#[must_use = "the client waits for an answer"]
pub struct Rejected(Box<Inner>);

#[derive(Clone)]
struct Inner {
    why: Why,
    version: Version,
    info: HandshakeInfo,
    /// Field lines that are added to the answer.
    lines: Vec<u8>,
    /// Whether it has been counted; shared by the clones.
    counted: Arc<AtomicBool>,
}

#[derive(Clone, Copy, Debug)]
enum Why {
    Request(RequestError),
    /// hyper has left no upgrade in the request's extensions.
    #[cfg(feature = "hyper")]
    NotUpgradable,
}

impl Rejected {
    pub(crate) fn request(error: RequestError, version: Version, info: HandshakeInfo) -> Self {
        let rejected = Self::new(Why::Request(error), version, info);
        // A request that is no upgrade counts as refused only if it is not answered as plain HTTP.
        if !rejected.is_not_upgrade() {
            rejected.count();
        }
        rejected
    }

    #[cfg(feature = "hyper")]
    pub(crate) fn not_upgradable(version: Version, info: HandshakeInfo) -> Self {
        let rejected = Self::new(Why::NotUpgradable, version, info);
        rejected.count();
        rejected
    }

    fn new(why: Why, version: Version, info: HandshakeInfo) -> Self {
        Self(Box::new(Inner { why, version, info, lines: Vec::new(), counted: Arc::default() }))
    }

    fn count(&self) {
        let Inner { why, info, counted, .. } = &*self.0;
        if counted.swap(true, Ordering::Relaxed) {
            return;
        }
        match why {
            Why::Request(error) => event::rejected(error, info),
            #[cfg(feature = "hyper")]
            Why::NotUpgradable => {
                event::rejected_by_application(StatusCode::INTERNAL_SERVER_ERROR.as_u16(), info);
            }
        }
    }

    #[cfg(any(feature = "hyper", feature = "internals"))]
    pub(crate) fn with_lines(mut self, lines: Vec<u8>) -> Self {
        self.0.lines = lines;
        self
    }

    /// Whether the request asks for something else than WebSocket, and can be answered as plain HTTP.
    pub fn is_not_upgrade(&self) -> bool {
        self.error().is_some_and(RequestError::is_not_upgrade)
    }

    /// What is wrong with the request. `None` if it is valid, but hyper has left no upgrade in it: it does not come
    /// from hyper, or other code has already taken the upgrade from it.
    pub fn error(&self) -> Option<&RequestError> {
        match &self.0.why {
            Why::Request(error) => Some(error),
            #[cfg(feature = "hyper")]
            Why::NotUpgradable => None,
        }
    }

    /// The HTTP version of the request.
    pub fn version(&self) -> Version {
        self.0.version
    }

    /// The response's status.
    pub fn status(&self) -> StatusCode {
        self.to_http().status()
    }

    /// The response to send. Over HTTP/1.1 it has `Connection: close`, because the next bytes may be frames.
    pub fn into_http(self) -> http::Response<Bytes> {
        self.count();
        let mut response = self.to_http();
        response.extensions_mut().insert(self);
        response
    }

    fn to_http(&self) -> http::Response<Bytes> {
        let Inner { why, version, lines, .. } = &*self.0;
        match why {
            Why::Request(error) => Refusal::of_error(error, lines).to_http(*version),
            #[cfg(feature = "hyper")]
            Why::NotUpgradable => Refusal::not_upgradable(lines).to_http(*version),
        }
    }
}

/// One line with the reason.
impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rejected with status {}: ", self.status().as_u16())?;
        match &self.0.why {
            Why::Request(error) => error.fmt(f),
            #[cfg(feature = "hyper")]
            Why::NotUpgradable => f.write_str(super::refusal::NOT_UPGRADABLE.trim_end()),
        }
    }
}

impl Error for Rejected {}

/// Of the lines the names alone.
impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner")
            .field("why", &self.why)
            .field("version", &self.version)
            .field("info", &self.info)
            .field("headers", &checked(&self.lines))
            .finish_non_exhaustive()
    }
}
