//! What the core's handshake costs, beside the floor, and a counter of instructions for this and other programs.
//!
//! It is a package apart from `bench`, with few dependencies, so that it is built in seconds.

#![forbid(unsafe_code)]

mod callgrind;
mod counter;
pub mod floor;
pub mod measured;
mod processor;
pub mod proto;
mod repetition;
pub mod requests;
mod steps;

pub use counter::Counter;
pub use processor::on_one_processor;
pub use repetition::{Repetition, difference, under};

/// A handshake. It may write into the buffer, and returns the number of bytes, or 0 for a failure.
pub type Handshake = fn(&'static [u8], &mut [u8]) -> usize;
