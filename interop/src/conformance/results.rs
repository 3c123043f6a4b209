//! The results of all runs, as they are kept in `docs/conformance.json`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::runtime::folder;

/// The results of all runs.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct Results {
    /// The version of the suite.
    pub(crate) suite: String,
    pub(crate) rows: Vec<Row>,
}

/// The result of one run.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// Name and version of the software.
    pub(crate) version: String,
    pub(crate) ours: bool,
    /// `server` or `client`.
    pub(crate) role: String,
    /// The version of HTTP.
    pub(crate) http: String,
    /// The number of passed cases for each severity.
    pub(crate) passed: BTreeMap<String, usize>,
    /// The failed cases for each severity, by the section that decides.
    pub(crate) failed: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// The number of skipped cases for each reason.
    pub(crate) skipped: BTreeMap<String, usize>,
}

impl Results {
    /// Reads the committed results.
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(path()).map_err(|error| format!("{}: {error}", path().display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path().display()))
    }

    /// Writes the results, to be committed.
    pub(crate) fn write(&self) -> Result<(), String> {
        // A row a line, so that a change of one is seen.
        let rows: Result<Vec<String>, _> = self.rows.iter().map(serde_json::to_string).collect();
        let rows = rows.map_err(|error| error.to_string())?.join(",\n");
        let text = format!("{{\"suite\":\"{}\",\"rows\":[\n{rows}\n]}}\n", self.suite);
        fs::write(path(), text).map_err(|error| format!("{}: {error}", path().display()))
    }

    /// Adds the row of a run, or puts it in the place of an older one.
    pub(crate) fn put(&mut self, row: Row) {
        match self.rows.iter_mut().find(|known| known.key() == row.key()) {
            Some(known) => *known = row,
            None => self.rows.push(row),
        }
    }

    /// Returns the row of a run.
    pub(crate) fn row(&self, row: &Row) -> Option<&Row> {
        self.rows.iter().find(|known| known.key() == row.key())
    }
}

impl Row {
    /// What tells the rows apart.
    fn key(&self) -> (&str, bool, &str, &str) {
        (&self.name, self.ours, &self.role, &self.http)
    }

    /// Returns the identifiers of the failed cases that a section decides.
    pub(crate) fn breaking(&self) -> Vec<&str> {
        let decided =
            self.failed.iter().filter(|(severity, _)| ["MUST", "SHOULD"].contains(&severity.as_str()));
        decided.flat_map(|(_, sections)| sections.values()).flatten().map(String::as_str).collect()
    }

    /// Returns the identifiers of the failed cases.
    pub(crate) fn failing(&self) -> Vec<&str> {
        self.failed.values().flat_map(BTreeMap::values).flatten().map(String::as_str).collect()
    }
}

fn path() -> PathBuf {
    folder().join("../docs/conformance.json")
}
