//! What is known of a handshake besides the request: the peer, the version of HTTP, and when it began.

use std::net::{IpAddr, SocketAddr};
#[cfg(feature = "metrics")]
use std::time::{Duration, Instant};

/// What is known of a handshake besides the request: the peer, the version of HTTP, and when it began.
#[derive(Clone, Copy, Debug)]
pub struct HandshakeInfo {
    peer: Option<IpAddr>,
    version: Version,
    /// `None` before the first byte.
    #[cfg(feature = "metrics")]
    began: Option<Instant>,
}

/// The version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    Http1,
    Http2,
    Http3,
}

impl HandshakeInfo {
    /// A connection on which nothing has been received.
    pub(crate) fn silent(peer: Option<IpAddr>) -> Self {
        Self {
            peer,
            version: Version::Http1,
            #[cfg(feature = "metrics")]
            began: None,
        }
    }

    /// Of a request that an HTTP server has parsed. The peer is taken from the request's extensions, unless `peer` is
    /// given.
    pub(crate) fn of_request<B>(request: &http::Request<B>, peer: Option<IpAddr>) -> Self {
        let peer = peer.or_else(|| peer_address(request.extensions()).map(|peer| peer.ip()));
        Self::of_version(request.version(), peer)
    }

    /// Of a request in this version of HTTP, from this peer.
    pub fn of_version(version: http::Version, peer: Option<IpAddr>) -> Self {
        let mut info = Self::silent(peer);
        info.version = match version {
            http::Version::HTTP_2 => Version::Http2,
            http::Version::HTTP_3 => Version::Http3,
            _ => Version::Http1,
        };
        info.note_bytes();
        info
    }

    /// The same with this peer, if one is given.
    #[cfg_attr(not(any(feature = "hyper", feature = "internals")), allow(dead_code))]
    #[must_use]
    pub fn at(mut self, peer: Option<IpAddr>) -> Self {
        self.peer = peer.or(self.peer);
        self
    }

    /// Notes that a byte has arrived. Time counts from the first one.
    #[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
    pub(crate) fn note_bytes(&mut self) {
        #[cfg(feature = "metrics")]
        self.began.get_or_insert_with(Instant::now);
    }

    /// The address of the connection's other end.
    pub fn peer(&self) -> Option<IpAddr> {
        self.peer
    }

    /// The version of HTTP as events show it.
    #[cfg_attr(not(any(feature = "metrics", feature = "tracing")), allow(dead_code))]
    pub(crate) fn version(&self) -> &'static str {
        match self.version {
            Version::Http1 => "1.1",
            Version::Http2 => "2",
            Version::Http3 => "3",
        }
    }

    /// The time since the first byte, if there was one.
    #[cfg(feature = "metrics")]
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        self.began.map(|began| began.elapsed())
    }
}

/// The peer's address, if the HTTP server has put it into the request's extensions: a [`SocketAddr`], or axum's
/// `ConnectInfo` of one.
pub(crate) fn peer_address(extensions: &http::Extensions) -> Option<SocketAddr> {
    let plain = extensions.get::<SocketAddr>().copied();
    #[cfg(feature = "axum")]
    let plain = plain.or_else(|| {
        extensions
            .get::<::axum::extract::ConnectInfo<SocketAddr>>()
            .map(|::axum::extract::ConnectInfo(peer)| *peer)
    });
    plain
}
