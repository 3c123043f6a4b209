//! The client over tokio: from a URL to an established connection.
//!
//! hyper-util looks up names and tries addresses (RFC 8305). Each address of a family gets an equal share of the time
//! that is left. hyper and hyper-util connect through proxies, and rustls does TLS. The core defines the opening
//! handshake.
//!
//! | what I want | how |
//! |---|---|
//! | another proxy than the environment's, or none | [`ClientOptions::proxy`], [`ClientOptions::no_proxy`] |
//! | fields for the proxy: a token, `User-Agent` | [`ClientOptions::proxy_header`] |
//! | another host and port than the URL's | [`ClientOptions::connect_to`] |
//! | TLS of my own: roots, client certificate, server name | `ClientOptions::tls` |
//! | a token, or cookies | [`ClientOptions::bearer_token`], [`ClientOptions::cookies`] |
//! | to follow redirects | [`ClientOptions::redirects`] |
//! | another transport: a Unix socket, memory | [`ClientOptions::transport`] |
//! | a connector of my own | [`ClientOptions::connector`] |
//! | many sockets to one host | `http2::Session` |
//!
//! [`ClientOptions::bearer_token`]: crate::ClientOptions::bearer_token
//! [`ClientOptions::connect_to`]: crate::ClientOptions::connect_to
//! [`ClientOptions::connector`]: crate::ClientOptions::connector
//! [`ClientOptions::cookies`]: crate::ClientOptions::cookies
//! [`ClientOptions::no_proxy`]: crate::ClientOptions::no_proxy
//! [`ClientOptions::proxy`]: crate::ClientOptions::proxy
//! [`ClientOptions::proxy_header`]: crate::ClientOptions::proxy_header
//! [`ClientOptions::redirects`]: crate::ClientOptions::redirects
//! [`ClientOptions::transport`]: crate::ClientOptions::transport

mod client_stream;
mod connector;
mod from_url;
mod http11;
#[cfg(feature = "http2")]
mod http2;
mod network;
mod phases;
mod proxy;
#[cfg(feature = "http2")]
pub(crate) mod session;
mod target;
mod tcp;
#[cfg(feature = "rustls")]
mod tls;

pub use client_stream::ClientStream;
pub use connector::Connector;
pub use from_url::create_upgrade_request;
