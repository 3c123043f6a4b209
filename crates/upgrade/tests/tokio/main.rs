//! The driver for tokio: what every driver must show, and what is tokio's own.

#[path = "../certified/mod.rs"]
mod certified;
mod deadline;
mod driver;
mod gate;
mod pair;
mod refusal;
#[path = "../suite/mod.rs"]
mod suite;
mod tls;
mod watched;
