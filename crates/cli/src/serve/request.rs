//! The answer to one request: the page, or a handshake.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use tokio::time::sleep;
use websocket_upgrade::hyper::{Upgrading, receive};
use websocket_upgrade::proto::server::{RequestError, RequestReason};
use websocket_upgrade::{Rejected, Rejection};

use super::echo::echo;
use super::log::Handshake;
use super::notes::Note;
use super::page;
use super::server::{Server, Verdict};
use super::wire::Alterations;

/// The message of `--early-frame`, and its frame (RFC 6455 §5.2).
const EARLY: &str = "early";
pub(crate) const EARLY_FRAME: &[u8] = b"\x81\x05early";

/// What an unauthorized request is asked for.
pub(crate) const CHALLENGE: &str = "Basic realm=\"wsupgrade\", charset=\"UTF-8\"";

/// The requests of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    pub(crate) server: Arc<Server>,
    pub(crate) peer: SocketAddr,
    pub(crate) alterations: Alterations,
}

/// What came of a handshake, for its line and for the page.
enum Outcome {
    Accepted(Upgrading),
    Refused { why: String, hint: Option<&'static str> },
}

type Answer = (Response<Bytes>, Outcome);

impl Requests {
    /// Answers a request.
    pub(crate) async fn answer(self, mut request: Request<Incoming>) -> Response<String> {
        if is_plain(&mut request) {
            // The page is no answer to a handshake.
            self.alterations.drip(false);
            return self.plain(&request);
        }
        self.alterations.drip(true);
        let (peer, version, path) = (self.peer, request.version(), request.uri().path().to_owned());
        let handshake = Handshake { peer, version, path };
        let note = Note::of(&request);
        let (response, outcome) = self.handshake(&mut request).await;
        let (server, status) = (&self.server, response.status().as_u16());
        let why = match outcome {
            Outcome::Accepted(upgrading) => {
                server.log.accepted(&handshake, status, upgrading.settings());
                self.establish(upgrading, version);
                None
            }
            Outcome::Refused { why, hint } => {
                server.log.refused(&handshake, status, &why, hint);
                Some(why)
            }
        };
        if let Some(note) = note {
            server.notes.add(note.answered(status, response.headers(), why));
        }
        response.map(|body| String::from_utf8_lossy(&body).into_owned())
    }

    /// Decides on a handshake: first as the options say, then the credentials, then the status that was asked for.
    async fn handshake(&self, request: &mut Request<Incoming>) -> Answer {
        let server = &*self.server;
        let incoming = match receive(request) {
            Ok(incoming) => incoming,
            Err(rejected) => return refused(rejected),
        };
        let Ok(_counted) = server.gate.enter(self.peer.ip()) else {
            return rejected_as(
                incoming.reject(&Rejection::unavailable(1)),
                "too many handshakes, or the server ends",
            );
        };
        self.delay().await;
        let mut incoming = match incoming.check(&server.options) {
            Ok(incoming) => incoming,
            Err(rejected) => return refused(rejected),
        };
        let verdict = server.verdict(incoming.head().headers());
        for (name, value) in &server.fields {
            if verdict.status().is_some() {
                // They were checked when the server started.
                let _ = incoming.header(name, value);
            }
        }
        let response = match &verdict {
            Verdict::Accept => {
                return match incoming.accept(&server.options) {
                    Ok((response, upgrading)) => (response, Outcome::Accepted(upgrading)),
                    Err(rejected) => refused(rejected),
                };
            }
            Verdict::Unauthorized => incoming.reject(&Rejection::unauthorized(CHALLENGE)),
            Verdict::Ordered(status) => match Rejection::new(status.as_u16()) {
                Ok(rejection) => incoming.reject(&ordered_body(rejection, *status)),
                // A status that accepts nothing and refuses nothing, such as 200.
                Err(_) => ordered(*status, &server.fields),
            },
        };
        rejected_as(response, verdict.why())
    }

