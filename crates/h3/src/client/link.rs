//! A connection over HTTP/3 with the report of how it was made, and the opening handshake on it.

use std::io;

use websocket_upgrade::internals::client::{
    Deadline, RequestChain, Sleep, Trace, Unestablished, options, sleep,
};
use websocket_upgrade::{ConnectReason, Http3Fallback, Phase, Report, ResponseHead, Upgraded};
use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client_stream::ClientStream;
use super::connection::Connection;
use super::fallback;
use super::handshake_failure::{of_connection, requires_http11};
use super::opening::{Failure, Opening};

/// A connection over HTTP/3, and how it was made.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: Connection,
    /// Address and TLS.
    report: Box<Report>,
}

/// Why a request was not answered on a connection.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// It is over.
    Failed(Unestablished),
    /// The server has not processed it: it is to be sent once more, on another connection.
    Again(io::Error),
}

impl From<Unestablished> for Unanswered {
    fn from(failed: Unestablished) -> Self {
        Self::Failed(failed)
    }
}

impl Link {
    pub(super) fn new(connection: Connection, report: Report) -> Self {
        Self { connection, report: Box::new(report) }
    }

    /// The opening handshake on a stream of this connection; over HTTP/1.1 if the server then says that it must be.
    pub(super) async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unanswered> {
        trace.enter(Phase::Handshake);
        trace.report.remote_address = self.report.remote_address;
        trace.report.tls.clone_from(&self.report.tls);
        let mut opening = Opening::new(request, chain);
        let own = options::phase_time(chain.options(), Phase::Handshake).map(sleep);
        let mut waiting = Waiting(Some(&self.connection));
        let done = deadline.within_phase(own, opening.on(&self.connection)).await;
        if done.is_ok() {
            waiting.0 = None;
        }
        let reason = match done {
            Ok(Ok((stream, established))) => return Ok(established.on(ClientStream::http3(stream))),
            Ok(Err(Failure::Unprocessed(error))) => return Err(Unanswered::Again(error)),
            Ok(Err(Failure::Io(error))) if requires_http11(&error) => {
                // Boxed because most servers don't require it.
                let asked = fallback::ask(Http3Fallback::Required, chain, request, trace, deadline);
                return Ok(Box::pin(asked).await?);
            }
            Ok(Err(Failure::Io(error))) => of_connection(error, chain.options()),
            Ok(Err(Failure::Reason(reason))) => reason,
            Err(_) => opening.deadline(),
        };
        Err(Unestablished { reason, interim: opening.take_interim() }.into())
    }
}

impl Unanswered {
    /// The failure of a request that is not sent once more.
    pub(super) fn at_last(self) -> Unestablished {
        match self {
            Self::Failed(failed) => failed,
            Self::Again(error) => ConnectReason::Io(error).into(),
        }
    }
}

/// A request without an answer. When this is dropped, at the deadline or with the request, the connection is in doubt.
struct Waiting<'c>(Option<&'c Connection>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            connection.doubt();
        }
    }
}
