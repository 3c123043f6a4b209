//! The frames of a request stream (RFC 9114 §7.1), and the two halves of the stream.
//!
//! They are read here, and not by the HTTP/3 crate, which reads the control stream. So what is kept of an announced
//! frame is bounded, `WebTransport` has no meaning, and an end inside a frame is always told apart from an orderly one.

pub(crate) mod reader;
pub(crate) mod receiving;
pub(crate) mod sending;
