//! The client's side of the driver: one request, on a stream that is there.

use std::task::Poll;
use std::time::Instant;

#[cfg(dials)]
use websocket_upgrade_proto::client::Request;

use super::at_once::at_once;
use super::deadline::Deadline;
use super::reads::Reads;
use super::stream::{Runtime, Stream};
use super::talk::Talk;
use crate::client::error::ConnectError;
#[cfg(dials)]
use crate::client::exchange::LeadsOn;
use crate::client::exchange::{Established, Exchange};
use crate::client::next_request::NextRequest;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::Phase;
#[cfg(dials)]
use crate::client::report::TlsReport;
use crate::client::trace::Trace;
#[cfg(dials)]
use crate::client::watch::ClientEvent;
use crate::head::ResponseHead;
#[cfg(dials)]
use crate::head::USUAL;
use crate::observe::event;
use crate::upgraded::Upgraded;

/// Client: does the opening handshake on a stream that is connected already.
pub(crate) fn upgrade_on<'o, R: Runtime, S: Stream<R>>(
    mut io: S,
    url: &'o str,
    options: &'o ClientOptions,
    deadline: impl FnOnce() -> Deadline<R::Sleep>,
    mut pause: impl FnMut(&mut S) -> R::Sleep,
) -> impl Future<Output = Result<Upgraded<S, ResponseHead>, ConnectError>> {
    at_once(move |context| {
        let next = NextRequest::new(url, options);
        let (extensions, lines) = (options.extensions(), next.lines());
        let request = match next.request(&extensions, &lines) {
            Ok(request) => request,
            Err(reason) => return Ok(Err(failed(Trace::new(), &next, reason))),
        };
        let begun = Instant::now();
        let mut talk = Talk::new(Exchange::new(None), Vec::new(), Reads::one());
        talk.begin(&request, &mut io, context);
        match talk.poll(&request, &mut io, &mut pause, context) {
            Poll::Ready(Ok(established)) => return Ok(Ok(on(io, established, &next))),
            Poll::Ready(Err(reason)) => return Ok(Err(broken(reason, talk.take_interim(), &next, begun))),
            Poll::Pending => {}
        }
        let mut deadline = deadline();
        Err(Box::pin(async move {
            // The same again, as it can't be stored with what it borrows.
            let done = match next.request(&extensions, &lines) {
                Ok(request) => talk.finish(&request, &mut io, &mut deadline, None, pause).await,
                Err(reason) => Err(reason),
            };
            match done {
                Ok(established) => Ok(on(io, established, &next)),
                Err(reason) => Err(broken(reason, talk.take_interim(), &next, begun)),
            }
        }))
    })
}

/// The connection is established on this stream.
fn on<S>(io: S, established: Established, next: &NextRequest<'_>) -> Upgraded<S, ResponseHead> {
    next.store_cookies(&established.head);
    established.on(io)
}

/// The failure of a handshake that has begun at this time.
fn broken(
    reason: ConnectReason,
    interim: Vec<ResponseHead>,
    next: &NextRequest<'_>,
    begun: Instant,
) -> ConnectError {
    let error = failed(Trace::since(begun, Phase::Handshake), next, reason).with_interim(interim);
    next.store_cookies_of_refusal(&error);
    error
}

/// The failure, of which the event tells.
fn failed(mut trace: Trace, next: &NextRequest<'_>, reason: ConnectReason) -> ConnectError {
    trace.report.url = next.shown();
    let error = trace.failed(reason);
    event::failed(&error);
    error
}

/// Client: why there is no connection, and the interim responses that came before.
#[cfg(dials)]
#[derive(Debug)]
pub struct Unestablished {
    /// Why.
    pub reason: ConnectReason,
    /// The interim responses that came before.
    pub interim: Vec<ResponseHead>,
}

#[cfg(dials)]
impl Unestablished {
    /// On a stream that may be one of TLS, with these options. Where TLS ended the connection, the reason is
    /// explained: with TLS 1.3 a server refuses a client's certificate only when the client has begun to ask.
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

#[cfg(dials)]
impl From<ConnectReason> for Unestablished {
    fn from(reason: ConnectReason) -> Self {
        Self { reason, interim: Vec::new() }
    }
}

/// Client: an encoded request, and the exchange that waits for its responses.
#[cfg(dials)]
pub(crate) struct OutgoingRequest<'p> {
    request: Request<'p, 'p>,
    exchange: Exchange<'p>,
    unsent: Vec<u8>,
}

#[cfg(dials)]
impl<'p> OutgoingRequest<'p> {
    /// A refusal that leads to another request is reported as soon as its head is there.
    pub(crate) fn new(request: Request<'p, 'p>, chain: Option<&'p (dyn LeadsOn + Sync)>) -> Self {
        let exchange = Exchange::new(chain);
        let mut buffer = [0; USUAL];
        let unsent = exchange.encode(&request, &mut buffer).bytes(&buffer).to_vec();
        exchange.tell(ClientEvent::Request(&unsent));
        Self { request, exchange, unsent }
    }

    /// The bytes that are still to be sent.
    #[cfg(feature = "connect")]
    pub(crate) fn unsent(&self) -> &[u8] {
        &self.unsent
    }

    /// Notes that this many bytes have been handed over for sending.
    #[cfg(feature = "connect")]
    pub(crate) fn skip(&mut self, sent: usize) {
        self.unsent.drain(..sent.min(self.unsent.len()));
    }
}

/// Client: sends the request, and reads responses until one is final, before the deadline and the one for this phase.
///
/// `pause` makes the sleep that a refusal waits for more of its body, each time anew.
#[cfg(dials)]
pub(crate) async fn exchange<R: Runtime, S: Stream<R>>(
    io: &mut S,
    outgoing: OutgoingRequest<'_>,
    deadline: &mut Deadline<R::Sleep>,
    phase: Option<R::Sleep>,
    pause: impl FnMut(&mut S) -> R::Sleep,
) -> Result<Established, Unestablished> {
    let OutgoingRequest { request, exchange, unsent } = outgoing;
    let mut talk = Talk::new(exchange, unsent, Reads::default());
    let done = talk.finish(&request, io, deadline, phase, pause).await;
    done.map_err(|reason| Unestablished { reason, interim: talk.take_interim() })
}
