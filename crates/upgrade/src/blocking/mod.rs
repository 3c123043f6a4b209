//! The driver for blocking streams of `std::io`: the two functions, and those around them.
//!
//! Every function keeps the absolute deadline of its options, even if a peer sends byte by byte: a [`TimedStream`] has
//! timeouts, and before each call they are set to the remaining time. At the end the stream has its earlier timeouts
//! again. Do not use a non-blocking stream: it would be called in a loop.
//!
//! ```no_run
#![doc = include_str!("../../examples/server_on_threads.rs")]
//! ```

mod bounded;
mod client;
mod client_stream;
mod from_url;
mod network;
mod replay;
mod runtime;
mod server;
mod shares;
mod tcp;
mod timed;
#[cfg(feature = "rustls")]
mod tls;

pub use client::upgrade_on;
pub use client_stream::ClientStream;
pub use from_url::create_upgrade_request;
pub use server::{Incoming, accept, handle_upgrade_request, receive};
pub use timed::{TimedStream, Timeouts};
