//! The driver, once for every runtime: what is sent, read, waited for and closed, in which order.
//!
//! A runtime brings its streams ([`Stream`]) and its sleep ([`Runtime`]); the public modules have the names. Every
//! function keeps one absolute deadline, allocates no buffer before the first byte arrives, and can be dropped at
//! every point: nothing is left behind but a stream that is closed.

#[cfg(dials)]
pub(crate) mod address;
mod at_once;
#[cfg(any(feature = "async-io", feature = "connect"))]
pub(crate) mod attempts;
mod client;
#[cfg(dials_directly)]
pub(crate) mod client_stream;
pub(crate) mod deadline;
pub(crate) mod forward;
mod incoming;
mod reading;
pub(crate) mod reads;
#[cfg(dials)]
mod requests;
mod server;
mod stream;
mod talk;
mod undecided;

#[cfg(dials)]
pub use client::Unestablished;
pub(crate) use client::upgrade_on;
#[cfg(dials)]
pub(crate) use client::{OutgoingRequest, exchange};
pub use deadline::Deadline;
#[cfg(feature = "internals")]
pub use deadline::DeadlinePassed;
pub(crate) use incoming::incoming;
#[cfg(dials)]
pub use requests::{Ask, connect};
#[cfg(feature = "tokio")]
pub(crate) use server::refuse;
pub(crate) use server::{accept, handle_upgrade_request};
pub(crate) use stream::{Runtime, Stream};
pub(crate) use undecided::{Undecided, receive};
