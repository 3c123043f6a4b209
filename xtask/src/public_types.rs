//! Checks which types of other crates are public in the libraries: each is listed with a reason in
//! `xtask/public_types.toml`.
//!
//! rustdoc writes what is public as JSON. Only nightly Rust has this, and a stable rustdoc that is told to act like
//! it. cargo-check-external-types reads the same JSON, but overlooks a public trait that is implemented for a type
//! of another crate, and each of its versions fits few versions of Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::process::{Command, ExitCode};

use serde::Deserialize;

use crate::command::{no_problems, own_cargo, run_quietly};
use crate::gaps::Gaps;
use crate::tree::{read, workspace};

mod api;

const TABLE: &str = "xtask/public_types.toml";

/// The packages, and the names of their libraries.
const LIBRARIES: [(&str, &str); 3] = [
    ("websocket-upgrade-proto", "websocket_upgrade_proto"),
    ("websocket-upgrade", "websocket_upgrade"),
    ("websocket-upgrade-h3", "websocket_upgrade_h3"),
];

/// The variable that holds the path of the real rustdoc while this program stands in for it.
const RUSTDOC: &str = "XTASK_RUSTDOC";

/// The table of third-party types that are public.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    public: Vec<Public>,
}

/// Types of a package that are public for one reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Public {
    package: String,
    types: Vec<String>,
    reason: String,
}

/// Checks the libraries.
pub(crate) fn check(gaps: &mut Gaps) -> Result<(), String> {
    let table: Table =
        toml::from_str(&read(workspace(), TABLE)?).map_err(|error| format!("{TABLE}: {error}"))?;
    let mut problems = Vec::new();
    for (package, library) in LIBRARIES {
        document(package)?;
        let file = workspace().join("target/doc").join(format!("{library}.json"));
        let json = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        match api::third_party(&json, &LIBRARIES.map(|(_, library)| library)) {
            Ok(found) => problems.extend(table.problems(package, &found)),
            Err(reason) => {
                gaps.add("third-party types that are public", reason);
                return Ok(());
            }
        }
    }
    no_problems(TABLE, &problems)
}

/// Writes what is public in a package as JSON.
fn document(package: &str) -> Result<(), String> {
    let myself = env::current_exe().map_err(|error| format!("no path of this program: {error}"))?;
    let rustdoc = env::var_os("RUSTDOC").unwrap_or_else(|| "rustdoc".into());
    let mut command = Command::new(own_cargo());
    command.args(["rustdoc", "--lib", "--package", package, "--all-features"]);
    command.args(["--", "-Z", "unstable-options", "--output-format", "json"]);
    // Only rustdoc is to act like nightly Rust. Dependencies would be compiled again if cargo's environment changed.
    run_quietly(&format!("what is public in {package}"), command.env("RUSTDOC", myself).env(RUSTDOC, rustdoc))
}

/// Runs rustdoc like that of nightly Rust, if this program was started in its place.
pub(crate) fn stand_in() -> Option<ExitCode> {
    let rustdoc = env::var_os(RUSTDOC)?;
    let mut command = Command::new(rustdoc);
    command.args(env::args_os().skip(1)).env_remove(RUSTDOC).env("RUSTC_BOOTSTRAP", "1");
    Some(match command.status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rustdoc: {error}");
            ExitCode::FAILURE
        }
    })
}

impl Table {
    /// Returns what is wrong with the table, given the types that are public in a package, and where.
    fn problems(&self, package: &str, found: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
        let mut problems = Vec::new();
        let mut listed = BTreeSet::new();
        for public in self.public.iter().filter(|public| public.package == package) {
            if public.reason.trim().is_empty() {
                problems.push(format!("{package}: {:?} have no reason", public.types));
            }
            for name in &public.types {
                if !listed.insert(name.as_str()) {
                    problems.push(format!("{package}: {name} is listed twice"));
                }
            }
        }
        for (name, places) in found.iter().filter(|(name, _)| !listed.contains(name.as_str())) {
            let place = places.iter().next().map_or("", String::as_str);
            problems.push(format!("{package}: {name} is public in {place}: say why, or hide it"));
        }
        for name in listed.into_iter().filter(|name| !found.contains_key(*name)) {
            problems.push(format!("{package}: {name} is not public: remove it"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_listed_once_with_a_reason() {
        let table = r#"
            public = [
                { package = "a", types = ["x::X", "y::Y", "x::X"], reason = "needed" },
                { package = "a", types = ["z::Z"], reason = " " },
                { package = "b", types = ["w::W"], reason = "of another package" },
            ]
        "#;
        let table: Table = toml::from_str(table).expect("a table");
        let of = |place: &str| BTreeSet::from([place.to_owned()]);
        let found = [("x::X", "a.rs:1"), ("z::Z", "a.rs:2"), ("w::W", "a.rs:3")];
        let found = found.map(|(name, place)| (name.to_owned(), of(place))).into();
        assert_eq!(
            table.problems("a", &found),
            [
                "a: x::X is listed twice",
                "a: [\"z::Z\"] have no reason",
                "a: w::W is public in a.rs:3: say why, or hide it",
                "a: y::Y is not public: remove it",
            ]
        );
    }
}
