//! A small client with faults to choose from: each is caught by the cases meant for it.

use std::time::Duration;

use super::connection::{Connection, Head};
use super::frame::{END_HEADERS, END_STREAM, Frame, HEADERS, PREFACE};
use super::hpack::Line;
use super::stream::StreamChannel;
use crate::case::http2::Coding;
use crate::client::{Attempt, ClientSuite};
use crate::frame::{Frame as WsFrame, Kind};
use crate::judge::{self, Conclusion};
use crate::proof::{Part, Received, Socket};
use crate::wire::{self, Bounds, Target};

/// What the client does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It does not look at the server's settings.
    NoSettings,
    /// It acknowledges no settings.
    NoAcknowledgement,
    /// It takes every 2xx as an acceptance.
    TakesAll,
    /// It takes every final response as an acceptance.
    AnyStatus,
    /// It wants an accept value.
    WantsAccept,
    /// It fails at an interim response.
    NoInterim,
    /// It throws away what came with the response.
    LosesEarly,
    /// It does not mask.
    Unmasked,
    /// It does not look at the windows.
    NoWindow,
    /// Its request has this field line too.
    Field(&'static str, &'static str),
    /// Its request has this value of this field.
    Instead(&'static str, &'static str),
    /// Its request ends the stream.
    EndsStream,
}

/// Opens a WebSocket, and echoes until the server closes.
async fn client(attempt: Attempt, fault: Fault) -> Result<(), String> {
    let target = Target::new(&attempt.url).map_err(|error| error.to_string())?;
    let mut bounds = Bounds::default();
    bounds.exchange = attempt.timeout.unwrap_or(bounds.exchange);
    let wire = wire::Connection::open(&target, None, &bounds).await.map_err(|error| error.to_string())?;
    let mut connection = Connection::new(wire);
    connection.acknowledges = fault != Fault::NoAcknowledgement;
    connection.queue_raw(PREFACE);
    connection.queue(&Frame::settings(&[(2, 0)]));
    connection.flush().await;
    if fault != Fault::NoSettings
        && !(connection.until(Connection::is_settled).await && connection.supports_connect())
    {
        return Err("the server has no extended CONNECT".to_owned());
    }
    if connection.is_left_out(1) {
        return Err("the server is going away".to_owned());
    }
    let lines = request(&attempt, &target, fault);
    let block = connection.tables.encode(&lines, Coding::Literal);
    let flags = if fault == Fault::EndsStream { END_HEADERS | END_STREAM } else { END_HEADERS };
    connection.queue(&Frame::new(HEADERS, flags, 1, block));
    let answered = |on: &Connection| {
        on.is(1, |stream| stream.final_head().is_some() || stream.is_over())
            || on.is_over()
            || !on.broken.is_empty()
    };
    connection.until(answered).await;
    let interim = connection.stream(1).heads.iter().any(Head::is_interim);
    let Some(head) = connection.stream(1).final_head().cloned() else { return Err("no response".to_owned()) };
    if interim && fault == Fault::NoInterim {
        return Err("an interim response".to_owned());
    }
    let accepts = match fault {
        Fault::AnyStatus => true,
        Fault::TakesAll => (200..300).contains(&head.status()),
        Fault::WantsAccept if head.value("sec-websocket-accept").is_none() => false,
        _ => {
            let judgement = judge::connect_response(&head.lines, &judge::connect(&lines).sent());
            judgement.conclusion() == Conclusion::Established && connection.broken.is_empty()
        }
    };
    if !accepts {
        connection.queue(&Frame::reset(1, 8));
        connection.flush().await;
        return Err(format!("status {}", head.status()));
    }
    if fault == Fault::LosesEarly {
        connection.idle(Duration::from_millis(20)).await;
        connection.stream(1).data.clear();
    }
    talk(&mut connection, fault).await
}

