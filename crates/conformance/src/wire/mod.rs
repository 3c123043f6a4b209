//! Connections to a peer, with a record of what went both ways.

mod channel;
mod connection;
mod record;
mod target;
mod tls;

pub use channel::Channel;
pub use connection::{Arrival, Bounds, Connection, WireError};
pub use record::Record;
pub use target::{Target, TargetError};
pub use tls::{Authority, TlsError, Trust};
