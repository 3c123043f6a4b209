//! Streams of the drivers, as the suite's frames need them.

use std::io::{Read, Write};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use websocket_upgrade_conformance::wire::{Arrival, Channel};

/// A stream of tokio's.
pub(super) struct Async<S> {
    io: S,
    received: Vec<u8>,
}

/// A stream that waits inside its calls.
pub(super) struct Blocking<S> {
    io: S,
    received: Vec<u8>,
}

impl<S> Async<S> {
    pub(super) fn new(io: S) -> Self {
        Self { io, received: Vec::new() }
    }
}

impl<S> Blocking<S> {
    pub(super) fn new(io: S) -> Self {
        Self { io, received: Vec::new() }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Channel for Async<S> {
    async fn send(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).await.is_ok() && self.io.flush().await.is_ok()
    }

    async fn receive(&mut self) -> Arrival {
        let mut buffer = [0; 4096];
        arrived(self.io.read(&mut buffer).await.ok().map(|length| &buffer[..length]), &mut self.received)
    }

    async fn receive_within(&mut self, time: Duration) -> Arrival {
        timeout(time, self.receive()).await.unwrap_or(Arrival::Silence)
    }

    fn received(&self) -> &[u8] {
        &self.received
    }

    fn consume(&mut self, length: usize) {
        self.received.drain(..length);
    }
}

impl<S: Read + Write + Send> Channel for Blocking<S> {
    async fn send(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).is_ok() && self.io.flush().is_ok()
    }

    async fn receive(&mut self) -> Arrival {
        let mut buffer = [0; 4096];
        arrived(self.io.read(&mut buffer).ok().map(|length| &buffer[..length]), &mut self.received)
    }

    async fn receive_within(&mut self, _: Duration) -> Arrival {
        self.receive().await
    }

    fn received(&self) -> &[u8] {
        &self.received
    }

    fn consume(&mut self, length: usize) {
        self.received.drain(..length);
    }
}

fn arrived(bytes: Option<&[u8]>, received: &mut Vec<u8>) -> Arrival {
    let Some(bytes) = bytes else { return Arrival::Broken };
    received.extend_from_slice(bytes);
    if bytes.is_empty() { Arrival::End } else { Arrival::More }
}
