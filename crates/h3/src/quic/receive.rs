//! A stream, or its half, that is received by the HTTP/3 crate.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http3::quic::{self, StreamErrorIncoming, StreamId};

use super::failure;
use super::send::stream_id;
use super::unidirectional::Frames;

#[derive(Debug)]
pub(crate) enum Receive {
    /// A request stream. That crate does not read it.
    Request(quinn::RecvStream),
    /// The peer's control stream.
    Control(Box<Frames>, quinn::Connection),
}

impl Receive {
    fn stream(&self) -> &quinn::RecvStream {
        match self {
            Self::Request(stream) => stream,
            Self::Control(frames, _) => &frames.stream,
        }
    }

    fn stream_mut(&mut self) -> &mut quinn::RecvStream {
        match self {
            Self::Request(stream) => stream,
            Self::Control(frames, _) => &mut frames.stream,
        }
    }

    pub(super) fn into_inner(self) -> quinn::RecvStream {
        match self {
            Self::Request(stream) => stream,
            Self::Control(frames, _) => frames.stream,
        }
    }
}

impl quic::RecvStream for Receive {
    type Buf = Bytes;

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        match self {
            Self::Request(stream) => {
                let chunk = ready!(pin!(stream.read_chunk(usize::MAX, true)).poll(context));
                Poll::Ready(chunk.map(|chunk| chunk.map(|chunk| chunk.bytes)).map_err(failure::read))
            }
            Self::Control(frames, connection) => match ready!(frames.poll(context)) {
                Ok(bytes) => Poll::Ready(Ok(Some(bytes))),
                Err(error) => {
                    let connection_error = failure::local(error, connection);
                    Poll::Ready(Err(StreamErrorIncoming::ConnectionErrorIncoming { connection_error }))
                }
            },
        }
    }

    fn stop_sending(&mut self, code: u64) {
        // It fails only if the stream has ended.
        let _ = self.stream_mut().stop(quinn::VarInt::from_u64(code).unwrap_or(quinn::VarInt::MAX));
    }

    fn recv_id(&self) -> StreamId {
        stream_id(self.stream().id())
    }
}
