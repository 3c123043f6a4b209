//! A valid request that is not decided yet.

use crate::observe::event;
use crate::observe::handshake_info::HandshakeInfo;

/// A valid request that is not decided yet. If it is dropped undecided, it counts as rejected by the application: the
/// handler has returned another response, has panicked, or was dropped.
#[derive(Debug)]
pub(crate) struct Open {
    info: HandshakeInfo,
    /// Whether another response closes the connection, as far as is known here.
    closes: bool,
    decided: bool,
}

impl Open {
    pub(crate) fn new(info: HandshakeInfo, closes: bool) -> Self {
        Self { info, closes, decided: false }
    }

    /// What is known of it besides the request.
    #[cfg(feature = "axum")]
    pub(crate) fn info(&self) -> HandshakeInfo {
        self.info
    }

    /// Marks it as decided. The result is counted elsewhere.
    pub(crate) fn decide(&mut self) -> HandshakeInfo {
        self.decided = true;
        self.info
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.decided {
            event::answered_otherwise(&self.info, self.closes);
        }
    }
}
