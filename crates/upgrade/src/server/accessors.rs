//! What can be read of a request that waits for a decision, with the same names on every entrance.

#[cfg_attr(feature = "internals", macro_export)]
#[doc(hidden)]
/// Defines the methods. The expressions say where each type has what they return; `view` is the core's request, if the
/// request is valid.
macro_rules! request_accessors {
    (
        $self:ident,
        view: $view:expr,
        path: $path:expr,
        query: $query:expr,
        version: $version:expr,
        $(#[$peer_doc:meta])*
        peer: $Peer:ty = $peer:expr $(,)?
    ) => {
        /// The path.
        pub fn path(&$self) -> &str {
            $path
        }

        /// The query, without the question mark.
        pub fn query(&$self) -> Option<&str> {
            $query
        }

        /// `Origin` as it was sent (RFC 6455 §4.2.1 item 7), whether or not it is allowed.
        pub fn origin(&$self) -> Option<&[u8]> {
            $view?.origin()
        }

        /// The authority that the request was sent to: `Host` or `:authority`.
        pub fn authority(&$self) -> &str {
            $view.map_or("", |request| request.authority())
        }

        /// The subprotocols that the client offers, in its order (RFC 6455 §4.2.1 item 8).
        pub fn subprotocols(&$self) -> impl Iterator<Item = &str> {
            $view.into_iter().flat_map(|request| request.subprotocols())
        }

        /// The extensions that the client offers, in its order (RFC 6455 §4.2.1 item 9).
        pub fn extensions(&$self) -> impl Iterator<Item = ::websocket_upgrade_proto::extension::Member<'_>> {
            $view.into_iter().flat_map(|request| request.extensions())
        }

        /// The HTTP version of the request.
        pub fn version(&$self) -> ::http::Version {
            $version
        }

        $(#[$peer_doc])*
        pub fn peer(&$self) -> Option<$Peer> {
            $peer
        }
    };
}

pub(crate) use request_accessors;
