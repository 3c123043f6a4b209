//! Runs one case.

use std::time::{Duration, Instant};

use super::abilities::Abilities;
use super::answer::{Answer, Response};
use super::expected::{acceptance, describe, response};
use super::peer::{Exchanged, Peer, Request, with_cause};
use crate::case::{Accepted, After, Case, Ending, Message, Refused, ServerExchange, ServerExpect};
use crate::judge::Judgement;
use crate::proof::{Compression, Direction, Early, Part, Socket, ended, proven};
use crate::report::{CaseResult, Event, Outcome};
use crate::text::Names;
use crate::wire::{Arrival, Connection};

/// Runs one case, unless the peer does not support what it needs.
pub(super) async fn outcome(
    case: &Case,
    exchange: &ServerExchange,
    peer: &Peer,
    abilities: &Abilities,
    intrusive: bool,
) -> Outcome {
    let start = Instant::now();
    let (result, wire) = match abilities.lacked(case, peer.target.secure, intrusive) {
        Some(reason) => (CaseResult::Skipped { reason }, Vec::new()),
        None => match &abilities.reached {
            Err(problem) => (failed(exchange, problem.clone()), Vec::new()),
            Ok(()) => match run(exchange, peer, abilities).await {
                (Ok(()), wire) => (CaseResult::Passed, wire),
                (Err(got), wire) => (failed(exchange, got), wire),
            },
        },
    };
    Outcome::new(case, result).with_wire(wire, start.elapsed())
}

fn failed(exchange: &ServerExchange, got: String) -> CaseResult {
    CaseResult::Failed { expected: describe(&exchange.expect), got }
}

async fn run(
    exchange: &ServerExchange,
    peer: &Peer,
    abilities: &Abilities,
) -> (Result<(), String>, Vec<Event>) {
    let names = peer.names(abilities.subprotocol.as_deref());
    let request = match peer.request(&exchange.request, &names) {
        Ok(request) => request,
        Err(error) => return (Err(format!("the suite can't write the request: {error}")), Vec::new()),
    };
    let patience = exchange.patience.map(Duration::from_secs);
    let Exchanged { mut connection, answer } = match peer.exchange(&request, patience).await {
        Ok(exchanged) => exchanged,
        Err(error) => return (Err(with_cause(&error)), Vec::new()),
    };
    let result = judged(&mut connection, &answer, exchange, &request, &names).await;
    let wire = connection.into_events();
    if result.is_ok() && exchange.expect.contains(&ServerExpect::Any) {
        return (still_works(peer, abilities.subprotocol.as_deref()).await, wire);
    }
    (result, wire)
}

/// Holds the answer against each expectation.
async fn judged(
    connection: &mut Connection,
    answer: &Answer,
    exchange: &ServerExchange,
    request: &Request,
    names: &Names,
) -> Result<(), String> {
    match answer {
        Answer::Accepted(judgement) => accepted(connection, judgement, exchange, request, names).await,
        Answer::Responded(response) => responded(connection, response, exchange, request).await,
        Answer::Nothing(arrival) => {
            let closed = matches!(arrival, Arrival::End | Arrival::Broken);
            let fits = |expect: &ServerExpect| matches!(expect, ServerExpect::Closed | ServerExpect::Any);
            if closed && exchange.expect.iter().any(fits) {
                Ok(())
            } else {
                Err(format!("no answer, but {arrival}"))
            }
        }
        Answer::Garbage(what) => Err(what.clone()),
    }
}

async fn accepted(
    connection: &mut Connection,
    judgement: &Judgement,
    exchange: &ServerExchange,
    request: &Request,
    names: &Names,
) -> Result<(), String> {
    let usual = Accepted::default();
    let mut got = Err("a 101: the handshake was accepted".to_owned());
    for expect in &exchange.expect {
        let expected = match expect {
            ServerExpect::Accepted(accepted) => accepted,
            ServerExpect::Any => &usual,
            _ => continue,
        };
        got = acceptance(judgement, expected, names).map(|()| expected);
        if got.is_ok() {
            break;
        }
    }
    let expected = got?;
    let silence = connection.silence();
    // What other extensions do to frames is not known here, nor what was agreed if no offer could be accepted.
    let known = usize::from(judgement.agreed.deflate.is_some());
    let foreign = judgement.agreed.extensions.len() != known;
    let mut socket = Socket::new(connection, Part::Client, compression(judgement));
    let worked = match expected.then {
        After::Nothing => Ok(()),
        // A client that has ended what it sends has no frames to send.
        After::Echo if request.deliver.ending() != Ending::Open => Ok(()),
        After::Echo if foreign => Ok(()),
        After::Failed => ended(&mut socket, silence).await,
        After::Echo => {
            let frames = request.behind.get(exchange.body..).unwrap_or_default();

            let early =
                Early::read(frames).map_err(|error| format!("the case's own early bytes: {error}"))?;
            proven(&mut socket, &early).await
        }
    };
    worked.map_err(|problem| format!("a 101, and then {problem}"))
}

