//! TCP over async-io: the host's addresses, and the first one that answers.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};

use ::async_io::{Async, Timer};
use ::futures_io::{AsyncRead, AsyncWrite};

use crate::client::place::Place;
use crate::drive::address::{self, in_turn};
use crate::drive::attempts::Attempts;

/// The addresses of a host.
pub(super) async fn addresses(place: Place<'_>) -> io::Result<Vec<SocketAddr>> {
    let Place { host, port } = place;
    if let Some(address) = address::literal(host, port) {
        return Ok(vec![address]);
    }
    let host = host.to_owned();
    ::blocking::unblock(move || address::addresses(&host, port)).await
}

/// A connection whose sending side is ended by `poll_close`, which async-io's own does not do.
#[derive(Debug)]
pub(super) struct Tcp(Async<TcpStream>);

impl Tcp {
    /// To the first of the addresses that answers, IPv6 and IPv4 in turn.
    pub(super) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<Self> {
        let attempt = Async::<TcpStream>::connect::<SocketAddr>;
        let attempts = Attempts::new(in_turn(addresses), attempt, Timer::after);
        let stream = attempts.first().await?;
        // The head is sent in one write, and the codec decides when to flush later.
        stream.get_ref().set_nodelay(true)?;
        Ok(Self(stream))
    }

    /// The system's socket.
    pub(super) fn socket(&self) -> &TcpStream {
        self.0.get_ref()
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(context, space)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(context, pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.0.get_ref().shutdown(Shutdown::Write) {
            Err(error) if error.kind() != io::ErrorKind::NotConnected => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(())),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_never_answers_leaves_time_for_the_next() {
        let (addresses, _listening) = address::tests::full_and_free();
        let answers = addresses[1];
        let stream = ::async_io::block_on(Tcp::connect(addresses)).expect("one that answers");
        assert_eq!(stream.socket().peer_addr().expect("an address"), answers);
    }
}
