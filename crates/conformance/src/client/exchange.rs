//! One exchange: the client is run once, its request is judged, and it is answered as the case says.

use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_rustls::TlsAcceptor;

use super::attempt::Attempt;
use super::offered::missing;
use super::rules::{self, Asked};
use super::subject::{End, Running, Subject};
use crate::case::{Certificate, ClientExchange, ClientExpect, Ending, Then};
use crate::judge::{self, Judgement};
use crate::proof::{Compression, Direction, Early, Part, Socket, proven};
use crate::report::{Event, Side};
use crate::text::{self, Names, TextError};
use crate::wire::{Arrival, Bounds, Connection, WireError};

/// How every exchange of a run is made.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) subject: Subject,
    pub(crate) bounds: Bounds,
    pub(crate) tls: Option<Tls>,
}

/// What exchanges over TLS need.
#[derive(Clone)]
pub(crate) struct Tls {
    /// One for each kind of certificate.
    pub(super) acceptors: HashMap<Certificate, TlsAcceptor>,
    /// The one for HTTP/2.
    pub(crate) http2: TlsAcceptor,
    /// The file with the certificate authority.
    pub(crate) ca: PathBuf,
}

/// What an exchange has shown.
pub(super) struct Seen {
    pub(super) what: What,
    /// The key of the request, if there was one.
    pub(super) key: Option<String>,
    pub(super) wire: Vec<Event>,
}

/// What the client has done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum What {
    /// The WebSocket was established, and works.
    Established,
    /// The client sent no frame, and ended with this error.
    Failed(String),
    /// The client waits, and has sent nothing.
    Waiting,
    /// The client ended without an error, on a connection that the suite had ended.
    Ended,
    /// The case is not about this client.
    Skipped(String),
    /// A rule for its request is broken.
    RuleBroken(String),
    /// It sent frames, which are not the right ones, or it did not end as it should. The text goes on behind
    /// "established".
    Misbehaved(String),
    /// Neither: it did something that no case allows.
    Other(String),
}

/// The parts of a response.
struct Answer {
    bytes: Vec<u8>,
    behind: Vec<u8>,
    agreed: Option<judge::Deflate>,
}

/// Runs the client once.
///
/// # Errors
///
/// If the suite can't listen, or a text of the case breaks the notation.
pub(super) async fn run(exchange: &ClientExchange, setting: &Setting) -> io::Result<Seen> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let authority = match &exchange.host {
        Some(host) => format!("{host}:{}", address.port()),
        None => address.to_string(),
    };
    let secure = setting.tls.is_some();
    let plain = Names::new(secure, &authority, "/", false);
    // Each byte is one character, so that a URL can have letters beyond ASCII.
    let path = text::bytes(&exchange.path, &plain).map_err(invalid)?;
    let path: String = path.into_iter().map(char::from).collect();
    let url = format!("{}://{authority}{path}", if secure { "wss" } else { "ws" });
    let ca = setting.tls.as_ref().map(|tls| tls.ca.clone());
    let mut client = setting.subject.start(Attempt::new(url, &exchange.offer, ca));
    let start = Instant::now() + setting.bounds.exchange;
    let stream = tokio::select! {
        accepted = listener.accept() => accepted?.0,
        end = client.ended() => return Ok(Seen::without_connection(exchange, &end)),
        () = sleep_until(start) => return Ok(Seen::only(What::Other("hung: it made no connection".to_owned()))),
    };
    // A client that follows a redirect, or tries again, finds a server that closes at once.
    let _others = Others(tokio::spawn(async move { while listener.accept().await.is_ok() {} }));
    let acceptor = setting.tls.as_ref().and_then(|tls| tls.acceptors.get(&exchange.certificate));
    if setting.tls.is_some() && exchange.certificate != Certificate::Good {
        let acceptor = acceptor.filter(|_| exchange.certificate != Certificate::None);
        return Ok(distrusted(exchange.certificate, stream, acceptor, &setting.bounds, client).await);
    }
    let connection = match Connection::accept(stream, acceptor, &setting.bounds).await {
        Ok(connection) => connection,
        Err(error) => return Ok(Seen::only(What::Other(without_tls(&error, &mut client).await))),
    };
    let mut meeting = Meeting { exchange, bounds: setting.bounds, client, connection };
    let since = Instant::now();
    let (request, names) = match meeting.request(&authority, &path).await {
        Ok(request) => request,
        Err(what) => {
            let Meeting { client, connection, .. } = meeting;
            return Ok(Seen { what, key: None, wire: with_end(connection.into_events(), &client, since) });
        }
    };
    let (what, wire, client) = meeting.answer(&request, &names).await?;
    Ok(Seen { what, key: request.sent().key, wire: with_end(wire, &client, since) })
}

