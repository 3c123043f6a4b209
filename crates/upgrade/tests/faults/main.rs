//! Faults of the other side, on every driver: it is slow, resets, or does not read; or the call is dropped half way.
//! No descriptor and no byte is left.

// Descriptors can be counted only here.
#![cfg(target_os = "linux")]

mod broken;
mod cases;
mod clients;
mod counted;
mod dripping;
mod driver;
mod dropped;
mod flooding;
#[allow(dead_code, reason = "its clock is what counts here")]
#[path = "../simulated/mod.rs"]
mod simulated;
mod sockets;
mod stages;
#[path = "../futures/time.rs"]
mod time;

#[allow(dead_code, unused_imports, unused_macros, reason = "a part of its words is enough here")]
#[path = "../suite"]
mod suite {
    pub(crate) mod answer;
    pub(crate) mod model;
    pub(crate) mod report;
}
