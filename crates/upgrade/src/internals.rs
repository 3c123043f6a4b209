//! What the crate `websocket-upgrade-h3` shares with HTTP/2: the same decisions, words, events and reports.
//!
//! That crate asks for exactly this version. Nothing here is meant for other crates, and all of it may change.

/// IO errors in this library's words, with their cause.
pub use crate::text::cause::Explained;

pub mod client;
pub mod server;
