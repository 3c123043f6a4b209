#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "http")]
extern crate std;

pub mod authority;
mod base64;
pub mod client;
mod connection_specific;
mod content_length;
pub mod error;
pub mod extension;
mod extra_fields;
pub mod field;
pub mod head;
mod host_port;
#[cfg(feature = "http")]
mod http_fields;
pub mod key;
mod limits;
mod network;
pub mod origin;
mod pattern;
pub mod permessage_deflate;
pub mod proxy;
mod rules;
mod scanners;
pub mod server;
pub mod settings;
mod shown;
mod shown_url;
pub mod subprotocol;
pub mod uri;
mod write;

pub use base64::to_base64;
pub use field::{ExtraFields, Field, Fields};
#[cfg(feature = "http")]
pub use http;
pub use key::{AcceptValue, Key};
pub use limits::Limits;
pub use network::Network;
pub use settings::Settings;
pub use shown_url::ShownUrl;
pub use write::{BufferTooSmall, EncodeError};
