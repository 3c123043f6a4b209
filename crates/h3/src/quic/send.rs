//! A stream, or its half, that is sent by the HTTP/3 crate.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http3::quic::{self, StreamErrorIncoming, StreamId, WriteBuf};
use quinn::{StoppedError, VarInt};

use super::failure;

#[derive(Debug)]
pub(crate) struct Send {
    stream: quinn::SendStream,
    /// What has not been handed to QUIC yet.
    rest: Bytes,
}

impl Send {
    pub(super) fn new(stream: quinn::SendStream) -> Self {
        Self { stream, rest: Bytes::new() }
    }

    /// Ready when the peer reads no more, with its code, or has everything.
    pub(super) fn stopped(
        &self,
    ) -> impl Future<Output = Result<Option<VarInt>, StoppedError>> + std::marker::Send + Sync + 'static {
        self.stream.stopped()
    }

    pub(super) fn into_inner(self) -> quinn::SendStream {
        self.stream
    }
}

impl quic::SendStream<Bytes> for Send {
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        while !self.rest.is_empty() {
            let rest = std::slice::from_mut(&mut self.rest);
            ready!(pin!(self.stream.write_chunks(rest)).poll(context)).map_err(failure::write)?;
        }
        Poll::Ready(Ok(()))
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        let mut data = data.into();
        // That crate waits until the stream is ready, so there is no rest.
        self.rest = data.copy_to_bytes(data.remaining());
        Ok(())
    }

    fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        ready!(self.poll_ready(context))?;
        Poll::Ready(self.stream.finish().map_err(|error| StreamErrorIncoming::Unknown(Box::new(error))))
    }

    fn reset(&mut self, code: u64) {
        // It fails only if the stream has ended.
        let _ = self.stream.reset(VarInt::from_u64(code).unwrap_or(VarInt::MAX));
    }

    fn send_id(&self) -> StreamId {
        stream_id(self.stream.id())
    }
}

impl quic::SendStreamUnframed<Bytes> for Send {
    fn poll_send<D: Buf>(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut D,
    ) -> Poll<Result<usize, StreamErrorIncoming>> {
        let written =
            ready!(pin!(self.stream.write(buffer.chunk())).poll(context)).map_err(failure::write)?;
        buffer.advance(written);
        Poll::Ready(Ok(written))
    }
}

/// Both types have the same numbers.
pub(super) fn stream_id(id: quinn::StreamId) -> StreamId {
    VarInt::from(id).into_inner().try_into().unwrap_or_else(|_| http3::proto::varint::VarInt::MAX.into())
}
