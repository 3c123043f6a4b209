//! The stream of a client's connection that goes straight to the host: TCP, or TLS over it.

/// Defines `ClientStream` for a runtime, and the enum `Stream` that is in it.
///
/// `tcp` and `tls` are the runtime's types. `socket` gives the system's socket of a `tcp`; `below` and `connection`
/// give the `tcp` and rustls' connection of a `tls`.
macro_rules! client_stream {
    (
        tcp: $Tcp:ty,
        socket: $socket:expr,
        tls: $Tls:ty,
        below: $below:expr,
        connection: $connection:expr $(,)?
    ) => {
        /// The stream of [`create_upgrade_request`](super::create_upgrade_request): TCP, or TLS over it.
        #[derive(Debug)]
        pub struct ClientStream {
            stream: Stream,
            report: $crate::client::report::Report,
        }

        #[derive(Debug)]
        pub(super) enum Stream {
            Plain($Tcp),
            #[cfg(feature = "rustls")]
            Tls(Box<$Tls>),
        }

        impl ClientStream {
            pub(super) fn new(stream: Stream) -> Self {
                Self { stream, report: $crate::client::report::Report::default() }
            }

            pub(super) fn keep(&mut self, report: $crate::client::report::Report) {
                self.report = report;
            }

            /// The connection below, TLS or not.
            pub fn tcp(&self) -> &::std::net::TcpStream {
                let socket: fn(&$Tcp) -> &::std::net::TcpStream = $socket;
                match &self.stream {
                    Stream::Plain(stream) => socket(stream),
                    #[cfg(feature = "rustls")]
                    Stream::Tls(stream) => {
                        let below: fn(&$Tls) -> &$Tcp = $below;
                        socket(below(stream))
                    }
                }
            }

            /// Whether it is a connection over TLS.
            pub fn is_tls(&self) -> bool {
                !matches!(self.stream, Stream::Plain(_))
            }

            /// How the connection was made: address, redirects, TLS, and the time of each phase. A failure has the
            /// same report, [`ConnectError::report`](crate::ConnectError::report).
            ///
            /// It is put together when this is called: the certificate is read for it, so that no other connection
            /// pays for that.
            pub fn report(&self) -> $crate::client::report::Report {
                $crate::client::report::Report { tls: self.tls(), ..self.report.clone() }
            }

            /// What TLS came to.
            pub(super) fn tls(&self) -> Option<$crate::client::report::TlsReport> {
                match &self.stream {
                    Stream::Plain(_) => None,
                    #[cfg(feature = "rustls")]
                    Stream::Tls(stream) => {
                        let connection: fn(&$Tls) -> &::rustls::ClientConnection = $connection;
                        Some($crate::client::report::TlsReport::of(connection(stream)))
                    }
                }
            }
        }

        impl<H> $crate::upgraded::Upgraded<ClientStream, H> {
            /// How the connection was made: see [`ClientStream::report`].
            pub fn report(&self) -> $crate::client::report::Report {
                self.get_ref().report()
            }
        }
    };
}

pub(crate) use client_stream;
