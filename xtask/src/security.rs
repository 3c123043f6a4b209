//! Checks `docs/security.md`: the attacks on a handshake, what stops them, and the tests that show it.

use crate::command::no_problems;
use crate::evidence::Evidence;
use crate::tree::{read, workspace};

const DOCUMENT: &str = "docs/security.md";

/// Checks that each row of its tables names existing vectors or tests.
pub(crate) fn check() -> Result<(), String> {
    println!("\n== security: {DOCUMENT}");
    let problems = problems(&read(workspace(), DOCUMENT)?, &Evidence::of(workspace())?);
    no_problems(DOCUMENT, &problems)?;
    println!("== security: ok");
    Ok(())
}

/// Returns what is wrong with the last cells. Such a cell has parts `[file](../path): name · name`, separated by
/// `<br>`.
fn problems(document: &str, evidence: &Evidence) -> Vec<String> {
    let mut problems = Vec::new();
    let mut rows = 0;
    for (line, text) in (1..).zip(document.lines()) {
        let Some(row) = text.strip_prefix("| ").and_then(|row| row.strip_suffix(" |")) else { continue };
        let cell = row.rsplit(" | ").next().unwrap_or_default();
        if cell == "shown by" {
            continue;
        }
        rows += 1;
        for part in cell.split("<br>") {
            match names(part) {
                None => problems.push(format!("line {line}: expected `[file](../path): name`, got {part:?}")),
                Some((path, names)) => {
                    let missing = names.into_iter().filter(|name| !is_there(path, name, evidence));
                    problems.extend(missing.map(|name| format!("line {line}: there is no {path}: {name}")));
                }
            }
        }
    }
    if rows == 0 {
        problems.push("it has no rows".into());
    }
    problems
}

/// Returns the path and the names in a part of a cell.
fn names(part: &str) -> Option<(&str, Vec<&str>)> {
    let (path, names) = part.split_once("](../")?.1.split_once("): ")?;
    Some((path, names.split(" · ").map(|name| name.trim_matches('`')).collect()))
}

fn is_there(path: &str, name: &str, evidence: &Evidence) -> bool {
    match path.strip_prefix("vectors/") {
        Some(file) => evidence.has_vector(&format!("{file}: {name}")),
        None => evidence.has_test(&format!("{path}: {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(row: &str) -> String {
        let document = format!("| who | shown by |\n|---|---|\n| a page | {row} |\n");
        problems(&document, &Evidence::of(workspace()).expect("vectors")).join("\n")
    }

    #[test]
    fn a_row_without_a_test_that_is_there_is_found() {
        let here = "[security.rs](../xtask/src/security.rs): `a_row_without_a_test_that_is_there_is_found`";
        let vector = "[requests.json](../vectors/requests.json): the sample handshake";
        for row in [here, vector, &format!("{here}<br>{vector} · the sample handshake")] {
            assert_eq!(problem(row), "", "{row}");
        }
        assert!(problem("it is safe").contains("line 3: expected"));
        assert!(
            problem(&here.replace("a_row", "no_row")).contains("there is no xtask/src/security.rs: no_row")
        );
        assert!(problem(&vector.replace("sample", "other")).contains("there is no vectors/requests.json"));
        assert!(problems("", &Evidence::of(workspace()).expect("vectors")).join("").contains("no rows"));
    }
}
