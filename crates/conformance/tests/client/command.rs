//! A command under test: the example, and commands that do not work.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use websocket_upgrade_conformance::client::ClientSuite;
use websocket_upgrade_conformance::report::{CaseResult, Report};
use websocket_upgrade_conformance::wire::Bounds;

use super::drivers::patient;

/// Returns the path of the example. cargo puts the examples of this build beside the tests.
fn example() -> PathBuf {
    let test = env::current_exe().expect("the test's own path");
    let target = test.parent().and_then(|folder| folder.parent()).expect("a folder of builds");
    target.join("examples").join("client").with_extension(env::consts::EXE_EXTENSION)
}

fn got(report: &Report) -> Vec<String> {
    let results = report.results.iter().map(|outcome| match &outcome.result {
        CaseResult::Failed { got, .. } => got.clone(),
        other => format!("{other:?}"),
    });
    results.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_passes() {
    for tls in [false, true] {
        let suite =
            ClientSuite::command([example().into_os_string(), "{url}".into()]).bounds(patient()).jobs(8);
        let suite = if tls { suite.tls().unwrap().only("client/tls").only("client/upgrade") } else { suite };
        let report = suite.run().await;
        assert_eq!(report.failed().count(), 0, "{report}");
        let skipped = report.skipped().filter(|outcome| {
            let reason = format!("{:?}", outcome.result);
            ["intrusive", "the case needs", "does not offer permessage-deflate"]
                .iter()
                .all(|known| !reason.contains(known))
        });
        assert_eq!(skipped.count(), 0, "{report}");
    }
}

#[tokio::test]
async fn a_command_that_is_not_there_says_so() {
    let suite = ClientSuite::command(["/nothing/of/this/name", "{url}"]).only("client/accept/missing");
    let got = got(&suite.run().await);
    assert!(got[0].starts_with("it made no connection: the command can't be run"), "{got:?}");
    let got = self::got(&ClientSuite::command([""; 0]).only("client/accept/missing").run().await);
    assert!(got[0].contains("it is empty"), "{got:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_output_of_a_command_is_shown() {
    let script = "echo out of $WS_URL; echo {url} >&2; exit 3";
    let suite = ClientSuite::command(["sh", "-c", script]).only("client/accept/missing");
    let got = got(&suite.run().await);
    assert!(got[0].starts_with("it made no connection: exit status: 3: ws://127.0.0.1:"), "{got:?}");
    assert!(got[0].contains(": out of ws://127.0.0.1:"), "{got:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_command_has_started_is_ended_with_it() {
    // The child of the shell holds a pipe open. It is at its end when the child has ended.
    let mut bounds = Bounds::default();
    bounds.exchange = Duration::from_millis(300);
    let (mut alive, held) = tokio::net::unix::pipe::pipe().map(|(tx, rx)| (rx, tx)).unwrap();
    let held = held.into_blocking_fd().unwrap();
    let descriptor = std::os::fd::AsRawFd::as_raw_fd(&held);
    let path = format!("/proc/{}/fd/{descriptor}", std::process::id());
    let script = format!("sleep 100 > {path} & sleep 100");
    let suite = ClientSuite::command(["sh", "-c", &script]).bounds(bounds).only("client/accept/missing");
    assert_eq!(got(&suite.run().await), ["hung: it made no connection"]);
    drop(held);
    let mut buffer = [0; 1];
    let end =
        tokio::time::timeout(Duration::from_secs(5), tokio::io::AsyncReadExt::read(&mut alive, &mut buffer));
    assert_eq!(end.await.expect("the child was ended").unwrap(), 0);
}