    /// Waits as long as was ordered, or to the end of the server.
    pub(crate) async fn delay(&self) {
        if let Some(delay) = self.server.delay {
            tokio::select! {
                () = sleep(delay) => {}
                () = self.server.ending() => {}
            }
        }
    }

    /// Echoes on the connection, in a task of its own.
    fn establish(&self, upgrading: Upgrading, version: Version) {
        let early = self.server.early_frame;
        if early && version < Version::HTTP_2 {
            self.alterations.send_behind(Bytes::from_static(EARLY_FRAME));
        }
        let greeting = if early && version >= Version::HTTP_2 { Some(EARLY) } else { None };
        let Self { server, peer, alterations } = self.clone();
        tokio::spawn(async move {
            let done = match upgrading.await {
                Ok(upgraded) => {
                    alterations.drip(false);
                    echo(upgraded, greeting, server.ending()).await.map_err(|error| error.to_string())
                }
                Err(error) => Err(format!("the connection broke before the answer was sent: {error}")),
            };
            if let Err(error) = done {
                server.log.broken(peer, error);
            }
        });
    }

    /// The answer to plain HTTP.
    fn plain(&self, request: &Request<Incoming>) -> Response<String> {
        let server = &*self.server;
        if server.user.as_ref().is_some_and(|user| !user.are_in(request.headers())) {
            let mut response = text(StatusCode::UNAUTHORIZED, "a name and a password, please\n");
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
            return response;
        }
        if request.version() < Version::HTTP_2 && request.headers().get_all(HOST).iter().count() != 1 {
            // RFC 9112 §3.2.
            return text(StatusCode::BAD_REQUEST, "Host has to be there, once\n");
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET, please\n");
            response.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match request.uri().path() {
            "/" => {
                let mut response = Response::new(server.page.clone());
                let fields = response.headers_mut();
                fields.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                fields.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(page::POLICY));
                response
            }
            "/handshake" => match server.notes.json(request.uri().query().unwrap_or_default()) {
                Some(note) => {
                    let mut response = Response::new(note);
                    let json = HeaderValue::from_static("application/json");
                    response.headers_mut().insert(CONTENT_TYPE, json);
                    response
                }
                None => text(StatusCode::NOT_FOUND, "no such handshake\n"),
            },
            "/health" => text(StatusCode::OK, "healthy\n"),
            _ => text(StatusCode::NOT_FOUND, "not found: the page is at /, and a WebSocket at every path\n"),
        }
    }
}

/// Whether a request asks for something else than WebSocket.
fn is_plain(request: &mut Request<Incoming>) -> bool {
    matches!(receive(request), Err(rejected) if rejected.is_not_upgrade())
}

fn text(status: StatusCode, body: &str) -> Response<String> {
    let mut response = Response::new(body.to_owned());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

fn refused(rejected: Rejected) -> Answer {
    let (why, hint) = reason(rejected.error());
    (rejected.into_http(), Outcome::Refused { why, hint })
}

/// Why a request is refused, and perhaps what to do about it.
pub(crate) fn reason(error: Option<&RequestError>) -> (String, Option<&'static str>) {
    let origin = error.is_some_and(|error| error.reason() == RequestReason::OriginNotAllowed);
    let hint = origin.then_some("--origin or --any-origin lets it in");
    (error.map_or_else(|| String::from("the connection can't be upgraded"), ToString::to_string), hint)
}

/// A refusal whose body says that it was ordered.
pub(crate) fn ordered_body(rejection: Rejection, status: StatusCode) -> Rejection {
    rejection.body(format!("{status}, as ordered\n"))
}

fn rejected_as(response: Response<Bytes>, why: &str) -> Answer {
    (response, Outcome::Refused { why: why.to_owned(), hint: None })
}

/// An answer that the library does not send, such as a 200.
fn ordered(status: StatusCode, fields: &[(String, String)]) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(b"as ordered\n"));
    *response.status_mut() = status;
    for (name, value) in fields {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    // The next bytes may be frames.
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
