//! Checks `vectors/requirements.toml`: the requirements of the specifications, with the vectors and tests that verify
//! them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde::Deserialize;

use crate::command::no_problems;
use crate::evidence::Evidence;
use crate::tree::{read, workspace};

const SOURCE: &str = "vectors/requirements.toml";
const TABLE: &str = "docs/requirements.md";
const LEVELS: [&str; 4] = ["MUST", "MUST NOT", "SHOULD", "SHOULD NOT"];
const COMMAND: &str = "cargo xtask requirements";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirements {
    /// The text above the table.
    intro: String,
    requirement: Vec<Requirement>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Requirement {
    id: String,
    section: String,
    /// One of [`LEVELS`].
    level: String,
    /// In our own words.
    text: String,
    /// `file.json: name of a case`.
    #[serde(default)]
    vectors: Vec<String>,
    /// `path/from/the/root.rs: function`.
    #[serde(default)]
    tests: Vec<String>,
    /// Why the requirement is not ours.
    reason: Option<String>,
}

/// Checks the requirements and writes the table.
pub(crate) fn write() -> Result<(), String> {
    let table = table()?;
    let path = workspace().join(TABLE);
    let folder = path.parent().unwrap_or(workspace());
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, table))
        .map_err(|error| format!("{TABLE}: {error}"))?;
    println!("{TABLE} is written");
    Ok(())
}

/// Checks the requirements, and that the table is up to date.
pub(crate) fn check() -> Result<(), String> {
    println!("\n== requirements: {SOURCE} and {TABLE}");
    let table = table()?;
    let written = fs::read_to_string(workspace().join(TABLE)).unwrap_or_default();
    if written.replace("\r\n", "\n") != table {
        return Err(format!("requirements: {TABLE} is out of date, `{COMMAND}` renews it"));
    }
    println!("== requirements: ok");
    Ok(())
}

fn table() -> Result<String, String> {
    let text = read(workspace(), SOURCE)?;
    let requirements: Requirements = toml::from_str(&text).map_err(|error| format!("{SOURCE}: {error}"))?;
    let problems = problems(&requirements.requirement, &Evidence::of(workspace())?);
    no_problems(SOURCE, &problems)?;
    Ok(render(&requirements))
}

/// Returns what is wrong with the requirements.
fn problems(requirements: &[Requirement], evidence: &Evidence) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ids = BTreeSet::new();
    for requirement in requirements {
        let id = &requirement.id;
        let mut add = |problem: String| problems.push(format!("{id}: {problem}"));
        if !ids.insert(id) {
            add("the id is there twice".into());
        }
        if requirement.text.trim().is_empty() {
            add("no text".into());
        }
        if !LEVELS.contains(&requirement.level.as_str()) {
            add(format!("the level is none of {LEVELS:?}"));
        }
        let is_held = !(requirement.vectors.is_empty() && requirement.tests.is_empty());
        match &requirement.reason {
            None if !is_held => add("no vector, no test, and no reason why it is not ours".into()),
            Some(_) if is_held => add("either it is held, or there is a reason why it is not ours".into()),
            Some(reason) if reason.trim().is_empty() => add("an empty reason".into()),
            _ => {}
        }
        for vector in requirement.vectors.iter().filter(|vector| !evidence.has_vector(vector)) {
            add(format!("there is no vector {vector:?}, expected \"file.json: name\""));
        }
        for test in requirement.tests.iter().filter(|test| !evidence.has_test(test)) {
            add(format!("there is no test {test:?}, expected \"path: function\""));
        }
    }
    problems
}

