//! The server: requests of a connection, and what becomes of them.
//!
//! [`Connection`](connection::Connection) has a task ([`driver`]) that accepts streams and reads their heads in
//! parallel ([`heads`]). Each whole head is an [`Incoming`](incoming::Incoming), which is decided by the functions that
//! every HTTP version shares.

mod answer;
mod config;
mod connection;
mod drain;
mod driver;
mod heads;
mod incoming;
pub(crate) mod plain;
mod shared;
mod streams;
mod upgrade;

pub use config::{server_config, server_config_with};
pub use connection::Connection;
pub use drain::Drain;
pub use incoming::Incoming;
pub use upgrade::handle_upgrade_request;