fn compression(judgement: &Judgement) -> Option<Compression> {
    let agreed = judgement.agreed.deflate?;
    let ours =
        Direction { bits: agreed.client_max_window_bits, no_context: agreed.client_no_context_takeover };
    let theirs =
        Direction { bits: agreed.server_max_window_bits, no_context: agreed.server_no_context_takeover };
    Some(Compression::new(ours, theirs))
}

async fn responded(
    connection: &mut Connection,
    got: &Response,
    exchange: &ServerExchange,
    request: &Request,
) -> Result<(), String> {
    let status = got.judgement.status.unwrap_or_default();
    let usual = Refused::default();
    let mut result = Err(format!("a {status} response"));
    for expect in &exchange.expect {
        let (expected, refuses) = match expect {
            ServerExpect::Refused(refused) => (refused, true),
            ServerExpect::Answered(answered) => (answered, false),
            ServerExpect::Any => (&usual, false),
            _ => continue,
        };
        result = response(&got.judgement, expected, refuses).map(|()| expected);
        if result.is_ok() {
            break;
        }
    }
    let expected = result?;
    got.body.as_ref().map_err(|problem| format!("a {status} response with {problem}"))?;
    behind(connection, &got.judgement, expected.closes, !request.behind.is_empty()).await
}

/// Checks what comes behind a whole response: nothing if it closes the connection, otherwise perhaps another response.
async fn behind(
    connection: &mut Connection,
    judgement: &Judgement,
    must_close: bool,
    has_more: bool,
) -> Result<(), String> {
    let status = judgement.status.unwrap_or_default();
    let says_close = judgement.fields.iter().any(|field| {
        field.is("Connection")
            && field
                .value
                .split(|&byte| byte == b',')
                .any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
    });
    if must_close {
        while connection.receive().await == Arrival::More {}
        if !matches!(connection.end(), Some(Arrival::End | Arrival::Broken)) {
            return Err(format!("a {status} response, and a connection that stays open"));
        }
    } else if has_more && says_close && connection.received().is_empty() {
        connection.receive_silently().await;
    }
    let rest = connection.received();
    if rest.is_empty() || (!says_close && rest.starts_with(b"HTTP/1.")) {
        return Ok(());
    }
    let start = rest.get(..40).unwrap_or(rest).escape_ascii();
    let close = if says_close { " that closes the connection" } else { "" };
    Err(format!("a {status} response{close}, and behind it \"{start}\""))
}

/// Checks that the server still accepts a good request.
async fn still_works(peer: &Peer, subprotocol: Option<&str>) -> Result<(), String> {
    const AFTERWARDS: &str = "to a good request afterwards";
    let request =
        peer.request(&Message::default(), &peer.names(subprotocol)).map_err(|error| error.to_string())?;
    let exchanged = peer.exchange(&request, None).await;
    match exchanged.map_err(|error| format!("{} {AFTERWARDS}", with_cause(&error)))?.answer {
        Answer::Accepted(judgement) if judgement.is_valid() => Ok(()),
        Answer::Accepted(_) => Err(format!("a 101 that breaks a rule {AFTERWARDS}")),
        Answer::Responded(response) => {
            Err(format!("a {} response {AFTERWARDS}", response.judgement.status.unwrap_or_default()))
        }
        Answer::Nothing(arrival) => Err(format!("no answer, but {arrival} {AFTERWARDS}")),
        Answer::Garbage(what) => Err(format!("{what} {AFTERWARDS}")),
    }
}
