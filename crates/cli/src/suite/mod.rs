//! Runs of the conformance suite: the flags that choose cases, the first contact, and the progress.

mod flags;
mod progress;
mod reach;
mod run;
mod width;

pub(crate) use flags::Flags;
pub(crate) use run::{client, server};
pub(crate) use width::width;
