//! Runs the vectors through the driver.

use std::sync::Arc;
use std::time::Duration;

use vectors::{AcceptExpect, ClientConfig, ClientExpect, Layer, RequestCase, ResponseCase, ServerExpect};
use websocket_upgrade::{ClientOptions, ConnectReason, HandleError, ResponseHead, ServerOptions};

use super::answer::Answer;
use super::model::{Client, Connected, Decision, End, Established, Served, Server, Then};
use super::options::server_options;
use super::parsed::parsed;
use super::report::{Outcome, holds, run, same, same_bytes};
use crate::driver;

/// The sizes of the pieces in which a head arrives: all at once, and small ones.
const PIECES: [usize; 2] = [usize::MAX, 7];

#[test]
fn requests() {
    let name = |case: &RequestCase| format!("{} ({})", case.name, case.rfc);
    run("requests.json", &vectors::requests(), name, |case| {
        let options = server_options(&case.server);
        for piece in PIECES {
            let client = Client { piece, ..Client::new(&case.request) };
            judge_request(case, &driver::accept(&client, &options))
                .map_err(at(&format!("accept, {piece}")))?;
            for decision in [Decision::Accept, Decision::Check(Box::new(Decision::Accept))] {
                let entrance = format!("receive, {decision:?}, {piece}");
                judge_request(case, &receive(&client, &options, decision)).map_err(at(&entrance))?;
            }
        }
        if case.layer == Some(Layer::Syntax) { Ok(()) } else { handle(case, &options).map_err(at("parsed")) }
    });
}

fn at(entrance: &str) -> impl FnOnce(String) -> String {
    move |failure| format!("{entrance}: {failure}")
}

/// Calls `receive`, and accepts the request if possible.
fn receive(client: &Client<'_>, options: &ServerOptions, decision: Decision) -> Served {
    let Served { outcome, answer, writes, elapsed } = driver::receive(client, options, &[], decision);
    let outcome = outcome.and_then(|decided| match decided.end {
        End::Accepted(established) => Ok(established),
        End::Rejected(Some(error)) | End::Unasked(error) => Err(error),
        End::Rejected(None) | End::Returned(_) => unreachable!("it was to be accepted"),
    });
    Served { outcome, answer, writes, elapsed }
}

/// Runs the same request, parsed by an HTTP server that has read the leftover bytes too.
fn handle(case: &RequestCase, options: &ServerOptions) -> Outcome {
    let (request, head_len) = parsed(&case.request)?;
    let leftover = &case.request[head_len..];
    judge_request(case, &driver::handle_upgrade_request(&request, leftover, options))
}

/// Checks that the result of a request is the expected one.
fn judge_request(case: &RequestCase, served: &Served) -> Outcome {
    let to_head = case.request.starts_with(b"HEAD ");
    let (status, names, fields) = match &case.expect {
        ServerExpect::Accept(expect) => {
            let established = served.outcome.as_ref().map_err(|error| format!("{error:?}"))?;
            judge_established(expect, established)?;
            same("writes", &served.writes, &1)?;
            let answer = Answer::parse(&served.answer)?;
            same("status", &answer.status, &101)?;
            return expect.fields.iter().try_for_each(|(name, value)| answer.has(name, value));
        }
        ServerExpect::More => {
            // A client that sends no more gets its answer at the deadline.
            same("elapsed", &served.elapsed, &Duration::from_secs(10))?;
            (408, "", None)
        }
        ServerExpect::NotUpgrade(expect) => (expect.status.unwrap_or(426), expect.names.as_str(), None),
        ServerExpect::Reject(expect) => (expect.status, expect.names.as_str(), Some(&expect.fields)),
    };
    let Err(HandleError::Rejected(error)) = &served.outcome else {
        return Err(format!("expected status {status}, got {:?}", served.outcome));
    };
    same("the error's status", &error.reason().status(), &status)
        .map_err(|wrong| format!("{wrong}\n    {error}"))?;
    same("writes", &served.writes, &1)?;
    let answer = Answer::parse(&served.answer)?;
    same("status", &answer.status, &status)?;
    answer.is_rejection(to_head)?;
    let text = if to_head { error.to_string() } else { answer.text() };
    holds(text.contains(names), || format!("the text {text:?} does not name {names:?}"))?;
    fields.into_iter().flatten().try_for_each(|(name, value)| answer.has(name, value))
}

