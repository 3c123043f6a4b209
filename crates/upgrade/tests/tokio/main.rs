//! The driver for tokio: what every driver must show, and what is tokio's own.

mod deadline;
mod driver;
mod dropped;
mod events;
mod pair;
mod refusal;
#[path = "../suite/mod.rs"]
mod suite;
mod tcp;
mod tls;
mod watched;
