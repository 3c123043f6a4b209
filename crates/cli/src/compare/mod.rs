//! `wsupgrade compare`: several reports side by side.

mod command;
mod subject;

pub(crate) use command::{Flags, run};
