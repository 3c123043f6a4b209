//! What a client says, and what it concludes from the answers. No IO: the drivers bring the streams.

pub(crate) mod options;

pub mod cookies;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
// A stream that is there has one request.
#[cfg_attr(not(any(feature = "async-io", feature = "blocking", feature = "connect")), allow(dead_code))]
pub(crate) mod course;
pub(crate) mod credentials;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
pub(crate) mod exchange;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) mod network;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) mod place;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) mod proxies;
#[cfg(feature = "connect")]
pub(crate) mod proxy;
#[cfg(feature = "connect")]
pub(crate) mod transport;

pub(crate) mod error;
pub(crate) mod part;
pub(crate) mod reason;
pub(crate) mod refused;
pub(crate) mod report;
pub(crate) mod retry;
#[cfg(feature = "serde")]
mod serialize;
pub(crate) mod trace;
