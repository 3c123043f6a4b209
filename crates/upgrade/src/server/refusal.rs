//! Refusals: each is built here, and leaves as bytes or as a response of the `http` crate.

use std::borrow::Cow;
#[cfg(driver)]
use std::time::SystemTime;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

#[cfg(driver)]
use proto::server::RequestReason;
use proto::server::{Bootstrap, Rejection as Core, RequestError};

#[cfg(feature = "tokio")]
use super::gate::TurnedAway;
#[cfg(driver)]
use super::rejection::Rejection;
#[cfg(driver)]
use crate::head::encode;
#[cfg(driver)]
use crate::observe::event;
#[cfg(driver)]
use crate::observe::handshake_info::HandshakeInfo;
use crate::options::checked;

/// The body of the refusal of a request whose connection can't be upgraded.
#[cfg(feature = "hyper")]
pub(crate) const NOT_UPGRADABLE: &str = "the connection of this request can't be upgraded\n";

/// A refusal, and the field lines that are added to it.
pub(crate) struct Refusal<'r> {
    core: Core<'r>,
    lines: Cow<'r, [u8]>,
}

impl<'r> Refusal<'r> {
    /// The refusal for an error.
    pub(crate) fn of_error(error: &RequestError, lines: &'r [u8]) -> Self {
        Self { core: error.rejection(), lines: lines.into() }
    }

    /// 500 (RFC 9110 §15.6.1): the request is valid, but its connection can't be upgraded.
    #[cfg(feature = "hyper")]
    pub(crate) fn not_upgradable(lines: &'r [u8]) -> Self {
        let core = Core::new(500).unwrap_or(Core::unavailable(1));
        Self { core: core.with_body(NOT_UPGRADABLE.as_bytes()), lines: lines.into() }
    }

    /// The response for an HTTP server to send, which adds `Date` itself.
    pub(crate) fn to_http(&self, version: http::Version) -> http::Response<Bytes> {
        let bootstrap =
            if version >= http::Version::HTTP_2 { Bootstrap::ExtendedConnect } else { Bootstrap::Upgrade };
        self.core.with_fields(checked(&self.lines)).over(bootstrap).to_http().map(Bytes::from)
    }
}

#[cfg(driver)]
impl<'r> Refusal<'r> {
    /// The application's own refusal.
    pub(crate) fn of_application(rejection: &'r Rejection, lines: &[u8]) -> Self {
        // The status was checked when the rejection was made.
        let core = rejection.core().unwrap_or(Core::unavailable(1));
        Self { core, lines: [rejection.lines(), lines].concat().into() }
    }

    /// 503 for a request that was dropped undecided, with `lines` added; 400 if it is malformed. It is counted.
    pub(crate) fn undecided(
        wrong: Option<&RequestError>,
        method: &str,
        lines: &'r [u8],
        info: &HandshakeInfo,
    ) -> Self {
        let is_malformed = |error: &&RequestError| {
            // Over HTTP/2 and 3, this is how plain HTTP shows.
            error.reason().status() == 400 && error.reason() != RequestReason::NotExtendedConnect
        };
        if let Some(error) = wrong.filter(is_malformed) {
            event::rejected(error, info);
            return Self::of_error(error, lines);
        }
        let core = Core::unavailable(1);
        event::rejected_by_application(core.status(), info);
        Self { core, lines: lines.into() }.for_method(method)
    }

    /// The answer to HEAD has no body (RFC 9110 §9.3.2).
    pub(crate) fn for_method(mut self, method: &str) -> Self {
        if method == "HEAD" {
            self.core = self.core.to_head();
        }
        self
    }

    /// The bytes for a stream, with `Date` unless it is among the lines. They are HTTP/1.1 even if the request was
    /// parsed as another version.
    pub(crate) fn encode(self) -> Vec<u8> {
        let mut lines = self.lines.into_owned();
        if !checked(&lines).iter().any(|field| field.name.eq_ignore_ascii_case(b"Date")) {
            lines.extend_from_slice(&date());
        }
        let rejection = self.core.over(Bootstrap::Upgrade).with_fields(checked(&lines));
        encode(|dst| rejection.encode_h1(dst))
    }
}

/// Gives `then` the 503 of the gate, with the reason as its body. It is counted.
#[cfg(feature = "tokio")]
pub(crate) fn turned_away<T>(
    why: TurnedAway,
    retry_after: u32,
    info: &HandshakeInfo,
    then: impl FnOnce(Refusal<'_>) -> T,
) -> T {
    event::turned_away(why.label(), why, info);
    let reason = format!("{why}\n");
    let core = Core::unavailable(retry_after).with_body(reason.as_bytes());
    then(Refusal { core, lines: Cow::default() })
}

/// The field line that an origin server with a clock must send with a 4xx (RFC 9110 §6.6.1).
#[cfg(driver)]
fn date() -> Vec<u8> {
    format!("Date: {}\r\n", now()).into_bytes()
}

/// The value of `Date` (RFC 9110 §5.6.7).
#[cfg(driver)]
pub fn now() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
