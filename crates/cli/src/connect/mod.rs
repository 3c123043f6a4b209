//! `wsupgrade connect`: the opening handshake, then a session in the terminal or in a pipe.

mod command;
mod input;
mod message;
mod pipe;
mod screen;
mod session;
mod terminal;
mod verbose;

pub(crate) use command::{Flags, run};
