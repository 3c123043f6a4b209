//! The cases, a line each.

use std::io::{self, Write};

use websocket_upgrade_conformance::case::Case;

pub(super) fn list(cases: &[&Case]) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    let id = cases.iter().map(|case| case.id.len()).max().unwrap_or_default();
    for case in cases {
        writeln!(stdout, "{:id$}  {:10}  {}", case.id, case.severity, case.section)?;
    }
    stdout.flush()
}
