//! An established WebSocket, as the suite uses it: whole messages out, and in.

use super::deflate::Compression;
use crate::frame::{Frame, Kind};
use crate::wire::{Arrival, Channel};

/// The largest message that is put together.
const LARGEST: usize = 1 << 20;

/// The part that the suite plays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// It is the client, and masks its frames.
    Client,
    /// It is the server.
    Server,
}

/// A WebSocket over a channel.
#[derive(Debug)]
pub struct Socket<'c, C> {
    channel: &'c mut C,
    part: Part,
    compression: Option<Compression>,
    begun: Option<Begun>,
}

/// What has come from the peer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Received {
    /// A whole message.
    Message {
        /// Text or binary.
        kind: Kind,
        /// What it says.
        payload: Vec<u8>,
    },
    /// A pong.
    Pong(Vec<u8>),
    /// A close frame, with its code if it has one.
    Close(Option<u16>),
    /// No more bytes.
    End(Arrival),
}

/// The first frames of a message.
#[derive(Debug)]
struct Begun {
    kind: Kind,
    compressed: bool,
    payload: Vec<u8>,
}

impl<'c, C: Channel> Socket<'c, C> {
    /// Takes over a channel. What it has received already are the first frames.
    pub fn new(channel: &'c mut C, part: Part, compression: Option<Compression>) -> Self {
        Self { channel, part, compression, begun: None }
    }

    /// Returns the agreed compression.
    pub fn compression(&self) -> Option<&Compression> {
        self.compression.as_ref()
    }

    /// Returns the channel.
    pub fn channel(&mut self) -> &mut C {
        self.channel
    }

    /// Sends a frame as it is.
    ///
    /// # Errors
    ///
    /// If the peer does not take it.
    pub async fn send_frame(&mut self, mut frame: Frame) -> Result<(), String> {
        frame.masked = self.part == Part::Client;
        let sent = self.channel.send(&frame.encode()).await;
        if sent { Ok(()) } else { Err("a connection that takes no more frames".to_owned()) }
    }

    /// Sends a text message, compressed if that was agreed.
    ///
    /// # Errors
    ///
    /// If the peer does not take it.
    pub async fn send_text(&mut self, text: &[u8]) -> Result<(), String> {
        let frame = match &mut self.compression {
            None => Frame::new(Kind::Text, text, true),
            Some(compression) => {
                let mut frame = Frame::new(Kind::Text, compression.compress(text)?, true);
                frame.rsv1 = true;
                frame
            }
        };
        self.send_frame(frame).await
    }

    /// Waits for a message, a pong, a close or the end. Pings are answered.
    ///
    /// # Errors
    ///
    /// If the peer breaks the protocol, or says nothing until the deadline.
    pub async fn receive(&mut self) -> Result<Received, String> {
        loop {
            if let Some((frame, length)) = Frame::read(self.channel.received())? {
                self.channel.consume(length);
                if let Some(received) = self.take(frame).await? {
                    return Ok(received);
                }
                continue;
            }
            match self.channel.receive().await {
                Arrival::More => {}
                Arrival::Silence => return Err("silence".to_owned()),
                Arrival::TooMuch => return Err(Arrival::TooMuch.to_string()),
                end @ (Arrival::End | Arrival::Broken) => {
                    let rest = self.channel.received().len();
                    return if rest == 0 && self.begun.is_none() {
                        Ok(Received::End(end))
                    } else {
                        Err(format!("{end} within a message"))
                    };
                }
            }
        }
    }

    async fn take(&mut self, frame: Frame) -> Result<Option<Received>, String> {
        if frame.masked == (self.part == Part::Client) {
            let how = if frame.masked {
                "a masked frame from a server"
            } else {
                "a frame without mask from a client"
            };
            return Err(how.to_owned());
        }
        match frame.kind {
            Kind::Ping => {
                self.send_frame(Frame::new(Kind::Pong, frame.payload, true)).await?;
                return Ok(None);
            }
            Kind::Pong => return Ok(Some(Received::Pong(frame.payload))),
            Kind::Close => return Ok(Some(Received::Close(frame.close_code()))),
            Kind::Text | Kind::Binary if self.begun.is_some() => {
                return Err("a message within another".to_owned());
            }
            Kind::Text | Kind::Binary => {
                if frame.rsv1 && self.compression.is_none() {
                    return Err("a compressed message, though no compression was agreed on".to_owned());
                }
                let begun = Begun { kind: frame.kind, compressed: frame.rsv1, payload: frame.payload };
                self.begun = Some(begun);
            }
            Kind::Continuation => match &mut self.begun {
                Some(_) if frame.rsv1 => return Err("a reserved bit in a continuation frame".to_owned()),
                Some(begun) => begun.payload.extend(frame.payload),
                None => return Err("a continuation of no message".to_owned()),
            },
        }
        if self.begun.as_ref().is_some_and(|begun| begun.payload.len() > LARGEST) {
            return Err(format!("a message of more than {LARGEST} bytes"));
        }
        if !frame.is_final {
            return Ok(None);
        }
        let Some(Begun { kind, compressed, payload }) = self.begun.take() else { return Ok(None) };
        let payload = match &mut self.compression {
            Some(compression) if compressed => compression.inflate(&payload)?,
            _ => payload,
        };
        Ok(Some(Received::Message { kind, payload }))
    }
}