fn render(Requirements { intro, requirement: all }: &Requirements) -> String {
    let mut sections: Vec<(&str, Vec<&Requirement>)> = Vec::new();
    for requirement in all {
        match sections.iter_mut().find(|(section, _)| *section == requirement.section) {
            Some((_, of_it)) => of_it.push(requirement),
            None => sections.push((&requirement.section, vec![requirement])),
        }
    }
    let mut out = format!(
        "# What the specifications require\n\nWritten by `{COMMAND}` from [`{SOURCE}`](../{SOURCE}): edit that.\n\n\
        {intro}\n| section | requirements | held | not ours |\n|---|--:|--:|--:|\n"
    );
    let sum = ("all", all.iter().collect());
    for (section, of_it) in sections.iter().chain([&sum]) {
        let held = of_it.iter().filter(|requirement| requirement.reason.is_none()).count();
        let _ = writeln!(out, "| {section} | {} | {held} | {} |", of_it.len(), of_it.len() - held);
    }
    for (section, of_it) in sections {
        let _ = write!(out, "\n## {section}\n\n| id | level | requirement | held by |\n|---|---|---|---|\n");
        for Requirement { id, level, text, vectors, tests, reason, .. } in of_it {
            let mut held = links(vectors, "vectors/", "");
            held.extend(links(tests, "", "`"));
            held.extend(reason.iter().map(|reason| format!("*Not ours:* {}", cell(reason))));
            let _ = writeln!(out, "| {id} | {level} | {} | {} |", cell(text), held.join("<br>"));
        }
    }
    out
}

/// Writes each `file: name` as a link to the file with the name after it. Neighbours in the same file share a link.
fn links(places: &[String], folder: &str, quote: &str) -> Vec<String> {
    let mut links: Vec<(&str, Vec<String>)> = Vec::new();
    for (file, name) in places.iter().filter_map(|place| place.split_once(": ")) {
        let name = format!("{quote}{}{quote}", cell(name));
        match links.last_mut().filter(|(last, _)| *last == file) {
            Some((_, names)) => names.push(name),
            None => links.push((file, vec![name])),
        }
    }
    let short = |file: &str| file.rsplit('/').next().unwrap_or_default().to_owned();
    let link = |(file, names): (&str, Vec<_>)| {
        format!("[{}](../{folder}{file}): {}", short(file), names.join(" · "))
    };
    links.into_iter().map(link).collect()
}

/// Escapes a text, so that it does not end the cell of a table and is not read as markup.
fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(entries: &str) -> String {
        let requirements: Requirements =
            toml::from_str(&format!("intro = \"\"\n{entries}")).expect("entries");
        problems(&requirements.requirement, &Evidence::of(workspace()).expect("vectors")).join("\n")
    }

    fn entry(more: &str) -> String {
        format!("[[requirement]]\nid = \"a\"\nsection = \"b\"\nlevel = \"MUST\"\ntext = \"c\"\n{more}\n")
    }

    #[test]
    fn what_is_held_by_nothing_is_found() {
        let test = "tests = [\"xtask/src/requirements.rs: what_is_held_by_nothing_is_found\"]";
        let reason = "reason = \"d\"";
        assert_eq!(problem(&entry("vectors = [\"requests.json: the sample handshake\"]")), "");
        assert_eq!(problem(&entry(test)), "");
        assert_eq!(problem(&entry(reason)), "");
        for (entries, expected) in [
            (entry(""), "no vector, no test"),
            (entry("reason = \" \""), "an empty reason"),
            (entry(&format!("{test}\n{reason}")), "either"),
            (entry(reason).repeat(2), "twice"),
            (entry(reason).replace("MUST", "MAY"), "level"),
            (entry(reason).replace("\"c\"", "\"\""), "no text"),
            (
                entry("vectors = [\"requests.json: no such case\"]"),
                "no vector \"requests.json: no such case\"",
            ),
            (entry("vectors = [\"nothing.json: the sample handshake\"]"), "no vector"),
            (entry("tests = [\"xtask/src/requirements.rs: is_held\"]"), "no test"),
            (entry("tests = [\"xtask/src/nothing.rs: main\"]"), "no test"),
        ] {
            assert!(problem(&entries).contains(expected), "{expected}: {}", problem(&entries));
        }
    }
}
