//! The core as an addon for Node.js: what is decided about a handshake, for the JavaScript around it, which has the
//! sockets, the deadlines and the callbacks.
//!
//! Calls across the boundary are what an addon costs, so a request goes over as one string and an answer comes back as
//! one. Bytes are strings of one character for each (ISO 8859-1), as Node.js has them in its raw header lists.

mod client;
mod config;
mod extension;
mod reader;
mod server;
mod settings;
mod text;
