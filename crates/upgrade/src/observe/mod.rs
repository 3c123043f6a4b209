//! What is logged and counted of a handshake.

pub(crate) mod caller;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
pub(crate) mod event;
#[cfg(feature = "metrics")]
pub mod metrics;
