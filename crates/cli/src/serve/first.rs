//! The first request of a connection over HTTP/1.1, as the library's own driver reads it: hyper leaves fragments out
//! of targets, and does not know later minor versions.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Version};
use tokio::io::{AsyncRead, AsyncWrite};
use websocket_upgrade::{HandleError, Incoming, Rejection, ReplayStream, Upgraded, respond};

use super::echo::echo;
use super::log::Handshake;
use super::notes::Note;
use super::request::{self, CHALLENGE, EARLY_FRAME, Requests};
use super::server::Verdict;
use super::wire::Wire;

/// Answers a handshake, and echoes. Another request is given back unread, for hyper.
pub(crate) async fn answer<S>(
    wire: Wire<S>,
    requests: &Requests,
    time: Duration,
) -> Result<Option<ReplayStream<Wire<S>>>, Box<dyn Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Requests { server, peer, alterations } = requests;
    // The deadline goes on while the answer is delayed.
    let time = time + server.delay.unwrap_or_default();
    alterations.drip(true);
    let read = server.gate.receive(wire, peer.ip(), &server.options.clone().deadline(time)).await;
    let mut incoming = match read {
        Ok(incoming) => incoming,
        Err(error) => return refused(error, None, requests).map(|()| None),
    };
    let ordered_here = server.status.is_none_or(|status| Rejection::new(status.as_u16()).is_ok());
    if !incoming.is_upgrade() || !ordered_here {
        alterations.drip(false);
        return Ok(Some(incoming.into_unread().into_stream()));
    }
    let path = incoming.path().to_owned();
    let handshake = Handshake { peer: *peer, version: Version::HTTP_11, path };
    requests.delay().await;
    let verdict = incoming.head().to_http().map_or(Verdict::Accept, |head| {
        let verdict = server.verdict(head.headers());
        // The page asks as soon as it has its answer.
        note(&head, &verdict, requests);
        verdict
    });
    let refusal = |error| refused(error, Some(&handshake), requests).map(|()| None);
    incoming = match incoming.check(&server.options).await {
        Ok(incoming) => incoming,
        Err(error) => return refusal(error),
    };
    let rejection = match &verdict {
        Verdict::Accept => {
            return match accept(incoming, &handshake, requests).await {
                Ok(upgraded) => {
                    alterations.drip(false);
                    echo(upgraded, None, server.ending()).await?;
                    Ok(None)
                }
                Err(error) => refusal(error),
            };
        }
        Verdict::Unauthorized => Rejection::unauthorized(CHALLENGE),
        Verdict::Ordered(status) => request::ordered_body(Rejection::new(status.as_u16())?, *status),
    };
    for (name, value) in &server.fields {
        // They were checked when the server started.
        let _ = incoming.header(name, value);
    }
    let status = rejection.status();
    server.log.refused(&handshake, status, verdict.why(), None);
    incoming.reject(rejection).await?;
    Ok(None)
}

/// Accepts the request, and logs what was agreed.
async fn accept<S>(
    incoming: Incoming<Wire<S>>,
    handshake: &Handshake,
    requests: &Requests,
) -> Result<Upgraded<Wire<S>, websocket_upgrade::RequestHead>, HandleError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = &*requests.server;
    if server.early_frame {
        requests.alterations.send_behind(Bytes::from_static(EARLY_FRAME));
    }
    let upgraded = incoming.accept(&server.options).await?;
    server.log.accepted(handshake, 101, &upgraded.settings);
    Ok(upgraded)
}

/// Notes what will be answered, if the page has sent the request.
fn note(head: &http::Request<()>, verdict: &Verdict, requests: &Requests) {
    let server = &*requests.server;
    let Some(note) = Note::of(head) else { return };
    let no_fields = HeaderMap::new();
    server.notes.add(match (respond(head, None, &server.options), verdict.status()) {
        (Err(rejected), _) => {
            let (why, _) = request::reason(rejected.error());
            note.answered(rejected.status().as_u16(), &no_fields, Some(why))
        }
        (Ok(_), Some(status)) => note.answered(status, &no_fields, Some(verdict.why().to_owned())),
        (Ok((response, _)), None) => note.answered(101, response.headers(), None),
    });
}

/// Logs why a handshake has failed. The client has its answer.
fn refused(
    error: HandleError,
    handshake: Option<&Handshake>,
    requests: &Requests,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let log = requests.server.log;
    match (error, handshake) {
        (HandleError::Closed, _) => Ok(()),
        (HandleError::Io(error), _) => Err(error.into()),
        (HandleError::Rejected(error), Some(handshake)) => {
            let (why, hint) = request::reason(Some(&error));
            log.refused(handshake, error.reason().status(), why, hint);
            Ok(())
        }
        (error, _) => {
            log.broken(requests.peer, error);
            Ok(())
        }
    }
}
