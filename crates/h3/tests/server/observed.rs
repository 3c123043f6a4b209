//! Events and metrics: one of each for every handshake, with the words of the other versions of HTTP.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{
    Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use tokio::runtime::Builder;
use tokio::time::Duration;
use websocket_upgrade::gate::{Gate, GateOptions};
use websocket_upgrade::{Rejection, ServerOptions};

use crate::collector::events;
use crate::kit::raw::{DATA, connect, frame, headers, plain};
use crate::served::Served;

/// Counts by labels.
#[derive(Clone, Debug, Default)]
struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);

struct Named(Counts, String);

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Counter::from_arc(Arc::new(Named(self.clone(), labels.join(" "))))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl CounterFn for Named {
    fn increment(&self, value: u64) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner).entry(self.1.clone()).or_default() += value;
    }

    fn absolute(&self, value: u64) {
        panic!("{value} of {}", self.1)
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
enum Course {
    Accepted,
    Foreign,
    OtherVersion,
    Rejected,
    Dropped,
    Plain,
    Slow,
    TooLarge,
    Malformed,
    Reset,
    Broken,
    TurnedAway,
}

/// The course, the labels of the count, and words of the event. Empty if there is none.
const COURSES: [(Course, &str, &[&str]); 12] = [
    (
        Course::Accepted,
        "result=accepted reason= http_version=3 subprotocol=chat",
        &[
            "accepted",
            "http_version=\"3\"",
            "path=\"/chat\"",
            "authority=\"server.example.com\"",
            "subprotocol=\"chat\"",
        ],
    ),
    (
        Course::Foreign,
        "result=rejected reason=origin_not_allowed http_version=3 subprotocol=",
        &["rejected", "status=403", "http_version=\"3\"", "https://elsewhere.example"],
    ),
    (
        Course::OtherVersion,
        "result=rejected reason=version_unsupported http_version=3 subprotocol=",
        &["rejected", "version_unsupported", "http_version=\"3\""],
    ),
    (
        Course::Rejected,
        "result=rejected reason=application http_version=3 subprotocol=",
        &["rejected by the application", "status=401", "http_version=\"3\""],
    ),
    (
        Course::Dropped,
        "result=rejected reason=application http_version=3 subprotocol=",
        &["rejected by the application", "status=503"],
    ),
    (Course::Plain, "", &[]),
    (
        Course::Slow,
        "result=rejected reason=deadline http_version=3 subprotocol=",
        &["rejected", "status=408"],
    ),
    (
        Course::TooLarge,
        "result=rejected reason=syntax http_version=3 subprotocol=",
        &["rejected", "status=431"],
    ),
    (
        Course::Malformed,
        "result=broken reason=connection http_version=3 subprotocol=",
        &["the connection broke"],
    ),
    (Course::Reset, "result=broken reason=connection http_version=3 subprotocol=", &["the connection broke"]),
    (
        Course::Broken,
        "result=broken reason=connection http_version=3 subprotocol=",
        &["the connection broke"],
    ),
    (
        Course::TurnedAway,
        "result=rejected reason=gate_total http_version=3 subprotocol=",
        &["turned away at the gate", "status=503", "http_version=\"3\""],
    ),
];

/// Texts in the usual places of secrets.
const SECRETS: [&str; 3] = ["s-query", "s-cookie", "s-subprotocol"];

#[test]
fn every_handshake_has_one_event_and_one_count() {
    for (course, labels, words) in COURSES {
        let counts = Counts::default();
        let runtime =
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        let (events, ()) = events(|| with_local_recorder(&counts, || runtime.block_on(play(course))));
        let counts = counts.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if words.is_empty() {
            assert!(events.is_empty() && counts.is_empty(), "{course:?}: {events:?} {counts:?}");
            continue;
        }
        let [event] = &events[..] else { panic!("{course:?}: {events:?}") };
        assert!(words.iter().all(|word| event.contains(word)), "{course:?}: {event}");
        assert!(SECRETS.iter().all(|secret| !event.contains(secret)), "{course:?}: {event}");
        assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(labels.to_owned(), 1)], "{course:?}");
    }
}

fn play(course: Course) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        let options =
            ServerOptions::new().deadline(Duration::from_secs(2)).subprotocol("chat").expect("a token");
        let total = if matches!(course, Course::TurnedAway) { 0 } else { 10 };
        let gate = Gate::new(GateOptions::new().total(total));
        let mut served = Served::of(&options, |connection| connection.gated(gate)).await;
        let large = "a".repeat(20_000);
        let added: &[(&str, &str)] = match course {
            Course::Foreign => &[("origin", "https://elsewhere.example")],
            Course::TooLarge => &[("x-large", &large)],
            Course::Malformed => &[("X-Upper-Case", "a")],
            _ => &[("cookie", "id=s-cookie"), ("sec-websocket-protocol", "chat, s-subprotocol")],
        };
        let mut lines = connect("/chat?s-query", added);
        match course {
            Course::OtherVersion => lines[5].1 = "8",
            Course::Plain => lines = plain("GET", "/?s-query", &[]),
            _ => {}
        }
        let bytes = headers(&lines);
        let sent = if matches!(course, Course::Slow | Course::Reset) { &bytes[..9] } else { &bytes[..] };
        let mut exchange = served.open(sent).await;
        if matches!(course, Course::Reset) {
            exchange.send.reset(0x10c_u32.into()).expect("open");
        }
        let next = served.next().await;
        match course {
            Course::Accepted => {
                let _stream = next.expect("a head").accept(&options).await.expect("allowed");
                assert_eq!(exchange.head().await.expect("an answer").status, 200);
            }
            Course::Foreign | Course::OtherVersion => {
                let _ = next.expect("a head").check(&options).await.expect_err("refused");
            }
            Course::Rejected => {
                next.expect("a head").reject(Rejection::unauthorized("Bearer")).await.expect("a stream");
            }
            Course::Dropped => drop(next.expect("a head")),
            Course::Plain => {
                let request = next.expect("a head").into_http();
                request.respond(http::Response::new("hello")).await.expect("a stream");
            }
            Course::Broken => {
                let incoming = next.expect("a head");
                served.pair.client.close(0x101_u32.into(), b"");
                let _ = served.pair.server.closed().await;
                let _ = incoming.accept(&options).await.expect_err("nobody");
            }
            Course::Slow | Course::TooLarge | Course::Malformed | Course::Reset | Course::TurnedAway => {
                let _ = next.expect_err("no head");
            }
        }
        let _ = exchange.send.write(&frame(DATA, b"")).await;
    })
}
