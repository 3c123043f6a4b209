//! What is logged and counted of a handshake.

#[cfg(feature = "metrics")]
mod count;
pub(crate) mod event;
pub(crate) mod handshake_info;
#[cfg(feature = "metrics")]
pub mod metrics;
