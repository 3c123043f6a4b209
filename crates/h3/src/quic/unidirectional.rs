//! The streams in one direction that the peer opens (RFC 9114 §6.2).
//!
//! Only the control stream is handed on. Those of QPACK are checked here, and others have no meaning.

use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http3::error::Code;
use quinn::{Connection, ConnectionError, ReadError, RecvStream};

use super::broken::Broken;
use super::control::{Control, Role};
use super::instructions::Side;
use super::waiting::Waiting;
use crate::frames::reader::integer;

/// Pieces that are read from one stream in one turn.
const TURN: usize = 16;

/// Those of one connection.
#[derive(Debug, Default)]
pub(super) struct Unidirectional {
    accepting: Waiting<RecvStream>,
    /// Streams whose type is not known yet. How many there can be, QUIC bounds.
    untyped: Vec<Untyped>,
    has_control: bool,
    encoder: Option<Instructions>,
    decoder: Option<Instructions>,
}

/// Why there is no control stream.
#[derive(Debug)]
pub(super) enum Failure {
    Lost(ConnectionError),
    Broken(Broken),
}

#[derive(Debug)]
struct Untyped {
    stream: RecvStream,
    unread: BytesMut,
}

#[derive(Debug)]
struct Instructions {
    stream: RecvStream,
    side: Side,
}

/// The peer's control stream. Its frames are read by [`Frames::poll`].
#[derive(Debug)]
pub(crate) struct Frames {
    pub(super) stream: RecvStream,
    control: Control,
    /// Those that were not handed on yet.
    complete: BytesMut,
}

impl Unidirectional {
    /// Ready with the peer's control stream, or when the connection has ended.
    pub(super) fn poll(
        &mut self,
        connection: &Connection,
        context: &mut Context<'_>,
    ) -> Poll<Result<Frames, Failure>> {
        let begin = || {
            let connection = connection.clone();
            async move { connection.accept_uni().await }
        };
        while let Poll::Ready(stream) = self.accepting.poll(begin, context) {
            let stream = stream.map_err(Failure::Lost)?;
            self.untyped.push(Untyped { stream, unread: BytesMut::new() });
        }
        let role = match connection.side() {
            quinn::Side::Client => Role::Client,
            quinn::Side::Server => Role::Server,
        };
        let mut control = None;
        for mut untyped in std::mem::take(&mut self.untyped) {
            match untyped.poll_type(context) {
                Poll::Pending => self.untyped.push(untyped),
                // It has ended before (RFC 9114 §6.2).
                Poll::Ready(None) => {}
                Poll::Ready(Some(kind)) => {
                    if let Some(frames) = self.typed(kind, untyped, role).map_err(Failure::Broken)? {
                        control = Some(frames);
                    }
                }
            }
        }
        for instructions in [&mut self.encoder, &mut self.decoder].into_iter().flatten() {
            if let Poll::Ready(broken) = instructions.poll(context) {
                return Poll::Ready(Err(Failure::Broken(broken)));
            }
        }
        match control {
            Some(control) => Poll::Ready(Ok(control)),
            None => Poll::Pending,
        }
    }

    fn typed(&mut self, kind: u64, untyped: Untyped, role: Role) -> Result<Option<Frames>, Broken> {
        let Untyped { mut stream, unread } = untyped;
        let (place, side) = match kind {
            0x00 if self.has_control => return Err(twice()),
            0x00 => {
                self.has_control = true;
                // The HTTP/3 crate reads the type again.
                let mut frames =
                    Frames { stream, control: Control::new(role), complete: BytesMut::from(&[0x00][..]) };
                frames.take(unread.freeze())?;
                return Ok(Some(frames));
            }
            // No push has been allowed (RFC 9114 §4.6, §6.2.2).
            0x01 if role == Role::Server => {
                return Err(Broken::new(Code::H3_STREAM_CREATION_ERROR, "a push of a client"));
            }
            0x01 => return Err(Broken::new(Code::H3_ID_ERROR, "a push that was not allowed")),
            0x02 => (&mut self.encoder, Side::Encoder),
            0x03 => (&mut self.decoder, Side::Decoder(false)),
            _ => {
                // It fails only if the stream has ended.
                let _ = stream.stop(crate::codes::to_varint(Code::H3_STREAM_CREATION_ERROR));
                return Ok(None);
            }
        };
        if place.is_some() {
            return Err(twice());
        }
        let instructions = place.insert(Instructions { stream, side });
        instructions.side.check(&unread)?;
        Ok(None)
    }
}

impl Untyped {
    /// Reads the type. `None` if the stream has ended.
    fn poll_type(&mut self, context: &mut Context<'_>) -> Poll<Option<u64>> {
        loop {
            if let Some((kind, rest)) = integer(&self.unread) {
                let len = self.unread.len() - rest.len();
                self.unread.advance(len);
                return Poll::Ready(Some(kind));
            }
            let chunk = ready!(pin!(self.stream.read_chunk(usize::MAX, true)).poll(context));
            match chunk {
                Ok(Some(chunk)) => self.unread.extend_from_slice(&chunk.bytes),
                Ok(None) | Err(_) => return Poll::Ready(None),
            }
        }
    }
}

impl Instructions {
    /// Ready when something is wrong.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Broken> {
        for _ in 0..TURN {
            let chunk = ready!(pin!(self.stream.read_chunk(usize::MAX, true)).poll(context));
            match chunk {
                Ok(Some(chunk)) => {
                    if let Err(broken) = self.side.check(&chunk.bytes) {
                        return Poll::Ready(broken);
                    }
                }
                // The end of the connection is told by others.
                Err(ReadError::ConnectionLost(_)) => return Poll::Pending,
                // RFC 9204 §4.2.
                Ok(None) | Err(_) => return Poll::Ready(closed("a stream of QPACK was closed")),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Frames {
    /// The next frames that are complete and have a meaning.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Failure>> {
        for _ in 0..TURN {
            if !self.complete.is_empty() {
                return Poll::Ready(Ok(self.complete.split().freeze()));
            }
            let chunk = ready!(pin!(self.stream.read_chunk(usize::MAX, true)).poll(context));
            match chunk {
                Ok(Some(chunk)) => self.take(chunk.bytes).map_err(Failure::Broken)?,
                Err(ReadError::ConnectionLost(error)) => return Poll::Ready(Err(Failure::Lost(error))),
                // RFC 9114 §6.2.1.
                Ok(None) | Err(_) => {
                    return Poll::Ready(Err(Failure::Broken(closed("the control stream was closed"))));
                }
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn take(&mut self, bytes: Bytes) -> Result<(), Broken> {
        self.control.take(bytes, &mut self.complete)
    }
}

/// RFC 9114 §6.2.1, RFC 9204 §4.2.
fn twice() -> Broken {
    Broken::new(Code::H3_STREAM_CREATION_ERROR, "a second stream of a type that exists once")
}

pub(super) fn closed(what: &'static str) -> Broken {
    Broken::new(Code::H3_CLOSED_CRITICAL_STREAM, what)
}
