//! `wsupgrade bench`: opens handshakes at a concurrency or a rate, and measures their times.

mod chart;
mod flags;
mod load;
mod opener;
mod progress;
mod rate;
mod run;
mod show;
mod tally;

pub(crate) use flags::Flags;
pub(crate) use run::run;
