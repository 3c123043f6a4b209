//! The orderly end of a connection (RFC 9114 §5.2).

use std::sync::Arc;

use tokio::sync::watch;

/// Ends a connection in an orderly way. Clones end the same connection; the connection does not wait for them.
///
/// See [`Connection::drain`](crate::Connection::drain).
#[derive(Clone, Debug)]
pub struct Drain(Arc<watch::Sender<bool>>);

impl Drain {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Lets no further request begin: see [`Connection::drain`](crate::Connection::drain).
    pub fn drain(&self) {
        self.0.send_replace(true);
    }

    /// Whether the connection is being drained, by this call or by one of its clones.
    pub fn is_draining(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends once the connection is to be drained.
    pub(super) async fn begun(self) {
        let mut state = self.0.subscribe();
        // It does not fail, since `self` keeps the sender.
        let _ = state.wait_for(|draining| *draining).await;
    }
}
