//! `wsupgrade inspect`: the whole handshake, explained.

mod command;
mod har;
mod inspected;
mod json;
mod page;
mod recording;
mod waterfall;

pub(crate) use command::{Flags, run};