/// The other connections that a client makes, which are closed at once.
struct Others(JoinHandle<()>);

impl Drop for Others {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A client on its connection.
struct Meeting<'a> {
    exchange: &'a ClientExchange,
    bounds: Bounds,
    client: Running,
    connection: Connection,
}

impl Meeting<'_> {
    /// Reads the request, and judges it. `Err` is what ends the exchange here.
    async fn request(&mut self, authority: &str, path: &str) -> Result<(Judgement, Names), What> {
        while !self.connection.received().windows(4).any(|end| end == b"\r\n\r\n") {
            match self.connection.receive().await {
                Arrival::More => {}
                Arrival::Silence => return Err(What::Other("hung: its request has no end".to_owned())),
                end => return Err(self.without_request(end).await),
            }
        }
        if self.exchange.rule.as_deref() == Some(rules::NOTHING_BEFORE) {
            self.connection.receive_within(self.bounds.silence).await;
        }
        let request = judge::request(self.connection.received());
        self.connection.consume(request.len);
        let sent = request.sent();
        if let Some(reason) = missing(self.exchange, &sent) {
            return Err(What::Skipped(reason));
        }
        if let Some(rule) = &self.exchange.rule {
            let behind = self.connection.received().len();
            let server_name = self.connection.server_name();
            let asked = Asked { exchange: self.exchange, authority, path, behind, server_name };
            if let Some(evidence) = rules::broken(rule, &request, asked) {
                return Err(What::RuleBroken(evidence));
            }
        }
        let Some(key) = &sent.key else {
            return Err(What::Other("its request has no Sec-WebSocket-Key".to_owned()));
        };
        let secure = self.connection.is_secure();
        let names = Names::new(secure, authority, path, false).with_key(key);
        Ok((request, names))
    }

    /// Answers the request, and watches what the client makes of it.
    async fn answer(mut self, request: &Judgement, names: &Names) -> io::Result<(What, Vec<Event>, Running)> {
        let answer = self.bytes(request, names).map_err(invalid)?;
        let response = &self.exchange.response;
        self.connection.deliver(&answer.bytes, &response.deliver).await;
        let then = match (self.exchange.then, response.deliver.ending()) {
            (Then::Prove, Ending::HalfClosed) => Then::Close,
            (Then::Prove, Ending::Reset) => Then::Reset,
            (then, _) => then,
        };
        let what = match then {
            Then::Prove => self.prove(&answer).await,
            Then::Wait => {
                let may_wait = self.exchange.expect.contains(&ClientExpect::Waiting);
                self.watch(may_wait.then_some(self.bounds.silence), false).await
            }
            Then::Close => {
                self.connection.half_close().await;
                self.watch(None, true).await
            }
            Then::Reset => {
                self.connection.reset();
                let deadline = self.connection.deadline();
                let wire = self.connection.into_events();
                return Ok((after_reset(&mut self.client, deadline).await, wire, self.client));
            }
        };
        Ok((what, self.connection.into_events(), self.client))
    }

    fn bytes(&self, request: &Judgement, names: &Names) -> Result<Answer, TextError> {
        let ClientExchange { before, response, .. } = self.exchange;
        let mut bytes = before.as_deref().map_or(Ok(Vec::new()), |before| text::bytes(before, names))?;
        let head = response.head(&ClientExchange::GOOD, names)?;
        let behind = response.behind(names)?;
        let agreed = judge::response(&head, &request.sent()).agreed.deflate;
        bytes.extend(head);
        bytes.extend(&behind);
        Ok(Answer { bytes, behind, agreed })
    }

    /// Sends messages. What comes back shows whether there is a WebSocket.
    async fn prove(&mut self, answer: &Answer) -> What {
        let compression = answer.agreed.map(|agreed| {
            let ours = Direction {
                bits: agreed.server_max_window_bits,
                no_context: agreed.server_no_context_takeover,
            };
            let theirs = Direction {
                bits: agreed.client_max_window_bits,
                no_context: agreed.client_no_context_takeover,
            };
            Compression::new(ours, theirs)
        });
        let early = Early::read(&answer.behind).unwrap_or_default();
        let before = self.sent();
        let mut socket = Socket::new(&mut self.connection, Part::Server, compression);
        let proof = proven(&mut socket, &early).await;
        let has_sent = self.sent() > before;
        self.connection.half_close().await;
        match (proof, self.end().await) {
            (Ok(()), Some(End::Good)) => What::Established,
            (Ok(()), Some(End::Error(error))) => What::Misbehaved(format!(
                ", and echoed what it received; behind the close it ended with an error: {error}"
            )),
            (Ok(()), None) => {
                What::Misbehaved(", and echoed what it received; behind the close it hung".to_owned())
            }
            (Err(problem), _) if has_sent => {
                What::Misbehaved(format!(", but it does not work: the client sent {problem}"))
            }
            (Err(_), Some(End::Error(error))) => What::Failed(error),
            (Err(_), Some(End::Good)) => {
                What::Other("ended without an error, though it sent no frame".to_owned())
            }
            (Err(_), None) => What::Other("hung: it neither sent a frame nor ended".to_owned()),
        }
    }

    /// Watches a client to which nothing more is sent.
    async fn watch(&mut self, silence: Option<Duration>, ended: bool) -> What {
        let before = self.sent();
        let until = silence.map_or(self.connection.deadline(), |silence| Instant::now() + silence);
        loop {
            let arrival = tokio::select! {
                biased;
                end = self.client.ended() => break self.concluded(before, &end, ended),
                arrival = self.connection.receive_until(until) => arrival,
            };
            if self.sent() > before && !ended {
                break What::Misbehaved(" before the response was complete: it sent a frame".to_owned());
            }
            match arrival {
                Arrival::More => {}
                Arrival::Silence if silence.is_some() => break What::Waiting,
                Arrival::Silence => {
                    break What::Other("hung: it neither sent a frame nor ended".to_owned());
                }
                Arrival::End | Arrival::Broken | Arrival::TooMuch => {
                    break match self.end().await {
                        Some(end) => self.concluded(before, &end, ended),
                        None => What::Other("hung: it closed its connection, and did not end".to_owned()),
                    };
                }
            }
        }
    }

    /// What the end of a client says, to which nothing more was sent.
    fn concluded(&self, before: usize, end: &End, ended: bool) -> What {
        match end {
            End::Good if ended => What::Ended,
            End::Good => What::Other("ended without an error, though it sent no frame".to_owned()),
            // A client that answers the end of its connection with a close frame has had a WebSocket.
            End::Error(_) if self.sent() > before => What::Ended,
            End::Error(error) => What::Failed(error.clone()),
        }
    }

    /// Waits until the client has ended, at most until the deadline of the exchange.
    async fn end(&mut self) -> Option<End> {
        end(&mut self.client, self.connection.deadline()).await
    }

    /// What a client has done that has ended its connection before its request was complete.
    async fn without_request(&mut self, arrival: Arrival) -> What {
        let nothing = self.connection.received().is_empty();
        match self.end().await {
            Some(End::Error(error)) if nothing && may_refuse(self.exchange) => What::Failed(error),
            Some(End::Error(error)) => What::Other(format!("{arrival} in place of a whole request: {error}")),
            Some(End::Good) | None => What::Other(format!("{arrival} in place of a whole request")),
        }
    }

    /// How many bytes the client has sent so far.
    fn sent(&self) -> usize {
        let events = self.connection.record().events().iter().filter(|event| event.from == Side::Peer);
        events.map(|event| event.bytes.len() + event.cut).sum()
    }
}

