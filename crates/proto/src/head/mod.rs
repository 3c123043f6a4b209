//! The tokeniser: reads heads of HTTP/1.x messages strictly (RFC 9112 §2 to §5).
//!
//! A head that has arrived whole is read in one pass. For an incomplete head, a [`Scan`] remembers the position: each
//! line is checked once when its end arrives, and the head is read when it is complete. There are at most three
//! passes, and the result does not depend on how the input was split. A line with rare syntax is read again by a
//! separate function, which keeps the main loop small.

mod check_field;
mod line;
mod request;
mod response;
mod scan;
mod section;
mod stop;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use check_field::{Framing, check_field, check_padding};
pub(crate) use line::{Line, field_line};
pub(crate) use request::{Parts, read_parts};
pub use request::{RequestHead, read_request};
pub(crate) use response::read_with_lines;
pub use response::{ResponseHead, read_response};
pub use scan::Scan;
pub use section::FieldSection;
pub(crate) use section::Source;
pub use syntax::{HeadError, Syntax};
