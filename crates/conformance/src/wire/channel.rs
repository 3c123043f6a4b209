//! What a proof needs of a connection, or of a stream over HTTP/2.

use std::future::Future;
use std::time::Duration;

use super::connection::{Arrival, Connection};

/// Bytes both ways, recorded and bounded.
pub trait Channel: Send {
    /// Sends bytes. Returns whether all of them were sent.
    fn send(&mut self, bytes: &[u8]) -> impl Future<Output = bool> + Send;

    /// Waits for more bytes until the deadline of the exchange.
    fn receive(&mut self) -> impl Future<Output = Arrival> + Send;

    /// Waits for more bytes, at most for this long.
    fn receive_within(&mut self, time: Duration) -> impl Future<Output = Arrival> + Send;

    /// Returns what was received and not yet consumed.
    fn received(&self) -> &[u8];

    /// Removes the first bytes of what was received.
    fn consume(&mut self, length: usize);
}

impl Channel for Connection {
    async fn send(&mut self, bytes: &[u8]) -> bool {
        Connection::send(self, bytes).await
    }

    async fn receive(&mut self) -> Arrival {
        Connection::receive(self).await
    }

    async fn receive_within(&mut self, time: Duration) -> Arrival {
        Connection::receive_within(self, time).await
    }

    fn received(&self) -> &[u8] {
        Connection::received(self)
    }

    fn consume(&mut self, length: usize) {
        Connection::consume(self, length);
    }
}
