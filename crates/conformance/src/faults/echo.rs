//! An established WebSocket whose messages are sent back, until it is closed.

use tokio::io::{AsyncRead, AsyncWrite};

use super::choice::{Choice, Manner};
use super::codec::Codec;
use super::fault::Fault;
use super::stream::Buffered;
use crate::case::Role;
use crate::frame::{Frame, Kind};

/// One end of an established WebSocket.
pub(super) struct Echo<'s, S> {
    stream: &'s mut Buffered<S>,
    codec: Option<Codec>,
    manner: Manner,
    masks: bool,
    unmasks: bool,
    /// The message that is not complete: its kind, whether it is compressed, and its payload.
    begun: Option<(Kind, bool, Vec<u8>)>,
}

impl<'s, S: AsyncRead + AsyncWrite + Unpin> Echo<'s, S> {
    pub(super) fn new(stream: &'s mut Buffered<S>, role: Role, codec: Option<Codec>, manner: Manner) -> Self {
        let masks = match manner.fault {
            Some(Fault::FramesMasked) => true,
            Some(Fault::FramesUnmasked) => false,
            _ => role == Role::Client,
        };
        Self { stream, codec, manner, masks, unmasks: role == Role::Server, begun: None }
    }

    /// Sends every message back until the peer closes.
    ///
    /// # Errors
    ///
    /// If the peer breaks the protocol, or ends the connection without a close frame.
    pub(super) async fn run(mut self) -> Result<(), String> {
        loop {
            let frame = match Frame::read(&self.stream.read) {
                Ok(Some((frame, len))) => {
                    self.stream.consume(len);
                    frame
                }
                Ok(None) if self.stream.more().await.map_err(|error| error.to_string())? => continue,
                Ok(None) => return Err("the connection ends without a close frame".to_owned()),
                Err(error) => return self.fail(1002, error).await,
            };
            if frame.masked != self.unmasks {
                return self.fail(1002, "a frame is masked, or not, as it must not be".to_owned()).await;
            }
            let closes = frame.kind == Kind::Close;
            match self.take(frame) {
                Ok(Some(answer)) => self.send(answer).await?,
                Ok(None) => {}
                Err(error) => return self.fail(1002, error).await,
            }
            if closes {
                return Ok(());
            }
        }
    }

    /// Takes a frame, and returns what is sent back for it.
    fn take(&mut self, frame: Frame) -> Result<Option<Frame>, String> {
        match frame.kind {
            Kind::Ping => return Ok(Some(self.frame(Kind::Pong, frame.payload))),
            Kind::Pong => return Ok(None),
            Kind::Close => {
                let code = frame.payload.get(..2).unwrap_or_default().to_vec();
                return Ok(Some(self.frame(Kind::Close, code)));
            }
            Kind::Continuation => match &mut self.begun {
                Some((_, _, payload)) if !frame.rsv1 => payload.extend(frame.payload),
                _ => return Err("a frame goes on with no message".to_owned()),
            },
            kind => {
                if self.begun.is_some() || frame.rsv1 && self.codec.is_none() {
                    return Err("a frame that is not expected".to_owned());
                }
                self.begun = Some((kind, frame.rsv1, frame.payload));
            }
        }
        match self.begun.take_if(|_| frame.is_final) {
            Some((kind, compressed, payload)) => self.answer(kind, compressed, payload).map(Some),
            None => Ok(None),
        }
    }

    fn answer(&mut self, kind: Kind, compressed: bool, payload: Vec<u8>) -> Result<Frame, String> {
        let Some(codec) = &mut self.codec else {
            return Ok(self.frame(kind, payload));
        };
        let message = if compressed { codec.decompress(&payload)? } else { payload };
        if matches!(self.manner.choice, Some(Choice::EchoesUncompressed | Choice::SentUncompressed)) {
            return Ok(self.frame(kind, message));
        }
        let sent = codec.compress(&message)?;
        let mut frame = self.frame(kind, sent);
        frame.rsv1 = true;
        Ok(frame)
    }

    fn frame(&self, kind: Kind, payload: Vec<u8>) -> Frame {
        Frame::new(kind, payload, self.masks)
    }

    async fn send(&mut self, mut frame: Frame) -> Result<(), String> {
        let in_parts = matches!(self.manner.choice, Some(Choice::EchoesInParts | Choice::SentInParts));
        if in_parts && !frame.kind.is_control() {
            let rest = frame.payload.split_off(frame.payload.len() / 2);
            frame.is_final = false;
            let rest = self.frame(Kind::Continuation, rest);
            // A ping may come between.
            let between = self.frame(Kind::Ping, b"between".to_vec());
            for part in [frame, between, rest] {
                self.stream.write(&part.encode()).await.map_err(|error| error.to_string())?;
            }
            return Ok(());
        }
        self.stream.write(&frame.encode()).await.map_err(|error| error.to_string())
    }

    /// Fails the connection with a close frame (RFC 6455 §7.1.7).
    async fn fail(&mut self, code: u16, error: String) -> Result<(), String> {
        // The peer may be gone: then nobody needs the frame.
        let _ = self.send(Frame::close(code, self.masks)).await;
        Err(error)
    }
}
