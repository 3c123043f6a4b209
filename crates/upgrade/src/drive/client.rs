//! The client's side of the driver: one request, on a stream that is there.

use std::future::poll_fn;
use std::task::Poll;

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::deadline::Deadline;
use super::reads::Reads;
use super::stream::{Runtime, Sending, Stream};
use crate::client::error::ConnectError;
use crate::client::exchange::{Established, Exchange, LeadsOn};
use crate::client::next_request::NextRequest;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
#[cfg(dials)]
use crate::client::report::TlsReport;
use crate::client::trace::Trace;
use crate::head::ResponseHead;
use crate::observe::event;
use crate::upgraded::Upgraded;

/// Client: does the opening handshake on a stream that is connected already.
pub(crate) async fn upgrade_on<R: Runtime, S: Stream<R>>(
    mut io: S,
    url: &str,
    options: &ClientOptions,
    mut deadline: Deadline<R::Sleep>,
    pause: impl FnMut(&mut S) -> R::Sleep,
) -> Result<Upgraded<S, ResponseHead>, ConnectError> {
    let mut trace = Trace::new();
    let next = NextRequest::new(url, options);
    let extensions = options.extensions();
    let lines = next.lines();
    let request = match next.request(&extensions, &lines) {
        Ok(request) => request,
        Err(reason) => {
            trace.report.url = next.shown();
            return Err(trace.failed(reason));
        }
    };
    trace.enter(Phase::Handshake);
    match exchange(&mut io, OutgoingRequest::new(request, None), &mut deadline, None, pause).await {
        Ok(established) => {
            next.store_cookies(&established.head);
            Ok(established.on(io))
        }
        Err(Unestablished { reason, interim }) => {
            trace.report.url = next.shown();
            let error = trace.failed(reason).with_interim(interim);
            next.store_cookies_of_refusal(&error);
            Err(error)
        }
    }
}

/// Client: why there is no connection, and the interim responses that came before.
#[derive(Debug)]
pub(crate) struct Unestablished {
    pub(crate) reason: ConnectReason,
    pub(crate) interim: Vec<ResponseHead>,
}

impl Unestablished {
    /// On a stream that may be one of TLS, with these options. Where TLS ended the connection, the reason is
    /// explained: with TLS 1.3 a server refuses a client's certificate only when the client has begun to ask.
    #[cfg(dials)]
    #[cfg_attr(not(feature = "rustls"), allow(unused_mut, unused_variables))]
    pub(crate) fn over(mut self, tls: Option<TlsReport>, options: &ClientOptions, trace: &mut Trace) -> Self {
        trace.report.tls = tls;
        #[cfg(feature = "rustls")]
        if let ConnectReason::Io(error) = self.reason {
            self.reason = ConnectReason::Io(options.tls.explain(error).0);
        }
        self
    }
}

impl From<ConnectReason> for Unestablished {
    fn from(reason: ConnectReason) -> Self {
        Self { reason, interim: Vec::new() }
    }
}

/// Client: an encoded request, and the exchange that waits for its responses.
pub(crate) struct OutgoingRequest<'p> {
    exchange: Exchange<'p>,
    request: Vec<u8>,
    /// Bytes of it that have been handed over for sending already.
    sent: usize,
}

impl<'p> OutgoingRequest<'p> {
    /// A refusal that leads to another request is reported as soon as its head is there.
    pub(crate) fn new(request: Request<'p, 'p>, chain: Option<&'p (dyn LeadsOn + Sync)>) -> Self {
        let exchange = Exchange::new(request, chain);
        Self { request: exchange.request(), exchange, sent: 0 }
    }

    /// The bytes that are still to be sent.
    #[cfg(feature = "connect")]
    pub(crate) fn unsent(&self) -> &[u8] {
        self.request.get(self.sent..).unwrap_or_default()
    }

    /// Notes that this many bytes have been handed over for sending.
    #[cfg(feature = "connect")]
    pub(crate) fn skip(&mut self, sent: usize) {
        self.sent += sent;
    }
}

/// Client: sends the request, and reads responses until one is final, before the deadline and the one for this phase.
///
/// `pause` makes the sleep that a refusal waits for more of its body, each time anew.
pub(crate) async fn exchange<R: Runtime, S: Stream<R>>(
    io: &mut S,
    outgoing: OutgoingRequest<'_>,
    deadline: &mut Deadline<R::Sleep>,
    phase: Option<R::Sleep>,
    mut pause: impl FnMut(&mut S) -> R::Sleep,
) -> Result<Established, Unestablished> {
    let OutgoingRequest { mut exchange, request, sent } = outgoing;
    let mut sending = Sending { left: request.get(sent..).unwrap_or_default(), sent: false };
    // A server may refuse before it has read the whole request: its response says more than the error of sending.
    let mut unsent = None;
    let mut finished = None;
    let (mut reads, mut paused) = (Reads::default(), None);
    let talk = poll_fn(|context| {
        let mut under_way = false;
        if unsent.is_none() {
            match sending.poll(io, context) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => unsent = Some(error),
                Poll::Pending => under_way = true,
            }
        }
        while finished.is_none() {
            if exchange.is_refused() && paused.is_none() {
                paused = Some(Box::pin(pause(io)));
            }
            let read = reads.poll(context, |context| {
                io.poll_read_some(context, &mut |bytes| (bytes.len(), exchange.receive(bytes)))
            });
            let Poll::Ready(read) = read else {
                // A body that has stopped does not hold up the error.
                let paused = paused.as_mut().is_some_and(|sleep| sleep.as_mut().poll(context).is_ready());
                return if paused { Poll::Ready(Err(exchange.deadline())) } else { Poll::Pending };
            };
            paused = None;
            match read {
                Err(error) => return Poll::Ready(Err(exchange.broken(unsent.take().unwrap_or(error)))),
                Ok((0, _)) => return Poll::Ready(Err(exchange.closed(unsent.take()))),
                Ok((_, None)) => {}
                Ok((_, Some(established))) => {
                    let established = established?;
                    event::established(&established.settings, established.interim.len());
                    finished = Some(established);
                }
            }
        }
        // The connection counts as established only once the whole request is sent.
        match finished.take_if(|_| !under_way) {
            Some(established) => Poll::Ready(Ok(established)),
            None => Poll::Pending,
        }
    });
    let talked = deadline.within_phase(phase, talk).await;
    talked
        .unwrap_or_else(|_| Err(exchange.deadline()))
        .map_err(|reason| Unestablished { reason, interim: exchange.take_interim() })
}
