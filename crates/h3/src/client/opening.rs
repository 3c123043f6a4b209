//! One extended CONNECT on a connection: the request, and the responses to it until one is final.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use http3::error::Code;
use tokio::task::coop::consume_budget;
use websocket_upgrade::internals::client::{
    Established, LeadsOn, RequestChain, established, options, refused, response_head, sleep,
};
use websocket_upgrade::{ClientEvent, ConnectReason, ResponseHead, Settings};
use websocket_upgrade_proto as proto;

use proto::Limits;
use proto::client::{ExtendedConnect, Request, Truncation, Verdict};

use super::connection::Connection;
use super::handshake_failure::is_rejected;
use crate::codes::going_away;
use crate::exchange::{Exchange, HeadError};
use crate::stream::Stream;

/// A handshake under way. It keeps what came before the deadline.
pub(super) struct Opening<'p> {
    connect: ExtendedConnect<'p, 'p>,
    chain: &'p RequestChain<'p>,
    interim: Vec<ResponseHead>,
    refusal: Option<Refusal>,
}

/// A refusal whose body is being read.
struct Refusal {
    head: ResponseHead,
    kept: Vec<u8>,
}

/// Why a stream is not a WebSocket.
#[derive(Debug)]
pub(super) enum Failure {
    /// The server has refused, or has broken the protocol.
    Reason(ConnectReason),
    /// The stream or the connection has ended.
    Io(io::Error),
    /// The server has not processed the request: it can be sent again, on another connection.
    Unprocessed(io::Error),
}

impl From<ConnectReason> for Failure {
    fn from(reason: ConnectReason) -> Self {
        Self::Reason(reason)
    }
}

impl<'p> Opening<'p> {
    /// A refusal that leads to another request is reported as soon as its head is there.
    pub(super) fn new(request: Request<'p, 'p>, chain: &'p RequestChain<'p>) -> Self {
        Self { connect: ExtendedConnect::new(request), chain, interim: Vec::new(), refusal: None }
    }

    /// Sends the request, and waits for the final response. Dropping the future resets the stream, if there is one
    /// yet.
    pub(super) async fn on(&mut self, connection: &Connection) -> Result<(Stream, Established), Failure> {
        let request = self.request()?;
        let Some(mut exchange) = connection.open().await.map_err(Failure::Io)? else {
            return Err(Failure::Unprocessed(going_away()));
        };
        let event = ClientEvent::Http3Request { uri: request.uri(), headers: request.headers() };
        self.chain.tell(event);
        // RFC 9220 §3. A server can answer a request that it does not read (RFC 9114 §4.1).
        let unsent = exchange.send_request(&request, "websocket").await.err();
        self.chain.tell(ClientEvent::Sent);
        let stream = exchange.id();
        let answer = {
            let mut answer = pin!(self.answer(&mut exchange));
            let mut unprocessed = pin!(connection.unprocessed(stream));
            poll_fn(|context| {
                if let Poll::Ready(answer) = answer.as_mut().poll(context) {
                    return Poll::Ready(Some(answer));
                }
                unprocessed.as_mut().poll(context).map(|()| None)
            })
            .await
        };
        let Some(answer) = answer else { return Err(Failure::Unprocessed(going_away())) };
        match answer {
            Ok((head, settings)) => {
                established(&settings, self.interim.len());
                let interim = self.take_interim();
                let done = Established { settings, head, interim, read_buf: Bytes::new() };
                Ok((exchange.into_stream(connection.hold()), done))
            }
            Err(Failure::Io(error)) => {
                // What has kept the request from being sent says more than that there is no response.
                let error = connection.why(unsent.unwrap_or(error));
                let again = is_rejected(&error) && self.interim.is_empty();
                Err(if again { Failure::Unprocessed(error) } else { Failure::Io(error) })
            }
            Err(failure) => Err(failure),
        }
    }

