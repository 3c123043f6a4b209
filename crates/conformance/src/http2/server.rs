//! One case for a server over HTTP/2: the suite is the client.

use std::error::Error as _;

use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::echo;
use super::frame::{Frame, PREFACE};
use super::notes::annotated;
use super::player::Player;
use super::verdict::{check_acceptance, check_end, check_refusal, compression, early, judged};
use crate::case::http2::{Base, End, Head, Http2Exchange, Want};
use crate::case::{Deliver, Role};
use crate::judge::{self, Judgement};
use crate::report::Event;
use crate::text::{self, Names};
use crate::wire::{self, Bounds, Target};

/// A server under test.
pub(crate) struct Peer {
    pub(crate) target: Target,
    /// A connector that offers `h2` alone, for a target over TLS.
    pub(crate) tls: Option<TlsConnector>,
    pub(crate) bounds: Bounds,
    /// Field lines that every usual request has, such as credentials.
    pub(crate) fields: Vec<String>,
    pub(crate) support: Support,
}

impl Default for Support {
    fn default() -> Self {
        let http2 = Err("it was not asked".to_owned());
        let (connect, needs_subprotocol, deflate, origin) = (false, false, false, false);
        Self { http2, connect, subprotocol: None, needs_subprotocol, deflate, origin }
    }
}

impl Peer {
    /// Returns what the names in the texts of a case stand for.
    fn names(&self) -> Names {
        let Target { secure, authority, path, .. } = &self.target;
        let mut names = Names::new(*secure, authority, path, true);
        if let Some(subprotocol) = &self.support.subprotocol {
            names.subprotocol.clone_from(subprotocol);
        }
        names
    }

    async fn connect(&self) -> Result<Player, String> {
        let wire = wire::Connection::open(&self.target, self.tls.as_ref(), &self.bounds).await;
        let wire = wire.map_err(|error| match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        })?;
        if self.tls.is_some() && wire.alpn() != Some(b"h2") {
            return Err("h2 is not agreed on by ALPN".to_owned());
        }
        let mut player = Player::new(Connection::new(wire), self.names(), Role::Server);
        player.fields.clone_from(&self.fields);
        Ok(player)
    }
}

/// What a server supports, as its answers to some requests show.
#[expect(clippy::struct_excessive_bools, reason = "these are facts that do not depend on each other")]
#[derive(Clone, Debug)]
pub(crate) struct Support {
    /// It speaks HTTP/2; otherwise why not.
    pub(crate) http2: Result<(), String>,
    /// It offers extended CONNECT.
    pub(crate) connect: bool,
    pub(crate) subprotocol: Option<String>,
    /// It refuses requests that offer no subprotocol that it knows.
    pub(crate) needs_subprotocol: bool,
    pub(crate) deflate: bool,
    /// It refuses other origins.
    pub(crate) origin: bool,
}

/// Runs a case. Returns what was wrong, and the record.
pub(crate) async fn run(exchange: &Http2Exchange, peer: &Peer) -> (Result<(), String>, Vec<Event>) {
    let mut player = match peer.connect().await {
        Ok(player) => player,
        Err(error) => return (Err(error), Vec::new()),
    };
    let mut result = play(&mut player, exchange).await;
    if result.is_ok() && !player.connection.broken.is_empty() {
        result = Err(player.connection.broken.join("; "));
    }
    player.connection.queue(&Frame::go_away(0, 0));
    player.connection.flush().await;
    (result, annotated(player.connection.into_wire().into_events()))
}

/// Finds out what a server supports.
pub(crate) async fn support(peer: &Peer, subprotocols: &[String]) -> Support {
    let mut support = Support::default();
    let mut player = match peer.connect().await {
        Ok(player) => player,
        Err(problem) => return Support { http2: Err(problem), ..support },
    };
    player.connection.queue_raw(PREFACE);
    player.connection.queue(&Frame::settings(&[(2, 0)]));
    player.connection.flush().await;
    if player.connection.until(Connection::has_settings).await {
        support.http2 = Ok(());
    } else {
        support.http2 = Err("there are no settings from it".to_owned());
    }
    support.connect = support.http2.is_ok() && player.connection.supports_connect();
    if !support.connect {
        return support;
    }
    let mut offers = vec!["sec-websocket-extensions: permessage-deflate".to_owned()];
    if !subprotocols.is_empty() {
        offers.push(format!("sec-websocket-protocol: {}", subprotocols.join(", ")));
    }
    if let Ok((End::Accepted, Some(judgement))) = asked(&mut player, 1, offers).await {
        support.subprotocol = judgement.agreed.subprotocol;
        support.deflate = judgement.agreed.deflate.is_some();
    }
    let mut usual = Vec::new();
    if let (Some(subprotocol), Ok((End::Responded { .. }, _))) =
        (&support.subprotocol, asked(&mut player, 3, usual.clone()).await)
    {
        support.needs_subprotocol = true;
        usual.push(format!("sec-websocket-protocol: {subprotocol}"));
    }
    let foreign = [&usual[..], &["origin: https://other.example".to_owned()]].concat();
    support.origin = matches!(asked(&mut player, 5, foreign).await, Ok((End::Responded { .. }, _)))
        && matches!(asked(&mut player, 7, usual).await, Ok((End::Accepted, _)));
    support
}

