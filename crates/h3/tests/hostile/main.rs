//! Malformed and hostile input, in both roles, from a peer that sends any bytes: each with the code that RFC 9114 or
//! RFC 9204 asks for.
//!
//! What is read without IO has tables of its own beside the code: frames of the control stream, instructions of QPACK,
//! field sections, heads and contents.

mod connection;
mod floods;
#[path = "../kit/mod.rs"]
mod kit;
mod requests;
mod responses;
mod roles;
mod vanished;
