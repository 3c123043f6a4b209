//! What is counted of a server's handshakes, for whatever recorder the process has installed (the crate `metrics`).
//!
//! | name | kind | labels |
//! |---|---|---|
//! | [`HANDSHAKES`] | counter | `result`, `reason`, `http_version`, `subprotocol` |
//! | [`SECONDS`] | histogram: from the first byte to the answer, refusals too | `result`, `http_version` |
//!
//! - `result`: `accepted`, once the answer is sent; `rejected`; `broken`, where there was nobody to answer, or nobody
//!   who took the answer that accepts.
//! - `reason`: one word of a fixed set, such as `origin_not_allowed`; `application` where the application rejects,
//!   answers otherwise, or gives the connection up; empty where it was accepted.
//! - `http_version`: `1.1`, `2`, `3`.
//! - `subprotocol`: the one in use, and so one of those that the options have; empty without one.
//!
//! Nothing that a client has sent is a label, so that it can't make their number grow. Where an HTTP server has read
//! the request, time counts from the call. A client that is refused before it has sent anything is counted without a
//! time; one that closes before it has sent anything is none.

use ::metrics::{Unit, describe_counter, describe_histogram};

/// The counter of handshakes.
pub const HANDSHAKES: &str = "websocket_upgrade_handshakes_total";

/// The histogram of the seconds from the first byte to the answer.
pub const SECONDS: &str = "websocket_upgrade_handshake_seconds";

/// Tells the recorder what the names mean. Call it once, when it is installed.
pub fn describe() {
    describe_counter!(HANDSHAKES, Unit::Count, "Opening handshakes that have ended, by result and reason");
    describe_histogram!(SECONDS, Unit::Seconds, "Time from a handshake's first byte to its answer");
}
