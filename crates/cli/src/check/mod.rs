//! `wsupgrade check`: the conformance suite against a server or a client.

mod command;
mod list;
mod outputs;

pub(crate) use command::{Flags, run};
pub(crate) use outputs::Output;
