//! A client's request on its way, and the responses that come back.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::deadline::Deadline;
use super::reads::Reads;
use super::stream::{Runtime, Sending, Stream};
use crate::client::exchange::{Established, Exchange};
use crate::client::reason::ConnectReason;
use crate::client::watch::ClientEvent;
use crate::head::{ResponseHead, USUAL};
use crate::observe::event;

/// A client's request on its way, and the responses that come back. It borrows nothing of the request, which is given
/// to it at each poll.
pub(super) struct Talk<'p, F> {
    exchange: Exchange<'p>,
    /// The bytes of the request that are still to be sent.
    unsent: Vec<u8>,
    sent: bool,
    /// Why the request could not be sent. A server may refuse before it has read the whole request: its response says
    /// more than this error.
    broken: Option<io::Error>,
    finished: Option<Established>,
    reads: Reads,
    /// The sleep that a refusal waits for more of its body.
    paused: Option<Pin<Box<F>>>,
}

impl<'p, F: Future> Talk<'p, F> {
    pub(super) fn new(exchange: Exchange<'p>, unsent: Vec<u8>, reads: Reads) -> Self {
        Self { exchange, unsent, sent: false, broken: None, finished: None, reads, paused: None }
    }

    /// Makes the first attempt to send the request: usually the stream takes it at once.
    pub(super) fn begin<R: Runtime<Sleep = F>, S: Stream<R>>(
        &mut self,
        request: &Request<'_, '_>,
        io: &mut S,
        context: &mut Context<'_>,
    ) {
        let mut buffer = [0; USUAL];
        let encoded = self.exchange.encode(request, &mut buffer);
        self.unsent = self.send(encoded.bytes(&buffer), io, context).to_vec();
    }

    /// Sends some of the bytes, and returns those that are left.
    fn send<'b, R: Runtime<Sleep = F>, S: Stream<R>>(
        &mut self,
        bytes: &'b [u8],
        io: &mut S,
        context: &mut Context<'_>,
    ) -> &'b [u8] {
        let mut sending = Sending { left: bytes, sent: false };
        match sending.poll(io, context) {
            Poll::Ready(Ok(())) => {
                self.sent = true;
                self.exchange.tell(ClientEvent::Sent);
            }
            Poll::Ready(Err(error)) => self.broken = Some(error),
            Poll::Pending => {}
        }
        sending.left
    }

    /// Sends the request, and reads responses until one is final.
    ///
    /// `pause` makes the sleep that a refusal waits for more of its body, each time anew.
    pub(super) fn poll<R: Runtime<Sleep = F>, S: Stream<R>>(
        &mut self,
        request: &Request<'_, '_>,
        io: &mut S,
        pause: &mut impl FnMut(&mut S) -> F,
        context: &mut Context<'_>,
    ) -> Poll<Result<Established, ConnectReason>> {
        if self.is_sending() {
            let mut unsent = mem::take(&mut self.unsent);
            let left = self.send(&unsent, io, context).len();
            unsent.drain(..unsent.len() - left);
            self.unsent = unsent;
        }
        while self.finished.is_none() {
            let Self { exchange, broken, reads, paused, .. } = self;
            if exchange.is_refused() && paused.is_none() {
                *paused = Some(Box::pin(pause(io)));
            }
            let mut told = None;
            let mut take = |bytes: &mut [u8]| {
                told = exchange.receive(request, bytes);
                bytes.len()
            };
            let Poll::Ready(read) = reads.poll(context, |context| io.poll_read_some(context, &mut take))
            else {
                // A body that has stopped does not hold up the error.
                let paused = paused.as_mut().is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
                return if paused { Poll::Ready(Err(exchange.deadline())) } else { Poll::Pending };
            };
            *paused = None;
            match read {
                Err(error) => return Poll::Ready(Err(exchange.broken(broken.take().unwrap_or(error)))),
                Ok(0) => return Poll::Ready(Err(exchange.closed(broken.take()))),
                Ok(_) => {}
            }
            if let Some(established) = told.transpose()? {
                event::established(&established.settings, established.interim.len());
                if !self.is_sending() {
                    return Poll::Ready(Ok(established));
                }
                self.finished = Some(established);
            }
        }
        // The connection counts as established only once the whole request is sent.
        let sending = self.is_sending();
        self.finished.take_if(|_| !sending).map_or(Poll::Pending, |established| Poll::Ready(Ok(established)))
    }

    /// Whether the request is still being sent.
    fn is_sending(&self) -> bool {
        !self.sent && self.broken.is_none()
    }

    /// As [`poll`](Self::poll), up to the end, before the deadline and the one for this phase.
    pub(super) async fn finish<R: Runtime<Sleep = F>, S: Stream<R>>(
        &mut self,
        request: &Request<'_, '_>,
        io: &mut S,
        deadline: &mut Deadline<F>,
        phase: Option<F>,
        mut pause: impl FnMut(&mut S) -> F,
    ) -> Result<Established, ConnectReason> {
        let talk = poll_fn(|context| self.poll(request, io, &mut pause, context));
        let talked = deadline.within_phase(phase, talk).await;
        talked.unwrap_or_else(|_| Err(self.exchange.deadline()))
    }

    /// The interim responses that came so far.
    pub(super) fn take_interim(&mut self) -> Vec<ResponseHead> {
        self.exchange.take_interim()
    }
}
