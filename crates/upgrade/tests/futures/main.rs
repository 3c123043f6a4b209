//! The driver for futures-io: what every driver must show, and what it shows with smol.

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
