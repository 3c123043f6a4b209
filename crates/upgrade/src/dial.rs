//! What every client's way to a stream has in common, whatever the runtime: the host and its addresses.

use std::io;
#[cfg(any(feature = "async-io", feature = "blocking"))]
use std::net::ToSocketAddrs;
use std::net::{IpAddr, SocketAddr};

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

/// The host to look up: the brackets around an IPv6 address are the URI's.
pub(crate) fn host<'u>(uri: &Uri<'u>) -> &'u str {
    uri.host().trim_start_matches('[').trim_end_matches(']')
}

/// The host's address, if it is one: that needs no resolver.
pub(crate) fn literal(host: &str, port: u16) -> Option<SocketAddr> {
    host.parse().ok().map(|address: IpAddr| SocketAddr::new(address, port))
}

/// The host's addresses. It waits for the system's resolver, which knows no deadline.
#[cfg(any(feature = "async-io", feature = "blocking"))]
pub(crate) fn addresses(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    Ok((host, port).to_socket_addrs()?.collect())
}

/// The resolver knows the host, but no address of it.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "the host has no address")
}

/// `wss://` where there is no TLS.
#[cfg(not(feature = "rustls"))]
pub(crate) fn no_tls() -> crate::error::ConnectReason {
    let error = "wss:// needs the feature `rustls` of websocket-upgrade";
    crate::error::ConnectReason::Tls(io::Error::new(io::ErrorKind::Unsupported, error))
}
