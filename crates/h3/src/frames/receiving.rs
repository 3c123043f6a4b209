//! The half of a request stream that is received.

use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http3::error::Code;

use super::reader::{Kind, Piece, Reader};
use crate::codes;

/// The frames of a request stream, without those that have no meaning.
///
/// Dropped before its end, it asks the peer to stop (`STOP_SENDING` with `H3_REQUEST_CANCELLED`).
#[derive(Debug)]
pub(crate) struct Receiving {
    /// `None` if it has ended, or was stopped.
    stream: Option<quinn::RecvStream>,
    frames: Reader,
    /// What was received and not looked at yet.
    unread: Bytes,
    /// Bytes without a meaning: those of unknown frames, and the headers of frames.
    overhead: u64,
    /// Why it has ended, if not orderly.
    failed: Option<Failed>,
    connection: quinn::Connection,
}

/// An end that is not orderly. It is kept, so that every call says the same.
#[derive(Clone, Debug)]
enum Failed {
    Read(quinn::ReadError),
    Connection(Code, &'static str),
    Stream(Code, &'static str),
}

/// Frames without a byte of data that are read in one turn.
const TURN: usize = 64;

/// The longest header of a frame.
const HEADER: u64 = 16;

impl Receiving {
    pub(crate) fn new(stream: quinn::RecvStream, connection: quinn::Connection) -> Self {
        let (frames, unread) = (Reader::default(), Bytes::new());
        Self { stream: Some(stream), frames, unread, overhead: 0, failed: None, connection }
    }

    /// The next piece of a `DATA` or a `HEADERS` frame. `None` is the orderly end (FIN).
    ///
    /// Other known frames end the connection, unknown ones are skipped: however many there are, other tasks run in
    /// between.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Piece>>> {
        for _ in 0..TURN {
            if self.unread.is_empty() {
                match ready!(self.poll_chunk(context))? {
                    Some(bytes) => self.unread = bytes,
                    None => return Poll::Ready(Ok(None)),
                }
            }
            let piece = self.frames.next(&mut self.unread);
            if self.unread.is_empty() {
                // Drops the memory of the packet.
                self.unread = Bytes::new();
            }
            match piece {
                None => {}
                Some(Piece::Begin(Kind::Misplaced(_), _)) => {
                    return Poll::Ready(Err(self.unexpected("a frame of another stream or of HTTP/2")));
                }
                Some(Piece::Begin(Kind::PushPromise, _)) => {
                    // No push has been allowed (RFC 9114 §7.2.5).
                    let code = match self.connection.side() {
                        quinn::Side::Client => Code::H3_ID_ERROR,
                        quinn::Side::Server => Code::H3_FRAME_UNEXPECTED,
                    };
                    return Poll::Ready(Err(self.break_connection(code, "a push that was not allowed")));
                }
                Some(Piece::Begin(Kind::Data, 0) | Piece::Begin(Kind::Unknown, _)) => {
                    self.overhead += HEADER;
                }
                Some(Piece::Payload(Kind::Unknown, bytes)) => self.overhead += bytes.len() as u64,
                Some(piece) => return Poll::Ready(Ok(Some(piece))),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// The role of this side.
    pub(crate) fn side(&self) -> quinn::Side {
        self.connection.side()
    }

    /// Whether more of a frame is to come, or of its header.
    pub(crate) fn is_inside_a_frame(&self) -> bool {
        !self.frames.is_between_frames()
    }

    /// Bytes that had no meaning so far.
    pub(crate) fn overhead(&self) -> u64 {
        self.overhead
    }

    /// Asks the peer to send no more.
    pub(crate) fn stop(&mut self, code: Code) {
        if let Some(mut stream) = self.stream.take() {
            // It fails only if the stream has ended.
            let _ = stream.stop(codes::to_varint(code));
            self.failed.get_or_insert(Failed::Read(quinn::ReadError::ClosedStream));
        }
    }

    /// Takes the stream if it has not ended. Nothing more is read here then.
    pub(crate) fn take(&mut self) -> Option<quinn::RecvStream> {
        self.stream.take()
    }

    /// A frame that must not come now: an error of the connection (RFC 9114 §4.1, §4.4).
    pub(crate) fn unexpected(&mut self, what: &'static str) -> io::Error {
        self.break_connection(Code::H3_FRAME_UNEXPECTED, what)
    }

    /// Closes the connection, as the peer broke HTTP/3 (RFC 9114 §8).
    pub(crate) fn break_connection(&mut self, code: Code, what: &'static str) -> io::Error {
        if self.connection.close_reason().is_none() {
            self.connection.close(codes::to_varint(code), what.as_bytes());
        }
        self.stream = None;
        self.fail(Failed::Connection(code, what))
    }

    /// Stops this stream, as the peer broke HTTP/3 on it (RFC 9114 §8). The other half is the caller's.
    pub(crate) fn break_stream(&mut self, code: Code, what: &'static str) -> io::Error {
        self.stop(code);
        self.fail(Failed::Stream(code, what))
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        if let Some(failed) = &self.failed {
            return Poll::Ready(Err(failed.to_io()));
        }
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(None)) };
        let chunk = ready!(pin!(stream.read_chunk(usize::MAX, true)).poll(context));
        match chunk {
            Ok(Some(chunk)) => Poll::Ready(Ok(Some(chunk.bytes))),
            Ok(None) if self.frames.is_between_frames() => {
                self.stream = None;
                Poll::Ready(Ok(None))
            }
            // RFC 9114 §7.1.
            Ok(None) => {
                let what = "a stream ended inside a frame";
                Poll::Ready(Err(self.break_connection(Code::H3_FRAME_ERROR, what)))
            }
            Err(error) => {
                self.stream = None;
                Poll::Ready(Err(self.fail(Failed::Read(error))))
            }
        }
    }

    fn fail(&mut self, failed: Failed) -> io::Error {
        let error = failed.to_io();
        self.failed = Some(failed);
        error
    }
}

impl Failed {
    fn to_io(&self) -> io::Error {
        match self {
            Self::Read(error) => codes::read(error),
            Self::Connection(code, what) => codes::broken_connection(*code, what),
            Self::Stream(code, what) => codes::broken_stream(*code, what),
        }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.stop(Code::H3_REQUEST_CANCELLED);
    }
}
