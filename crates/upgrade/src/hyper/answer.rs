//! The responses that hyper sends.

use bytes::Bytes;
use http::Version;
use websocket_upgrade_proto as proto;

use proto::server::{Request, RequestError};

use crate::observe::event::{self, Acceptance};
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::options::ServerOptions;
use crate::server::refusal::Refusal;
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
    info: &HandshakeInfo,
) -> Result<Accepted, RequestError> {
    options.with_core(lines, request, info, |core| {
        let accepted = request.accept(core)?;
        let settings = Settings::from(accepted.settings());
        let acceptance = Acceptance::new(request, accepted.tolerated(), info);
        Ok(Accepted { response: accepted.to_http().map(|()| Bytes::new()), settings, acceptance })
    })
}

/// The application's own refusal, with `lines` added.
pub(crate) fn reject(
    rejection: &Rejection,
    lines: &[u8],
    version: Version,
    info: &HandshakeInfo,
) -> http::Response<Bytes> {
    event::rejected_by_application(rejection.status(), info);
    Refusal::of_application(rejection, lines).to_http(version)
}
