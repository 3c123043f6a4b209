//! What is logged and counted of a handshake.

#[cfg(all(driver, feature = "metrics"))]
mod count;
#[cfg(driver)]
pub(crate) mod event;
#[cfg(driver)]
pub(crate) mod handshake_info;
#[cfg(feature = "metrics")]
pub mod metrics;
