//! Accepts a valid request: the decision, and what is agreed with it. Each entrance writes the answer in its own form.

use websocket_upgrade_proto as proto;

use proto::server::{self, Request, RequestError};

use super::options::ServerOptions;
use crate::observe::event::Acceptance;
use crate::observe::handshake_info::HandshakeInfo;
use crate::settings::Settings;

/// An accepted request: the answer to send, and what both sides agreed on.
#[derive(Debug)]
pub struct Accepted<A> {
    /// The answer to send.
    pub answer: A,
    /// What both sides agreed on.
    pub settings: Settings,
    /// Counts the handshake once its result is known.
    pub acceptance: Acceptance,
}

/// Checks everything for which [`accept`] refuses a request.
pub(super) fn check(
    request: &Request<'_>,
    options: &ServerOptions,
    info: &HandshakeInfo,
) -> Result<(), RequestError> {
    options.with_core(b"", request, info, |core| request.check(core))
}

/// Accepts a request if the options allow it. `lines` are added to the answer, which `write` makes.
#[inline]
pub(super) fn accept<A>(
    request: &Request<'_>,
    options: &ServerOptions,
    lines: &[u8],
    info: &HandshakeInfo,
    write: impl FnOnce(&server::Accepted<'_, '_>) -> A,
) -> Result<Accepted<A>, RequestError> {
    options.with_core(lines, request, info, |core| {
        // It is large, so it stays where it is.
        let accepted = &request.accept(core);
        let accepted = accepted.as_ref().map_err(|error| *error)?;
        let settings = Settings::from(accepted.settings());
        let acceptance = Acceptance::new(request, accepted.tolerated(), info);
        Ok(Accepted { answer: write(accepted), settings, acceptance })
    })
}
