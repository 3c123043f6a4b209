//! A stream of an HTTP/2 connection as a channel for a WebSocket, within its flow control.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use super::frame::Frame;
use crate::wire::{Arrival, Channel};

/// The largest DATA frame that the suite sends.
const LARGEST: usize = 16_384;

/// A stream.
pub(crate) struct StreamChannel<'c> {
    connection: &'c mut Connection,
    id: u32,
}

impl<'c> StreamChannel<'c> {
    pub(crate) fn new(connection: &'c mut Connection, id: u32) -> Self {
        Self { connection, id }
    }

    async fn receive_until(&mut self, time: Instant) -> Arrival {
        let id = self.id;
        let before = self.connection.stream(id).received;
        let came = |on: &Connection| on.is(id, |stream| stream.received > before);
        let is_over =
            |on: &Connection| on.is(id, |stream| stream.ended || stream.reset.is_some()) || on.is_over();
        self.connection.until_time(time, |on| came(on) || is_over(on)).await;
        if came(self.connection) {
            Arrival::More
        } else if self.connection.stream(id).ended {
            Arrival::End
        } else if is_over(self.connection) {
            Arrival::Broken
        } else {
            Arrival::Silence
        }
    }
}

impl Channel for StreamChannel<'_> {
    async fn send(&mut self, mut bytes: &[u8]) -> bool {
        let id = self.id;
        while !bytes.is_empty() {
            let is_over = |on: &Connection| on.is(id, |stream| stream.reset.is_some()) || on.is_over();
            if !self.connection.until(|on| on.room(id) > 0 || is_over(on)).await || is_over(self.connection) {
                return false;
            }
            let length = self.connection.room(id).min(bytes.len()).min(LARGEST);
            let (now, rest) = bytes.split_at(length);
            self.connection.queue(&Frame::data(id, now, false, None));
            self.connection.flush().await;
            bytes = rest;
        }
        true
    }

    async fn receive(&mut self) -> Arrival {
        let deadline = self.connection.deadline();
        self.receive_until(deadline).await
    }

    async fn receive_within(&mut self, time: Duration) -> Arrival {
        self.receive_until(Instant::now() + time).await
    }

    fn received(&self) -> &[u8] {
        self.connection.streams.get(&self.id).map_or(&[], |stream| &stream.data)
    }

    fn consume(&mut self, length: usize) {
        let data = &mut self.connection.stream(self.id).data;
        data.drain(..length.min(data.len()));
    }
}
