//! The server's part: decisions about requests that the HTTP server has read, and what they are made with.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::proto::Limits;
use crate::{ServerOptions, Settings, Upgraded};

/// The absolute deadline of a handshake.
pub use crate::drive::deadline::{Deadline, DeadlinePassed};
/// The end of a handshake that is not an answer, and of one that is accepted.
pub use crate::observe::event::{Acceptance, broken};
/// What events and trusted proxies need to know of a handshake.
pub use crate::observe::handshake_info::HandshakeInfo;
/// The accessors that every request waiting for a decision has.
pub use crate::request_accessors;
/// The decisions on a request that the HTTP server has read.
pub use crate::server::accept::Accepted;
pub use crate::server::parsed::{ParsedRequest, refuse, turn_away};
/// The value of `Date`.
pub use crate::server::refusal::now;
/// The provider of cryptography for rustls.
pub use crate::tls::provider::provider;
/// How the deadline begins.
pub use crate::tokio::runtime::deadline;
/// The sleep of the deadline.
pub use crate::tokio::sleep::Sleep;

/// The time of a server's handshake.
pub fn time(options: &ServerOptions) -> Duration {
    options.time()
}

/// The limits of a request.
pub fn limits(options: &ServerOptions) -> &Limits {
    options.bounds()
}

/// What is known of a handshake over HTTP/3.
pub fn info(options: &ServerOptions, peer: IpAddr) -> HandshakeInfo {
    HandshakeInfo::of_version(http::Version::HTTP_3, options.peer_address().or(Some(peer)))
}

/// A server's established connection.
pub fn established<S, H>(stream: S, settings: Settings, head: H) -> Upgraded<S, H> {
    Upgraded::on_server(stream, Bytes::new(), settings, head)
}
