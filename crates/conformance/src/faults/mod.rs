//! A small server and a small client, each with faults to choose from: they show that the suite notices.
//!
//! Without a fault both are honest: they keep every rule of the [judge](crate::judge), echo messages and compress them
//! within what was agreed. Each [`Fault`] breaks one thing, and names the case that is meant to notice it. Each
//! [`Choice`] does one thing in another way that the specifications allow, and no case may fail because of it. They
//! are made to be tested, not to be used.

mod choice;
mod client;
mod codec;
mod echo;
mod fault;
mod negotiate;
mod passed_over;
mod respond;
mod server;
mod stream;

pub use choice::{Choice, Manner};
pub use client::{Errand, client};
pub use fault::{Fault, UnknownFault};
pub use server::{serve, server};
