//! What a client sends, and what it concludes from responses. There is no IO here: the drivers bring the streams.

pub(crate) mod options;

pub mod cookies;
pub(crate) mod credentials;
#[cfg(driver)]
pub(crate) mod exchange;
#[cfg(dials)]
pub(crate) mod network;
#[cfg(driver)]
pub(crate) mod next_request;
#[cfg(driver)]
mod nonce;
#[cfg(dials)]
pub(crate) mod place;
#[cfg(dials)]
pub(crate) mod proxies;
#[cfg(feature = "proxy")]
pub(crate) mod proxy;
#[cfg(dials)]
mod reference;
#[cfg(dials)]
pub(crate) mod request_chain;
#[cfg(dials)]
pub(crate) mod security;
#[cfg(feature = "proxy")]
pub(crate) mod transport;

pub(crate) mod error;
pub(crate) mod reason;
pub(crate) mod refused;
pub(crate) mod report;
pub(crate) mod retry;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(driver)]
pub(crate) mod trace;
pub(crate) mod watch;
