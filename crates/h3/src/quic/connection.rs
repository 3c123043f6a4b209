//! A QUIC connection, and the streams that are opened on it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http3::error::Code;
use http3::quic::{self, ConnectionErrorIncoming, StreamErrorIncoming, StreamId, WriteBuf};
use quinn::{StoppedError, VarInt};

use super::failure;
use super::receive::Receive;
use super::send::Send;
use super::unidirectional::{Failure, Unidirectional, closed};
use super::waiting::Waiting;
use crate::codes;

/// A connection for the HTTP/3 crate.
///
/// What a peer does wrong on the streams of the connection closes it here, see [`Broken`](super::broken::Broken).
pub(crate) struct Quic {
    connection: quinn::Connection,
    opener: Opener,
    bidirectional: Waiting<(quinn::SendStream, quinn::RecvStream)>,
    unidirectional: Unidirectional,
    /// The streams that the peer must not stop: ready when it has.
    critical: Vec<Stopped>,
    /// How many of them are still to be opened.
    unopened: usize,
}

type Stopped = Pin<Box<dyn Future<Output = Result<Option<VarInt>, StoppedError>> + std::marker::Send + Sync>>;

/// The control stream and the two of QPACK: those that the HTTP/3 crate opens first.
const CRITICAL: usize = 3;

/// Opens streams. A clone opens others.
pub(crate) struct Opener {
    connection: quinn::Connection,
    bidirectional: Waiting<(quinn::SendStream, quinn::RecvStream)>,
    unidirectional: Waiting<quinn::SendStream>,
}

/// A stream in both directions.
#[derive(Debug)]
pub(crate) struct Bidi {
    send: Send,
    receive: Receive,
    connection: quinn::Connection,
}

impl Quic {
    pub(crate) fn new(connection: quinn::Connection) -> Self {
        let opener = Opener::new(connection.clone());
        Self {
            connection,
            opener,
            bidirectional: Waiting::default(),
            unidirectional: Unidirectional::default(),
            critical: Vec::with_capacity(CRITICAL),
            unopened: CRITICAL,
        }
    }

    /// Whether the peer has stopped a stream that must stay open (RFC 9114 §6.2.1).
    fn poll_critical(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut stopped = false;
        self.critical.retain_mut(|stream| match stream.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(result) => {
                stopped |= matches!(result, Ok(Some(_)));
                false
            }
        });
        if stopped { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What opens streams on this connection.
    pub(crate) fn opener(&self) -> Opener {
        self.opener.clone()
    }
}

impl quic::Connection<Bytes> for Quic {
    type RecvStream = Receive;
    type OpenStreams = Opener;

    fn poll_accept_recv(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Receive, ConnectionErrorIncoming>> {
        if self.poll_critical(context).is_ready() {
            let broken = closed("a stream was stopped that must stay open");
            return Poll::Ready(Err(failure::local(Failure::Broken(broken), &self.connection)));
        }
        match ready!(self.unidirectional.poll(&self.connection, context)) {
            Ok(frames) => Poll::Ready(Ok(Receive::Control(Box::new(frames), self.connection.clone()))),
            Err(error) => Poll::Ready(Err(failure::local(error, &self.connection))),
        }
    }

    fn poll_accept_bidi(&mut self, context: &mut Context<'_>) -> Poll<Result<Bidi, ConnectionErrorIncoming>> {
        let begin = || {
            let connection = self.connection.clone();
            async move { connection.accept_bi().await }
        };
        match ready!(self.bidirectional.poll(begin, context)) {
            Ok(halves) => Poll::Ready(Ok(Bidi::new(halves, self.connection.clone()))),
            Err(error) => Poll::Ready(Err(failure::connection(error))),
        }
    }

    fn opener(&self) -> Opener {
        self.opener.clone()
    }
}

impl quic::OpenStreams<Bytes> for Quic {
    type BidiStream = Bidi;
    type SendStream = Send;