    fn request(&self) -> Result<http::Request<()>, ConnectReason> {
        let request = self.connect.to_http();
        let mut request =
            request.map_err(|error| ConnectReason::Io(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        // Sensitive fields are kept out of the compression tables (RFC 9204 §7.1.3).
        for (name, value) in request.headers_mut() {
            if options::is_sensitive(self.chain.options(), name.as_str().as_bytes()) {
                value.set_sensitive(true);
            }
        }
        Ok(request)
    }

    /// Reads responses up to the one that accepts.
    async fn answer(&mut self, exchange: &mut Exchange) -> Result<(ResponseHead, Settings), Failure> {
        loop {
            let response = self.receive(exchange).await?;
            let verdict = self.judge(&response, exchange)?;
            let (head, ()) = response_head(response);
            match verdict {
                Verdict::Accepted { settings } => return Ok((head, Settings::from(&settings))),
                Verdict::Interim => self.interim.push(head),
                Verdict::Refused => return Err(self.refuse(head, exchange).await.into()),
            }
            // However fast they come, other tasks and the deadline are polled in between.
            consume_budget().await;
        }
    }

    /// Receives a head. One that is malformed is an error of the stream (RFC 9114 §4.1.2).
    async fn receive(&self, exchange: &mut Exchange) -> Result<http::Response<()>, Failure> {
        let limits = looser(options::bounds(self.chain.options()));
        exchange.response_head(&limits).await.map_err(|error| {
            let code = match &error {
                // That code is a server's.
                HeadError::Incomplete => Some(Code::H3_REQUEST_CANCELLED),
                error => error.code(),
            };
            if let Some(code) = code {
                exchange.reset(code);
                exchange.stop(code);
            }
            Failure::Io(error.into_io())
        })
    }

    /// What a response means.
    fn judge(
        &mut self,
        response: &http::Response<()>,
        exchange: &mut Exchange,
    ) -> Result<Verdict<'p>, ConnectReason> {
        let (status, headers) = (response.status(), response.headers());
        self.chain.tell(ClientEvent::Http3Response { status, headers });
        self.connect.receive_http(response).map_err(|error| {
            if error.reason().is_malformed() {
                exchange.reset(Code::H3_MESSAGE_ERROR);
                exchange.stop(Code::H3_MESSAGE_ERROR);
            }
            ConnectReason::Response(error)
        })
    }

    /// Takes a refusal, and its body if it is of use.
    async fn refuse(&mut self, head: ResponseHead, exchange: &mut Exchange) -> ConnectReason {
        // With a limit of 0 no body is kept, so none is waited for.
        let limit = self.connect.request().limits().refusal_body;
        let unneeded = limit == 0 || self.chain.leads_on(&head);
        self.refusal = Some(Refusal { head, kept: Vec::new() });
        let truncation = if unneeded {
            let cut = if limit == 0 { Truncation::RefusalBody } else { Truncation::Incomplete };
            let more = poll_fn(|context| Poll::Ready(exchange.poll_data(context))).await;
            (!matches!(more, Poll::Ready(Ok(None)))).then_some(cut)
        } else {
            self.receive_body(exchange).await
        };
        self.refused(truncation).unwrap_or(ConnectReason::Deadline)
    }

    /// Reads a body up to the limit, and as long as it comes without a pause. Returns why it is not complete, if so.
    async fn receive_body(&mut self, exchange: &mut Exchange) -> Option<Truncation> {
        let limit = self.connect.request().limits().refusal_body;
        let Some(Refusal { kept, .. }) = &mut self.refusal else { return None };
        let idle = options::body_idle(self.chain.options());
        let mut paused = pin!(sleep(idle));
        loop {
            let next = poll_fn(|context| match exchange.poll_data(context) {
                Poll::Ready(next) => Poll::Ready(Some(next)),
                Poll::Pending => paused.as_mut().poll(context).map(|()| None),
            });
            let data = match next.await {
                Some(Ok(Some(data))) => data,
                Some(Ok(None)) => return None,
                Some(Err(_)) | None => return Some(Truncation::Incomplete),
            };
            consume_budget().await;
            paused.set(sleep(idle));
            let room = limit - kept.len();
            kept.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                return Some(Truncation::RefusalBody);
            }
        }
    }

    fn refused(&mut self, truncation: Option<Truncation>) -> Option<ConnectReason> {
        let Refusal { head, kept } = self.refusal.take()?;
        Some(ConnectReason::Refused(Box::new(refused(head, kept, truncation))))
    }

    /// The deadline has passed. A refusal whose body is not complete is still reported as a refusal.
    pub(super) fn deadline(&mut self) -> ConnectReason {
        self.refused(Some(Truncation::Incomplete)).unwrap_or(ConnectReason::Deadline)
    }

    /// The interim responses that came so far.
    pub(super) fn take_interim(&mut self) -> Vec<ResponseHead> {
        std::mem::take(&mut self.interim)
    }
}

/// Limits for what reads a head. A head that keeps to them, and not to the options', is judged by the core, which says
/// what is wrong with it.
fn looser(limits: &Limits) -> Limits {
    // What each line counts beside its name and value (RFC 9114 §4.2.2).
    const OVERHEAD: usize = 32;
    let mut looser = *limits;
    looser.head = limits.head.saturating_add(limits.fields.saturating_mul(OVERHEAD));
    looser.fields = looser.head / OVERHEAD;
    looser
}
