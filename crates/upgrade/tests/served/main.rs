//! Faults of clients, on a server with hyper and the gate, for both HTTP versions, over TCP. The places at the gate
//! are freed, and no descriptor and no byte is left.

// Descriptors can be counted only here.
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
