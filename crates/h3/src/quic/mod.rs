//! quinn's connection and streams as the HTTP/3 crate wants them. No binding is published.
//!
//! That crate opens the streams of a connection and reads settings and GOAWAY. What a peer sends on those streams is
//! checked before it gets there (RFC 9114 §6.2, §7.2, RFC 9204 §4.2): a frame that is wrong closes the connection with
//! its code, one without a meaning is not kept, and nothing is collected without a bound.

pub(crate) mod broken;
pub(crate) mod connection;
mod control;
mod failure;
mod instructions;
mod receive;
mod send;
mod unidirectional;
mod waiting;

pub(crate) use connection::{Bidi, Opener, Quic};
