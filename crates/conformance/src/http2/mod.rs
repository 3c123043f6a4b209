//! The cases over HTTP/2, for servers and for clients.
//!
//! Frames are read and written as bytes here, so that those that a library would refuse to send can be sent.
#![allow(dead_code, reason = "the runners follow")]

mod connection;
mod frame;
mod hpack;
mod message;
