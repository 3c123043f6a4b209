#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What the drivers share has no user where there is none of them.
#![cfg_attr(not(feature = "tokio"), allow(dead_code))]

#[cfg(feature = "tokio")]
mod answer;
#[cfg(feature = "tokio")]
mod drive;
mod error;
#[cfg(feature = "tokio")]
mod event;
#[cfg(feature = "tokio")]
mod exchange;
mod head;
mod options;
mod rejection;
mod settings;
#[cfg(feature = "tokio")]
pub mod tokio;
mod upgraded;

#[cfg(feature = "tokio")]
pub use drive::Undecided;
pub use error::{ConnectError, HandleError, Refused};
pub use head::{RequestHead, ResponseHead};
pub use options::{ClientOptions, OptionsError, ServerOptions};
pub use rejection::Rejection;
pub use settings::Settings;
#[cfg(feature = "tokio")]
pub use tokio::{
    ClientStream, Incoming, accept, create_upgrade_request, handle_upgrade_request, receive, upgrade_on,
};
pub use upgraded::{ReplayStream, Socket, Upgraded};
pub use websocket_upgrade_proto as proto;
