//! The driver for tokio: what every driver must show, and what is tokio's own.

mod deadline;
mod driver;
mod dropped;
mod pair;
mod refusal;
#[path = "../suite/mod.rs"]
mod suite;
mod tls;
mod watched;
