#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What the drivers share has no user where there is none of them.
#![cfg_attr(not(any(feature = "blocking", feature = "futures", feature = "tokio")), allow(dead_code))]

#[cfg(any(feature = "async-io", feature = "blocking"))]
mod addresses;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
mod answer;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "blocking")]
pub mod blocking;
mod caller;
#[cfg(feature = "connect")]
pub mod connect;
pub mod cookies;
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
// A stream that is there has one request.
#[cfg_attr(not(any(feature = "async-io", feature = "blocking", feature = "connect")), allow(dead_code))]
mod course;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
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
#[cfg(feature = "http2")]
pub mod http2;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "metrics")]
pub mod metrics;
mod options;
mod origins;
#[cfg(any(feature = "async-io", feature = "blocking", feature = "connect"))]
mod proxies;
mod rejection;
mod report;
mod settings;
// Nor has what they dial with, where none of them dials.
#[cfg(feature = "rustls")]
#[cfg_attr(not(any(feature = "async-io", feature = "blocking", feature = "connect")), allow(dead_code))]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;
mod upgraded;

#[cfg(feature = "connect")]
pub use connect::{ClientStream, create_upgrade_request};
#[cfg(any(feature = "blocking", feature = "futures", feature = "tokio"))]
pub use drive::Undecided;
pub use error::{ConnectError, ConnectReason, HandleError, RedirectProblem, Refused, Retry};
pub use head::{RequestHead, ResponseHead};
pub use options::{ClientOptions, OptionsError, ServerOptions, Unauthorized};
pub use origins::Origins;
pub use rejection::Rejection;
pub use report::{Fallback, Phase, Redirect, Report, Times, TlsReport};
pub use settings::Settings;
#[cfg(feature = "rustls")]
pub use tls::TlsOptions;
#[cfg(feature = "tokio")]
pub use tokio::{Incoming, accept, handle_upgrade_request, receive, upgrade_on};
pub use upgraded::{ReplayStream, Socket, Upgraded};
pub use websocket_upgrade_proto as proto;