/// Adds how the client has ended, if it has.
fn with_end(mut wire: Vec<Event>, client: &Running, since: Instant) -> Vec<Event> {
    let at_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    wire.push(match client.end() {
        Some(End::Good) => Event::note(Side::Peer, at_ms, "ended without an error"),
        Some(End::Error(error)) => Event::note(Side::Peer, at_ms, format!("ended: {error}")),
        None => Event::note(Side::Suite, at_ms, "stopped the client"),
    });
    wire
}

async fn end(client: &mut Running, deadline: Instant) -> Option<End> {
    tokio::select! {
        biased;
        end = client.ended() => Some(end),
        () = sleep_until(deadline) => None,
    }
}

/// What a client makes of a reset.
async fn after_reset(client: &mut Running, deadline: Instant) -> What {
    match end(client, deadline).await {
        Some(End::Good) => What::Ended,
        Some(End::Error(error)) => What::Failed(error),
        None => What::Other("hung: its connection was reset, and it did not end".to_owned()),
    }
}

impl What {
    /// Says where the response was split.
    pub(super) fn split_at(&mut self, at: usize) {
        if let Self::Failed(text) | Self::Misbehaved(text) | Self::Other(text) = self {
            *text = format!("{text} (split behind byte {at})");
        }
    }
}

