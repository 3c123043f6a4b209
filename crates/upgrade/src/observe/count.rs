//! Counts the handshakes that have ended.

use ::metrics::{counter, histogram};

use super::handshake_info::HandshakeInfo;
use super::metrics::{HANDSHAKES, SECONDS};

/// Adds one: for literals, which have to be seen as such by the macro inside, to a static key; for anything else to
/// one that is made.
macro_rules! add {
    ($result:tt, $reason:tt, $version:tt, $subprotocol:tt) => {
        counter!(
            HANDSHAKES,
            "result" => $result,
            "reason" => $reason,
            "http_version" => $version,
            "subprotocol" => $subprotocol
        )
        .increment(1)
    };
}

/// Records the time, as `add` counts.
macro_rules! time {
    ($info:tt, $result:tt, $version:tt) => {
        if let Some(elapsed) = $info.elapsed() {
            histogram!(SECONDS, "result" => $result, "http_version" => $version).record(elapsed.as_secs_f64());
        }
    };
}

/// A handshake has ended.
pub(crate) fn count(
    result: &'static str,
    reason: &'static str,
    subprotocol: Option<&str>,
    info: &HandshakeInfo,
) {
    let version = info.version();
    // The usual ones have keys that are there already, and allocate nothing.
    if (result, version, subprotocol) == ("accepted", "1.1", None) {
        add!("accepted", "", "1.1", "");
        time!(info, "accepted", "1.1");
    } else if (result, version, subprotocol) == ("accepted", "2", None) {
        add!("accepted", "", "2", "");
        time!(info, "accepted", "2");
    } else {
        let subprotocol = subprotocol.unwrap_or_default().to_owned();
        add!(result, reason, version, subprotocol);
        time!(info, result, version);
    }
}
