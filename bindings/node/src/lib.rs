//! The core as an addon for Node.js. It decides everything about a handshake; the JavaScript around it has the
//! sockets, the deadlines and the callbacks.
//!
//! Calls across the boundary are expensive, so a request is passed as one string, and an answer is returned as one.
//! Bytes are strings with one character per byte (ISO 8859-1), as in Node.js' raw header lists.

mod client;
mod config;
mod extension;
mod reader;
mod server;
mod settings;
mod text;
