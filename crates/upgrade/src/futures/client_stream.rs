//! The stream of a client's connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::futures_io::{AsyncRead, AsyncWrite};
#[cfg(feature = "rustls")]
use websocket_upgrade_rustls::futures_rustls::client::TlsStream;

use super::tcp::Tcp;
use crate::drive::client_stream::client_stream;
use crate::drive::forward::{forward, to_variant};

client_stream!(
    tcp: Tcp,
    socket: Tcp::socket,
    tls: TlsStream<Tcp>,
    below: |tls| tls.get_ref().0,
    connection: |tls| tls.get_ref().1,
);

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        to_variant!(self, context, poll_read(context, space))
    }
}

impl AsyncWrite for ClientStream {
    forward!(AsyncWrite, poll_close, to_variant);
}