    fn poll_open_bidi(&mut self, context: &mut Context<'_>) -> Poll<Result<Bidi, StreamErrorIncoming>> {
        self.opener.poll_open_bidi(context)
    }

    fn poll_open_send(&mut self, context: &mut Context<'_>) -> Poll<Result<Send, StreamErrorIncoming>> {
        let opened = ready!(self.opener.poll_open_send(context));
        if let (Ok(stream), Some(unopened)) = (&opened, self.unopened.checked_sub(1)) {
            self.unopened = unopened;
            self.critical.push(Box::pin(stream.stopped()));
        }
        Poll::Ready(opened)
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        self.opener.close(code, reason);
    }
}

impl Opener {
    fn new(connection: quinn::Connection) -> Self {
        Self { connection, bidirectional: Waiting::default(), unidirectional: Waiting::default() }
    }

    /// Opens a stream, once the peer allows another one. Dropped while it waits, none is opened.
    pub(crate) async fn open(&self) -> io::Result<Bidi> {
        let halves = self.connection.open_bi().await.map_err(|error| codes::closed(&error))?;
        Ok(Bidi::new(halves, self.connection.clone()))
    }
}

impl Clone for Opener {
    fn clone(&self) -> Self {
        Self::new(self.connection.clone())
    }
}

impl quic::OpenStreams<Bytes> for Opener {
    type BidiStream = Bidi;
    type SendStream = Send;

    fn poll_open_bidi(&mut self, context: &mut Context<'_>) -> Poll<Result<Bidi, StreamErrorIncoming>> {
        let begin = || {
            let connection = self.connection.clone();
            async move { connection.open_bi().await }
        };
        match ready!(self.bidirectional.poll(begin, context)) {
            Ok(halves) => Poll::Ready(Ok(Bidi::new(halves, self.connection.clone()))),
            Err(error) => Poll::Ready(Err(failure::opening(error))),
        }
    }

    fn poll_open_send(&mut self, context: &mut Context<'_>) -> Poll<Result<Send, StreamErrorIncoming>> {
        let begin = || {
            let connection = self.connection.clone();
            async move { connection.open_uni().await }
        };
        let opened = ready!(self.unidirectional.poll(begin, context));
        Poll::Ready(opened.map(Send::new).map_err(failure::opening))
    }

    fn close(&mut self, code: Code, reason: &[u8]) {
        // One that has ended keeps its reason: streams still tell it.
        if self.connection.close_reason().is_none() {
            self.connection.close(codes::to_varint(code), reason);
        }
    }
}

impl fmt::Debug for Quic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quic").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl Bidi {
    fn new((send, receive): (quinn::SendStream, quinn::RecvStream), connection: quinn::Connection) -> Self {
        Self { send: Send::new(send), receive: Receive::Request(receive), connection }
    }

    /// The halves, for an exchange.
    pub(crate) fn into_inner(self) -> (quinn::SendStream, quinn::RecvStream, quinn::Connection) {
        (self.send.into_inner(), self.receive.into_inner(), self.connection)
    }
}

impl quic::SendStream<Bytes> for Bidi {
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_ready(context)
    }

    fn send_data<T: Into<WriteBuf<Bytes>>>(&mut self, data: T) -> Result<(), StreamErrorIncoming> {
        self.send.send_data(data)
    }

    fn poll_finish(&mut self, context: &mut Context<'_>) -> Poll<Result<(), StreamErrorIncoming>> {
        self.send.poll_finish(context)
    }

    fn reset(&mut self, code: u64) {
        self.send.reset(code);
    }

    fn send_id(&self) -> StreamId {
        self.send.send_id()
    }
}

impl quic::RecvStream for Bidi {
    type Buf = Bytes;

    fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, StreamErrorIncoming>> {
        self.receive.poll_data(context)
    }

    fn stop_sending(&mut self, code: u64) {
        self.receive.stop_sending(code);
    }

    fn recv_id(&self) -> StreamId {
        self.receive.recv_id()
    }
}