/// Asks for a WebSocket, and returns the answer.
async fn asked(
    player: &mut Player,
    stream: u32,
    add: Vec<String>,
) -> Result<(End, Option<Judgement>), String> {
    let head = Head { add, ..Head::default() };
    let sent = judge::connect(&player.lines(&head)?).sent();
    player.head(&head, stream).await?;
    player.connection.flush().await;
    let end = player.answer(stream, true).await;
    Ok((end, judged(&mut player.connection, stream, &sent)?))
}

async fn play(player: &mut Player, exchange: &Http2Exchange) -> Result<(), String> {
    let (head, keys) = (&exchange.head, &exchange.keys);
    player.connection.acknowledges = !keys.unacknowledged;
    if let Some(preface) = &keys.preface {
        let preface = text::bytes(preface, &player.names).map_err(|error| error.to_string())?;
        player.connection.queue_raw(&preface);
    } else {
        player.connection.queue_raw(PREFACE);
        let settings = keys.settings.as_ref();
        let settings: Vec<_> =
            settings.map_or(vec![(2, 0)], |list| list.iter().map(|one| (one.0, one.1)).collect());
        player.connection.queue(&Frame::settings(&settings));
        if !keys.at_once {
            player.connection.flush().await;
            if !player.connection.until(Connection::is_settled).await && keys.settings.is_none() {
                return Err("SETTINGS that are not sent, or not acknowledged".to_owned());
            }
        }
    }
    if keys.beside {
        player.head(&Head::default(), 1).await?;
        player.connection.flush().await;
        match player.answer(1, true).await {
            End::Accepted => player.stream = 3,
            end => return Err(format!("{} to the WebSocket beside the case", end.describe())),
        }
    }
    player.play(&keys.before).await?;
    player.head(head, player.stream).await?;
    player.play(&keys.behind).await?;
    player.send(&keys.deliver).await;
    if !keys.expect.0.is_empty() {
        answered(player, exchange).await?;
    }
    player.play(&keys.then).await?;
    player.send(&Deliver::Whole).await;
    check_end(player, &keys.end.0).await?;
    if keys.beside && !player.connection.is_over() {
        let works = echo::echo(&mut player.connection, 1, Role::Server).await;
        works.map_err(|error| format!("{error}, on the WebSocket beside the case"))?;
    }
    Ok(())
}

/// Waits for the answer, holds it against what the case wants, and proves an acceptance.
async fn answered(player: &mut Player, exchange: &Http2Exchange) -> Result<(), String> {
    let (head, keys) = (&exchange.head, &exchange.keys);
    let id = player.stream;
    let lines =
        if head.base == Base::Silence || head.block.is_some() { Vec::new() } else { player.lines(head)? };
    let tunnel = lines.contains(&(b":method".to_vec(), b"CONNECT".to_vec()));
    let end = player.answer(id, tunnel).await;
    let mut judgement = None;
    if tunnel {
        let mut sent = judge::connect(&lines).sent();
        if keys.expect.0.iter().any(|want| matches!(want, Want::Malformed)) {
            // The response to a malformed request need not speak of the version.
            sent.version = Some("13".to_owned());
        }
        judgement = judged(&mut player.connection, id, &sent)?;
    }
    let wants = keys.expect.0.iter().filter(|want| want.allows(&end));
    let mut problem = end.describe();
    for want in wants {
        let agreed = judgement.as_ref().map(|judgement| judgement.agreed.clone()).unwrap_or_default();
        let names = player.names.clone();
        let received = player.connection.stream(id).final_head();
        let checked = match (want, received) {
            (Want::Accepted(wanted), Some(head)) => check_acceptance(wanted, head, &agreed, &names),
            (Want::Refused(wanted), Some(head)) => check_refusal(wanted, head),
            _ => Ok(()),
        };
        if let Err(error) = checked {
            problem = error;
            continue;
        }
        if end != End::Accepted || keys.unproven {
            return Ok(());
        }
        let early = early(&[&keys.before, &keys.behind], &names)?;
        if keys.then.is_empty() && keys.end.0.is_empty() {
            let compression = compression(&agreed, true);
            return echo::prove(&mut player.connection, id, Role::Server, &early, compression).await;
        }
        player.said.remove(&id);
        return echo::echoes(&mut player.connection, id, Role::Server, &early).await;
    }
    Err(problem)
}
