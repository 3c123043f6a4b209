//! The server and the client with faults: honest without one, and each fault is noticed by the case meant for it.

mod clients;
#[path = "../servers/echo.rs"]
mod echo;
mod found;
mod honest;
mod http2;
mod servers;
