//! What others make of the same bytes: their own entrance for a server, on a stream in memory.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::io::{AsyncRead, AsyncWrite};
use soketto::handshake::server::{Response, Server};

/// Bytes to read, and a place to write to.
struct Memory<'m> {
    input: &'m [u8],
    output: &'m mut [u8],
    written: usize,
}

impl<'m> Memory<'m> {
    fn new(input: &'m [u8], output: &'m mut [u8]) -> Self {
        Self { input, output, written: 0 }
    }
}

impl Read for Memory<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer)
    }
}

impl Write for Memory<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut room = self.output.get_mut(self.written..).unwrap_or_default();
        let len = room.write(bytes)?;
        self.written += len;
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Memory<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.read(buffer))
    }
}

impl AsyncWrite for Memory<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncRead for Memory<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let len = self.input.len().min(buffer.remaining());
        let (piece, rest) = self.input.split_at(len);
        buffer.put_slice(piece);
        self.input = rest;
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Memory<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.write(bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

pub(crate) fn soketto(request: &[u8], out: &mut [u8]) -> usize {
    let accept = async {
        let mut server = Server::new(Memory::new(request, out));
        let key = server.receive_request().await.ok()?.key();
        server.send_response(&Response::Accept { key, protocol: None }).await.ok()?;
        Some(server.into_inner().written)
    };
    // Nothing in memory waits.
    accept.now_or_never().flatten().unwrap_or(0)
}

pub(crate) fn tokio_websockets(request: &[u8], out: &mut [u8]) -> usize {
    let mut memory = Memory::new(request, out);
    let accepted = tokio_websockets::ServerBuilder::new().accept(&mut memory).now_or_never();
    let accepted = accepted.is_some_and(|accepted| accepted.is_ok());
    if accepted { memory.written } else { 0 }
}

pub(crate) fn tungstenite(request: &[u8], out: &mut [u8]) -> usize {
    let accepted = tungstenite::accept(Memory::new(request, out));
    accepted.map_or(0, |socket| socket.get_ref().written)
}
