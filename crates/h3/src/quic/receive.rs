//! A stream, or its half, that is received by the HTTP/3 crate.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http3::quic::{self, StreamErrorIncoming, StreamId};

use super::failure;
use super::send::stream_id;

#[derive(Debug)]
pub(crate) struct Receive {
    stream: quinn::RecvStream,
}

impl Receive {
    pub(super) fn new(stream: quinn::RecvStream) -> Self {
        Self { stream }
    }

    pub(super) fn into_inner(self) -> quinn::RecvStream {
        self.stream
    }
}

impl quic::RecvStream for Receive {
    type Buf = Bytes;

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        let chunk = ready!(pin!(self.stream.read_chunk(usize::MAX, true)).poll(context));
        Poll::Ready(chunk.map(|chunk| chunk.map(|chunk| chunk.bytes)).map_err(failure::read))
    }

    fn stop_sending(&mut self, code: u64) {
        // It fails only if the stream has ended.
        let _ = self.stream.stop(quinn::VarInt::from_u64(code).unwrap_or(quinn::VarInt::MAX));
    }

    fn recv_id(&self) -> StreamId {
        stream_id(self.stream.id())
    }
}
