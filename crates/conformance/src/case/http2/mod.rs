//! Cases over HTTP/2: extended CONNECT (RFC 8441), and the frames around it (RFC 9113).

mod codes;
mod exchange;
mod step;
mod want;

pub use exchange::Http2Exchange;

pub(crate) use codes::{ENABLE_CONNECT_PROTOCOL, INITIAL_WINDOW_SIZE, code_name, kind_name};
pub(crate) use exchange::Keys;
pub(crate) use step::{Action, Base, Coding, Event, Head, Step};
pub(crate) use want::{Acceptance, End, Refusal, Want};
