//! A client's requests, one after another, each on a connection that the runtime's module makes.

use websocket_upgrade_proto as proto;

use proto::client::Request;

use super::client::Unestablished;
use super::deadline::Deadline;
use crate::client::error::ConnectError;
use crate::client::options::ClientOptions;
use crate::client::report::Report;
use crate::client::request_chain::RequestChain;
use crate::client::trace::Trace;
use crate::client::watch::ClientEvent;
use crate::head::ResponseHead;
use crate::upgraded::Upgraded;

/// How a runtime's module makes a connection, and does the opening handshake on it.
#[allow(async_fn_in_trait)] // whether a future is `Send` follows from the type that implements it
pub trait Ask<F> {
    /// The stream of an established connection.
    type Stream;

    /// Connects to where the next request of the chain goes, and does the opening handshake.
    async fn ask(
        &self,
        chain: &RequestChain<'_>,
        request: Request<'_, '_>,
        trace: &mut Trace,
        deadline: &mut Deadline<F>,
    ) -> Result<Upgraded<Self::Stream, ResponseHead>, Unestablished>;

    /// Stores the report in the stream.
    fn keep(stream: &mut Self::Stream, report: Report);
}

/// Client: sends requests until a response does not lead to another request (a redirect, or a 401 with a hook).
///
/// # Errors
///
/// Why the last one has failed.
pub async fn connect<F: Future, A: Ask<F>>(
    asks: &A,
    url: &str,
    options: &ClientOptions,
    mut deadline: Deadline<F>,
) -> Result<Upgraded<A::Stream, ResponseHead>, ConnectError> {
    let mut chain = RequestChain::new(url, options);
    loop {
        let error = match attempt(asks, &mut chain, options, &mut deadline).await {
            Ok(upgraded) => return Ok(upgraded),
            Err(error) => error,
        };
        chain.next.store_cookies_of_refusal(&error);
        match answer(&mut chain, options, error, &mut deadline).await {
            Ok(()) => {}
            Err(error) => chain.follow(error)?,
        }
    }
}

/// One request.
async fn attempt<F: Future, A: Ask<F>>(
    asks: &A,
    chain: &mut RequestChain<'_>,
    options: &ClientOptions,
    deadline: &mut Deadline<F>,
) -> Result<Upgraded<A::Stream, ResponseHead>, ConnectError> {
    let mut trace = Trace::watched(options.watcher());
    let extensions = options.extensions();
    let lines = chain.next.lines();
    trace.report.url = chain.next.shown();
    options.watcher().tell(ClientEvent::Attempt(&trace.report.url));
    // A request that can't be made is an error before anything is dialled.
    let done = match chain.next.request(&extensions, &lines) {
        Ok(request) => asks.ask(chain, request, &mut trace, deadline).await,
        Err(reason) => Err(reason.into()),
    };
    match done {
        Ok(mut upgraded) => {
            chain.next.store_cookies(&upgraded.head);
            chain.add_redirects_to(&mut trace.report);
            A::keep(&mut upgraded.stream.io, trace.finish());
            Ok(upgraded)
        }
        Err(Unestablished { reason, interim }) => Err(trace.failed(reason).with_interim(interim)),
    }
}

/// Answers a 401, if there is a hook that does.
async fn answer<F: Future>(
    chain: &mut RequestChain<'_>,
    options: &ClientOptions,
    mut error: ConnectError,
    deadline: &mut Deadline<F>,
) -> Result<(), ConnectError> {
    let asked = chain
        .challenge(&error)
        .and_then(|refused| options.unauthorized(chain.next.url_without_userinfo(), refused));
    let Some(asked) = asked else { return Err(error) };
    match deadline.within(asked).await {
        Ok(Some(fields)) => chain.answer(&fields).map_err(|reason| {
            error.map_reason(|_| reason);
            error
        }),
        // A hook that takes too long counts as one without an answer.
        Ok(None) | Err(_) => Err(error),
    }
}
