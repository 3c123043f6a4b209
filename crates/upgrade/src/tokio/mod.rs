//! The driver for tokio: the two functions, and those around them. The client from a URL to its connection needs the
//! feature `connect`. Without it there is [`upgrade_on`], for a stream that is connected already.
//!
//! Every function keeps the absolute deadline of its options, and allocates no buffer before the first byte arrives.
//! Its future can be dropped at any point: the stream is closed then, and nothing else is left.
//!
//! A whole server is in [the documentation of the crate](crate#a-server).

mod client;
mod replay;
pub(crate) mod runtime;
mod server;
pub(crate) mod sleep;

pub(crate) use runtime::{Tokio, deadline};
pub(crate) use sleep::{Sleep, sleep};

#[cfg(feature = "connect")]
pub use crate::connect::{ClientStream, create_upgrade_request};
pub use client::upgrade_on;
pub use server::{Incoming, accept, handle_upgrade_request, receive};
