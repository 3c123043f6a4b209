//! Checks `docs/dependencies.md`: every dependency of the libraries, of the conformance suite and of the tool has a row
//! that says why it is there, and no set of features of a library compiles more crates than its row allows.

use std::collections::BTreeSet;
use std::process::Command;

use serde::Deserialize;

use crate::command::{no_problems, own_cargo};
use crate::tree::{read, workspace};

const DOCUMENT: &str = "docs/dependencies.md";

/// The first heading of each table, and the packages whose dependencies are in it.
const TABLES: [(&str, &[&str]); 4] = [
    ("crate", &["websocket-upgrade", "websocket-upgrade-proto", "websocket-upgrade-rustls"]),
    ("crate of HTTP/3", &["websocket-upgrade-h3"]),
    ("crate of the suite", &["websocket-upgrade-conformance"]),
    ("crate of the tool", &["wsupgrade"]),
];

/// The first heading of each table of sets of features, and the package whose features they are.
const SETS: [(&str, &str); 2] =
    [("features", "websocket-upgrade"), ("features of HTTP/3", "websocket-upgrade-h3")];

/// The platform that crates are counted for: dependencies differ between platforms.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Checks all tables, and prints the crates of each set of features.
pub(crate) fn check() -> Result<(), String> {
    println!("\n== dependencies: {DOCUMENT}");
    let document = read(workspace(), DOCUMENT)?;
    let mut problems = Vec::new();
    for (heading, packages) in TABLES {
        problems.extend(without_reason(&rows(&document, heading), &dependencies(packages)?));
    }
    for (heading, package) in SETS {
        let sets = rows(&document, heading);
        if sets.is_empty() {
            problems.push(format!("it has no sets of features of {package}"));
        }
        for cells in sets {
            let (features, limit) = (words(cells[0]), cells.last().and_then(|cell| cell.parse().ok()));
            let crates = crates(package, &features)?;
            let said = if features.is_empty() { "no feature".into() } else { features.join(", ") };
            println!("{crates:>4} crates of {package}: {said}");
            problems.extend(too_many(package, cells[0], crates, limit));
        }
    }
    no_problems(DOCUMENT, &problems)?;
    println!("== dependencies: ok");
    Ok(())
}

/// Returns the rows of the table whose first column has this heading, each with its cells.
fn rows<'d>(document: &'d str, heading: &str) -> Vec<Vec<&'d str>> {
    let cells = |line: &'d str| -> Option<Vec<&'d str>> {
        let row = line.strip_prefix("| ")?.strip_suffix(" |")?;
        Some(row.split(" | ").map(str::trim).collect())
    };
    let mut lines = document.lines().skip_while(|line| cells(line).is_none_or(|cells| cells[0] != heading));
    let _ = (lines.next(), lines.next());
    lines.map_while(cells).collect()
}

/// Returns the words in code of a cell.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Returns the dependencies without a row, and the rows of crates that are no dependencies.
fn without_reason(rows: &[Vec<&str>], dependencies: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    let mut listed = BTreeSet::new();
    for cells in rows {
        for name in words(cells[0]) {
            if !listed.insert(name.to_owned()) {
                problems.push(format!("{name} has two rows"));
            }
            if !dependencies.contains(name) {
                problems.push(format!("{name} is no dependency: remove its row"));
            }
            if cells.iter().any(|cell| cell.is_empty()) || cells.len() != rows[0].len() {
                problems.push(format!("{name}: a cell is missing"));
            }
        }
    }
    problems.extend(dependencies.difference(&listed).map(|name| format!("{name} has no row that says why")));
    problems
}

/// Returns what is wrong with the number of crates of a set of features.
fn too_many(package: &str, features: &str, crates: usize, limit: Option<usize>) -> Option<String> {
    match limit {
        None => Some(format!("{package}, {features}: the last cell is no number of crates")),
        Some(limit) if crates > limit => {
            Some(format!("{package}, {features}: {crates} crates are compiled, and its row allows {limit}"))
        }
        Some(_) => None,
    }
}

