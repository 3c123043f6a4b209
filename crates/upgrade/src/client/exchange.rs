//! A client's exchange over HTTP/1.1: the request that every driver sends, and the responses it receives.

use std::{io, mem};

use bytes::Bytes;
use websocket_upgrade_proto as proto;

use proto::client::{Body, BodyState, Event, Handshake, Progress, Request, Truncation};

use super::nonce::nonce;
use super::reason::ConnectReason;
use super::refused::Refused;
use super::watch::ClientEvent;
use crate::head::{Encoded, ResponseHead, append};
use crate::settings::Settings;
use crate::upgraded::{ReplayStream, Upgraded};

/// A client's handshake in progress. It is given the bytes that arrive, each time with the same request.
pub(crate) struct Exchange<'p> {
    progress: Progress,
    /// What has arrived of a response that is not whole.
    received: Vec<u8>,
    interim: Vec<ResponseHead>,
    refusal: Option<Refusal>,
    /// What the request is one of.
    chain: Option<&'p (dyn LeadsOn + Sync)>,
}

/// A sequence of requests.
pub trait LeadsOn {
    /// Whether a refusal with this head leads to another request. Its body is of no use then.
    fn leads_on(&self, head: &ResponseHead) -> bool;

    /// Tells the caller's function what happens, if there is one.
    fn tell(&self, event: ClientEvent<'_>);
}

/// A refusal whose body is being read.
struct Refusal {
    head: ResponseHead,
    body: Body,
    kept: Vec<u8>,
}

/// The connection is established.
#[derive(Debug)]
pub struct Established {
    /// What both sides agreed on.
    pub settings: Settings,
    /// The response that accepts.
    pub head: ResponseHead,
    /// The interim responses that came before.
    pub interim: Vec<ResponseHead>,
    /// The bytes that were read behind the head.
    pub read_buf: Bytes,
}

impl Established {
    /// Handed over with its stream.
    pub fn on<S>(self, io: S) -> Upgraded<S, ResponseHead> {
        let Self { settings, head, interim, read_buf } = self;
        Upgraded { stream: ReplayStream { io, read_buf }, settings, head, interim }
    }
}

impl<'p> Exchange<'p> {
    /// A refusal that leads to another request is reported as soon as its head is there, whatever its body does.
    pub(crate) fn new(chain: Option<&'p (dyn LeadsOn + Sync)>) -> Self {
        let progress = Progress::new(&nonce());
        Self { progress, received: Vec::new(), interim: Vec::new(), refusal: None, chain }
    }

    /// Tells the caller's function what happens, if there is one.
    pub(crate) fn tell(&self, event: ClientEvent<'_>) {
        if let Some(chain) = self.chain {
            chain.tell(event);
        }
    }

    /// The bytes to send first. They are encoded into `buffer` if it has room for them.
    pub(crate) fn encode(&self, request: &Request<'_, '_>, buffer: &mut [u8]) -> Encoded {
        Encoded::new(buffer, |dst| self.progress.encode_h1(request, dst))
    }

    /// Takes bytes that arrived; `None` if more are needed. A response that arrives whole is judged where it is.
    pub(crate) fn receive(
        &mut self,
        request: &Request<'_, '_>,
        bytes: &mut [u8],
    ) -> Option<Result<Established, ConnectReason>> {
        // An empty read is the end of the stream, or no news.
        if !bytes.is_empty() {
            self.tell(ClientEvent::Received(bytes));
        }
        if self.refusal.is_some() {
            return self.receive_body(bytes);
        }
        if self.received.is_empty() {
            let (judged, told) = self.judge(request, bytes);
            if judged < bytes.len() {
                append(&mut self.received, bytes.get(judged..).unwrap_or_default());
            }
            return told;
        }
        let mut received = mem::take(&mut self.received);
        append(&mut received, bytes);
        let (judged, told) = self.judge(request, &mut received);
        received.drain(..judged);
        self.received = received;
        told
    }

    /// Judges responses up to a final one, or one that is not whole. Returns how many bytes have been dealt with.
    fn judge(
        &mut self,
        request: &Request<'_, '_>,
        received: &mut [u8],
    ) -> (usize, Option<Result<Established, ConnectReason>>) {
        let all = received.len();
        let mut judged = 0;
        loop {
            let rest = received.get_mut(judged..).unwrap_or_default();
            let event = self.progress.receive(request, rest);
            let head_len = match event {
                Err(error) => return (all, Some(Err(ConnectReason::Response(error)))),
                Ok(Event::NeedMore) => return (judged, None),
                Ok(Event::Interim { head }) => head.head_len(),
                // By reference, as it is large.
                Ok(Event::Accepted { ref settings, ref head }) => {
                    let (settings, head_len) = (Settings::from(settings), head.head_len());
                    let (head, read_buf) = ResponseHead::split(rest, head_len);
                    let interim = mem::take(&mut self.interim);
                    return (all, Some(Ok(Established { settings, head, interim, read_buf })));
                }
                Ok(Event::Refused { head, body }) => {
                    let head_len = head.head_len();
                    return (all, self.refuse(rest, head_len, body));
                }
            };
            self.interim.push(ResponseHead::split(rest.get(..head_len).unwrap_or_default(), head_len).0);
            judged += head_len;
        }
    }

    /// Takes a refusal, whose body may go on.
    fn refuse(
        &mut self,
        received: &[u8],
        head_len: usize,
        body: Body,
    ) -> Option<Result<Established, ConnectReason>> {
        let (head, rest) = ResponseHead::split(received, head_len);
        let leads_on = self.chain.is_some_and(|chain| chain.leads_on(&head));
        self.refusal = Some(Refusal { head, body, kept: Vec::new() });
        let told = self.receive_body(&rest);
        if leads_on { told.or_else(|| self.end(false).map(Err)) } else { told }
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
        mem::take(&mut self.interim)
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
