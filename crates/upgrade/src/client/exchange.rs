//! A client's exchange over HTTP/1.1: the request that every driver sends, and the responses it receives.

use std::io;

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::client::{Body, BodyState, Event, Handshake, Request, Truncation};

use super::reason::ConnectReason;
use super::refused::Refused;
use crate::head::{ResponseHead, append, encode};
use crate::settings::Settings;
use crate::upgraded::{ReplayStream, Upgraded};

/// A client's handshake in progress. It is given the bytes that arrive.
pub(crate) struct Exchange<'p> {
    handshake: Handshake<'p, 'p>,
    received: Vec<u8>,
    interim: Vec<ResponseHead>,
    refusal: Option<Refusal>,
    /// What knows whether a refusal leads to another request.
    chain: Option<&'p (dyn LeadsOn + Sync)>,
}

/// What knows whether a refusal leads to another request.
pub(crate) trait LeadsOn {
    /// Whether a refusal with this head leads to another request. Its body is of no use then.
    fn leads_on(&self, head: &ResponseHead) -> bool;
}

/// A refusal whose body is being read.
struct Refusal {
    head: ResponseHead,
    body: Body,
    kept: Vec<u8>,
}

/// The connection is established.
#[derive(Debug)]
pub(crate) struct Established {
    pub(crate) settings: Settings,
    pub(crate) head: ResponseHead,
    pub(crate) interim: Vec<ResponseHead>,
    pub(crate) read_buf: Bytes,
}

impl Established {
    /// Handed over with its stream.
    pub(crate) fn on<S>(self, io: S) -> Upgraded<S, ResponseHead> {
        let Self { settings, head, interim, read_buf } = self;
        Upgraded { stream: ReplayStream { io, read_buf }, settings, head, interim }
    }
}

impl<'p> Exchange<'p> {
    /// The nonce comes from the thread's cryptographic generator, which asks the system only for its seed.
    ///
    /// A refusal that leads to another request is reported as soon as its head is there, whatever its body does.
    pub(crate) fn new(request: Request<'p, 'p>, chain: Option<&'p (dyn LeadsOn + Sync)>) -> Self {
        let nonce = rand::random();
        let handshake = Handshake::new(request, &nonce);
        Self { handshake, received: Vec::new(), interim: Vec::new(), refusal: None, chain }
    }

    /// The bytes to send first.
    pub(crate) fn request(&self) -> Vec<u8> {
        encode(|dst| self.handshake.encode_h1(dst))
    }

    /// Takes bytes that arrived; `None` if more are needed.
    pub(crate) fn receive(&mut self, bytes: &[u8]) -> Option<Result<Established, ConnectReason>> {
        if self.refusal.is_some() {
            return self.receive_body(bytes);
        }
        append(&mut self.received, bytes);
        loop {
            match self.handshake.receive(&mut self.received) {
                Err(error) => return Some(Err(ConnectReason::Response(error))),
                Ok(Event::NeedMore) => return None,
                Ok(Event::Interim { head }) => {
                    let len = head.head_len();
                    self.interim.push(self.head(len));
                    self.received.drain(..len);
                }
                Ok(Event::Accepted { settings, head }) => {
                    let (settings, len) = (Settings::from(&settings), head.head_len());
                    return Some(Ok(Established {
                        settings,
                        head: self.head(len),
                        interim: std::mem::take(&mut self.interim),
                        read_buf: Bytes::copy_from_slice(self.received.get(len..).unwrap_or_default()),
                    }));
                }
                Ok(Event::Refused { head, body }) => {
                    let len = head.head_len();
                    let rest = self.received.split_off(len);
                    let head = self.head(len);
                    let leads_on = self.chain.is_some_and(|chain| chain.leads_on(&head));
                    self.refusal = Some(Refusal { head, body, kept: Vec::new() });
                    let told = self.receive_body(&rest);
                    return if leads_on { told.or_else(|| self.end(false).map(Err)) } else { told };
                }
            }
        }
    }

    fn head(&self, len: usize) -> ResponseHead {
        ResponseHead::new(self.received.get(..len).unwrap_or_default())
    }

    fn receive_body(&mut self, mut bytes: &[u8]) -> Option<Result<Established, ConnectReason>> {
        let refusal = self.refusal.as_mut()?;
        while !bytes.is_empty() && refusal.body.state() == BodyState::More {
            let (piece, used) = refusal.body.read(bytes);
            refusal.kept.extend_from_slice(piece);
            bytes = bytes.get(used..).unwrap_or_default();
        }
        match refusal.body.state() {
            BodyState::More => None,
            BodyState::Complete | BodyState::Truncated => self.refused().map(Err),
        }
    }

    fn refused(&mut self) -> Option<ConnectReason> {
        let Refusal { head, body, kept } = self.refusal.take()?;
        // The refusal is reported once its body has ended, or when the client stops waiting for more.
        let more = (body.state() == BodyState::More).then_some(Truncation::Incomplete);
        Some(ConnectReason::Refused(Box::new(Refused::new(head, kept, body.truncation().or(more)))))
    }

    /// The interim responses that came so far.
    pub(crate) fn take_interim(&mut self) -> Vec<ResponseHead> {
        std::mem::take(&mut self.interim)
    }

    /// The server has closed the connection too early. `unsent` is why the request could not be sent, if it could not:
    /// that error says more than the end of the stream.
    pub(crate) fn closed(&mut self, unsent: Option<io::Error>) -> ConnectReason {
        let error = || unsent.map_or_else(|| ConnectReason::Response(Handshake::closed()), ConnectReason::Io);
        self.end(true).unwrap_or_else(error)
    }

    /// The connection broke.
    pub(crate) fn broken(&mut self, error: io::Error) -> ConnectReason {
        self.end(false).unwrap_or(ConnectReason::Io(error))
    }

    /// Whether the head of a refusal is there, and more of its body may come.
    pub(crate) fn is_refused(&self) -> bool {
        self.refusal.is_some()
    }

    /// The deadline has passed. A refusal whose body is not complete is still reported as a refusal.
    pub(crate) fn deadline(&mut self) -> ConnectReason {
        self.end(false).unwrap_or(ConnectReason::Deadline)
    }

    fn end(&mut self, by_peer: bool) -> Option<ConnectReason> {
        self.refusal.as_mut()?.body.close(by_peer);
        self.refused()
    }
}
