//! The public methods of a valid request, the same for tower and for axum.

/// Defines the methods. The type needs a method `view` (the core's request), a field `peer`, and a field `$parts` with
/// the methods `uri` and `version`.
macro_rules! request_accessors {
    ($parts:ident) => {
        /// The path.
        pub fn path(&self) -> &str {
            self.$parts.uri().path()
        }

        /// The query, without the question mark.
        pub fn query(&self) -> Option<&str> {
            self.$parts.uri().query()
        }

        /// `Origin`, as it was sent (RFC 6455 §4.2.1 item 7). It is not checked against the options yet.
        pub fn origin(&self) -> Option<&[u8]> {
            self.view()?.origin()
        }

        /// The authority that the request was sent to: `Host` or `:authority`.
        pub fn authority(&self) -> &str {
            self.view().map_or("", |request| request.authority())
        }

        /// The subprotocols that the client offers, in its order (RFC 6455 §4.2.1 item 8).
        pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
            self.view().into_iter().flat_map(|request| request.subprotocols())
        }

        /// The extensions that the client offers, in its order (RFC 6455 §4.2.1 item 9).
        pub fn extensions(&self) -> impl Iterator<Item = ::websocket_upgrade_proto::extension::Member<'_>> {
            self.view().into_iter().flat_map(|request| request.extensions())
        }

        /// The HTTP version of the request.
        pub fn version(&self) -> http::Version {
            self.$parts.version()
        }

        /// The address of the other side, if the server has put it into the request's extensions as a
        /// [`SocketAddr`](::std::net::SocketAddr) or, with the feature `axum`, as axum's `ConnectInfo`.
        pub fn peer(&self) -> Option<::std::net::SocketAddr> {
            self.peer
        }
    };
}

pub(crate) use request_accessors;
