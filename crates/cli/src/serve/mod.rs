//! `wsupgrade serve`: an echo server, with misbehaviour to order for those who test clients.

mod certificate;
mod connection;
mod echo;
mod fault;
mod faulty;
mod first;
mod flags;
mod log;
mod notes;
mod page;
mod request;
mod run;
mod server;
mod wire;

pub(crate) use flags::Flags;
pub(crate) use run::run;
