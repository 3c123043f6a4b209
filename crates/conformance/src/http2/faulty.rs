//! A small server with faults to choose from: each is caught by the cases meant for it.

use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::connection::Connection;
use super::frame::{END_HEADERS, END_STREAM, Frame, HEADERS, PREFACE};
use super::hpack::Line;
use crate::case::http2::Coding;
use crate::frame::{Frame as WsFrame, Kind};
use crate::judge;
use crate::server::ServerSuite;
use crate::wire::{self, Arrival, Bounds};

/// What the server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// It takes every CONNECT as a good one.
    TakesAll,
    /// Its 200 has this field line too.
    Field(&'static str, &'static str),
    /// Its refusals do not end.
    NoEnd,
    /// A refusal of the version does not say which one is known.
    NoVersion,
    NoAcknowledgement,
    /// It does not look at the windows.
    NoWindow,
    /// It goes on sending on a stream that is reset.
    AfterReset,
    /// It does not end its stream behind a close.
    NeverEnds,
    /// It throws away what came before its answer.
    LosesEarly,
    /// It ends the connection instead of a stream.
    NoConnection,
    /// Its messages are masked.
    Masked,
    /// It sends DATA before its 200.
    DataFirst,
}

/// Listens, and returns the URL.
async fn listen(fault: Fault) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}/", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, fault));
        }
    });
    url
}

async fn serve(stream: TcpStream, fault: Fault) {
    let Ok(mut wire) = wire::Connection::accept(stream, None, &Bounds::default()).await else { return };
    while wire.received().len() < PREFACE.len() {
        if wire.receive().await != Arrival::More {
            return;
        }
    }
    wire.consume(PREFACE.len());
    let mut connection = Connection::new(wire);
    connection.acknowledges = fault != Fault::NoAcknowledgement;
    connection.queue(&Frame::settings(&[(8, 1)]));
    let (mut answered, mut accepted) = (Vec::new(), Vec::new());
    loop {
        let before = seen(&connection);
        if !connection.until(|on| seen(on) != before).await {
            return;
        }
        let ids: Vec<u32> = connection.streams.keys().copied().collect();
        for id in ids {
            let stream = connection.stream(id);
            if !answered.contains(&id) && !stream.heads.is_empty() && stream.reset.is_none() {
                answered.push(id);
                if answer(&mut connection, id, fault) {
                    accepted.push(id);
                } else if fault == Fault::NoConnection {
                    connection.queue(&Frame::go_away(id, 1));
                    connection.flush().await;
                    connection.wire().half_close().await;
                    return;
                }
            }
            if accepted.contains(&id) {
                echo(&mut connection, id, fault);
            }
        }
        connection.flush().await;
    }
}

/// How much has come, so that a change shows.
fn seen(connection: &Connection) -> usize {
    connection.streams.values().map(|stream| stream.frames + usize::from(stream.reset.is_some())).sum()
}

/// Answers a request, and returns whether it is accepted.
fn answer(connection: &mut Connection, id: u32, fault: Fault) -> bool {
    let head = connection.stream(id).heads[0].clone();
    let is_connect = head.value(":method") == Some(b"CONNECT");
    let judgement = judge::connect(&head.lines);
    let due = judgement.due().map_or(400, |due| due.status);
    let version = judgement.broken().any(|verdict| verdict.rule.id.starts_with("connect/version"));
    let mut lines: Vec<Line> = Vec::new();
    let mut line = |name: &str, value: &str| lines.push((name.into(), value.into()));
    let accepts = due == 200 || fault == Fault::TakesAll && is_connect;
    if accepts {
        line(":status", "200");
        if let Fault::Field(name, value) = fault {
            line(name, value);
        }
        if fault == Fault::DataFirst {
            connection.queue(&Frame::data(id, b"x", false, None));
        }
        if fault == Fault::LosesEarly {
            connection.stream(id).data.clear();
        }
    } else if version {
        line(":status", "400");
        if fault != Fault::NoVersion {
            line("sec-websocket-version", "13");
        }
    } else if due == 400 {
        connection.queue(&Frame::reset(id, 1));
        return false;
    } else {
        line(":status", &due.to_string());
    }
    let end = if accepts || fault == Fault::NoEnd { 0 } else { END_STREAM };
    let block = connection.tables.encode(&lines, Coding::Literal);
    connection.queue(&Frame::new(HEADERS, END_HEADERS | end, id, block));
    accepts
}

