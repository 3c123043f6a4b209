//! A stream that waits for an answer, and whole responses: completed, sent, and ended (RFC 9114 §4.1).

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use websocket_upgrade::gate::Permit;
use websocket_upgrade::internals::server::{Deadline, Sleep, now};
use websocket_upgrade::{HandleError, Rejected};

use super::shared::{Shared, User};
use crate::ending::Hold;
use crate::exchange::Exchange;
use crate::stream::Stream;

/// A stream whose client waits for an answer. Dropped, it is reset with `H3_REQUEST_CANCELLED`.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) exchange: Exchange,
    pub(super) deadline: Deadline<Sleep>,
    /// Keeps it counted by the gate.
    pub(super) permit: Option<Permit>,
    pub(super) shared: Arc<Shared>,
    pub(super) user: User,
}

impl Unanswered {
    /// Sends the head of a response, within the deadline.
    pub(super) async fn send_head(&mut self, response: Response<()>) -> io::Result<()> {
        let head = dated(response);
        let sent = self.deadline.within(self.exchange.send_response(&head)).await;
        sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Sends a whole response within the deadline. What the client still sends is discarded in the background.
    pub(super) async fn answer(mut self, response: Response<Bytes>) -> io::Result<()> {
        let sent = self.deadline.within(send(&mut self.exchange, response)).await;
        sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        self.exchange.end(Arc::new(self.user));
        Ok(())
    }

    /// Sends a refusal. The result of that is ignored: the request was refused whether or not the client received it.
    pub(super) async fn refuse(self, rejected: Rejected) -> HandleError {
        let error = rejected.error().copied();
        let _ = self.answer(rejected.into_http()).await;
        error.map_or(HandleError::Closed, HandleError::Rejected)
    }

    /// Tries once to send a response for which nobody can wait. If it does not succeed, the stream is reset.
    pub(super) fn answer_without_waiting(mut self, response: Response<Bytes>) {
        let sent = pin!(send(&mut self.exchange, response)).poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Ok(())) = sent {
            self.exchange.end(Arc::new(self.user));
        }
    }

    /// The established WebSocket. The gate does not count it any more.
    pub(super) fn into_stream(self) -> Stream {
        let hold: Hold = Arc::new((self.shared.streams.establish(), self.user));
        self.exchange.into_stream(hold)
    }
}

/// Sends a response with its content, and the end of this side.
pub(super) async fn send(exchange: &mut Exchange, response: Response<Bytes>) -> io::Result<()> {
    let (head, content) = dated(response).into_parts();
    exchange.send_response(&Response::from_parts(head, ())).await?;
    exchange.send_data(content).await?;
    exchange.finish().await
}

/// A response with `Date`, which an origin server with a clock adds (RFC 9110 §6.6.1).
fn dated<B>(mut response: Response<B>) -> Response<B> {
    if let (false, Ok(now)) = (response.headers().contains_key(header::DATE), HeaderValue::try_from(now())) {
        response.headers_mut().insert(header::DATE, now);
    }
    response
}
