//! One case for a client over HTTP/2: the suite is the server.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::Connection;
use super::echo;
use super::frame::{Frame, PREFACE};
use super::notes::annotated;
use super::player::Player;
use super::rules;
use super::verdict::{compression, early};
use crate::case::http2::{Base, ENABLE_CONNECT_PROTOCOL, Http2Exchange, Want};
use crate::case::{Deliver, Role};
use crate::client::{Attempt, End as Ended, Running, Setting};
use crate::judge::{self, Judgement};
use crate::proof::Early;
use crate::report::Event;
use crate::text::{self, Names};
use crate::wire;

/// Why an exchange does not pass.
pub(crate) enum Problem {
    /// The case is not about this client.
    Skipped(String),
    /// What the client did.
    Got(String),
}

/// How long a client has to end once there is nothing more to wait for.
const LAST: Duration = Duration::from_secs(3);

impl From<String> for Problem {
    fn from(got: String) -> Self {
        Self::Got(got)
    }
}

/// Runs the client once.
///
/// # Errors
///
/// If the suite can't listen.
pub(crate) async fn run(
    exchange: &Http2Exchange,
    setting: &Setting,
) -> io::Result<(Result<(), Problem>, Vec<Event>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let authority = listener.local_addr()?.to_string();
    let secure = setting.tls.is_some();
    let url = format!("{}://{authority}{PATH}", if secure { "wss" } else { "ws" });
    let ca = setting.tls.as_ref().map(|tls| tls.ca.clone());
    let mut client = setting.subject.start(Attempt::over_http2(url, &exchange.keys.offer, ca));
    let deadline = Instant::now() + setting.bounds.exchange;
    let stream = tokio::select! {
        accepted = listener.accept() => accepted?.0,
        end = client.ended() => return Ok((Err(Problem::Got(format!("it made no connection: {end}"))), Vec::new())),
        () = sleep_until(deadline) => return Ok((Err(Problem::Got("it made no connection".to_owned())), Vec::new())),
    };
    // A client that tries again, or over HTTP/1.1, finds a server that closes at once.
    let _others = Others(tokio::spawn(async move { while listener.accept().await.is_ok() {} }));
    let acceptor = setting.tls.as_ref().map(|tls| &tls.http2);
    let Ok(wire) = wire::Connection::accept(stream, acceptor, &setting.bounds).await else {
        let why = "the client does not agree on h2 by ALPN".to_owned();
        return Ok((Err(Problem::Skipped(why)), Vec::new()));
    };
    let names = Names::new(secure, &authority, PATH, false);
    let player = Player::new(Connection::new(wire), names, Role::Client);
    let mut meeting = Meeting { exchange, player, client };
    let mut result = meeting.hold().await;
    let broken = &meeting.player.connection.broken;
    if result.is_ok() && !broken.is_empty() {
        result = Err(Problem::Got(broken.join("; ")));
    }
    if result.is_ok() && meeting.player.is_reset {
        let Meeting { player, mut client, .. } = meeting;
        // The connection is reset when it is dropped.
        let wire = annotated(player.connection.into_wire().into_events());
        return Ok((fails_of_reset(&mut client).await, wire));
    }
    Ok((result, annotated(meeting.player.connection.into_wire().into_events())))
}

async fn fails_of_reset(client: &mut Running) -> Result<(), Problem> {
    match timeout(LAST, client.ended()).await {
        Ok(Ended::Error(_)) => Ok(()),
        Ok(end) => Err(Problem::Got(end.to_string())),
        Err(_) => Err(Problem::Got("it does not end, though its connection was reset".to_owned())),
    }
}

/// The path and query of the URL that a client is given.
const PATH: &str = "/chat?room=1";

/// The other connections that a client makes.
struct Others(JoinHandle<()>);

impl Drop for Others {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A client on its connection.
struct Meeting<'a> {
    exchange: &'a Http2Exchange,
    player: Player,
    client: Running,
}

