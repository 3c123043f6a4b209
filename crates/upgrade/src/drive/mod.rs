//! The driver, once for every runtime: what is sent, read, waited for and closed, in which order.
//!
//! A runtime brings its streams ([`Stream`]) and its sleep ([`Runtime`]); the public modules have the names. Every
//! function keeps one absolute deadline, allocates no buffer before the first byte arrives, and can be dropped at every
//! point: nothing is left behind but a stream that is closed.

#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) mod address;
mod client;
#[cfg(any(feature = "async-io", feature = "blocking"))]
pub(crate) mod client_stream;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
mod connect;
mod deadline;
pub(crate) mod forward;
pub(crate) mod reads;
mod server;
mod stream;
mod undecided;

pub(crate) use client::upgrade_on;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) use client::{Asking, Unestablished, exchange};
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
pub(crate) use connect::{Ask, connect};
pub(crate) use deadline::Deadline;
#[cfg(feature = "tokio")]
pub(crate) use server::refuse;
pub(crate) use server::{accept, handle_upgrade_request};
pub(crate) use stream::{Runtime, Stream};
pub use undecided::Undecided;
pub(crate) use undecided::receive;
