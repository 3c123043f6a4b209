//! The client over tokio: from a URL to an established connection.
//!
//! tokio looks up names. If a host has several addresses, the next one is tried when one has failed or has not
//! answered for 250 ms, IPv6 and IPv4 in turn (RFC 8305). hyper and hyper-util connect through proxies, and rustls
//! does TLS. The core defines the opening handshake.
//!
//! Proxies, transports and connectors need the feature `proxy`, and `http2::Session` the feature `http2`.
//!
//! | what I want | how |
//! |---|---|
//! | another proxy than the environment's, or none | `ClientOptions::proxy`, [`ClientOptions::no_proxy`] |
//! | fields for the proxy: a token, `User-Agent` | `ClientOptions::proxy_header` |
//! | another host and port than the URL's | [`ClientOptions::connect_to`] |
//! | TLS of my own: roots, client certificate, server name | `ClientOptions::tls` |
//! | a token, or cookies | [`ClientOptions::bearer_token`], [`ClientOptions::cookies`] |
//! | to follow redirects | [`ClientOptions::redirects`] |
//! | another transport: a Unix socket, memory | `ClientOptions::transport` |
//! | a connector of my own | `ClientOptions::connector` |
//! | many sockets to one host | `http2::Session` |
//!
//! [`ClientOptions::bearer_token`]: crate::ClientOptions::bearer_token
//! [`ClientOptions::connect_to`]: crate::ClientOptions::connect_to
//! [`ClientOptions::cookies`]: crate::ClientOptions::cookies
//! [`ClientOptions::no_proxy`]: crate::ClientOptions::no_proxy
//! [`ClientOptions::redirects`]: crate::ClientOptions::redirects

mod client_stream;
#[cfg(feature = "proxy")]
mod connector;
#[cfg(feature = "proxy")]
mod detour;
mod from_url;
mod http11;
#[cfg(feature = "http2")]
pub(crate) mod http2;
mod network;
pub(crate) mod phases;
#[cfg(feature = "proxy")]
mod proxy;
#[cfg(feature = "http2")]
pub(crate) mod session;
#[cfg(feature = "proxy")]
mod target;
pub(crate) mod tcp;
#[cfg(feature = "rustls")]
mod tls;

pub use client_stream::ClientStream;
#[cfg(feature = "proxy")]
pub use connector::Connector;
pub use from_url::create_upgrade_request;
