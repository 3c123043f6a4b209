//! `wsupgrade serve` with each of its options, by the library's client and by raw bytes.

#[path = "../common/mod.rs"]
mod common;

mod accepted;
mod conformance;
mod ending;
mod faults;
mod hostile;
mod misbehaviour;
mod page;
mod refused;
mod tls;
mod wrong;
