//! The UDP socket of a client, and the QUIC connections on it.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// A UDP socket for the QUIC connections of a client. Clones share it.
///
/// Without one, each connection has a socket of its own. Each costs a file descriptor, a task, and memory: up to 3 MiB
/// for packets that are received. So a program with many connections is better off with one endpoint for all of them: [`Session::connect_on`](super::Session::connect_on) and
/// [`create_upgrade_request_on`](super::create_upgrade_request_on).
///
/// When the last clone and the last connection are gone, the socket is closed, after the peers have been told so.
#[derive(Clone)]
pub struct Endpoint(quinn::Endpoint);

impl Endpoint {
    /// An endpoint on a free port that reaches IPv6 and IPv4 addresses, or IPv4 alone where the system has no IPv6.
    ///
    /// # Errors
    ///
    /// If there is no tokio runtime, or if the system gives no socket.
    pub fn new() -> io::Result<Self> {
        // A system without IPv6 has no such address.
        let both = Self::bind((Ipv6Addr::UNSPECIFIED, 0).into());
        both.or_else(|_| Self::bind((Ipv4Addr::UNSPECIFIED, 0).into()))
    }

    /// An endpoint with this local address. With an IPv4 address it reaches IPv4 addresses alone. With an IPv6 address
    /// it reaches IPv4 addresses too, if the system allows it.
    ///
    /// # Errors
    ///
    /// If there is no tokio runtime, or if the system gives no such socket.
    pub fn bind(local: SocketAddr) -> io::Result<Self> {
        quinn::Endpoint::client(local).map(Self)
    }

    /// The socket's own address.
    ///
    /// # Errors
    ///
    /// If the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Waits until all connections on this endpoint have ended, and their peers have been told so.
    ///
    /// It ends none. A program that ends earlier leaves servers to wait for their idle timeout.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future only ends the waiting.
    pub async fn wait_idle(&self) {
        self.0.wait_idle().await;
    }

    pub(super) fn quinn(&self) -> &quinn::Endpoint {
        &self.0
    }
}

/// An endpoint of quinn's, with the socket and the limits that it has. It may be a server's too.
impl From<quinn::Endpoint> for Endpoint {
    fn from(endpoint: quinn::Endpoint) -> Self {
        Self(endpoint)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("local_addr", &self.0.local_addr().ok()).finish_non_exhaustive()
    }
}
