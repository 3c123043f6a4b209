//! What every driver must show, as tables of cases.
//!
//! A driver's tests have this as a module, and beside it one named `driver` with its calls in its own words: `accept`,
//! `handle_upgrade_request`, `receive` and `upgrade_on`, each of which plays the other side as [`model`] describes it,
//! in a time that need not pass, and tells what came of it.

pub(crate) mod answer;
mod client;
mod deadline;
pub(crate) mod events;
mod incoming;
pub(crate) mod model;
pub(crate) mod options;
pub(crate) mod report;
mod secrets;
mod server;
mod vectors;