impl Meeting<'_> {
    async fn hold(&mut self) -> Result<(), Problem> {
        self.preface().await?;
        let request = self.request().await?;
        let (head, keys) = (&self.exchange.head, &self.exchange.keys);
        let Some(request) = request else { return Ok(()) };
        if keys.rule.is_some() {
            // What the client makes of an answer is the matter of other cases.
            return Ok(());
        }
        let wants = &keys.expect.0;
        let may_open = wants.is_empty() || wants.iter().any(|want| matches!(want, Want::Established));
        let early = if may_open { early(&[&keys.behind], &self.player.names)? } else { Early::default() };
        let lines = if head.block.is_some() || head.base == Base::Silence {
            Vec::new()
        } else {
            self.player.lines(head)?
        };
        let agreed = judge::connect_response(&lines, &request.sent()).agreed;
        self.player.play(&keys.before).await?;
        self.player.head(head, self.player.stream).await?;
        self.player.play(&keys.behind).await?;
        self.player.send(&keys.deliver).await;
        let id = self.player.stream;
        let over = head.base == Base::Silence || self.player.connection.stream(id).we_ended;
        if self.player.is_reset {
            return Ok(());
        }
        if !may_open {
            return self.fails(over).await;
        }
        let compression = compression(&agreed, false);
        if keys.then.is_empty() && keys.end.0.is_empty() && !keys.unproven {
            let before = self.player.connection.stream(id).received;
            let proof = echo::prove(&mut self.player.connection, id, Role::Client, &early, compression).await;
            let has_sent = self.player.connection.stream(id).received > before;
            if let Err(problem) = proof {
                if !has_sent && wants.iter().any(|want| matches!(want, Want::Failed | Want::Any)) {
                    return self.fails(true).await;
                }
                return Err(self.got(problem).await);
            }
        } else if !keys.unproven {
            self.player.said.remove(&id);
            echo::echoes(&mut self.player.connection, id, Role::Client, &early).await?;
            echo::echo(&mut self.player.connection, id, Role::Client).await?;
        }
        self.player.play(&keys.then).await?;
        self.player.send(&Deliver::Whole).await;
        self.ends().await
    }

    /// Reads the client's preface, and sends the suite's.
    async fn preface(&mut self) -> Result<(), Problem> {
        let keys = &self.exchange.keys;
        let connection = &mut self.player.connection;
        while connection.wire().received().len() < PREFACE.len() {
            if connection.wire().receive().await != wire::Arrival::More {
                let end = timeout(LAST, self.client.ended()).await;
                let said = end.map_or_else(|_| "it does not end".to_owned(), |end| end.to_string());
                return Err(Problem::Got(format!("no preface of HTTP/2: {said}")));
            }
        }
        if !connection.wire().received().starts_with(PREFACE) {
            return Err(Problem::Skipped("the client does not speak HTTP/2".to_owned()));
        }
        connection.wire().consume(PREFACE.len());
        connection.acknowledges = !keys.unacknowledged;
        if let Some(preface) = &keys.preface {
            let preface = text::bytes(preface, &self.player.names).map_err(|error| error.to_string())?;
            connection.queue_raw(&preface);
        } else {
            let settings = keys.settings.as_ref();
            let settings: Vec<_> = settings.map_or(vec![(ENABLE_CONNECT_PROTOCOL, 1)], |list| {
                list.iter().map(|one| (one.0, one.1)).collect()
            });
            connection.queue(&Frame::settings(&settings));
        }
        self.player.play(&keys.start).await?;
        self.player.send(&keys.deliver).await;
        Ok(())
    }

    /// Waits for the request, and judges it. `None`: none came, as the case wants it.
    async fn request(&mut self) -> Result<Option<Judgement>, Problem> {
        let keys = &self.exchange.keys;
        let unasked = keys.expect.0.iter().any(|want| matches!(want, Want::Unasked));
        let asked = |on: &Connection| on.streams.values().any(|stream| !stream.heads.is_empty());
        let end = tokio::select! {
            biased;
            _ = self.player.connection.until(asked) => None,
            end = self.client.ended() => Some(end),
        };
        let connection = &mut self.player.connection;
        let first = connection.streams.iter().find(|(_, stream)| !stream.heads.is_empty());
        let Some((&id, stream)) = first else {
            let end = match end {
                Some(end) => Ok(end),
                None => timeout(LAST, self.client.ended()).await,
            };
            return match end {
                Ok(Ended::Error(_)) if unasked => Ok(None),
                Ok(end) => Err(Problem::Got(format!("it sent no request: {end}"))),
                Err(_) => Err(Problem::Got("it sent no request, and hung".to_owned())),
            };
        };
        let request = judge::connect(stream.heads.first().map_or(&[][..], |head| &head.lines));
        let ends = stream.ended;
        self.player.stream = id;
        let is_extended = request.get(":protocol").is_some();
        let may_ask = keys.expect.0.iter().any(|want| matches!(want, Want::Failed | Want::Established));
        if unasked && is_extended && !may_ask {
            return Err(Problem::Got("an extended CONNECT, which the suite does not support".to_owned()));
        }
        let offer = &keys.offer;
        let sent = request.sent();
        if let Some(key) = &sent.key {
            self.player.names = self.player.names.clone().with_key(key);
            self.player.has_key = true;
        }
        if !offer.subprotocols.iter().all(|name| sent.subprotocols.contains(name)) {
            return Err(Problem::Skipped(
                "the client does not offer the subprotocols that it is asked for".to_owned(),
            ));
        }
        if offer.asks_for_deflate() && !sent.extensions.iter().any(|offer| offer.name == "permessage-deflate")
        {
            return Err(Problem::Skipped("the client does not offer permessage-deflate".to_owned()));
        }
        if let Some(rule) = &keys.rule
            && let Some(evidence) = rules::broken(rule, &request, ends, &self.player.names)
        {
            return Err(Problem::Got(evidence));
        }
        Ok(Some(request))
    }

    /// Waits until the client fails. `over`: nothing is sent on the stream any more, so that DATA would prove nothing.
    async fn fails(&mut self, over: bool) -> Result<(), Problem> {
        let (id, wants) = (self.player.stream, &self.exchange.keys.expect.0);
        let before = self.player.connection.stream(id).received;
        if !over && !self.player.connection.is_over() {
            // A client that takes this for a WebSocket echoes.
            echo::say(&mut self.player.connection, id, Role::Client).await;
        }
        let end = self.client_end(id, before).await;
        // What it has sent last may still be on its way.
        let over = |on: &Connection| on.is_over() || on.is(id, |stream| stream.reset.is_some());
        self.player.connection.until_time(Instant::now() + Duration::from_millis(200), over).await;
        let any = wants.iter().any(|want| matches!(want, Want::Any));
        if self.player.connection.stream(id).received > before && !any {
            return Err(Problem::Got("it sent a frame of WebSocket".to_owned()));
        }
        match end {
            None => Err(Problem::Got(format!("it does not end; {}", self.player.state(id)))),
            Some(Ended::Error(_)) => Ok(()),
            Some(Ended::Good) if any => Ok(()),
            Some(Ended::Good) => Err(Problem::Got("it ended without an error".to_owned())),
        }
    }

    /// Waits until the client has ended, or says something on the stream.
    async fn client_end(&mut self, id: u32, before: usize) -> Option<Ended> {
        let deadline = self.player.connection.deadline();
        let spoke = |on: &Connection| on.is(id, |stream| stream.received > before);
        tokio::select! {
            biased;
            end = self.client.ended() => return Some(end),
            spoke = self.player.connection.until(spoke) => if spoke { return None },
        }
        // Its connection is closed, or the time is up.
        let last = deadline.max(Instant::now() + Duration::from_millis(100));
        tokio::time::timeout_at(last, self.client.ended()).await.ok()
    }

    /// Waits for what is to become of an established WebSocket.
    async fn ends(&mut self) -> Result<(), Problem> {
        let id = self.player.stream;
        let wants = &self.exchange.keys.end.0;
        if wants.is_empty() {
            if !self.player.connection.stream(id).is_over() && !self.player.connection.stream(id).we_ended {
                if self.exchange.keys.then.is_empty() && !self.exchange.keys.unproven {
                    // The proof has closed the WebSocket.
                    self.player.connection.queue(&Frame::data(id, &[], true, None));
                    self.player.connection.flush().await;
                } else {
                    echo::close(&mut self.player.connection, id, Role::Client).await?;
                }
            }
            return match self.client_last().await {
                Some(Ended::Good) => Ok(()),
                Some(Ended::Error(error)) => Err(Problem::Got(format!("it ended with an error: {error}"))),
                None => Err(Problem::Got(format!("it does not end; {}", self.player.state(id)))),
            };
        }
        let before = self.player.connection.stream(id).received;
        let client = self.client_end(id, before).await;
        // What it has sent last may still be on its way.
        let over = |on: &Connection| on.is_over() || on.is(id, |stream| stream.reset.is_some());
        self.player.connection.until_time(Instant::now() + Duration::from_millis(200), over).await;
        let end = self.player.end(id);
        let fits = |want: &Want| match want {
            Want::Any => client.is_some(),
            Want::Failed => matches!(client, Some(Ended::Error(_))),
            Want::Established => matches!(client, Some(Ended::Good)),
            want => want.allows(&end),
        };
        if wants.iter().any(fits) {
            return Ok(());
        }
        let client = client.map_or("it does not end".to_owned(), |end| end.to_string());
        Err(Problem::Got(format!("{}; {client}", end.describe())))
    }

    async fn client_last(&mut self) -> Option<Ended> {
        tokio::select! {
            biased;
            end = self.client.ended() => Some(end),
            () = self.player.connection.idle(LAST) => timeout(Duration::from_millis(200), self.client.ended()).await.ok(),
        }
    }

    /// Says what was wrong, with what the client says about it.
    async fn got(&mut self, problem: String) -> Problem {
        match timeout(LAST, self.client.ended()).await {
            Ok(end) => Problem::Got(format!("{problem}; {end}")),
            Err(_) => Problem::Got(problem),
        }
    }
}
