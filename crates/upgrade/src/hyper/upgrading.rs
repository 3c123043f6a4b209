//! The connection that comes of an accepted request, once hyper has sent the answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::stream::Stream;
use super::watched::Watched;
use crate::observe::event::Acceptance;
use crate::settings::Settings;
use crate::upgraded::Upgraded;
use ::hyper::upgrade::OnUpgrade;

/// What hyper leaves with a request that can be upgraded.
pub(crate) struct Pending {
    pub(super) on_upgrade: OnUpgrade,
    pub(super) watched: Option<Watched>,
}

impl Pending {
    /// Whether the connection of a request of this version ends with any response that does not accept it.
    #[cfg(feature = "axum")]
    pub(crate) fn closes(&self, version: http::Version) -> bool {
        version >= http::Version::HTTP_2 || self.watched.is_some()
    }

    /// Gives it back to a request that someone else will answer.
    #[cfg(feature = "tower")]
    pub(crate) fn give_back(self, extensions: &mut http::Extensions) {
        extensions.insert(self.on_upgrade);
    }
}

/// A future of the upgraded connection, with the settings that both sides agreed on.
///
/// It is ready when hyper has sent the answer, and fails if the connection breaks before that. Await it in its own
/// task: the response must be returned first. [`Upgraded::read_buf`] is empty, because the stream first yields the
/// bytes that hyper has read behind the head.
///
/// The handshake is counted as accepted when this is ready. If this is dropped earlier, the connection is closed, and
/// the handshake counts as rejected by the application.
#[must_use = "the connection comes of it"]
pub struct Upgrading {
    pending: Pending,
    settings: Settings,
    /// Until it is known what came of it.
    acceptance: Option<Acceptance>,
}

impl Upgrading {
    pub(super) fn new(pending: Pending, settings: Settings, acceptance: Acceptance) -> Self {
        Self { pending, settings, acceptance: Some(acceptance) }
    }

    /// What both sides agreed on.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether another response was sent. The connection from hyper is then not an accepted one.
    fn is_answered_otherwise(&self) -> bool {
        self.pending.watched.as_ref().is_some_and(Watched::is_answered_otherwise)
    }
}

impl Future for Upgrading {
    type Output = Result<Upgraded<Stream>, ::hyper::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut upgraded = ready!(Pin::new(&mut self.pending.on_upgrade).poll(context));
        if self.is_answered_otherwise() {
            // hyper's own error for a message that has no upgrade.
            let mut none = ::hyper::upgrade::on(http::Response::new(()));
            upgraded = ready!(Pin::new(&mut none).poll(context));
        } else if let Some(acceptance) = self.acceptance.take() {
            match &upgraded {
                Ok(_) => acceptance.sent(&self.settings),
                Err(error) => acceptance.lost(error),
            }
        }
        let settings = std::mem::take(&mut self.settings);
        Poll::Ready(
            upgraded.map(|upgraded| Upgraded::on_server(Stream::new(upgraded), Bytes::new(), settings, ())),
        )
    }
}

impl Drop for Upgrading {
    fn drop(&mut self) {
        if let Some(acceptance) = &self.acceptance {
            acceptance.given_up();
        }
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").field("settings", &self.settings).finish_non_exhaustive()
    }
}
