//! From an accepted request to its connection: hyper leaves an upgrade with the request, and completes it when the
//! response has been sent.

use http::StatusCode;

use super::upgrading::{Pending, Upgrading};
use super::watched::{Accepts, Watched};
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::accept::Accepted;
use crate::server::rejected::Rejected;
use ::hyper::upgrade::OnUpgrade;

/// The response and the future connection of an accepted request, if hyper has left an upgrade with the request. The
/// response has the default body, which must be empty.
#[inline]
pub(crate) fn establish<B: Default>(
    accepted: Accepted<http::Response<()>>,
    pending: Option<Pending>,
    version: http::Version,
    info: HandshakeInfo,
) -> Result<(http::Response<B>, Upgrading), Rejected> {
    match pending {
        Some(pending) => {
            let Accepted { answer, settings, acceptance } = accepted;
            let mut response = answer.map(|()| B::default());
            if pending.watched.is_some() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
                response.extensions_mut().insert(Accepts);
            }
            Ok((response, Upgrading::new(pending, settings, acceptance)))
        }
        None => Err(Rejected::not_upgradable(version, info)),
    }
}

/// What hyper leaves with a request that can be upgraded.
pub(crate) fn take_upgrade(extensions: &mut http::Extensions) -> Option<Pending> {
    let on_upgrade = extensions.remove::<OnUpgrade>()?;
    Some(Pending { on_upgrade, watched: extensions.get::<Watched>().cloned() })
}
