//! The names of the faults that the server can have.

use std::io::{self, Write};

use websocket_upgrade_conformance::case::Role;
use websocket_upgrade_conformance::faults::Fault;

use crate::exit::Exit;
use crate::failure::Failure;

/// The faults of servers.
fn all() -> impl Iterator<Item = Fault> {
    Fault::ALL.iter().copied().filter(|fault| fault.role() == Role::Server)
}

/// Reads the name of a fault.
pub(crate) fn named(name: &str) -> Result<Fault, Failure> {
    all().find(|fault| fault.name() == name).ok_or_else(|| {
        Failure::usage(format_args!("--fault {name}: there is no fault of this name"))
            .hint("`wsupgrade serve --list-faults` lists them")
    })
}

/// Lists the faults.
pub(crate) fn list() -> Result<Exit, Failure> {
    let width = all().map(|fault| fault.name().len()).max().unwrap_or_default();
    let mut stdout = io::stdout().lock();
    for fault in all() {
        writeln!(stdout, "{:width$}  {}", fault.name(), fault.does())?;
    }
    Ok(Exit::Success)
}
