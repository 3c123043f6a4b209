//! The suite for clients, run against the clients of this project and against some that do not work.

mod command;
mod drivers;
mod echo;
mod judged;
mod options;
mod stream;
mod wrong;
