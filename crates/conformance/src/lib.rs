//! A conformance suite for the WebSocket opening handshake: cases as data, for servers and clients.

pub mod case;
pub mod client;
pub mod faults;
pub mod frame;
pub mod http2;
pub mod judge;
pub mod key;
pub mod proof;
pub mod report;
pub mod server;
pub mod text;
pub mod wire;
