//! `wsupgrade explain`: which rules a head breaks, and where.

mod command;
mod ours;

pub(crate) use command::{Flags, run};
