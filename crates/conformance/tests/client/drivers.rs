//! Our client on every driver keeps every MUST and SHOULD, over `ws` and `wss`.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_util::compat::FuturesAsyncReadCompatExt;
use websocket_upgrade::{blocking, create_upgrade_request, futures};
use websocket_upgrade_conformance::client::{Attempt, ClientSuite};
use websocket_upgrade_conformance::report::{CaseResult, Report};
use websocket_upgrade_conformance::wire::Bounds;

use super::echo::{Result, echo};
use super::options::options;
use super::stream::{Async, Blocking};

/// How many cases are run at once.
pub(super) const JOBS: usize = 8;

/// Much time: our clients end by themselves, and the machine may be busy.
pub(super) fn patient() -> Bounds {
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_secs(60);
    bounds
}

pub(super) async fn on_tokio(attempt: Attempt) -> Result {
    let upgraded = create_upgrade_request(&attempt.url, &options(&attempt)?).await?;
    let (stream, settings, _) = upgraded.into_parts();
    echo(&mut Async::new(stream), &settings).await
}

async fn on_futures(attempt: Attempt) -> Result {
    let upgraded = futures::create_upgrade_request(&attempt.url, &options(&attempt)?).await?;
    let (stream, settings, _) = upgraded.into_parts();
    echo(&mut Async::new(stream.compat()), &settings).await
}

async fn on_blocking(attempt: Attempt) -> Result {
    let runtime = Handle::current();
    let handshake = move || {
        let upgraded = blocking::create_upgrade_request(&attempt.url, &options(&attempt)?)?;
        let (stream, settings, _) = upgraded.into_parts();
        runtime.block_on(echo(&mut Blocking::new(stream), &settings))
    };
    spawn_blocking(handshake).await?
}

/// Every case was run and passed, but for those that need something else.
#[track_caller]
pub(super) fn assert_passed(report: &Report) {
    for outcome in &report.results {
        match &outcome.result {
            CaseResult::Passed => {}
            CaseResult::Failed { expected, got } => {
                eprintln!("{}: {got}\n    expected: {expected}", outcome.id);
            }
            CaseResult::Skipped { reason } => assert!(
                reason.starts_with("intrusive") || reason.starts_with("the case needs"),
                "{} was skipped: {reason}",
                outcome.id
            ),
        }
    }
    assert_eq!(report.failed().count(), 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_passes() {
    let suite = ClientSuite::new(on_tokio).bounds(patient()).jobs(JOBS);
    assert!(suite.count() >= 180, "{} cases", suite.count());
    assert_passed(&suite.run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_passes_over_tls() {
    let suite = ClientSuite::new(on_tokio).tls().unwrap().bounds(patient()).jobs(JOBS);
    assert_passed(&suite.run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn futures_pass() {
    assert_passed(&ClientSuite::new(on_futures).bounds(patient()).jobs(JOBS).run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocking_passes() {
    assert_passed(&ClientSuite::new(on_blocking).bounds(patient()).jobs(JOBS).run().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_are_bounded() {
    let suite = ClientSuite::new(on_tokio).intrusive(true).bounds(patient()).jobs(JOBS);
    let groups = ["client/delivery/every", "client/limits", "client/interim", "client/refusal/body"];
    let suite = groups.into_iter().fold(suite, ClientSuite::only);
    assert_passed(&suite.run().await);
}