fn judge_established(expect: &AcceptExpect, established: &Established) -> Outcome {
    let Established { settings, interim, read_buf, stream, .. } = established;
    same("subprotocol", &settings.subprotocol(), &expect.subprotocol.as_deref())?;
    same("extensions", settings.extensions().as_str(), expect.extensions.as_deref().unwrap_or_default())?;
    let nothing = expect.subprotocol.is_none() && expect.extensions.is_none();
    same("nothing is agreed", &settings.is_empty(), &nothing)?;
    same_bytes("leftover", stream, &expect.leftover)?;
    holds(stream.starts_with(read_buf), || format!("read_buf is \"{}\"", read_buf.escape_ascii()))?;
    same("interim", interim, &expect.interim)
}

#[test]
fn responses() {
    let name = |case: &ResponseCase| format!("{} ({})", case.name, case.rfc);
    run("responses.json", &vectors::responses(), name, |case| {
        let options = client_options(&case.client);
        let then = if case.then.is_some() { Then::Close } else { Then::Silence };
        let verbatim = match &case.expect {
            ClientExpect::Accept(expect) => expect.leftover.len(),
            _ => 0,
        };
        for piece in PIECES {
            let server = Server { piece, verbatim, ..Server::new(&case.response, then) };
            let connected = driver::upgrade_on("ws://server.example.com/chat", &options, &server);
            judge_response(&case.expect, &connected).map_err(at(&format!("pieces of {piece}")))?;
        }
        Ok(())
    });
}

fn client_options(config: &ClientConfig) -> ClientOptions {
    let mut options = ClientOptions::new().limits(config.limits());
    for name in &config.subprotocols {
        options = options.subprotocol(name).expect("a subprotocol of a case");
    }
    for extension in &config.extensions {
        options = options.custom_extension(Arc::from(extension.build())).expect("an extension of a case");
    }
    options
}

/// Checks that the result of a response is the expected one.
fn judge_response(expect: &ClientExpect, connected: &Connected) -> Outcome {
    let at_once = || same("elapsed", &connected.elapsed, &Duration::ZERO);
    same("writes", &connected.writes, &1)?;
    let reason = match (expect, &connected.outcome) {
        (ClientExpect::Accept(expect), Ok(established)) => {
            at_once()?;
            return judge_established(expect, established);
        }
        (_, outcome) => outcome.as_ref().map_err(|error| (error.reason(), error.interim())),
    };
    match (expect, reason) {
        (ClientExpect::Fail(expect), Err((ConnectReason::Response(error), _))) => {
            at_once()?;
            let text = error.to_string();
            holds(text.contains(&expect.names), || format!("{text:?} does not name {:?}", expect.names))
        }
        (ClientExpect::Refuse(expect), Err((ConnectReason::Refused(refused), interim))) => {
            at_once()?;
            same("status", &refused.status(), &expect.status)?;
            same_bytes("body", &refused.body, &expect.body)?;
            same("truncated", &refused.truncated, &expect.truncated)?;
            let why = refused.truncation().map(|truncation| truncation.to_string()).unwrap_or_default();
            holds(why.contains(&expect.names), || format!("{why:?} does not name {:?}", expect.names))?;
            let interim: Vec<u16> = interim.iter().map(ResponseHead::status).collect();
            same("interim", &interim, &expect.interim)
        }
        // The client does not wait up to the deadline for a body that has stopped.
        (ClientExpect::More, Err((ConnectReason::Refused(refused), _))) if refused.truncated => {
            same("elapsed", &connected.elapsed, &Duration::from_secs(1))
        }
        (ClientExpect::More, Err((ConnectReason::Deadline, _))) => {
            same("elapsed", &connected.elapsed, &Duration::from_secs(10))
        }
        (expect, _) => Err(format!("got {:?}\n    expected {expect:?}", connected.outcome)),
    }
}