/// Echoes what has come on a stream.
fn echo(connection: &mut Connection, id: u32, fault: Fault) {
    let stream = connection.stream(id);
    if stream.we_ended {
        return;
    }
    if stream.reset.is_some() {
        if fault == Fault::AfterReset {
            connection.queue(&Frame::data(id, b"late", false, None));
        }
        return;
    }
    while let Ok(Some((frame, length))) = WsFrame::read(&connection.stream(id).data) {
        let masked = fault == Fault::Masked;
        let kind = if frame.kind == Kind::Ping { Kind::Pong } else { frame.kind };
        let bytes = WsFrame { kind, masked, ..frame }.encode();
        let room = if fault == Fault::NoWindow { bytes.len() } else { connection.room(id) };
        if room < bytes.len() {
            return;
        }
        connection.stream(id).data.drain(..length);
        let ends = kind == Kind::Close && fault != Fault::NeverEnds;
        connection.queue(&Frame::data(id, &bytes, ends, None));
    }
    if connection.stream(id).ended && fault != Fault::NeverEnds && !connection.stream(id).we_ended {
        connection.queue(&Frame::data(id, &[], true, None));
    }
}

/// Returns which of some cases fail.
async fn failing(fault: Fault, only: &[&'static str]) -> Vec<String> {
    // Those that wait for what never comes wait so long.
    let bounds = Bounds { exchange: Duration::from_secs(3), ..Bounds::default() };
    let suite = ServerSuite::new(&listen(fault).await).expect("a URL").http2().jobs(8).bounds(bounds);
    let suite = only.iter().fold(suite, |suite, id| suite.only(format!("http2/server/{id}")));
    let report = suite.run().await;
    report.failed().map(|outcome| outcome.id["http2/server/".len()..].to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_fault_it_passes() {
    let groups = [
        "pseudo/",
        "fields/",
        "handshake/",
        "streams/early",
        "streams/close",
        "streams/reset-before-answer",
        "streams/reset-no-error",
        "streams/reset-with-data",
        "streams/two",
    ];
    assert_eq!(failing(Fault::None, &groups).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_caught() {
    for (fault, id) in [
        (Fault::TakesAll, "handshake/version-8"),
        (Fault::TakesAll, "fields/connection-upgrade"),
        (Fault::TakesAll, "fields/value-nul"),
        (Fault::TakesAll, "pseudo/path-missing"),
        (Fault::TakesAll, "pseudo/protocol-other"),
        (Fault::Field("connection", "close"), "pseudo/base"),
        (Fault::Field("X-Test", "a"), "pseudo/base"),
        (Fault::Field("x", " a"), "pseudo/base"),
        (Fault::Field(":status", "200"), "pseudo/base"),
        (Fault::Field("sec-websocket-protocol", "chat"), "handshake/subprotocol-none"),
        (Fault::Field("sec-websocket-extensions", "permessage-deflate"), "handshake/extension-none"),
        (Fault::NoEnd, "handshake/version-8"),
        (Fault::NoVersion, "handshake/version-8"),
        (Fault::NoAcknowledgement, "pseudo/base"),
        (Fault::AfterReset, "streams/reset"),
        (Fault::NoWindow, "streams/window-zero"),
        (Fault::NeverEnds, "streams/close"),
        (Fault::LosesEarly, "streams/early"),
        (Fault::Masked, "pseudo/base"),
        (Fault::DataFirst, "pseudo/base"),
    ] {
        let failed = failing(fault, &[id]).await;
        assert!(failed.iter().any(|failed| failed == id), "{fault:?}: {id}");
    }
}

/// A connection error instead of a stream error is legal (RFC 9113 §5.4.1).
#[tokio::test(flavor = "multi_thread")]
async fn what_a_choice_allows_passes() {
    let malformed = ["fields/connection-upgrade", "pseudo/path-missing", "streams/malformed-beside"];
    assert_eq!(failing(Fault::NoConnection, &malformed).await, Vec::<String>::new());
}
