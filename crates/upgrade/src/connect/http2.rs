//! The opening handshake over HTTP/2 if the server supports it, otherwise over HTTP/1.1.

use std::io;

use websocket_upgrade_proto as proto;

use proto::Limits;
use proto::client::Request;
use proto::uri::Uri;

use super::client_stream::{ClientStream, Stream};
use super::http11::upgrade;
use super::network::connect;
use crate::client::options::ClientOptions;
use crate::client::reason::ConnectReason;
use crate::client::report::{Fallback, Phase, Report};
use crate::client::request_chain::RequestChain;
use crate::client::trace::Trace;
use crate::drive::{Deadline, OutgoingRequest, Unestablished};
use crate::head::ResponseHead;
use crate::http2::connection::Connection;
use crate::http2::failure::requires_http11;
use crate::http2::opening::Opening;
use crate::options::Alpn;
use crate::text::cause::Explained;
use crate::tokio::{Sleep, sleep};
use crate::upgraded::Upgraded;

/// What a server supports.
pub(super) enum Reached {
    /// Extended CONNECT.
    Http2(Link),
    /// HTTP/1.1: on this connection if it was agreed by ALPN, otherwise on another one.
    Http11(Fallback, Option<ClientStream>),
}

/// A connection over HTTP/2, and how it was made.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) connection: Connection,
    /// Proxy, address and TLS.
    report: Box<Report>,
}

/// Connects to the host of a URI: with TLS over HTTP/2 if the server chooses it by ALPN, without at once (prior
/// knowledge, RFC 9113 §3.3). The connection keeps to these limits.
pub(super) async fn reach(
    uri: &Uri<'_>,
    options: &ClientOptions,
    limits: &Limits,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Reached, ConnectReason> {
    let stream = connect(uri, options, Alpn::Http2, trace, deadline).await?;
    if uri.secure() && !stream.agreed_http2() {
        return Ok(Reached::Http11(Fallback::Alpn, Some(stream)));
    }
    trace.report.tls = stream.tls();
    let report = Box::new(trace.report.clone());
    trace.enter(Phase::Handshake);
    let own = options.phase_time(Phase::Handshake).map(sleep);
    let connected = deadline.within_phase(own, Connection::handshake(stream, limits)).await;
    match connected.map_err(|_| ConnectReason::Deadline)? {
        Ok(Some(connection)) => Ok(Reached::Http2(Link { connection, report })),
        Ok(None) => Ok(Reached::Http11(Fallback::NotOffered, None)),
        Err(ConnectReason::Io(error)) if requires_http11(&error) => {
            Ok(Reached::Http11(Fallback::Required, None))
        }
        Err(reason) => Err(no_http2(reason, uri.secure())),
    }
}

/// A server that breaks HTTP/2 at its beginning usually speaks something else.
fn no_http2(reason: ConnectReason, secure: bool) -> ConnectReason {
    match reason {
        ConnectReason::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            let advice = if secure { "" } else { " (if it speaks TLS, ask with wss://)" };
            let text = format!("the server does not speak HTTP/2, it seems{advice}");
            ConnectReason::Io(Explained::of_cause(io::ErrorKind::InvalidData, text, error))
        }
        reason => reason,
    }
}

/// The opening handshake on a connection for this request alone.
pub(crate) async fn ask(
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    let (uri, options) = (chain.next.uri()?, chain.options());
    match reach(&uri, options, options.bounds(), trace, deadline).await? {
        Reached::Http2(link) => link.ask(chain, request, trace, deadline).await,
        Reached::Http11(why, Some(stream)) => {
            trace.report.fallback = Some(why);
            upgrade(stream, options, OutgoingRequest::new(request, Some(chain)), trace, deadline).await
        }
        Reached::Http11(why, None) => ask_http11(why, chain, request, trace, deadline).await,
    }
}

/// The opening handshake over HTTP/1.1, on another connection. `why` is the reason if HTTP/2 was wanted.
pub(crate) async fn ask_http11(
    why: impl Into<Option<Fallback>>,
    chain: &RequestChain<'_>,
    request: Request<'_, '_>,
    trace: &mut Trace,
    deadline: &mut Deadline<Sleep>,
) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
    trace.report.tls = None;
    trace.report.fallback = why.into();
    let options = chain.options();
    let stream = connect(&chain.next.uri()?, options, Alpn::Http11, trace, deadline).await?;
    upgrade(stream, options, OutgoingRequest::new(request, Some(chain)), trace, deadline).await
}

impl Link {
    /// The opening handshake on a stream of this connection; over HTTP/1.1 if the server then says that it must be.
    pub(super) async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<Sleep>,
    ) -> Result<Upgraded<ClientStream, ResponseHead>, Unestablished> {
        trace.enter(Phase::Handshake);
        trace.report.proxy.clone_from(&self.report.proxy);
        trace.report.remote_address = self.report.remote_address;
        trace.report.tls.clone_from(&self.report.tls);
        let mut opening = Opening::new(request, chain);
        let own = chain.options().phase_time(Phase::Handshake).map(sleep);
        let mut unanswered = Unanswered(Some(&self.connection));
        let done = deadline.within_phase(own, opening.on(&self.connection)).await;
        if done.is_ok() {
            unanswered.0 = None;
        }
        match done {
            Ok(Ok((stream, established))) => Ok(established.on(ClientStream::new(Stream::Http2(stream)))),
            Ok(Err(ConnectReason::Io(error))) if requires_http11(&error) => {
                // Boxed because most servers don't require it.
                let asked = ask_http11(Fallback::Required, chain, request, trace, deadline);
                Box::pin(asked).await
            }
            Ok(Err(reason)) => Err(Unestablished { reason, interim: opening.take_interim() }),
            Err(_) => Err(Unestablished { reason: opening.deadline(), interim: opening.take_interim() }),
        }
    }
}

/// A request without an answer. When this is dropped, at the deadline or with the request, the connection is in doubt.
struct Unanswered<'c>(Option<&'c Connection>);

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.0 {
            connection.doubt();
        }
    }
}
