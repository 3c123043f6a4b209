//! One request stream: the heads and the bodies of both directions (RFC 9114 §4.1), until it is a WebSocket's.
//!
//! Dropped before both sides have ended, each side that has not is reset or stopped with `H3_REQUEST_CANCELLED`.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::{HeaderMap, Request, Response, header};
use http3::error::Code;
use websocket_upgrade::internals::Explained;
use websocket_upgrade_proto::Limits;

use crate::codes;
use crate::ending::{Hold, end};
use crate::frames::reader::{Kind, Piece};
use crate::frames::receiving::Receiving;
use crate::frames::sending::Sending;
use crate::message::field_section::largest;
use crate::message::malformed::Malformed;
use crate::message::{request, response};
use crate::quic::Bidi;
use crate::stream::Stream;

/// A request stream.
#[derive(Debug)]
pub(crate) struct Exchange {
    sending: Sending,
    receiving: Receiving,
    /// The field section that is being received, and how much of it is missing.
    section: Option<(BytesMut, u64)>,
    /// What may come next.
    place: Place,
    /// What is left of the content, if its length was announced.
    left: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Head,
    Body,
    Trailers,
}

/// Why there is no head. Nothing has been sent because of it, save that the connection is closed if it must be.
#[derive(Debug)]
pub(crate) enum HeadError {
    /// It is malformed: the stream is to be reset and stopped with the code, for this reason (RFC 9114 §4.1.2).
    Malformed(Code, &'static str),
    /// It is over a limit (RFC 9114 §4.2.2): a server answers 431.
    TooLarge,
    /// The peer has ended the stream before: a server resets it with `H3_REQUEST_INCOMPLETE` (RFC 9114 §4.1).
    Incomplete,
    /// The stream was reset by the peer, or the connection has ended.
    Connection(io::Error),
}

impl Exchange {
    pub(crate) fn new(bidi: Bidi) -> Self {
        let (sending, receiving, connection) = bidi.into_inner();
        Self::of((sending, receiving), connection)
    }

    /// The same for the halves of a stream.
    pub(crate) fn of(
        (sending, receiving): (quinn::SendStream, quinn::RecvStream),
        connection: quinn::Connection,
    ) -> Self {
        Self {
            sending: Sending::new(sending),
            receiving: Receiving::new(receiving, connection),
            section: None,
            place: Place::Head,
            left: None,
        }
    }

    /// The stream's identifier (RFC 9000 §2.1).
    pub(crate) fn id(&self) -> u64 {
        self.sending.id()
    }

    /// Receives a request's head, and the text of `:protocol`. Cancel safe.
    pub(crate) async fn request_head(
        &mut self,
        limits: &Limits,
    ) -> Result<(Request<()>, Option<String>), HeadError> {
        let section = self.section(limits).await?;
        let head = request::decode(section, limits).map_err(|malformed| self.malformed(malformed))?;
        self.left = content_length(head.0.headers());
        self.place = Place::Body;
        Ok(head)
    }

    /// Receives a response's head. After an interim one (1xx) it is called again. Cancel safe.
    pub(crate) async fn response_head(&mut self, limits: &Limits) -> Result<Response<()>, HeadError> {
        let section = self.section(limits).await?;
        let head = response::decode(section, limits).map_err(|malformed| self.malformed(malformed))?;
        if !head.status().is_informational() {
            self.left = content_length(head.headers());
            self.place = Place::Body;
        }
        Ok(head)
    }

    /// Sends a request's head. With an empty `protocol` it is no extended CONNECT.
    pub(crate) async fn send_request(&mut self, request: &Request<()>, protocol: &str) -> io::Result<()> {
        self.sending.put_headers(&request::encode_request(request, protocol)?)?;
        poll_fn(|context| self.sending.poll_flush(context)).await
    }

    /// Sends a response's head, interim or final.
    pub(crate) async fn send_response(&mut self, response: &Response<()>) -> io::Result<()> {
        self.sending.put_headers(&response::encode_response(response)?)?;
        poll_fn(|context| self.sending.poll_flush(context)).await
    }

    /// The next bytes of the content, at least one. `None` is its end. Trailers are skipped.
    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Bytes>>> {
        loop {
            let piece = ready!(self.receiving.poll_piece(context))?;
            return Poll::Ready(match (self.place, piece) {
                (_, None) if self.left.is_some_and(|left| left > 0) => Err(self.wrong_length()),
                (_, None) => Ok(None),
                (Place::Body, Some(Piece::Begin(Kind::Headers, _))) => {
                    self.place = Place::Trailers;
                    continue;
                }
                (Place::Body, Some(Piece::Begin(..))) => continue,
                (Place::Body, Some(Piece::Payload(_, bytes))) => match self.count(bytes.len()) {
                    Ok(()) => Ok(Some(bytes)),
                    Err(error) => Err(error),
                },
                (Place::Trailers, Some(Piece::Payload(Kind::Headers, _))) => continue,
                _ => Err(self.receiving.unexpected("a frame behind the trailers")),
            });
        }
    }

