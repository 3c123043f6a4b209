//! The responses that hyper sends.

use bytes::Bytes;
use http::Version;
use websocket_upgrade_proto as proto;

use proto::server::{self, Bootstrap, Request, RequestError};

use crate::observe::caller::Caller;
use crate::observe::event::{self, Acceptance};
use crate::options::checked;
use crate::server::options::ServerOptions;
use crate::server::rejection::Rejection;
use crate::settings::Settings;

/// The response that accepts a request, and what is agreed with it.
pub(crate) struct Accepted {
    pub(super) response: http::Response<Bytes>,
    pub(super) settings: Settings,
    pub(super) acceptance: Acceptance,
}

/// Accepts a request if the options allow it, with `lines` added to the answer.
#[inline]
pub(super) fn accept(
    request: &Request<'_>,
    options: &ServerOptions,
    lines: &[u8],
    caller: &Caller,
) -> Result<Accepted, RequestError> {
    options.with_core(&[options.lines(), lines].concat(), request, caller, |core| {
        let accepted = request.accept(core)?;
        let settings = Settings::from(accepted.settings());
        let acceptance = Acceptance::new(request, accepted.tolerated(), caller);
        Ok(Accepted { response: accepted.to_http().map(|()| Bytes::new()), settings, acceptance })
    })
}

/// The application's own refusal, with `lines` added.
pub(crate) fn reject(
    rejection: &Rejection,
    lines: &[u8],
    version: Version,
    caller: &Caller,
) -> http::Response<Bytes> {
    event::rejected_by_application(rejection.status(), caller);
    let lines = [rejection.lines(), lines].concat();
    // The status was checked when the rejection was made.
    let core = rejection.core().unwrap_or(server::Rejection::unavailable(1));
    rejected(core, &lines, version)
}

/// The refusal for an error.
pub(super) fn refuse(error: &RequestError, lines: &[u8], version: Version) -> http::Response<Bytes> {
    rejected(error.rejection(), lines, version)
}

/// 500 (RFC 9110 §15.6.1): the request is right, but the server has no connection to make something of.
pub(super) fn not_upgradable(lines: &[u8], version: Version) -> http::Response<Bytes> {
    let rejection = server::Rejection::new(500).unwrap_or(server::Rejection::unavailable(1));
    rejected(rejection.with_body(b"the connection of this request can't be upgraded\n"), lines, version)
}

fn rejected(rejection: server::Rejection<'_>, lines: &[u8], version: Version) -> http::Response<Bytes> {
    rejection.with_fields(checked(lines)).over(bootstrap(version)).to_http().map(Bytes::from)
}

/// How a request of this HTTP version asks for WebSocket.
fn bootstrap(version: Version) -> Bootstrap {
    if version >= Version::HTTP_2 { Bootstrap::ExtendedConnect } else { Bootstrap::Upgrade }
}