impl Seen {
    pub(super) fn only(what: What) -> Self {
        Self { what, key: None, wire: Vec::new() }
    }

    /// A client that has ended before it connected.
    fn without_connection(exchange: &ClientExchange, end: &End) -> Self {
        let what = match end {
            End::Error(error) if may_refuse(exchange) => What::Failed(error.clone()),
            End::Error(error) => What::Other(format!("it made no connection: {error}")),
            End::Good => What::Other("it made no connection, and ended without an error".to_owned()),
        };
        Self::only(what)
    }
}

/// Meets a client with a certificate that it must not trust, or without TLS.
async fn distrusted(
    certificate: Certificate,
    stream: TcpStream,
    acceptor: Option<&TlsAcceptor>,
    bounds: &Bounds,
    mut client: Running,
) -> Seen {
    let deadline = Instant::now() + bounds.exchange;
    let mut wire = Vec::new();
    if let Ok(mut connection) = Connection::accept(stream, acceptor, bounds).await {
        if certificate == Certificate::None {
            connection.receive().await;
            connection.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            connection.half_close().await;
        }
        let is_request = |bytes: &[u8]| bytes.starts_with(b"GET ");
        while !is_request(connection.received()) && connection.receive().await == Arrival::More {}
        let asked = is_request(connection.received());
        wire = connection.into_events();
        if asked {
            let what = What::Other(format!("sent its request to a server with {certificate}"));
            return Seen { what, key: None, wire };
        }
    }
    let what = match end(&mut client, deadline).await {
        Some(End::Error(error)) => What::Failed(error),
        Some(End::Good) => What::Other(format!("ended without an error at a server with {certificate}")),
        None => What::Other(format!("hung: it did not end at a server with {certificate}")),
    };
    Seen { what, key: None, wire }
}

/// Whether a client may end without a request: it keeps the rule for its request in this way too.
fn may_refuse(exchange: &ClientExchange) -> bool {
    exchange.rule.is_some() && exchange.expect.contains(&ClientExpect::Failed)
}

async fn without_tls(error: &WireError, client: &mut Running) -> String {
    let cause = std::error::Error::source(error).map_or(String::new(), |source| format!(": {source}"));
    let said = match tokio::time::timeout(Duration::from_secs(1), client.ended()).await {
        Ok(End::Error(said)) => format!("; the client says: {said}"),
        _ => String::new(),
    };
    format!("{error}{cause}{said}")
}

fn invalid(error: TextError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
