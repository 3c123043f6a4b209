//! The driver for futures-io: the suite of all drivers, and tests with smol.

#[path = "../certified/mod.rs"]
mod certified;
mod dripping;
mod driver;
mod pair;
#[path = "../simulated/mod.rs"]
mod simulated;
#[path = "../suite/mod.rs"]
mod suite;
mod time;
mod tls;
