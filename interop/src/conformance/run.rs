//! Runs the suite against the subjects.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use websocket_upgrade_conformance::case::Http;
use websocket_upgrade_conformance::client::ClientSuite;
use websocket_upgrade_conformance::report::{CaseResult, Report};
use websocket_upgrade_conformance::server::ServerSuite;

use crate::conformance::document::{self, SEVERITIES};
use crate::conformance::programs::Programs;
use crate::conformance::results::{Results, Row};
use crate::conformance::subject::{SUBJECTS, Subject};
use crate::peer::Role;

/// Runs the suite as the command line says, and prints what is wrong.
pub(crate) fn to_end(only: Option<&str>, check: bool, may_install: bool) -> ExitCode {
    let run = async || if check { everyday(may_install).await } else { all(only, may_install).await };
    let done = Runtime::new().map_err(|error| error.to_string()).and_then(|runtime| runtime.block_on(run()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the suite against all subjects whose name contains `only`, and writes the results and the document. With
/// `only`, the other results stay as they are.
async fn all(only: Option<&str>, may_install: bool) -> Result<(), String> {
    let programs = Programs::build()?;
    let mut results = if only.is_some() { Results::read()? } else { Results::default() };
    let mut missing = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| only.is_none_or(|only| subject.name.contains(only))) {
        match rows(subject, &programs, may_install).await {
            Ok(rows) => rows.into_iter().for_each(|row| results.put(row)),
            Err(error) => {
                println!("not run: {}: {error}", subject.title());
                missing.push(subject.title());
            }
        }
    }
    SUITE.clone_into(&mut results.suite);
    results.write()?;
    document::write(&results)?;
    if missing.is_empty() { Ok(()) } else { Err(format!("not run: {}", missing.join(", "))) }
}

/// Runs the suite against our own servers and clients and two others. No row may differ from the committed results.
/// What of them fails although it is ours is held by the tests of the suite, with the reason.
async fn everyday(may_install: bool) -> Result<(), String> {
    let known = Results::read()?;
    document::check(&known)?;
    let programs = Programs::build()?;
    let mut problems = Vec::new();
    for subject in SUBJECTS.iter().filter(|subject| subject.everyday) {
        match rows(subject, &programs, may_install).await {
            Ok(rows) => {
                problems.extend(rows.iter().filter_map(|row| problem(row, known.row(row))));
            }
            Err(error) => println!("not run: {}: {error}", subject.title()),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Says what is wrong with a row: another result than the committed one. In some cases about robustness it depends on
/// the time what other software does.
fn problem(row: &Row, known: Option<&Row>) -> Option<String> {
    let title = format!("{} as {} over HTTP/{}", row.name, row.role, row.http);
    let Some(known) = known else {
        return Some(format!("{title}: no result is committed: run `cargo xtask conformance`"));
    };
    let of = |row: &'_ Row| -> Vec<String> {
        let ids = if row.ours { row.failing() } else { row.breaking() };
        ids.into_iter().map(str::to_owned).collect()
    };
    let (now, before) = (of(row), of(known));
    let without = |ids: &[String], others: &[String]| -> Vec<String> {
        ids.iter().filter(|id| !others.contains(id)).cloned().collect()
    };
    let (new, gone) = (without(&now, &before), without(&before, &now));
    // Another version of other software may do better or worse.
    (row.version == known.version && !(new.is_empty() && gone.is_empty())).then(|| {
        format!(
            "{title}: other results than those committed: now failing [{}], no longer failing [{}]: run `cargo xtask \
             conformance`",
            new.join(", "),
            gone.join(", ")
        )
    })
}

/// Runs the suite against one subject, over each version of HTTP that it has.
async fn rows(subject: &Subject, programs: &Programs, may_install: bool) -> Result<Vec<Row>, String> {
    subject.install(may_install)?;
    let version = subject.version(programs, Instant::now() + PATIENCE)?;
    let mut rows = Vec::new();
    for http in subject.versions() {
        let start = Instant::now();
        let report = report(subject, http, programs).await?;
        let row = row(subject, &version, &report);
        println!(
            "{} over HTTP/{}: {} failed, {} s",
            subject.title(),
            row.http,
            row.failing().len(),
            start.elapsed().as_secs()
        );
        if subject.ours && !report.holds() {
            println!("{report}");
        }
        rows.push(row);
    }
    Ok(rows)
}

async fn report(subject: &Subject, http: Http, programs: &Programs) -> Result<Report, String> {
    match subject.role {
        Role::Server => {
            let (mut process, url) = subject.start(programs, Instant::now() + RUN)?;
            let suite = ServerSuite::new(&url).map_err(|error| error.to_string())?.jobs(JOBS);
            let suite = if http == Http::Http2 { suite.http2() } else { suite };
            let report = suite.run().await;
            // Cases that met no server say nothing about it.
            process.still_runs()?;
            Ok(report)
        }
        Role::Client => {
            let command = subject.client_command(programs);
            let words = std::iter::once(command.get_program()).chain(command.get_args());
            let words = words.map(|word| word.to_string_lossy().into_owned());
            let suite = ClientSuite::command(words.chain(["{url}".to_owned()])).jobs(JOBS);
            let suite = if http == Http::Http2 { suite.http2() } else { suite };
            Ok(suite.run().await)
        }
    }
}

fn row(subject: &Subject, version: &str, report: &Report) -> Row {
    let (mut passed, mut failed, mut skipped) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for outcome in &report.results {
        let severity = outcome.severity.to_string();
        // What other software fails of the cases about security is not kept.
        if !SEVERITIES.contains(&severity.as_str()) && !subject.ours {
            continue;
        }
        match &outcome.result {
            CaseResult::Passed => *passed.entry(severity).or_default() += 1,
            CaseResult::Failed { .. } => {
                let of_severity: &mut BTreeMap<_, Vec<_>> = failed.entry(severity).or_default();
                of_severity.entry(outcome.section.clone()).or_default().push(outcome.id.clone());
            }
            CaseResult::Skipped { reason } => *skipped.entry(reason.clone()).or_default() += 1,
        }
    }
    Row {
        name: subject.name.to_owned(),
        version: version.to_owned(),
        ours: subject.ours,
        role: subject.role.name().to_owned(),
        http: if report.http == Http::Http2 { "2" } else { "1.1" }.to_owned(),
        passed,
        failed,
        skipped,
    }
}

/// The version of the suite.
const SUITE: &str = env!("CARGO_PKG_VERSION");

/// The time for a server to serve all cases.
const RUN: Duration = Duration::from_mins(10);

/// The time for a program to print its version.
const PATIENCE: Duration = Duration::from_secs(30);

/// The connections at a time. Most of a run is waiting.
const JOBS: usize = 8;
