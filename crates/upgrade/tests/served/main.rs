//! Faults of the other side, on a server that people run: hyper's, for both HTTP versions, behind the gate, over TCP.
//! The places at the gate are given back, and nothing is left, counted in descriptors and in bytes.

// Where descriptors can be counted.
#![cfg(target_os = "linux")]

#[path = "../faults/clients.rs"]
mod clients;
#[path = "../hyper/connect.rs"]
mod connect;
#[path = "../faults/counted.rs"]
mod counted;
mod http1;
mod http2;
mod pending;
mod queue;
mod server;
mod stalled;
