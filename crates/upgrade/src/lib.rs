#![doc = include_str!("../README.md")]
//!
//! # Names that are alike
//!
//! | name | what it is |
//! |---|---|
//! | [`tokio::Incoming`], [`futures::Incoming`] | a request that was read from a stream and waits for a decision: its methods send the answer |
//! | [`blocking::Incoming`] | the same on a blocking stream: its methods wait |
//! | [`hyper::Incoming`] | a request that hyper has read and that waits for a decision: its methods return the response |
//! | [`Rejection`] | an answer with which an application refuses a request: status, fields and body |
//! | [`Rejected`] | why the library refuses a request that an HTTP server has parsed, with the response to send |
//! | [`gate::TurnedAway`] | why a gate lets no handshake begin |
//! | [`Refused`] | the response with which a server or a proxy has refused a client |
//!
//! A name in a module needs the feature with the name of the module. `gate` needs the feature `tokio`.
//!
// A name that the features leave out leads to the table of features.
#![cfg_attr(not(feature = "tokio"), doc = "[`tokio::Incoming`]: #features")]
#![cfg_attr(not(feature = "futures"), doc = "[`futures::Incoming`]: #features")]
#![cfg_attr(not(feature = "blocking"), doc = "[`blocking::Incoming`]: #features")]
#![cfg_attr(not(feature = "hyper"), doc = "[`hyper::Incoming`]: #features")]
#![cfg_attr(not(feature = "tokio"), doc = "[`gate::TurnedAway`]: #features")]
#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What `internals` re-exports is public in its module, whether that feature is on or not.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub))]
// rustdoc shows the features that an item needs. These names stand for features, so items that are behind one of them
// name its features in a `doc(cfg)` of their own.
#![cfg_attr(docsrs, doc(auto_cfg(hide(dials, dials_directly, driver, parsed_heads))))]

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
#[cfg(feature = "connect")]
pub mod connect;
#[cfg(driver)]
mod drive;
#[cfg(feature = "futures")]
pub mod futures;
#[cfg(feature = "tokio")]
pub mod gate;
mod head;
#[cfg(feature = "http2")]
pub mod http2;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod observe;
mod options;
mod server;
mod settings;
mod text;
// Where nothing dials, the options of TLS are without use.
#[cfg(feature = "rustls")]
#[cfg_attr(not(dials), allow(dead_code))]
mod tls;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(feature = "tower")]
pub mod tower;
mod upgraded;

pub use client::cookies;
pub use client::credentials::Unauthorized;
pub use client::error::ConnectError;
pub use client::options::ClientOptions;
pub use client::reason::{ConnectReason, RedirectProblem};
pub use client::refused::Refused;
pub use client::report::{Fallback, Http3Fallback, Phase, Redirect, Report, Times, TlsReport};
pub use client::retry::Retry;
pub use client::watch::ClientEvent;
#[cfg(feature = "connect")]
#[doc(inline)]
pub use connect::{ClientStream, create_upgrade_request};
pub use head::{RequestHead, ResponseHead};
pub use http;
#[cfg(feature = "metrics")]
pub use observe::metrics;
pub use options::OptionsError;
pub use server::error::HandleError;
pub use server::options::ServerOptions;
pub use server::origins::Origins;
pub use server::rejected::Rejected;
pub use server::rejection::Rejection;
pub use server::respond::{check, respond};
pub use settings::Settings;
#[cfg(feature = "rustls")]
pub use tls::TlsOptions;
#[cfg(feature = "tokio")]
#[doc(inline)]
pub use tokio::{Incoming, accept, handle_upgrade_request, receive, upgrade_on};
pub use upgraded::{ReplayStream, Socket, Upgraded};
pub use websocket_upgrade_proto as proto;