/// Returns the dependencies of packages that are compiled with some feature, without the packages of this project.
fn dependencies(packages: &[&str]) -> Result<BTreeSet<String>, String> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    #[derive(Deserialize)]
    struct Package {
        name: String,
        dependencies: Vec<Dependency>,
    }
    #[derive(Deserialize)]
    struct Dependency {
        name: String,
        /// `None` for a normal dependency.
        kind: Option<String>,
    }
    let json = cargo(&["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Metadata =
        serde_json::from_str(&json).map_err(|error| format!("cargo metadata: {error}"))?;
    let wanted = metadata.packages.into_iter().filter(|package| packages.contains(&&*package.name));
    let all = wanted.flat_map(|package| package.dependencies);
    let compiled = all.filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    let own: Vec<&str> = TABLES.iter().flat_map(|(_, packages)| *packages).copied().collect();
    Ok(compiled.map(|dependency| dependency.name).filter(|name| !own.contains(&&**name)).collect())
}

/// Returns how many crates are compiled for a library with these features, the library and build scripts included.
fn crates(package: &str, features: &[&str]) -> Result<usize, String> {
    let features = features.join(",");
    let what = ["tree", "--package", package, "--no-default-features", "--features", &features];
    let how = ["--edges", "no-dev", "--target", TARGET, "--prefix", "none", "--format", "{p}"];
    let tree = cargo(&[&what[..], &how].concat())?;
    Ok(distinct(&tree))
}

/// Returns how many crates there are in the output of `cargo tree`, which names some of them repeatedly.
fn distinct(tree: &str) -> usize {
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty());
    names.collect::<BTreeSet<_>>().len()
}

fn cargo(arguments: &[&str]) -> Result<String, String> {
    let what = arguments.first().copied().unwrap_or_default();
    let output = Command::new(own_cargo()).args(arguments).current_dir(workspace()).output();
    let output = output.map_err(|error| format!("could not start cargo {what}: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo {what}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
| crate | why |\n|---|---|\n| `a` | needed |\n| `b`, `c` | needed too |\n\ntext\n\n\
| features | for | crates |\n|---|---|--:|\n| none | a driver | 2 |\n| `x`, `y` | all | 12 |\n";

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn the_rows_of_each_table() {
        assert_eq!(rows(DOCUMENT, "crate"), [["`a`", "needed"], ["`b`, `c`", "needed too"]]);
        let sets = rows(DOCUMENT, "features");
        assert_eq!(sets, [["none", "a driver", "2"], ["`x`, `y`", "all", "12"]]);
        assert_eq!((words(sets[0][0]), words(sets[1][0])), (vec![], vec!["x", "y"]));
        assert!(rows(DOCUMENT, "other").is_empty());
    }

    #[test]
    fn every_dependency_has_one_row() {
        let rows = rows(DOCUMENT, "crate");
        assert!(without_reason(&rows, &set(&["a", "b", "c"])).is_empty());
        assert_eq!(without_reason(&rows, &set(&["a", "b", "c", "d"])), ["d has no row that says why"]);
        assert_eq!(without_reason(&rows, &set(&["a", "b"])), ["c is no dependency: remove its row"]);
        let twice = [vec!["`a`", "needed"], vec!["`a`", "needed"]];
        assert_eq!(without_reason(&twice, &set(&["a"])), ["a has two rows"]);
        for empty in [vec!["`b`", ""], vec!["`b`"]] {
            let problems = without_reason(&[vec!["`a`", "needed"], empty], &set(&["a", "b"]));
            assert_eq!(problems, ["b: a cell is missing"]);
        }
    }

    #[test]
    fn a_set_of_features_has_no_more_crates_than_its_row_allows() {
        assert_eq!(too_many("a", "`x`", 12, Some(12)), None);
        let problem = too_many("a", "`x`", 13, Some(12)).expect("one too many");
        assert_eq!(problem, "a, `x`: 13 crates are compiled, and its row allows 12");
        assert!(too_many("a", "`x`", 1, None).is_some());
    }

    #[test]
    fn a_crate_counts_once_and_each_of_its_versions() {
        assert_eq!(distinct("a v1.0.0\nb v1.0.0\na v1.0.0 (*)\n\nb v2.0.0\n"), 3);
    }
}
