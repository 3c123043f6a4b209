#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What the drivers share has no user where there is none of them.
#![cfg_attr(not(any(feature = "blocking", feature = "futures", feature = "tokio")), allow(dead_code))]

#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
mod answer;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "blocking")]
pub mod blocking;
mod caller;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "tokio"))]
mod dial;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
mod drive;
mod error;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
mod event;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
mod exchange;
mod forwarded;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "tokio")]
pub mod gate;
mod head;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "metrics")]
pub mod metrics;
mod options;
mod origins;
mod rejection;
mod settings;
// Nor has what they dial with, where none of them dials.
#[cfg(feature = "rustls")]
#[cfg_attr(not(any(feature = "async-io", feature = "blocking", feature = "tokio")), allow(dead_code))]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;
mod upgraded;

#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
pub use drive::Undecided;
pub use error::{ConnectError, HandleError, Refused};
pub use head::{RequestHead, ResponseHead};
pub use options::{ClientOptions, OptionsError, ServerOptions};
pub use origins::Origins;
pub use rejection::Rejection;
pub use settings::Settings;
#[cfg(feature = "tokio")]
pub use tokio::{
    ClientStream, Incoming, accept, create_upgrade_request, handle_upgrade_request, receive, upgrade_on,
};
pub use upgraded::{ReplayStream, Socket, Upgraded};
pub use websocket_upgrade_proto as proto;
