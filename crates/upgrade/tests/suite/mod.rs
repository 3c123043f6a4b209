//! The tests that every driver must pass, as tables of cases.
//!
//! The tests of a driver include this module, and a module `driver` beside it with the driver's calls: `accept`,
//! `handle_upgrade_request`, `receive` and `upgrade_on`. Each of these plays the other side as [`model`] describes it,
//! in simulated time, and returns the result.

pub(crate) mod answer;
mod check;
mod client;
pub(crate) mod collector;
mod deadline;
mod events;
mod incoming;
pub(crate) mod model;
pub(crate) mod options;
mod parsed;
pub(crate) mod report;
mod secrets;
mod server;
mod vectors;
