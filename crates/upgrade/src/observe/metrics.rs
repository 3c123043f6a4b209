//! Metrics of a server's handshakes, for the recorder that the process has installed (the crate `metrics`).
//!
//! | name | kind | labels |
//! |---|---|---|
//! | [`HANDSHAKES`] | counter | `result`, `reason`, `http_version`, `subprotocol` |
//! | [`SECONDS`] | histogram: from the first byte to the answer, refusals too | `result`, `http_version` |
//!
//! - `result`: `accepted` once the answer is sent; `rejected`; or `broken` if the connection broke before a request
//!   was read or before the answer that accepts was sent.
//! - `reason`: one word of a fixed set, such as `origin_not_allowed`. It is `application` if the application rejects,
//!   returns another response or drops the connection, and empty for `accepted`.
//! - `http_version`: `1.1`, `2` or `3`.
//! - `subprotocol`: the subprotocol in use, which is one of the options; empty if there is none.
//!
//! No label has text of a client, so a client can't increase the number of labels. If an HTTP server has read the
//! request, the time starts with the call of the library. A client that is refused before it has sent anything is
//! counted without a time. A client that closes before it has sent anything is not counted.

use ::metrics::{Unit, describe_counter, describe_histogram};

/// The counter of handshakes.
pub const HANDSHAKES: &str = "websocket_upgrade_handshakes_total";

/// The histogram of the seconds from the first byte to the answer.
pub const SECONDS: &str = "websocket_upgrade_handshake_seconds";

/// Describes the metrics to the recorder. Call it once, when the recorder is installed.
pub fn describe() {
    describe_counter!(HANDSHAKES, Unit::Count, "Opening handshakes that have ended, by result and reason");
    describe_histogram!(SECONDS, Unit::Seconds, "Time from a handshake's first byte to its answer");
}
