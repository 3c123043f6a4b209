//! The driver for tokio: the suite of all drivers, and tests of its own.

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
