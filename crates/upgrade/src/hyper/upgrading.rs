//! The connection that comes of an accepted request, once hyper has sent the answer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use super::Stream;
use crate::event;
use crate::settings::Settings;
use crate::upgraded::Upgraded;
use ::hyper::upgrade::OnUpgrade;

/// A future of the upgraded connection, with the settings that both sides agreed on.
///
/// It is ready when hyper has sent the answer, and fails if the connection breaks before: so await it in a task of its
/// own, not before the response is returned. [`Upgraded::read_buf`] is empty: bytes that hyper has read behind the head
/// come out of the stream first.
#[must_use = "the connection comes of it"]
pub struct Upgrading {
    on_upgrade: OnUpgrade,
    settings: Settings,
}

impl Upgrading {
    pub(super) fn new(on_upgrade: OnUpgrade, settings: Settings) -> Self {
        Self { on_upgrade, settings }
    }

    /// What both sides agreed on.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl Future for Upgrading {
    type Output = Result<Upgraded<Stream>, ::hyper::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(Pin::new(&mut self.on_upgrade).poll(context)) {
            Ok(upgraded) => Poll::Ready(Ok(Upgraded {
                io: Stream::new(upgraded),
                read_buf: Bytes::new(),
                settings: std::mem::take(&mut self.settings),
                head: (),
                interim: Vec::new(),
            })),
            Err(error) => {
                event::lost(&error);
                Poll::Ready(Err(error))
            }
        }
    }
}

impl fmt::Debug for Upgrading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrading").field("settings", &self.settings).finish_non_exhaustive()
    }
}
