//! One extended CONNECT on a connection: the request, and the responses to it until one is final.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::ext::Protocol;
use h2::{Reason, RecvStream, SendStream};
use tokio::task::coop::consume_budget;
use websocket_upgrade_proto as proto;

use proto::client::{ExtendedConnect, Request, Truncation, Verdict};

use super::connection::{Connection, Sent};
use super::piece::Piece;
use super::stream::Stream;
use crate::client::exchange::{Established, LeadsOn};
use crate::client::reason::ConnectReason;
use crate::client::refused::Refused;
use crate::client::request_chain::RequestChain;
use crate::client::watch::ClientEvent;
use crate::head::ResponseHead;
use crate::observe::event;
use crate::settings::Settings;
use crate::tokio::sleep;

/// A handshake under way. It keeps what came before the deadline.
pub(crate) struct Opening<'p> {
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

impl<'p> Opening<'p> {
    /// A refusal that leads to another request is reported as soon as its head is there.
    pub(crate) fn new(request: Request<'p, 'p>, chain: &'p RequestChain<'p>) -> Self {
        Self { connect: ExtendedConnect::new(request), chain, interim: Vec::new(), refusal: None }
    }

    /// Sends the request, and waits for the final response. Dropping the future resets the stream, if there is one
    /// yet.
    pub(crate) async fn on(
        &mut self,
        connection: &Connection,
    ) -> Result<(Stream, Established), ConnectReason> {
        let mut request = self
            .connect
            .to_http()
            .map_err(|error| ConnectReason::Io(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        // Sensitive fields are kept out of the compression tables (RFC 7541 §7.1.3).
        let options = self.chain.options();
        for (name, value) in request.headers_mut() {
            if options.is_sensitive(name.as_str().as_bytes()) {
                value.set_sensitive(true);
            }
        }
        // RFC 8441 §5.
        request.extensions_mut().insert(Protocol::from_static("websocket"));
        let event = ClientEvent::Http2Request { uri: request.uri(), headers: request.headers() };
        self.chain.tell(event);
        let sent = connection.send(request).await.map_err(ConnectReason::Io)?;
        self.chain.tell(ClientEvent::Sent);
        let Sent { mut response, mut sending, slot } = sent;
        self.receive_interim(&mut response, &mut sending, connection).await?;
        let response = response.await.map_err(|error| ConnectReason::Io(connection.why(error)))?;
        match self.judge(&response, &mut sending)? {
            Verdict::Accepted { settings } => {
                let settings = Settings::from(&settings);
                event::established(&settings, self.interim.len());
                let (head, receiving) = ResponseHead::from_http(response);
                let interim = self.take_interim();
                let established = Established { settings, head, interim, read_buf: Bytes::new() };
                Ok((Stream::new(sending, receiving, slot, connection.clone()), established))
            }
            Verdict::Refused | Verdict::Interim => {
                let (head, body) = ResponseHead::from_http(response);
                // With a limit of 0 no body is kept, so none is waited for.
                let limit = self.connect.request().limits().refusal_body;
                let unneeded = limit == 0 || self.chain.leads_on(&head);
                self.refusal = Some(Refusal { head, kept: Vec::new() });
                let truncation = if body.is_end_stream() {
                    None
                } else if unneeded {
                    Some(if limit == 0 { Truncation::RefusalBody } else { Truncation::Incomplete })
                } else {
                    self.receive_body(body, sending).await
                };
                Err(self.refused(truncation).unwrap_or(ConnectReason::Deadline))
            }
        }
    }

    /// Reads interim responses. However fast they come, other tasks and the deadline are polled in between.
    async fn receive_interim(
        &mut self,
        response: &mut ResponseFuture,
        sending: &mut SendStream<Piece>,
        connection: &Connection,
    ) -> Result<(), ConnectReason> {
        while let Some(interim) = poll_fn(|context| response.poll_informational(context)).await {
            let interim = interim.map_err(|error| ConnectReason::Io(connection.why(error)))?;
            self.judge(&interim, sending)?;
            let (head, ()) = ResponseHead::from_http(interim);
            self.interim.push(head);
            consume_budget().await;
        }
        Ok(())
    }

    /// What a response means. One that is malformed is an error of the stream (RFC 9113 §8.1.1).
    fn judge<B>(
        &mut self,
        response: &http::Response<B>,
        sending: &mut SendStream<Piece>,
    ) -> Result<Verdict<'p>, ConnectReason> {
        let (status, headers) = (response.status(), response.headers());
        self.chain.tell(ClientEvent::Http2Response { status, headers });
        self.connect.receive_http(response).map_err(|error| {
            if error.reason().is_malformed() {
                sending.send_reset(Reason::PROTOCOL_ERROR);
            }
            ConnectReason::Response(error)
        })
    }

    /// Reads a body up to the limit, and as long as it comes without a pause. Returns why it is not complete, if so.
    async fn receive_body(&mut self, mut body: RecvStream, sending: SendStream<Piece>) -> Option<Truncation> {
        let limit = self.connect.request().limits().refusal_body;
        let Some(Refusal { kept, .. }) = &mut self.refusal else { return None };
        let idle = self.chain.options().body_idle();
        let mut paused = pin!(sleep(idle));
        let mut truncation = Some(Truncation::Incomplete);
        loop {
            let next = poll_fn(|context| match body.poll_data(context) {
                Poll::Ready(next) => Poll::Ready(Ok(next)),
                Poll::Pending => paused.as_mut().poll(context).map(Err),
            });
            let data = match next.await {
                Ok(Some(Ok(data))) => data,
                Ok(None) => {
                    truncation = None;
                    break;
                }
                Ok(Some(Err(_))) | Err(()) => break,
            };
            // It fails only for more than was received.
            let _ = body.flow_control().release_capacity(data.len());
            consume_budget().await;
            if data.is_empty() {
                // An empty frame is no progress: a server can send such frames for ever.
                if paused.is_elapsed() {
                    break;
                }
                continue;
            }
            paused.set(sleep(idle));
            let room = limit - kept.len();
            kept.extend_from_slice(data.get(..room).unwrap_or(&data));
            if data.len() > room {
                truncation = Some(Truncation::RefusalBody);
                break;
            }
        }
        // Until here the server could end the stream.
        drop(sending);
        truncation
    }

    fn refused(&mut self, truncation: Option<Truncation>) -> Option<ConnectReason> {
        let Refusal { head, kept } = self.refusal.take()?;
        Some(ConnectReason::Refused(Box::new(Refused::new(head, kept, truncation))))
    }

    /// The deadline has passed. A refusal whose body is not complete is still reported as a refusal.
    pub(crate) fn deadline(&mut self) -> ConnectReason {
        self.refused(Some(Truncation::Incomplete)).unwrap_or(ConnectReason::Deadline)
    }

    /// The interim responses that came so far.
    pub(crate) fn take_interim(&mut self) -> Vec<ResponseHead> {
        std::mem::take(&mut self.interim)
    }
}
