//! Runs of the suite, against a server or a client.

use std::ffi::OsString;

use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::client::ClientSuite;
use websocket_upgrade_conformance::report::Report;
use websocket_upgrade_conformance::server::ServerSuite;
use websocket_upgrade_conformance::wire::{Bounds, Trust};

use super::flags::Flags;
use super::progress::Progress;
use super::reach::reach;
use crate::exit::Exit;
use crate::failure::Failure;

/// Tests a server.
///
/// # Errors
///
/// If it can't be reached, or if a flag is wrong.
pub(crate) async fn server(url: &str, flags: &Flags) -> Result<Report, Failure> {
    flags.cases(Role::Server)?;
    let url = reach(url, flags).await?;
    let mut suite = ServerSuite::new(&url).map_err(Failure::usage)?;
    if flags.http2 {
        suite = suite.http2();
    }
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
    Ok(suite.progress(progress.step()).run().await)
}

/// Tests a client.
///
/// # Errors
///
/// If a flag is wrong.
pub(crate) async fn client(command: &[OsString], tls: bool, flags: &Flags) -> Result<Report, Failure> {
    flags.cases(Role::Client)?;
    let mut suite = ClientSuite::command(command);
    if flags.http2 {
        suite = suite.http2();
    }
    if tls {
        suite = suite.tls().map_err(|error| Failure::new(Exit::Local, error))?;
    }
    if flags.http2 {
        suite = suite.http2();
    }
    suite = suite.intrusive(flags.intrusive).jobs(flags.jobs).bounds(bounds(flags));
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
