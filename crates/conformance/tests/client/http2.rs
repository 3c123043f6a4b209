//! Our client over HTTP/2, with TLS and by prior knowledge.

use std::time::Duration;

use websocket_upgrade::http2::Session;
use websocket_upgrade_conformance::case::{Http, Role, cases};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::wire::Bounds;

use super::drivers::{JOBS, on_tokio};
use super::echo::{Result, echo};
use super::options::options;
use super::stream::Async;

/// What the crate `h2` below us decides.
const H2: [(&str, &str); 4] = [
    ("http2/client/settings/push-one", "it takes ENABLE_PUSH with 1 from a server"),
    ("http2/client/settings/first-is-ping", "it does not look at the first frame"),
    ("http2/client/response/pseudo-of-request", "it hides pseudo-header fields of responses"),
    ("http2/client/streams/trailers", "it takes trailers on a CONNECT as the end"),
];

/// A session, whose first request goes over HTTP/2 even without TLS.
async fn session(attempt: Attempt) -> Result {
    let options = options(&attempt)?;
    let session = Session::connect(&attempt.url, &options).await?;
    let (stream, settings, _) = session.open(&attempt.url, &options).await?.into_parts();
    echo(&mut Async::new(stream), &settings).await
}

/// A single request, over HTTP/2 because TLS agrees on it.
async fn single(attempt: Attempt) -> Result {
    assert!(attempt.http2);
    let options = options(&attempt)?.http2();
    let upgraded = websocket_upgrade::create_upgrade_request(&attempt.url, &options).await?;
    let (stream, settings, _) = upgraded.into_parts();
    echo(&mut Async::new(stream), &settings).await
}

/// Tests a client over HTTP/2. No case lasts as long as an exchange may, unless the machine is very busy.
fn suite(client: ClientSuite) -> ClientSuite {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_secs(20);
    client.http2().bounds(bounds).jobs(JOBS)
}

/// Every case passes, but for those that the library below us decides.
#[track_caller]
fn assert_passed(report: &Report) {
    let failed: Vec<_> = report.failed().map(|outcome| outcome.id.as_str()).collect();
    assert_eq!(failed, H2.map(|(id, _)| id), "{report}");
    let skipped: Vec<_> = report.skipped().map(|outcome| outcome.id.as_str()).collect();
    let intrusive = cases(Role::Client, Http::Http2).iter().filter(|case| case.intrusive);
    assert_eq!(skipped, intrusive.map(|case| case.id.as_str()).collect::<Vec<_>>(), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn session_passes() {
    let suite = suite(ClientSuite::new(session));
    assert!(suite.count() >= 240, "{} cases", suite.count());
    assert_passed(&suite.run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn single_passes_over_tls() {
    assert_passed(&suite(ClientSuite::new(single)).tls().unwrap().run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_are_bounded() {
    let mut suite = suite(ClientSuite::new(session)).intrusive(true);
    for case in cases(Role::Client, Http::Http2).iter().filter(|case| case.intrusive) {
        suite = suite.only(&case.id);
    }
    let report = suite.run().await;
    assert_eq!((report.counts().passed, report.counts().all()), (3, 3), "{report}");
}

/// A client that does not speak HTTP/2 is not tested over it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_client_is_skipped() {
    let report = suite(ClientSuite::new(on_tokio)).only("http2/client/request").run().await;
    assert_eq!(report.counts().skipped, report.counts().all(), "{report}");
}