    /// Sends a part of the content, and waits for flow control. Not cancel safe: a part of the bytes may be sent.
    pub(crate) async fn send_data(&mut self, mut bytes: Bytes) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = poll_fn(|context| self.sending.poll_data(&[IoSlice::new(&bytes)], context)).await?;
            bytes.advance(sent);
        }
        poll_fn(|context| self.sending.poll_flush(context)).await
    }

    /// Ends the side that is sent (FIN).
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        poll_fn(|context| self.sending.poll_finish(context)).await
    }

    /// Ends the side that is sent at once (`RESET_STREAM`), unless it has ended.
    pub(crate) fn reset(&mut self, code: Code) {
        self.sending.reset(code);
    }

    /// Asks the peer to send no more (`STOP_SENDING`), unless it has ended.
    pub(crate) fn stop(&mut self, code: Code) {
        self.receiving.stop(code);
    }

    /// Ends what has not ended, without losing what was sent: in the background, until the peer has received it.
    pub(crate) fn end(mut self, hold: Hold) {
        let code = match self.receiving.side() {
            quinn::Side::Client => Code::H3_REQUEST_CANCELLED,
            // The response is whole, and does not depend on the rest of the request (RFC 9114 §4.1).
            quinn::Side::Server => Code::H3_NO_ERROR,
        };
        end(&self.sending, &mut self.receiving, code, hold);
    }

    /// The established WebSocket. `hold` is kept as long as it is needed.
    pub(crate) fn into_stream(self, hold: Hold) -> Stream {
        Stream::new(self.sending, self.receiving, hold)
    }

    async fn section(&mut self, limits: &Limits) -> Result<Bytes, HeadError> {
        poll_fn(|context| self.poll_section(largest(limits), context)).await
    }

    fn poll_section(&mut self, largest: u64, context: &mut Context<'_>) -> Poll<Result<Bytes, HeadError>> {
        loop {
            if let Some((section, 0)) = &mut self.section {
                let section = section.split().freeze();
                self.section = None;
                return Poll::Ready(Ok(section));
            }
            let piece = self.receiving.poll_piece(context);
            // However many there are, no piece may come of them.
            if self.receiving.overhead() > largest {
                let what = "too many bytes before the head";
                return Poll::Ready(Err(HeadError::Malformed(Code::H3_EXCESSIVE_LOAD, what)));
            }
            let piece = ready!(piece).map_err(HeadError::Connection)?;
            match (piece, &mut self.section) {
                (None, _) => return Poll::Ready(Err(HeadError::Incomplete)),
                (Some(Piece::Begin(Kind::Headers, len)), _) if len > largest => {
                    return Poll::Ready(Err(HeadError::TooLarge));
                }
                (Some(Piece::Begin(Kind::Headers, len)), section) => {
                    *section = Some((BytesMut::new(), len));
                }
                (Some(Piece::Payload(Kind::Headers, bytes)), Some((section, left))) => {
                    section.extend_from_slice(&bytes);
                    *left -= bytes.len() as u64;
                }
                _ => {
                    let error = self.receiving.unexpected("DATA before the head");
                    return Poll::Ready(Err(HeadError::Connection(error)));
                }
            }
        }
    }

    fn malformed(&mut self, malformed: Malformed) -> HeadError {
        let (code, what) = (malformed.code(), malformed.what());
        match malformed {
            Malformed::Qpack => HeadError::Connection(self.receiving.break_connection(code, what)),
            Malformed::TooLarge => HeadError::TooLarge,
            Malformed::Message(_) => HeadError::Malformed(code, what),
        }
    }

    fn count(&mut self, len: usize) -> io::Result<()> {
        let Some(left) = &mut self.left else { return Ok(()) };
        match left.checked_sub(len as u64) {
            Some(rest) => {
                *left = rest;
                Ok(())
            }
            None => Err(self.wrong_length()),
        }
    }

    fn wrong_length(&mut self) -> io::Error {
        self.sending.reset(Code::H3_MESSAGE_ERROR);
        self.receiving.break_stream(Code::H3_MESSAGE_ERROR, "a content of another length than announced")
    }
}

impl HeadError {
    /// The code to reset and to stop the stream with. `None` if there is nothing left to reset.
    pub(crate) fn code(&self) -> Option<Code> {
        match self {
            Self::Malformed(code, _) => Some(*code),
            Self::TooLarge => Some(Code::H3_REQUEST_CANCELLED),
            Self::Incomplete => Some(Code::H3_REQUEST_INCOMPLETE),
            Self::Connection(_) => None,
        }
    }

    /// The same as an IO error.
    pub(crate) fn into_io(self) -> io::Error {
        match self {
            Self::Malformed(code, what) => codes::broken_stream(code, what),
            Self::TooLarge => {
                Explained::error(io::ErrorKind::InvalidData, "the peer has sent a head that is too large")
            }
            Self::Incomplete => Explained::error(
                io::ErrorKind::UnexpectedEof,
                "the peer has ended the stream before its head",
            ),
            Self::Connection(error) => error,
        }
    }
}

/// The announced length of the content: another one is malformed (RFC 9114 §4.1.2). Whether the field itself is legal
/// is judged by others.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut values = headers.get_all(header::CONTENT_LENGTH).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
