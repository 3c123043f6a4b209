//! Proves that an established WebSocket works: messages are echoed, and what was agreed is kept.

mod deflate;
mod echo;
mod inflate;
mod noise;
mod socket;

pub use deflate::{Compression, Direction};
pub use echo::{Early, ended, proven};
pub use socket::{Part, Received, Socket};
