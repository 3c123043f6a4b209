//! The suite for clients, run against the clients of this project and against some that do not work.

mod command;
mod drivers;
mod echo;
mod http2;
mod judged;
mod options;
mod stream;
mod wrong;
