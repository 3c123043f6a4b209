//! One case for a server over HTTP/2: the suite is the client.

use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::echo;
use super::frame::{Frame, PREFACE};
use super::player::Player;
use super::verdict::{check_acceptance, check_end, check_refusal, compression, early, judged};
use crate::case::http2::{Base, End, Head, Http2Exchange, Want};
use crate::case::{Deliver, Role};
use crate::judge;
use crate::text::{self, Names};
use crate::wire::{self, Bounds, Event, Target};

/// A server under test.
pub(crate) struct Peer<'a> {
    pub(crate) target: &'a Target,
    pub(crate) tls: Option<&'a TlsConnector>,
    pub(crate) bounds: &'a Bounds,
    pub(crate) names: Names,
}

/// What a server supports, as its answer to one request shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Support {
    /// It speaks HTTP/2, and offers extended CONNECT.
    pub(crate) connect: bool,
    pub(crate) subprotocol: Option<String>,
    pub(crate) deflate: bool,
}

/// Runs a case. Returns what was wrong, and the record.
pub(crate) async fn run(exchange: &Http2Exchange, peer: &Peer<'_>) -> (Result<(), String>, Vec<Event>) {
    let wire = match wire::Connection::open(peer.target, peer.tls, peer.bounds).await {
        Ok(wire) => wire,
        Err(error) => return (Err(error.to_string()), Vec::new()),
    };
    let mut player = Player::new(Connection::new(wire), peer.names.clone(), Role::Server);
    let mut result = play(&mut player, exchange).await;
    if result.is_ok() && !player.connection.broken.is_empty() {
        result = Err(player.connection.broken.join("; "));
    }
    player.connection.queue(&Frame::go_away(0, 0));
    player.connection.flush().await;
    (result, player.connection.into_wire().into_events())
}

/// Finds out what a server supports.
pub(crate) async fn support(peer: &Peer<'_>, subprotocols: &[&str]) -> Support {
    let mut support = Support::default();
    let Ok(wire) = wire::Connection::open(peer.target, peer.tls, peer.bounds).await else { return support };
    if peer.tls.is_some() && wire.alpn() != Some(b"h2") {
        return support;
    }
    let mut player = Player::new(Connection::new(wire), peer.names.clone(), Role::Server);
    player.connection.queue_raw(PREFACE);
    player.connection.queue(&Frame::settings(&[(2, 0)]));
    player.connection.flush().await;
    if !player.connection.until(Connection::is_settled).await || !player.connection.supports_connect() {
        return support;
    }
    support.connect = true;
    let add = vec![
        format!("sec-websocket-protocol: {}", subprotocols.join(", ")),
        "sec-websocket-extensions: permessage-deflate".to_owned(),
    ];
    let head = Head { add, ..Head::default() };
    let Ok(lines) = player.lines(&head) else { return support };
    if player.head(&head, 1).await.is_err() {
        return support;
    }
    player.connection.flush().await;
    if player.answer(1, true).await == End::Accepted {
        let sent = judge::connect(&lines).sent();
        if let Ok(Some(judgement)) = judged(&mut player.connection, 1, &sent) {
            support.subprotocol = judgement.agreed.subprotocol;
            support.deflate = judgement.agreed.deflate.is_some();
        }
    }
    support
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
        let settings: Vec<_> = settings.map_or(vec![(2, 0)], |list| list.iter().map(|one| (one.0, one.1)).collect());
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
    let lines = if head.base == Base::Silence || head.block.is_some() { Vec::new() } else { player.lines(head)? };
    let tunnel = lines.contains(&(b":method".to_vec(), b"CONNECT".to_vec()));
    let end = player.answer(id, tunnel).await;
    let mut judgement = None;
    if tunnel {
        judgement = judged(&mut player.connection, id, &judge::connect(&lines).sent())?;
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
        return echo::echoes(&mut player.connection, id, Role::Server, &early).await;
    }
    Err(problem)
}
