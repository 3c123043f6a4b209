//! Fields (RFC 9110 §5): received field lines, the fields that the handshake reads, and those that an application
//! adds.

mod known;
mod received;

pub use crate::extra_fields::{ExtraFields, FieldError, FieldProblem};
#[cfg(feature = "http")]
pub(crate) use known::Came;
pub(crate) use known::{Known, Lines};
pub use received::{Field, Fields};
