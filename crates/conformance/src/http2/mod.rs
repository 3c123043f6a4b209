//! The cases over HTTP/2, for servers and for clients.
//!
//! Frames are read and written as bytes here, so that those that a library would refuse to send can be sent.

mod client;
mod clients;
mod connection;
mod echo;
#[cfg(test)]
mod faulty;
#[cfg(test)]
mod faulty_client;
mod frame;
mod hpack;
mod message;
mod notes;
mod player;
mod rules;
mod server;
mod servers;
mod stream;
mod verdict;

pub(crate) use clients::tested_client;
pub(crate) use servers::Http2Server;
