//! Finds mutants of the core that survive: changes of its code that no test notices.
//!
//! There are two passes. The first one runs the vectors, which catch nearly every mutant in about two seconds. The
//! second one runs the unit tests and the properties, only for the survivors. Both passes use fewer inputs than usual:
//! at every split of a message, for example, the vectors would take minutes. Mutants that no test can catch are listed
//! in `crates/proto/mutants.toml`, with the reason.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde::Deserialize;

use crate::command::{no_problems, own_cargo};
use crate::toolchain::cargo_install;
use crate::tree::{read, workspace};

const PACKAGE: &str = "websocket-upgrade-proto";
const SOURCE: &str = "crates/proto/src";
const LIST: &str = "crates/proto/mutants.toml";
const OUTPUT: &str = "target/mutants";

/// The environment variable that makes the tests use fewer inputs.
const QUICK: &str = "QUICK_TESTS";

const FIRST: [&str; 2] = ["--test", "vectors"];
const SECOND: [&str; 3] = ["--lib", "--test", "properties"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    mutant: Vec<Listed>,
}

/// A mutant that may survive.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    /// Its name in cargo-mutants, without line and column.
    name: String,
    /// The number of survivors with this name.
    #[serde(default = "one")]
    times: usize,
    /// Why no test can catch it.
    reason: String,
}

fn one() -> usize {
    1
}

/// Tests the mutants of these files, or of the whole core.
pub(crate) fn run(files: &[String]) -> Result<(), String> {
    cargo_install("cargo-mutants", true)?;
    let text = read(workspace(), LIST)?;
    let list: List = toml::from_str(&text).map_err(|error| format!("{LIST}: {error}"))?;
    let files: Vec<String> = files.iter().map(|file| in_core(file)).collect::<Result<_, _>>()?;
    let output = workspace().join(OUTPUT);
    if output.exists() {
        fs::remove_dir_all(&output).map_err(|error| format!("{OUTPUT}: {error}"))?;
    }
    let first = attempt("the vectors", &files, &FIRST, false)?;
    let (mut survivors, mut slow) = (first.missed, first.timeouts);
    if !survivors.is_empty() {
        let second = attempt("the unit tests and the properties", &files, &SECOND, true)?;
        // cargo-mutants tries those again that did not end. They were noticed, whatever these tests do.
        slow.extend(second.timeouts.into_iter().filter(|name| survivors.contains(name)));
        survivors.retain(|name| second.missed.contains(name));
    }
    let survivors: Vec<String> = survivors.iter().map(|name| without_place(name)).collect();
    println!(
        "\n== mutants: {}, of which {} did not compile, {} did not end, {} survived",
        first.all,
        first.unviable,
        slow.len(),
        survivors.len()
    );
    no_problems("mutants", &problems(&list.mutant, &survivors, &files))
}

/// Finds a file of the core, given by its path from the root or from the core's sources. Returns the path from the
/// root.
fn in_core(file: &str) -> Result<String, String> {
    let candidates = [file.to_owned(), format!("{SOURCE}/{file}"), format!("{SOURCE}/{file}.rs")];
    let found = candidates.iter().find(|path| path.starts_with(SOURCE) && workspace().join(path).exists());
    let found = found.ok_or_else(|| format!("mutants: {file:?} is no file of {SOURCE}"))?;
    let is_folder = workspace().join(found).is_dir();
    Ok(if is_folder { format!("{}/", found.trim_end_matches('/')) } else { found.clone() })
}

/// The result of one pass: numbers, and names as cargo-mutants writes them.
struct Tried {
    all: usize,
    unviable: usize,
    timeouts: Vec<String>,
    missed: Vec<String>,
}

fn attempt(what: &str, files: &[String], tests: &[&str], only_missed: bool) -> Result<Tried, String> {
    println!("\n== mutants: {what}");
    let mut command = Command::new(own_cargo());
    command.current_dir(workspace());
    command.args(["mutants", "--package", PACKAGE, "--all-features", "--profile", "mutants"]);
    command.args(["--output", OUTPUT, "--no-shuffle", "--colors", "never"]);
    for file in files {
        let glob = if file.ends_with('/') { format!("{file}**") } else { file.clone() };
        command.args(["--file", &glob]);
    }
    // Many changes make endless loops. By default cargo-mutants waits five times as long as the tests take, and at
    // least 20 s.
    command.env(QUICK, "1").args(["--jobs", "2", "--minimum-test-timeout", "15"]);
    if only_missed {
        command.arg("--iterate");
    }
    // Arguments after `--` would apply only to the run: all other tests would still be built for each mutant.
    command.args(tests.iter().map(|test| format!("--cargo-arg={test}")));
    let status = command.status().map_err(|error| format!("mutants: {error}"))?;
    // The status is 2 if some survived, and 3 if some did not end, which counts as noticed.
    if !status.success() && !matches!(status.code(), Some(2 | 3)) {
        return Err(format!("mutants: failed ({status})"));
    }
    let folder = workspace().join(OUTPUT).join("mutants.out");
    let names = |file: &str| -> Vec<String> {
        fs::read_to_string(folder.join(file)).unwrap_or_default().lines().map(str::to_owned).collect()
    };
    let (missed, timeouts) = (names("missed.txt"), names("timeout.txt"));
    let (caught, unviable) = (names("caught.txt").len(), names("unviable.txt").len());
    Ok(Tried { all: caught + unviable + timeouts.len() + missed.len(), unviable, timeouts, missed })
}

/// Removes the numbers from a name such as `crates/proto/src/uri.rs:44:21: replace ...`.
fn without_place(line: &str) -> String {
    match line.splitn(4, ':').collect::<Vec<_>>()[..] {
        [file, _, _, change] => format!("{file}:{change}"),
        _ => line.to_owned(),
    }
}

/// Returns the survivors that are not listed, and the listed mutants of these files that did not survive.
fn problems(list: &[Listed], survivors: &[String], files: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for survivor in survivors {
        *counts.entry(survivor).or_default() += 1;
    }
    let tried = |name: &str| files.is_empty() || files.iter().any(|file| name.starts_with(file.as_str()));
    let mut problems = Vec::new();
    for Listed { name, times, reason } in list {
        let survived = counts.remove(name.as_str()).unwrap_or_default();
        if reason.trim().is_empty() {
            problems.push(format!("{name}: no reason"));
        }
        if tried(name) && survived != *times {
            problems.push(format!("{name}: {times} are listed in {LIST}, {survived} survived"));
        }
    }
    problems.extend(counts.into_iter().map(|(name, times)| format!("{name}: {times} survived")));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_no_place() {
        assert_eq!(
            without_place("crates/proto/src/uri.rs:44:21: replace | with ^ in a::b"),
            "crates/proto/src/uri.rs: replace | with ^ in a::b"
        );
        assert_eq!(without_place("something else"), "something else");
    }

    #[test]
    fn a_survivor_is_listed_and_a_listed_one_survives() {
        let listed =
            |name: &str, times, reason: &str| Listed { name: name.into(), times, reason: reason.into() };
        let list = [listed("a.rs: x", 2, "the same"), listed("b.rs: y", 1, "the same")];
        let survivors = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(problems(&list, &survivors(&["a.rs: x", "a.rs: x", "b.rs: y"]), &[]).is_empty());
        assert!(problems(&list, &survivors(&["a.rs: x", "a.rs: x"]), &["a.rs".into()]).is_empty());
        let found = problems(&list, &survivors(&["a.rs: x", "c.rs: z"]), &[]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(problems(&[listed("a", 1, " ")], &survivors(&["a"]), &[]), ["a: no reason"]);
    }
}
