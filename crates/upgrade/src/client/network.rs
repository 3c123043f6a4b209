//! A client's way through the network.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use websocket_upgrade_proto::uri::Uri;

use super::place::Place;
use super::proxies::Proxies;
use super::reason::ConnectReason;
#[cfg(feature = "proxy")]
use super::transport::Custom;

/// A client's way through the network.
#[derive(Clone, Default)]
pub(crate) struct Network {
    pub(crate) proxies: Proxies,
    /// Hosts and ports of URLs, each with the host and port to connect to instead.
    pub(super) connect_to: Vec<[HostPort; 2]>,
    /// The addresses that are used.
    pub(crate) family: Family,
    /// Field lines for a CONNECT.
    #[cfg(feature = "proxy")]
    pub(crate) proxy_lines: Vec<u8>,
    #[cfg(feature = "proxy")]
    pub(crate) custom: Option<Custom>,
    #[cfg(feature = "http2")]
    pub(crate) http2: bool,
}

impl Network {
    /// Whether a service of the caller's own makes the stream, and TLS is a part of it.
    #[cfg_attr(not(feature = "proxy"), allow(clippy::unused_self))] // there is no such service
    pub(crate) fn includes_tls(&self) -> bool {
        #[cfg(feature = "proxy")]
        return self.custom.as_ref().is_some_and(Custom::includes_tls);
        #[cfg(not(feature = "proxy"))]
        false
    }

    /// Where the connection for a URI goes.
    ///
    /// # Errors
    ///
    /// If nobody can look up that host.
    pub(crate) fn place<'p>(&'p self, uri: &Uri<'p>) -> Result<Place<'p>, ConnectReason> {
        let own = Place::of(uri);
        let other = self.connect_to.iter().find(|[from, _]| from.is_at(own));
        other.map_or(own, |[_, to]| Place { host: &to.host, port: to.port.unwrap_or(own.port) }).checked()
    }
}

/// The addresses that a client connects to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Family {
    /// Those of both families.
    #[default]
    Any,
    /// IPv4 alone.
    V4,
    /// IPv6 alone.
    V6,
}

impl Family {
    /// Whether an address is one of them.
    pub(crate) fn includes(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::V4 => address.is_ipv4(),
            Self::V6 => address.is_ipv6(),
        }
    }
}

/// A host, and a port or any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostPort {
    /// Without brackets.
    host: String,
    port: Option<u16>,
}

impl HostPort {
    /// `uri-host [ ":" port ]`, the authority of a URI.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri = format!("ws://{text}");
        let uri = Uri::parse(&uri).ok().filter(|uri| !uri.has_userinfo() && !text.contains(['/', '?']))?;
        let place = Place::of(&uri).checked().ok()?;
        let port = text.get(uri.host().len()..).filter(|port| port.len() > 1);
        Some(Self { host: place.host.to_owned(), port: port.map(|_| place.port) })
    }

    fn is_at(&self, place: Place<'_>) -> bool {
        let name = |host: &str| host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        let same = match (self.host.parse::<IpAddr>(), place.host.parse::<IpAddr>()) {
            (Ok(own), Ok(other)) => own == other,
            _ => name(&self.host) == name(place.host),
        };
        same && self.port.is_none_or(|port| port == place.port)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network")
            .field("proxies", &self.proxies)
            .field("connect_to", &self.connect_to)
            .field("family", &self.family)
            .finish_non_exhaustive()
    }
}
