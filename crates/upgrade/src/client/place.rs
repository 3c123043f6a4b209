//! Where a connection goes: a host and a port.

use std::io;
use std::net::Ipv6Addr;

use websocket_upgrade_proto::uri::Uri;

use super::reason::ConnectReason;
use crate::text::cause::Explained;

/// Where a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'p> {
    /// The host to look up. An IPv6 address has no brackets: they belong to the URI.
    pub host: &'p str,
    /// The port.
    pub port: u16,
}

impl<'p> Place<'p> {
    /// The host and port of the URI.
    pub(crate) fn of(uri: &Uri<'p>) -> Self {
        let host = uri.host();
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = address.filter(|address| address.parse::<Ipv6Addr>().is_ok()).unwrap_or(host);
        Self { host, port: uri.port() }
    }

    /// Refuses a host that is legal in a URI (RFC 3986 §3.2.2), and that nobody can look up: with percent-encoding,
    /// which a resolver, a proxy and a list of exceptions would each read in its own way, or an address of a future
    /// version.
    pub(crate) fn checked(self) -> Result<Self, ConnectReason> {
        let Self { host, .. } = self;
        if host.contains(['%', '[']) {
            let text = format!("the host {host:?} is no name and no address that can be looked up");
            return Err(ConnectReason::Connect(Explained::error(io::ErrorKind::InvalidInput, text)));
        }
        Ok(self)
    }
}
