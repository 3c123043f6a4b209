//! quinn's connection and streams as the HTTP/3 crate wants them. No binding is published.

pub(crate) mod connection;
mod failure;
mod receive;
mod send;

pub(crate) use connection::{Bidi, Opener, Quic};
