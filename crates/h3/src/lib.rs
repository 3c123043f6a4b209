#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
compile_error!("QUIC is always encrypted: enable one of the features `ring` and `aws-lc-rs`");

mod client;
mod codes;
mod ending;
mod exchange;
mod frames;
#[cfg(test)]
mod loopback;
mod message;
mod quic;
mod server;
mod stream;

pub use client::{ClientStream, Endpoint, Session, create_upgrade_request, create_upgrade_request_on};
pub use server::{Connection, Drain, Incoming, handle_upgrade_request, server_config, server_config_with};
pub use stream::Stream;

/// Plain HTTP beside WebSocket streams.
pub mod plain {
    pub use crate::server::plain::Request;
}
