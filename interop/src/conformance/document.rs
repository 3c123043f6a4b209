//! `docs/conformance.md`: the results as tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::conformance::results::{Results, Row};
use crate::runtime::folder;

/// Writes the document.
pub(crate) fn write(results: &Results) -> Result<(), String> {
    fs::write(path(), text(results)).map_err(|error| format!("{}: {error}", path().display()))
}

/// Returns an error if the document is not made of these results.
pub(crate) fn check(results: &Results) -> Result<(), String> {
    let written = fs::read_to_string(path()).map_err(|error| format!("{}: {error}", path().display()))?;
    if written == text(results) {
        Ok(())
    } else {
        Err("docs/conformance.md is not made of docs/conformance.json: run `cargo xtask conformance`"
            .to_owned())
    }
}

fn path() -> PathBuf {
    folder().join("../docs/conformance.md")
}

fn text(results: &Results) -> String {
    let mut text = HEAD.to_owned();
    for (title, role, http) in TABLES {
        let rows: Vec<&Row> =
            results.rows.iter().filter(|row| row.role == role && row.http == http).collect();
        if rows.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "\n## {title}\n\n| | MUST | SHOULD | robustness | skipped |\n|---|--:|--:|--:|--:|\n"
        );
        for row in &rows {
            let skipped: usize = row.skipped.values().sum();
            let cells = SEVERITIES.map(|severity| cell(row, severity));
            let name =
                if row.ours { format!("**{}, {}**", row.version, row.name) } else { row.version.clone() };
            let _ = writeln!(text, "| {name} | {} | {} | {} | {skipped} |", cells[0], cells[1], cells[2]);
        }
        for row in rows.iter().filter(|row| !row.failing().is_empty()) {
            details(&mut text, row);
        }
    }
    text
}

/// Returns how many cases of a severity passed, of how many.
fn cell(row: &Row, severity: &str) -> String {
    let passed = row.passed.get(severity).copied().unwrap_or_default();
    let failed = row.failed.get(severity).into_iter().flat_map(BTreeMap::values).flatten().count();
    match passed + failed {
        0 => "-".to_owned(),
        all => format!("{passed} of {all}"),
    }
}

/// Returns the software with its version, and for ours the entrance.
fn title(row: &Row) -> String {
    if row.ours { format!("{}, {}", row.version, row.name) } else { row.version.clone() }
}

/// Lists the failed cases of a row by their sections.
fn details(text: &mut String, row: &Row) {
    let _ = write!(text, "\n<details><summary>{}</summary>\n\n", title(row));
    for severity in SEVERITIES {
        for (section, ids) in row.failed.get(severity).into_iter().flatten() {
            let ids: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
            let _ = writeln!(text, "- {severity}, {section}: {}", ids.join(", "));
        }
    }
    text.push_str("\n</details>\n");
}

/// The severities that are shown. Cases about security are run too, but what other software fails of them is for its
/// maintainers alone.
pub(crate) const SEVERITIES: [&str; 3] = ["MUST", "SHOULD", "robustness"];

/// The tables: title, role and version of HTTP.
const TABLES: [(&str, &str, &str); 4] = [
    ("Servers over HTTP/1.1", "server", "1.1"),
    ("Servers over HTTP/2", "server", "2"),
    ("Clients over HTTP/1.1", "client", "1.1"),
    ("Clients over HTTP/2", "client", "2"),
];

const HEAD: &str = "# Conformance

The [conformance suite](../crates/conformance), run against other software and against this project's own servers and
clients, each as its documentation shows it. `cargo xtask conformance` runs it, and writes this page.

A case is a MUST only where a section of a specification says so; where a choice is left, every conforming answer
passes. What the software does not support (a subprotocol, permessage-deflate) is skipped. Cases about security are run
too, and are not shown here. `wsupgrade check` shows each case with what went over the wire.

What this project's own rows fail on hyper and over HTTP/2 is decided by the crates below it, before the library sees
the request or the response. The tests of the suite list each of these cases with its reason.
";
