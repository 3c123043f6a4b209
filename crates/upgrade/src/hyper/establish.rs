//! From an accepted request to its connection: hyper leaves an upgrade with the request, and completes it when the
//! response has been sent.

use http::StatusCode;

#[cfg(feature = "tower")]
use super::stream::Stream;
use super::upgrading::{Pending, Upgrading};
use super::watched::{Accepts, Watched};
use crate::observe::handshake_info::HandshakeInfo;
use crate::server::accept::Accepted;
use crate::server::rejected::Rejected;
#[cfg(feature = "tower")]
use crate::upgraded::Upgraded;
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

/// Calls the callback with the connection, in a task of its own.
#[cfg(feature = "tower")]
pub(crate) fn spawn<C, F>(upgrading: Upgrading, callback: C)
where
    C: FnOnce(Upgraded<Stream>) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    ::tokio::spawn(async move {
        // A lost connection has had its event already.
        if let Ok(upgraded) = upgrading.await {
            callback(upgraded).await;
        }
    });
}

/// What hyper leaves with a request that can be upgraded.
pub(crate) fn take_upgrade(extensions: &mut http::Extensions) -> Option<Pending> {
    let on_upgrade = extensions.remove::<OnUpgrade>()?;
    Some(Pending { on_upgrade, watched: extensions.get::<Watched>().cloned() })
}
