#![doc = include_str!("../README.md")]

pub mod case;
pub mod client;
pub mod faults;
pub mod frame;
pub mod http2;
pub mod judge;
pub mod key;
mod plan;
pub mod proof;
pub mod report;
pub mod server;
pub mod text;
pub mod wire;
