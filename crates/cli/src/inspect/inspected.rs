//! A handshake that has been done, as the pages show it.

use websocket_upgrade::{ConnectError, Report};

use super::recording::Attempt;
use crate::failure::Failure;

/// A handshake that has been done, and its result.
pub(super) struct Inspected<'i> {
    pub(super) url: &'i str,
    pub(super) attempts: &'i [Attempt],
    pub(super) report: &'i Report,
    pub(super) agreed: Option<Agreed>,
    pub(super) error: Option<&'i ConnectError>,
    pub(super) failure: Option<&'i Failure>,
    pub(super) show_secrets: bool,
}

impl Inspected<'_> {
    /// The subprotocols and the extensions that the last request offers.
    pub(super) fn offered(&self) -> [String; 2] {
        let request = self.attempts.last().and_then(|attempt| attempt.request.as_ref());
        let all = |name: &str| request.map(|request| request.values(name).join(", ")).unwrap_or_default();
        ["Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"].map(all)
    }
}

/// What both sides agreed on.
pub(super) struct Agreed {
    pub(super) subprotocol: Option<String>,
    pub(super) extensions: String,
    /// Bytes that came right behind the head.
    pub(super) behind: usize,
}
