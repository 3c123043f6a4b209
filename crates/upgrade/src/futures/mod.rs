//! The driver for the streams of futures-io, on any runtime: the two functions, and those around them.
//!
//! Every function takes one argument more than that of tokio, the runtime's sleep: `smol::Timer::after`, or
//! `async_io::Timer::after`. It is called with the times of the options; it must accept [`Duration::MAX`] too.
//! Connecting to a host needs the sockets of a runtime, and therefore the feature `async-io`, which has its own sleep.
//!
//! After a refusal, the driver ends the sending side and continues to read. The stream's `poll_close` must end the
//! sending side: that of `smol::net::TcpStream`, and of TLS over it, does; that of `async_io::Async<TcpStream>` does
//! not.
//!
//! ```no_run
#![doc = include_str!("../../examples/server_on_smol.rs")]
//! ```
//!
//! [`Duration::MAX`]: std::time::Duration::MAX

mod client;
#[cfg(feature = "async-io")]
mod client_stream;
#[cfg(feature = "async-io")]
mod from_url;
#[cfg(feature = "async-io")]
mod network;
mod replay;
mod runtime;
mod server;
#[cfg(feature = "async-io")]
mod tcp;

pub use client::upgrade_on;
#[cfg(feature = "async-io")]
pub use client_stream::ClientStream;
#[cfg(feature = "async-io")]
pub use from_url::create_upgrade_request;
pub use server::{Incoming, accept, handle_upgrade_request, receive};
