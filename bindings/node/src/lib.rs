//! The core as WebAssembly for JavaScript. It decides everything about a handshake; the JavaScript around it has the
//! sockets, the deadlines and the callbacks.
//!
//! A request is passed as one string, and an answer is returned as one. Bytes are strings with one character per byte
//! (ISO 8859-1), as in Node.js' raw header lists. What has more parts is JSON.
#![deny(unsafe_code)]

mod client;
mod config;
mod core;
mod exports;
mod extension;
mod output;
#[cfg(feature = "vectors")]
mod reader;
mod server;
mod settings;
mod text;
