//! Cases: what is sent, how, and what may come back.
//!
//! The cases stand in TOML files in `cases/`, which are part of the library. Every case has the keys of [`Case`]. The
//! keys of its exchange depend on who is tested and on the version of HTTP.

mod client;
mod deliver;
mod expect;
mod fields;
mod files;
pub(crate) mod http2;
mod load;
mod message;
mod server;

pub use client::{Certificate, ClientExchange, ClientExpect, Deflate, Offer, Offered, Then};
pub use deliver::{Deliver, Ending};
pub use expect::OneOrMany;
pub use fields::{Case, Exchange, Http, Need, Role, Severity};
pub use http2::Http2Exchange;
pub use load::{LoadError, cases, parse};
pub use message::Message;
pub use server::{Accepted, After, Refused, ServerExchange, ServerExpect};
