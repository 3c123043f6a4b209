//! The blocking driver: the suite of all drivers, and tests on sockets.

#[path = "../certified/mod.rs"]
mod certified;
mod deadline;
mod driver;
mod pair;
#[path = "../simulated/mod.rs"]
mod simulated;
#[path = "../suite/mod.rs"]
mod suite;
mod tls;
