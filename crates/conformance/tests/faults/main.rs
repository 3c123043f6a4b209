//! The server and the client with faults: honest without one, and each fault is noticed by the case meant for it.

mod clients;
mod found;
mod honest;
mod servers;