fn request(attempt: &Attempt, target: &Target, fault: Fault) -> Vec<Line> {
    let mut lines = vec![
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", &target.path),
        (":authority", &target.authority),
        ("sec-websocket-version", "13"),
    ];
    let subprotocols = attempt.subprotocols.join(", ");
    if !subprotocols.is_empty() {
        lines.push(("sec-websocket-protocol", &subprotocols));
    }
    match fault {
        Fault::Field(name, value) => lines.push((name, value)),
        Fault::Instead(name, value) => {
            lines.iter_mut().filter(|line| line.0 == name).for_each(|line| line.1 = value);
        }
        _ => {}
    }
    lines.into_iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Echoes until the server closes.
async fn talk(connection: &mut Connection, fault: Fault) -> Result<(), String> {
    loop {
        let part = if fault == Fault::Unmasked { Part::Server } else { Part::Client };
        let mut channel = StreamChannel::new(connection, 1);
        let received = Socket::new(&mut channel, Part::Client, None).receive().await?;
        match received {
            Received::Message { kind, payload } if fault == Fault::NoWindow => {
                connection.queue(&Frame::data(1, &WsFrame::new(kind, payload, true).encode(), false, None));
                connection.flush().await;
            }
            Received::Message { kind, payload } => {
                Socket::new(&mut channel, part, None).send_frame(WsFrame::new(kind, payload, true)).await?;
            }
            Received::Close(_) => {
                Socket::new(&mut channel, part, None).send_frame(WsFrame::new(Kind::Close, "", true)).await?;
                connection.queue(&Frame::data(1, &[], true, None));
                connection.flush().await;
                return Ok(());
            }
            Received::Pong(_) => {}
            Received::End(end) => return Err(format!("{end} without a close")),
        }
    }
}

/// Returns which of some cases fail.
async fn failing(fault: Fault, only: &[&'static str]) -> Vec<String> {
    let bounds = Bounds { exchange: Duration::from_secs(4), ..Bounds::default() };
    let suite = ClientSuite::new(move |attempt| client(attempt, fault)).http2().jobs(8).bounds(bounds);
    let suite = only.iter().fold(suite, |suite, id| suite.only(format!("http2/client/{id}")));
    let report = suite.run().await;
    report.failed().map(|outcome| outcome.id["http2/client/".len()..].to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fault_it_passes() {
    let groups = [
        "request/",
        "response/",
        "agreed/",
        "streams/early",
        "streams/reset-",
        "streams/window",
        "settings/connect",
    ];
    assert_eq!(failing(Fault::None, &groups).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_caught() {
    for (fault, id) in [
        (Fault::NoSettings, "settings/connect-missing"),
        (Fault::NoSettings, "settings/connect-zero"),
        (Fault::NoAcknowledgement, "settings/changed"),
        (Fault::TakesAll, "response/connection-close"),
        (Fault::TakesAll, "response/name-upper-case"),
        (Fault::TakesAll, "response/value-nul"),
        (Fault::TakesAll, "response/status-twice"),
        (Fault::TakesAll, "response/pseudo-of-request"),
        (Fault::TakesAll, "agreed/subprotocol-not-offered"),
        (Fault::TakesAll, "agreed/extension-unasked"),
        (Fault::AnyStatus, "response/status-101"),
        (Fault::AnyStatus, "response/refusal-with-handshake-fields"),
        (Fault::WantsAccept, "agreed/accept-absent"),
        (Fault::NoInterim, "response/interim-103"),
        (Fault::LosesEarly, "streams/early"),
        (Fault::Unmasked, "response/status-200"),
        (Fault::NoWindow, "streams/window-zero"),
        (Fault::Field("connection", "Upgrade"), "request/connection-specific"),
        (Fault::Field("X-Test", "a"), "request/lower-case"),
        (Fault::Field(":path", "/"), "request/pseudo-first"),
        (Fault::Field("sec-websocket-version", "13"), "request/version-once"),
        (Fault::Instead(":scheme", "ws"), "request/scheme"),
        (Fault::Instead(":authority", "other.example"), "request/authority"),
        (Fault::Instead(":path", "/chat"), "request/path"),
        (Fault::Instead("sec-websocket-version", "8"), "request/version"),
        (Fault::EndsStream, "request/stream-open"),
    ] {
        let failed = failing(fault, &[id]).await;
        assert!(failed.iter().any(|failed| failed == id), "{fault:?}: {id}");
    }
}
