//! Runs of the suite, against a server or a client.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::client::ClientSuite;
use websocket_upgrade_conformance::report::{CaseResult, Outcome, Report};
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::{Bounds, Trust};

use super::flags::Flags;
use super::progress::Progress;
use super::reach::reach;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::network::is_secret;

/// Tests a server.
///
/// # Errors
///
/// If it can't be reached, or if a flag is wrong.
pub(crate) async fn server(url: &str, flags: &Flags) -> Result<Report, Failure> {
    flags.cases(Role::Server)?;
    let url = reach(url, flags).await?;
    let mut suite = ServerSuite::new(&url).map_err(Failure::usage)?;
    if let Some(path) = &flags.cacert {
        let pem = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        suite = suite.trust(&Trust::Roots(pem)).map_err(Failure::usage)?;
    }
    for header in &flags.headers {
        suite = suite.field(header).map_err(Failure::usage)?;
    }
    if !flags.subprotocols.is_empty() {
        suite = suite.subprotocols(&flags.subprotocols);
    }
    if flags.http2 {
        suite = suite.http2();
    }
    suite = suite.intrusive(flags.intrusive).jobs(flags.jobs).bounds(bounds(flags));
    suite = flags.only.iter().fold(suite, ServerSuite::only);
    suite = flags.skip.iter().fold(suite, ServerSuite::skip);
    let progress = Progress::new(suite.count());
    let mut report = suite.progress(progress.step()).run().await;
    // Reports are kept and shown to others.
    for header in &flags.headers {
        if let Some((name, value)) = header.split_once(':').filter(|(name, _)| is_secret(name)) {
            // A scheme such as `Basic` stands in front of credentials.
            let value = value.trim();
            let secret = value.split_once(' ').filter(|_| name.to_ascii_lowercase().contains("auth"));
            report.hide(secret.map_or(value, |(_, secret)| secret.trim_start()));
        }
    }
    Ok(report)
}

/// Tests a client.
///
/// # Errors
///
/// If a flag is wrong.
pub(crate) async fn client(command: &[OsString], tls: bool, flags: &Flags) -> Result<Report, Failure> {
    flags.cases(Role::Client)?;
    found(command)?;
    let suite = || -> Result<ClientSuite, Failure> {
        let mut suite = ClientSuite::command(command);
        if tls {
            suite = suite.tls().map_err(|error| Failure::new(Exit::Local, error))?;
        }
        if flags.http2 {
            suite = suite.http2();
        }
        Ok(suite.intrusive(flags.intrusive).jobs(flags.jobs).bounds(bounds(flags)))
    };
    connects(suite()?.only(FIRST[usize::from(flags.http2)]).run().await)?;
    let mut suite = suite()?;
    suite = flags.only.iter().fold(suite, ClientSuite::only);
    suite = flags.skip.iter().fold(suite, ClientSuite::skip);
    let progress = Progress::new(suite.count());
    Ok(suite.progress(progress.step()).run().await)
}

fn bounds(flags: &Flags) -> Bounds {
    let mut bounds = Bounds::default();
    bounds.exchange = flags.timeout;
    bounds
}

/// Checks that the client has made a connection in the first case, so that it does not fail in every case.
fn connects(first: Report) -> Result<(), Failure> {
    match first.results.into_iter().next() {
        Some(Outcome { result: CaseResult::Failed { got, .. }, wire, .. }) if wire.is_empty() => {
            Err(Failure::new(Exit::Conformance, format_args!("the client does not connect: {got}"))
                .hint("`wsupgrade check --help` says what a client does, and what its environment has"))
        }
        _ => Ok(()),
    }
}

/// Cases with nothing unusual, over HTTP/1.1 and HTTP/2.
const FIRST: [&str; 2] = ["client/status-line/base", "http2/client/request/method"];

/// Checks that the command can be found, so that it does not fail in every case.
fn found(command: &[OsString]) -> Result<(), Failure> {
    let Some(program) = command.first().map(Path::new) else { return Ok(()) };
    let path = env::var_os("PATH").unwrap_or_default();
    // A path is not looked up in the folders for programs.
    let is_there = match program.components().count() {
        1 => env::split_paths(&path).any(|folder| folder.join(program).is_file()),
        _ => program.is_file(),
    };
    if cfg!(windows) || is_there {
        return Ok(());
    }
    Err(Failure::usage(format_args!("{}: there is no such command", program.display()))
        .hint("the command and each of its arguments are words of their own: -- my-client --url {url}"))
}

#[cfg(test)]
mod tests {
    use websocket_upgrade_conformance::case::{Http, Role, cases};

    use super::FIRST;

    #[test]
    fn the_first_cases_are_there() {
        for (http, first) in [Http::Http1, Http::Http2].into_iter().zip(FIRST) {
            assert!(cases(Role::Client, http).iter().any(|case| case.id == first), "{first}");
        }
    }
}
