//! The public type of a request that waits for a decision, for each driver: the same methods, on other streams.

/// Defines the type and its methods. Each calls the method of [`Undecided`](super::Undecided) with the same name. A
/// driver with futures awaits it. The blocking one runs it with `$run`, and `$into_inner` turns its stream back into
/// the caller's.
macro_rules! incoming {
    ($(#[$attribute:meta])* async $Incoming:ident<$($T:ident: ($($bound:tt)+)),+>($Undecided:ty)) => {
        $crate::drive::incoming! {
            @define [$(#[$attribute])*] $Incoming<$($T: ($($bound)+)),+>($Undecided)
            [async] [.await] ::std::convert::identity, ::std::convert::identity,
            [
                ///
                /// # Cancel safety
                ///
                /// Not cancel safe: dropping the future drops the socket, so that the connection is closed.
            ]
        }
    };

    (
        $(#[$attribute:meta])* blocking $Incoming:ident<$($T:ident: ($($bound:tt)+)),+>($Undecided:ty),
        $run:path, $into_inner:path
    ) => {
        $crate::drive::incoming! {
            @define [$(#[$attribute])*] $Incoming<$($T: ($($bound)+)),+>($Undecided)
            [] [] $run, $into_inner, []
        }
    };

    (
        @define [$($attributes:tt)*] $Incoming:ident<$S:ident: ($($stream:tt)+) $(, $T:ident: ($($bound:tt)+))*>
        ($Undecided:ty)
        [$($async:ident)?] [$($await:tt)*] $run:path, $into_inner:path, [$($cancel_safety:tt)*]
    ) => {
        $($attributes)*
        ///
        /// Dropped undecided, it is answered with 503, in one attempt that does not wait.
        ///
        /// It can be any HTTP request. If [`request`](Self::request) is an error, so that it is no valid handshake,
        /// [`origin`](Self::origin), [`authority`](Self::authority), [`subprotocols`](Self::subprotocols) and
        /// [`extensions`](Self::extensions) are empty. The head has the fields as they came.
        #[must_use = "the client waits for an answer"]
        pub struct $Incoming<$S: $($stream)+ $(, $T: $($bound)+)*>($Undecided);

        impl<$S: $($stream)+ $(, $T: $($bound)+)*> $Incoming<$S $(, $T)*> {
            pub(crate) fn new(undecided: $Undecided) -> Self {
                Self(undecided)
            }

            /// The request's head.
            pub fn head(&self) -> &$crate::RequestHead {
                self.0.head()
            }

            /// The request as a valid upgrade request.
            ///
            /// # Errors
            ///
            /// What is wrong with it (RFC 6455 §4.2.1). [`RequestError::is_not_upgrade`] tells plain HTTP from a
            /// broken upgrade.
            ///
            /// [`RequestError::is_not_upgrade`]: ::websocket_upgrade_proto::server::RequestError::is_not_upgrade
            pub fn request(
                &self,
            ) -> Result<
                ::websocket_upgrade_proto::server::Request<'_>,
                ::websocket_upgrade_proto::server::RequestError,
            > {
                self.0.request()
            }

            /// Whether it asks for WebSocket, rightly or not. If it does not, answer it as plain HTTP.
            pub fn is_upgrade(&self) -> bool {
                !matches!(self.request(), Err(error) if error.is_not_upgrade())
            }

            $crate::server::accessors::request_accessors! {
                self,
                view: self.request().ok(),
                path: self.head().target().path(),
                query: self.head().target().query(),
                version: self.head().version(),
                /// The address of the other side, if [`ServerOptions::peer`](crate::ServerOptions::peer) or
                /// `receive` of tokio's gate was given it.
                peer: ::std::net::IpAddr = self.0.peer(),
            }

            /// Adds a field line, such as `Set-Cookie`, to the answer, whether it accepts or rejects.
            ///
            /// # Errors
            ///
            /// If the name is not a token or is one that the handshake sets itself, or if the value has a control
            /// character.
            pub fn header(
                &mut self,
                name: &str,
                value: impl AsRef<[u8]>,
            ) -> Result<&mut Self, ::websocket_upgrade_proto::field::FieldError> {
                self.0.header(name, value.as_ref())?;
                Ok(self)
            }

            /// Checks everything for which [`accept`](Self::accept) with the same options would refuse the request:
            /// whether it is valid, its authority (RFC 9110 §7.4), its origin (RFC 6455 §10.2), and its lists of
            /// subprotocols and extensions. Call it before you look up credentials, so that a page of a foreign origin
            /// can't cause that.
            ///
            /// If it passes, the request still waits for a decision, and nothing was sent. Otherwise the client gets
            /// the answer that [`accept`](Self::accept) would have sent, and the connection is closed in the same way.
            ///
            /// # Errors
            ///
            /// Those of [`accept`](Self::accept).
            $($cancel_safety)*
            pub $($async)? fn check(
                mut self,
                options: &$crate::ServerOptions,
            ) -> Result<Self, $crate::HandleError> {
                $run(self.0.check(options)) $($await)* ?;
                Ok(self)
            }

            /// Accepts the request if it is valid and the options allow it. Otherwise it is rejected, and the client
            /// told so.
            ///
            /// An answer that is decided after the deadline is sent if the stream takes it at once.
            ///
            /// # Errors
            ///
            /// [`HandleError`](crate::HandleError): the request was rejected, and the client told so; or the socket
            /// failed.
            $($cancel_safety)*
            pub $($async)? fn accept(
                mut self,
                options: &$crate::ServerOptions,
            ) -> Result<$crate::Upgraded<$S, $crate::RequestHead>, $crate::HandleError> {
                let upgraded = $run(self.0.accept(options)) $($await)* ?;
                Ok(upgraded.map_io($into_inner))
            }

            /// Rejects the request with an answer of the application's own, and closes the connection in stages.
            ///
            /// That is sent whatever is wrong with the request. Where HTTP itself requires 400, for a request without
            /// `Host` for example (RFC 9112 §3.2), [`request`](Self::request) is an error, and
            /// [`accept`](Self::accept) sends the 400.
            ///
            /// # Errors
            ///
            /// If the socket fails before the answer is sent, or does not take it up to the deadline.
            $($cancel_safety)*
            pub $($async)? fn reject(mut self, rejection: $crate::Rejection) -> Result<(), $crate::HandleError> {
                $run(self.0.reject(&rejection)) $($await)*
            }

            /// Takes back head, socket and the bytes read behind the head, to answer as plain HTTP.
            #[must_use]
            pub fn into_http(self) -> ($crate::RequestHead, $crate::Socket<$S>) {
                let (head, socket) = self.0.into_parts();
                (head, socket.map_io($into_inner))
            }

            /// Takes back the socket as if nothing had been read: the head is replayed, for an HTTP server to read
            /// itself.
            #[must_use]
            pub fn into_unread(self) -> $crate::Socket<$S> {
                let (head, socket) = self.into_http();
                let (io, read_buf) = socket.into_parts();
                $crate::Socket::with_read_buf(io, [head.as_bytes(), &read_buf].concat())
            }
        }

        /// Shows no values of fields, and nothing of what was read behind the head.
        impl<$S: $($stream)+ $(, $T: $($bound)+)*> ::std::fmt::Debug for $Incoming<$S $(, $T)*> {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

pub(crate) use incoming;
