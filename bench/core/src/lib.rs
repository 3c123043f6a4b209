//! What the core's handshake costs, beside floors, and a counter of instructions for this and other programs.
//!
//! It is a package apart from `bench`, with few dependencies, so that it is built in seconds.
//!
//! - Floor A is what `httparse`, `sha1` and `base64` need alone, with a template and no validation.
//! - Floor B is what vector instructions need: one pass over the head that refuses every byte that RFC 9112 forbids,
//!   SHA-1 with its second block prepared, and base64 from the words of the hash. It needs AVX2.

mod answers;
mod callgrind;
mod counter;
mod floor_a;
#[cfg(target_arch = "x86_64")]
mod floor_b;
pub mod guard;
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
