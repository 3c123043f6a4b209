//! Clients that do not work, and what the suite says of them.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use websocket_upgrade::{TlsOptions, create_upgrade_request};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::report::{CaseResult, Outcome, Report};
use websocket_upgrade_conformance::wire::Bounds;

use super::drivers::{on_tokio, patient};
use super::echo::Result;
use super::options::options;

/// What the suite says of one case.
fn got(report: &Report, id: &str) -> String {
    match report.results.iter().find(|outcome| outcome.id == id).map(|outcome| &outcome.result) {
        Some(CaseResult::Failed { got, .. }) => got.clone(),
        other => format!("{other:?}"),
    }
}

/// A short time, for clients that do not end by themselves.
fn short() -> Bounds {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_millis(700);
    bounds.silence = Duration::from_millis(50);
    bounds
}

const REQUEST: &str = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: q83vEjRWeJCrze8SNFZ4kA==\r\n";

/// Sends a request, and returns the connection.
async fn ask(attempt: &Attempt, more: &str) -> Result<TcpStream> {
    let authority = attempt.url.trim_start_matches("ws://").split(['/', '?', '#']).next().unwrap_or_default();
    let mut stream = TcpStream::connect(authority).await?;
    let request = format!("GET / HTTP/1.1\r\nHost: {authority}\r\n{REQUEST}\r\n{more}");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

/// Echoes frames without a look at the head.
async fn believes_everything(attempt: Attempt) -> Result {
    let mut stream = ask(&attempt, "").await?;
    let mut received = Vec::new();
    // The suite's own message is the first text that looks like one.
    while !received.windows(3).any(|bytes| bytes == b"the") {
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer).await?;
        if length == 0 {
            return Err("closed".into());
        }
        received.extend_from_slice(&buffer[..length]);
    }
    stream.write_all(b"\x81\x80\0\0\0\0").await?;
    while stream.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

#[tokio::test]
async fn a_client_that_checks_nothing_is_established_although_it_must_fail() {
    let suite = ClientSuite::new(believes_everything).bounds(patient()).jobs(4);
    let report = suite.only("client/accept/missing").only("client/upgrade/empty").run().await;
    assert!(!report.holds());
    for id in ["client/accept/missing", "client/upgrade/empty"] {
        let got = got(&report, id);
        assert!(got.starts_with("established although the client must fail"), "{id}: {got}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_is_said_to_hang() {
    let hangs = |attempt: Attempt| async move {
        let _stream = ask(&attempt, "").await?;
        pending::<Result>().await
    };
    let report = ClientSuite::new(hangs).bounds(short()).only("client/accept/missing").run().await;
    let got = got(&report, "client/accept/missing");
    assert!(got.starts_with("hung"), "{got}");
    let nothing = ClientSuite::new(|_| pending::<Result>()).bounds(short());
    let report = nothing.only("client/accept/missing").run().await;
    assert_eq!(self::got(&report, "client/accept/missing"), "hung: it made no connection");
}

#[tokio::test]
async fn a_client_that_refuses_everything_fails_although_the_response_is_valid() {
    let refuses = |attempt: Attempt| async move {
        let mut stream = ask(&attempt, "").await?;
        let _ = stream.read(&mut [0; 16]).await?;
        Result::Err("no, thanks".into())
    };
    let suite = ClientSuite::new(refuses).bounds(patient());
    let report = suite.only("client/accept").run().await;
    let got = got(&report, "client/accept/white-space-around");
    assert_eq!(got, "failed although the response is valid: no, thanks");
    assert!(
        report.results.iter().any(|outcome| outcome.id == "client/accept/missing" && outcome.is_passed())
    );
}

#[tokio::test]
async fn a_client_that_does_not_connect_passes_nothing() {
    let fails = |_| async { Result::Err("no network".into()) };
    let report = ClientSuite::new(fails).bounds(patient()).only("client/accept").run().await;
    assert!(report.results.iter().all(Outcome::is_failed), "{report}");
    assert_eq!(got(&report, "client/accept/missing"), "it made no connection: no network");
}

#[tokio::test]
async fn a_client_that_trusts_everyone_is_found() {
    let trusts = |attempt: Attempt| async move {
        let options = options(&attempt)?.tls(TlsOptions::new().danger_accept_any_certificate());
        create_upgrade_request(&attempt.url, &options).await?;
        Result::Ok(())
    };
    let suite = ClientSuite::new(trusts).tls().unwrap().bounds(patient());
    let report = suite.only("client/tls/expired").run().await;
    let got = got(&report, "client/tls/expired");
    assert_eq!(got, "sent its request to a server with a certificate whose time is over");
}

#[tokio::test]
async fn a_panic_is_an_error() {
    let panics = |attempt: Attempt| async move {
        assert!(attempt.url.is_empty(), "on purpose");
        Result::Ok(())
    };
    let report = ClientSuite::new(panics).bounds(patient()).only("client/accept/missing").run().await;
    assert_eq!(got(&report, "client/accept/missing"), "it made no connection: it panicked");
}

#[tokio::test]
async fn rules_for_the_request_are_judged() {
    // The same key on each connection, and something behind the request.
    let same = |attempt: Attempt| async move {
        if attempt.url.contains("a=b") {
            ask(&attempt, "early").await?;
        }
        on_tokio_with_key(attempt).await
    };
    let suite = ClientSuite::new(same).bounds(patient()).jobs(4);
    let report = suite.only("client/request/target").only("client/request/subprotocols").run().await;
    let got = got(&report, "client/request/target-with-query");
    assert!(got.starts_with("the target is \"/\", and not \"/chat?a=b&c=d\""), "{got}");
    let skipped = report.results.iter().filter(|outcome| outcome.is_skipped()).count();
    assert_eq!(skipped, 3, "subprotocols that were not offered: {report}");
}

/// Ignores the path of its URL and what it is asked to offer.
async fn on_tokio_with_key(attempt: Attempt) -> Result {
    let _stream = ask(&attempt, "").await?;
    Err("enough".into())
}

#[tokio::test]
async fn a_key_that_is_not_fresh_is_found() {
    async fn constant(attempt: Attempt) -> Result {
        let mut stream = ask(&attempt, "").await?;
        let mut received = Vec::new();
        let mut buffer = [0; 1024];
        while !received.windows(11).any(|bytes| bytes == b"own message") {
            let length = stream.read(&mut buffer).await?;
            received.extend_from_slice(&buffer[..length]);
        }
        // The text behind the head of the frame, with a mask of zeros.
        let frame = received.windows(2).position(|bytes| bytes[0] == 0x81).ok_or("no frame")?;
        let length = received[frame + 1];
        let mut echo = vec![0x81, length | 0x80, 0, 0, 0, 0];
        echo.extend_from_slice(&received[frame + 2..frame + 2 + usize::from(length)]);
        stream.write_all(&echo).await?;
        while stream.read(&mut buffer).await? == 0 {}
        stream.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await?;
        Ok(())
    }
    let suite = ClientSuite::new(constant).bounds(patient());
    let report = suite.only("client/request/key-").run().await;
    assert_eq!(got(&report, "client/request/key-fresh"), "both keys are \"q83vEjRWeJCrze8SNFZ4kA==\"");
    assert_eq!(report.failed().count(), 1, "{report}");
}

#[tokio::test]
async fn cases_are_chosen_and_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let count = Arc::new(AtomicUsize::new(0));
    let (told_by, counted) = (Arc::clone(&told), Arc::clone(&count));
    let client = move |attempt| {
        counted.fetch_add(1, Ordering::Relaxed);
        on_tokio(attempt)
    };
    let suite = ClientSuite::new(client)
        .only("client/early")
        .only("client/interim/end")
        .skip("client/early/f")
        .progress(move |outcome| told_by.lock().unwrap().push(outcome.id.clone()));
    let expected = suite.count();
    let report = suite.run().await;
    assert_eq!(report.results.len(), expected);
    let mut told = told.lock().unwrap().clone();
    told.sort();
    let mut ids: Vec<_> = report.results.iter().map(|outcome| outcome.id.clone()).collect();
    ids.sort();
    assert_eq!(told, ids);
    assert!(ids.iter().all(|id| !id.starts_with("client/early/f")));
    assert!(report.skipped().any(|outcome| outcome.id == "client/interim/endless"));
    assert_eq!(count.load(Ordering::Relaxed), expected - 1);
    let wire = &report.results.iter().find(|outcome| outcome.id == "client/early/text").unwrap().wire;
    assert!(wire.last().is_some_and(|event| event.note == "ended without an error"));
    assert!(wire.first().is_some_and(|event| event.bytes.starts_with(b"GET / HTTP/1.1\r\n")));
}
