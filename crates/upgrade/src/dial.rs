//! What every client's way to a stream has in common, whatever the runtime: the host and its addresses.

use std::io;
#[cfg(any(feature = "async-io", feature = "blocking"))]
use std::net::ToSocketAddrs;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use websocket_upgrade_proto as proto;

use proto::uri::Uri;

use crate::error::ConnectReason;

/// The host to look up: the brackets around an IPv6 address are the URI's.
pub(crate) fn host<'u>(uri: &Uri<'u>) -> &'u str {
    let host = uri.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    address.filter(|address| address.parse::<Ipv6Addr>().is_ok()).unwrap_or(host)
}

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<'p> {
    /// An IPv6 address has no brackets.
    pub(crate) host: &'p str,
    pub(crate) port: u16,
}

impl<'p> Place<'p> {
    /// Where the URI says.
    pub(crate) fn of(uri: &Uri<'p>) -> Self {
        Self { host: host(uri), port: uri.port() }
    }

    /// Refuses a host that is legal in a URI (RFC 3986 §3.2.2), and that nobody can look up: with percent-encoding,
    /// which a resolver, a proxy and a list of exceptions would each read in its own way, or an address of a future
    /// version.
    pub(crate) fn checked(self) -> Result<Self, ConnectReason> {
        let Self { host, .. } = self;
        if host.contains(['%', '[']) {
            let text = format!("the host {host:?} is no name and no address that can be looked up");
            return Err(ConnectReason::Connect(io::Error::new(io::ErrorKind::InvalidInput, text)));
        }
        Ok(self)
    }
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
pub(crate) fn no_tls() -> ConnectReason {
    let error = "wss:// needs the feature `rustls` of websocket-upgrade";
    ConnectReason::Tls(io::Error::new(io::ErrorKind::Unsupported, error))
}
