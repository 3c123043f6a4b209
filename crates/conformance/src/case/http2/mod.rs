//! Cases over HTTP/2: extended CONNECT (RFC 8441), and the frames around it (RFC 9113).

#![allow(dead_code, reason = "the runners follow")]

mod codes;
mod exchange;
mod step;
mod want;

pub use exchange::Http2Exchange;

#[allow(unused_imports)]
pub(crate) use codes::{ENABLE_CONNECT_PROTOCOL, INITIAL_WINDOW_SIZE, kind_name};
#[allow(unused_imports)]
pub(crate) use step::{Action, Base, Coding, Event, Head, Step};
#[allow(unused_imports)]
pub(crate) use want::{Acceptance, End, Refusal, Want};
